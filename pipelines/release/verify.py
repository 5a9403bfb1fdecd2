"""Recomputing every hash of every release and the ledger's chain.

Belongs here: finding what does not fit. Does not belong here: mending it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.errors import StorageError
from pipelines.files import sha256_file
from pipelines.release.current import current_release
from pipelines.release.ledger import Line, read_ledger
from pipelines.release.manifest import misfits, read_manifest
from pipelines.release.places import CURRENT, LEDGER, MANIFEST, RELEASES, storage


@dataclass(frozen=True)
class Problem:
    """Something that does not fit. `damage`: content was changed or lost; `unfinished`: a run stopped, the next one ends it."""

    place: str
    message: str
    kind: Literal["damage", "unfinished"] = "damage"

    def __str__(self) -> str:
        """One line."""
        return f"{self.place}: {self.message}"


def verify(home: Path) -> list[Problem]:
    """What does not fit in a home folder: the first misfit of each release, the ledger's lines, and `current`.

    Raises:
        StorageError: a folder cannot be read at all.
    """
    with storage(home, "it could not be verified"):
        lines = read_ledger(home)
        problems = [Problem(f"{LEDGER}, line {line.number}", line.fault) for line in lines if line.fault]
        folders = sorted(path for path in (home / RELEASES).glob("*") if not path.name.startswith("."))
        for folder in folders:
            problems += _first_of(folder, lines)
        present = {folder.name for folder in folders}
        for release_id in dict.fromkeys(line.release_id for line in lines if line.release_id):
            if release_id not in present:
                problems.append(Problem(f"{RELEASES}/{release_id}", f"is missing; {LEDGER} says that it was released"))
        return [*problems, *_current(home, lines)]


def _first_of(folder: Path, lines: list[Line]) -> list[Problem]:
    """The first thing that does not fit in one release."""
    place = f"{RELEASES}/{folder.name}"
    try:
        manifest = read_manifest(folder)
        if manifest.get("release_id") != folder.name:
            return [Problem(place, f"{MANIFEST} is that of {manifest.get('release_id')}")]
        first = next(misfits(folder, manifest), None)
    except StorageError as error:
        return [Problem(place, str(error).removeprefix(f"{folder.name}/"))]
    if first is not None:
        return [Problem(place, first)]
    recorded = [line for line in lines if line.release_id == folder.name]
    if not recorded:
        message = f"{LEDGER} does not have it: a run stopped before it was released; the same run again ends it"
        return [Problem(place, message, "unfinished")]
    if recorded[-1].content.get("manifest_sha256") != sha256_file(folder / MANIFEST):
        return [Problem(place, f"{MANIFEST} is not the one that {LEDGER}, line {recorded[-1].number}, was written for")]
    return []


def _current(home: Path, lines: list[Line]) -> Iterator[Problem]:
    """What is wrong with the link that readers follow."""
    link, release_id = home / CURRENT, current_release(home)
    if release_id is None:
        if link.exists():
            yield Problem(CURRENT, "is not a link; it must point to a release")
        elif lines:
            yield Problem(CURRENT, f"is missing; the last release is {lines[-1].release_id}; run again", "unfinished")
    elif not (link / MANIFEST).is_file():
        yield Problem(CURRENT, f"points to {release_id}, which is not there")
    elif not lines:
        yield Problem(CURRENT, f"points to {release_id}, but {LEDGER} is missing or empty")
    elif lines[-1].release_id != release_id:
        message = f"points to {release_id}, but the last line of {LEDGER} is of {lines[-1].release_id}; run again"
        kind: Literal["damage", "unfinished"] = (
            "unfinished" if any(line.release_id == release_id for line in lines) else "damage"
        )
        yield Problem(CURRENT, message, kind)
