"""Recomputing everything that a home folder says of its releases: files, verdicts, ids, the ledger's chain and signatures.

Belongs here: finding what does not fit. Does not belong here: mending it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.errors import StorageError
from pipelines.release.current import current_release
from pipelines.release.gate import marts_hash
from pipelines.release.identity import inputs_hash, release_id
from pipelines.release.ledger import GIVEN_TO_READERS, Line, in_force, read_ledger, removed
from pipelines.release.manifest import misfits, read_manifest, read_verdict
from pipelines.release.places import CURRENT, LEDGER, MANIFEST, RELEASES, RESULTS, VERDICT, storage
from pipelines.release.publish import recorded
from pipelines.release.signature import Checker


@dataclass(frozen=True)
class Problem:
    """Something that does not fit. `damage`: content was changed or lost; `unfinished`: a run stopped, the next one ends it."""

    place: str
    message: str
    kind: Literal["damage", "unfinished"] = "damage"

    def __str__(self) -> str:
        """One line."""
        return f"{self.place}: {self.message}"


def verify(home: Path, checker: Checker | None = None) -> list[Problem]:
    """What does not fit in a home folder: the first misfit of each release, the ledger's lines, and `current`.

    Args:
        home: the home folder.
        checker: public key that the ledger must be signed with; left out: signatures are not looked at.

    Raises:
        StorageError: a folder cannot be read at all.
    """
    with storage(home, "it could not be verified"):
        lines = read_ledger(home)
        problems = [Problem(f"{LEDGER}, line {line.number}", line.fault) for line in lines if line.fault]
        problems += [] if checker is None else _signatures(lines, checker)
        gone = removed(lines)
        folders = sorted(path for path in (home / RELEASES).glob("*") if not path.name.startswith("."))
        for folder in folders:
            if folder.name in gone:
                message = f"{LEDGER} says that it was removed, but it is there; the next run removes it"
                problems.append(Problem(f"{RELEASES}/{folder.name}", message, "unfinished"))
            else:
                problems += _first_of(folder, lines)
        present = {folder.name for folder in folders}
        for name in dict.fromkeys(line.release_id for line in lines if line.release_id):
            if name not in present and name not in gone:
                problems.append(Problem(f"{RELEASES}/{name}", f"is missing; {LEDGER} says that it was released"))
        return [*problems, *_current(home, lines)]


def last_line(home: Path) -> Line | None:
    """The ledger's last line: whoever keeps its hash elsewhere can tell that nothing was cut off behind it."""
    lines = read_ledger(home)
    return lines[-1] if lines else None


def _signatures(lines: Sequence[Line], checker: Checker) -> Iterator[Problem]:
    """Lines whose signature is not of this key. Lines before the first signed one are vouched for by the chain."""
    is_signed = [line.content.get("signature") is not None for line in lines]
    first = is_signed.index(True) if any(is_signed) else 0
    for line, signed in zip(lines[first:], is_signed[first:], strict=True):
        place = f"{LEDGER}, line {line.number}"
        if not signed:
            yield Problem(place, "is not signed")
        elif line.content.get("key") != checker.key_id:
            yield Problem(place, f"is signed with key {line.content.get('key')}, not with {checker.key_id}")
        elif not checker.fits(line.content["signature"], str(line.content.get("sha256")).encode()):
            yield Problem(place, "bears a signature that was not made with this key for this line")


def _first_of(folder: Path, lines: Sequence[Line]) -> list[Problem]:
    """The first thing that does not fit in one release."""
    place = f"{RELEASES}/{folder.name}"
    try:
        first = next(_misfits_of(folder, lines), None)
    except StorageError as error:
        return [Problem(place, str(error).removeprefix(f"{folder.name}/"))]
    if first is None and not _lines_of(folder, lines):
        message = f"{LEDGER} does not have it: a run stopped before it was released; the same run again ends it"
        return [Problem(place, message, "unfinished")]
    return [] if first is None else [Problem(place, first)]


def _lines_of(folder: Path, lines: Sequence[Line]) -> list[Line]:
    """The lines that gave this release to readers."""
    return [line for line in lines if line.release_id == folder.name and line.event in GIVEN_TO_READERS]


def _misfits_of(folder: Path, lines: Sequence[Line]) -> Iterator[str]:
    """What does not fit in a release, in the order in which it is to be looked into."""
    manifest = read_manifest(folder)
    if manifest.get("release_id") != folder.name:
        yield f"{MANIFEST} is that of {manifest.get('release_id')}"
    yield from misfits(folder, manifest)
    facts = recorded(folder, manifest)
    for line in _lines_of(folder, lines):
        if line.content.get("manifest_sha256") != facts["manifest_sha256"]:
            yield f"{MANIFEST} is not the one that {LEDGER}, line {line.number}, was written for"
        for name, value in facts.items():
            if line.content.get(name) != value:
                yield f"{LEDGER}, line {line.number}: {name} is not what {MANIFEST} says"
    yield from _id_misfits(manifest)
    yield from _verdict_misfits(folder, manifest)


def _id_misfits(manifest: dict[str, object]) -> Iterator[str]:
    """Whether id and hash of the inputs follow from what the manifest lists."""
    hashes, inputs = manifest.get("hashes"), manifest.get("inputs")
    if not isinstance(hashes, dict) or not isinstance(inputs, list):
        yield f"{MANIFEST} lacks hashes or inputs"
        return
    if hashes.get("inputs") != inputs_hash((e["mapping"], e["file"], e["sha256"]) for e in inputs):
        yield f"{MANIFEST}: the hash of the inputs is not that of the files it lists"
    if manifest.get("release_id") != release_id(str(manifest.get("programme")), hashes):
        yield f"{MANIFEST}: the id does not follow from the hashes of inputs, code, packages, programme and settings"


def _verdict_misfits(folder: Path, manifest: dict[str, object]) -> Iterator[str]:
    """Whether the verdict is `passed`, is about these marts, and follows from the results of the checks."""
    verdict = read_verdict(folder)
    if verdict is None or verdict.get("verdict") != "passed":
        yield f"{VERDICT} is not `passed`"
        return
    if verdict.get("marts_hash") != marts_hash(manifest):
        yield f"{VERDICT} was given on other marts"
    import pyarrow.parquet as pq

    table = pq.read_table(folder / RESULTS, columns=["verdict", "severity"])
    found = Counter(zip(table["verdict"].to_pylist(), table["severity"].to_pylist(), strict=True))
    counts = {
        "checks": found.total(),
        "errors": found["failed", "error"],
        "warnings": found["failed", "warning"],
        "could_not_run": sum(n for (outcome, _), n in found.items() if outcome == "could_not_run"),
    }
    for name, number in counts.items():
        if verdict.get(name) != number:
            yield f"{VERDICT}: {name} is {verdict.get(name)}, {RESULTS} has {number}"


def _current(home: Path, lines: Sequence[Line]) -> Iterator[Problem]:
    """What is wrong with the link that readers follow."""
    link, seen, told = home / CURRENT, current_release(home), in_force(lines)
    if seen is None:
        if link.exists():
            yield Problem(CURRENT, "is not a link; it must point to a release")
        elif told is not None:
            yield Problem(CURRENT, f"is missing; the last release is {told.release_id}; run again", "unfinished")
    elif not (link / MANIFEST).is_file():
        yield Problem(CURRENT, f"points to {seen}, which is not there")
    elif told is None:
        yield Problem(CURRENT, f"points to {seen}, but {LEDGER} is missing or empty")
    elif told.release_id != seen:
        message = f"points to {seen}, but the last line of {LEDGER} is of {told.release_id}; run again"
        kind: Literal["damage", "unfinished"] = (
            "unfinished" if any(line.release_id == seen for line in lines) else "damage"
        )
        yield Problem(CURRENT, message, kind)
