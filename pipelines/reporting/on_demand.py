"""A document's charts and tables as files, when somebody asks for them (`kortlaegning figures`).

Belongs here: finding the document in a release's marts and writing its parts. Does not belong here: how a part is written
(`exports`, `canvas`).
"""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import ConfigurationError
from pipelines.files import write_atomically
from pipelines.programme import Programme
from pipelines.reporting.build import Desk, Edition
from pipelines.reporting.documents import entries
from pipelines.reporting.exports import chart_and_table_files, folder_name, source_line
from pipelines.reporting.figures import draw, paint
from pipelines.reporting.model import Provenance


def write_figures(programme: Programme, edition: Edition, provenance: Provenance, name: str) -> list[Path]:
    """Write every chart of a document as SVG and PNG and every table as CSV, to `edition.out/<name>/{da,en}/`.

    Args:
        programme: whose names and texts the document uses.
        edition: the audience, its marts, and the folder to write to.
        provenance: of the release; files of simulated figures say so.
        name: of the document, as in its address: `municipality-530`.

    Raises:
        ConfigurationError: there is no such document.
        StorageError: a mart is missing or damaged.
    """
    desk = Desk(programme, (edition,), provenance)
    source = desk.sources[0]
    known = [entry.name for entry in entries(source, desk.say)]
    if name not in known:
        raise ConfigurationError(f"there is no {edition.audience} document {name!r}; they are {', '.join(known)}")
    document = next(found for job in desk.jobs() for found in desk.documents(source, job) if found.entry.name == name)
    drawings, written = draw(document.charts, desk.say.voices, {}), []
    for language, voice in desk.say.voices.items():
        folder, line = edition.out / folder_name(document) / language, source_line(document)
        files = {part: text.encode() for part, text in chart_and_table_files(document, drawings, voice)}
        for chart in document.charts:
            files[f"{chart.name}.png"] = paint(chart.plot, desk.say.voices).picture(language, line)
        for part, content in files.items():
            write_atomically(folder / part, content)
            written.append(folder / part)
    return written
