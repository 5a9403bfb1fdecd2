"""The way in: every document of an edition, by type, with a search; one page a language.

Belongs here: the list. Does not belong here: which documents there are (`documents`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.reporting.content import Source
from pipelines.reporting.html import environment, shared
from pipelines.reporting.model import LANGUAGES, DocumentKind, Entry, Language, Said
from pipelines.reporting.names import danish_order
from pipelines.reporting.texts import Voices

PLACES: dict[Language, str] = {"da": "index.html", "en": "en/index.html"}
"""Where the page stands below the edition's folder: Danish first."""

TOWN_KINDS: tuple[DocumentKind, ...] = ("municipality", "summary", "progression", "quality", "response")
"""A municipality's documents in the order of the table's columns."""

RELEASE_KINDS = ("method", "data_book", "style_guide")
"""Documents about the release itself."""


@dataclass(frozen=True)
class Listed:
    """A document in the list, with the endings of its files in each language."""

    entry: Entry
    formats: tuple[str, ...]
    has_workbook: bool

    @property
    def files(self) -> list[str]:
        """Paths below the edition's folder."""
        found = [f"{language}/{self.entry.name}.{ending}" for language in LANGUAGES for ending in self.formats]
        return [*found, *([f"da/{self.entry.name}.xlsx"] if self.has_workbook else [])]


@dataclass(frozen=True)
class Town:
    """A municipality's row: its documents in the order of `TOWN_KINDS`."""

    title: Said
    documents: tuple[Listed | None, ...]


@dataclass(frozen=True)
class Schools:
    """The profiles of a municipality's schools and day-care institutions."""

    place: Said
    profiles: tuple[Listed, ...]


def render_index(source: Source, listed: Sequence[Listed], voices: Voices, language: Language) -> str:
    """The page that leads to every document."""
    frame, voice = source.frame, voices[language]
    towns = _towns(listed)
    of_towns = {id(one) for town in towns for one in town.documents}
    script = environment().get_template("search.js.j2").render()
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            **shared(voice, frame.provenance),
            other_language="en" if language == "da" else "da",
            # from the page's folder to the edition's, and to the other language's page
            up="" if language == "da" else "../",
            other_place="en/index.html" if language == "da" else "../index.html",
            whole=[
                one
                for one in listed
                if id(one) not in of_towns and one.entry.kind not in ("school", "daycare", "theme", *RELEASE_KINDS)
            ],
            themes=sorted(
                (one for one in listed if one.entry.kind == "theme"),
                key=lambda one: danish_order(one.entry.title[language]),
            ),
            about_release=[one for one in listed if one.entry.kind in RELEASE_KINDS],
            towns=towns,
            town_kinds=[kind for place, kind in enumerate(TOWN_KINDS) if any(town.documents[place] for town in towns)],
            schools=_schools(listed),
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            audience=frame.audience,
            latest=frame.latest,
            programme_label=frame.programme_label,
            about=frame.about,
            data_source=frame.data_source,
        )
    )


def _towns(listed: Sequence[Listed]) -> list[Town]:
    """A row per municipality, in the order of the list."""
    held = {one.entry.name: one for one in listed}
    towns = []
    for one in listed:
        if one.entry.kind == "municipality":
            names = (one.entry.name if kind == "municipality" else f"{kind}-{one.entry.name}" for kind in TOWN_KINDS)
            towns.append(Town(one.entry.title, tuple(held.get(name) for name in names)))
    return towns


def _schools(listed: Sequence[Listed]) -> list[Schools]:
    """Profiles by municipality, in the order of the list."""
    by_place: dict[str, list[Listed]] = {}
    for one in listed:
        if one.entry.kind in ("school", "daycare") and one.entry.place is not None:
            by_place.setdefault(one.entry.place["da"], []).append(one)
    return [Schools(profiles[0].entry.place or {}, tuple(profiles)) for profiles in by_place.values()]
