"""The way in: every document of an edition in every language.

Belongs here: the list. Does not belong here: which documents there are (`documents`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting.content import Source
from pipelines.reporting.html import environment, shared
from pipelines.reporting.model import Entry
from pipelines.reporting.texts import Voices


def render_index(source: Source, entries: Sequence[Entry], voices: Voices) -> str:
    """The page that leads to every document, Danish first."""
    frame, voice = source.frame, voices["da"]
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            **shared(voice, frame.provenance),
            english=voices["en"],
            entries=entries,
            audience=frame.audience,
            latest=frame.latest,
            programme_label=frame.programme_label,
            about=frame.about,
            data_source=frame.data_source,
        )
    )
