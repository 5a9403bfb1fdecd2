"""The ledger: one line a release, each with the hash of the line before. A change or a gap does not go unnoticed.

Belongs here: reading, adding, checking the chain. Does not belong here: which release is current (`current`). A line is
JSON with sorted names; `previous` is the SHA-256 of the bytes of the line before without its line end, `sha256` that of
the line itself without that field, which also protects the last line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import StorageError
from pipelines.files import write_atomically
from pipelines.release.places import LEDGER

FIRST = "0" * 64
"""`previous` of the first line."""

OWN = ("event", "previous", "release_id", "sha256", "time")


@dataclass(frozen=True)
class Line:
    """A line of the ledger; `fault` says what is wrong with it, empty where it fits."""

    number: int
    content: Mapping[str, object]
    fault: str

    @property
    def release_id(self) -> str:
        """The release that it is about."""
        return str(self.content.get("release_id", ""))


def read_ledger(home: Path) -> list[Line]:
    """All lines, each held against its own hash and the line before."""
    try:
        raw = (home / LEDGER).read_bytes()
    except FileNotFoundError:
        return []
    return list(_lines(raw))


def is_last(home: Path, release_id: str) -> bool:
    """Whether the last line is of this release."""
    lines = read_ledger(home)
    return bool(lines) and lines[-1].release_id == release_id


def append(home: Path, release_id: str, time: str, fields: Mapping[str, object]) -> dict[str, object]:
    """Add a line, unless the last one is already of this release (a run that stopped after writing it).

    The whole file is written anew beside the old one and exchanged: no reader and no crash ever leaves half a line.

    Args:
        home: the home folder.
        release_id: the release that was made.
        time: UTC, ISO 8601.
        fields: what else the line tells; plain JSON.

    Returns:
        The line.

    Raises:
        StorageError: the chain does not hold; a line put on top would bury that.
    """
    path = home / LEDGER
    lines = read_ledger(home)
    broken = next((line for line in lines if line.fault), None)
    if broken is not None:
        raise StorageError(
            f"{LEDGER}, line {broken.number}: {broken.fault}; nothing was released; bring the ledger back from a backup"
        )
    if lines and lines[-1].release_id == release_id:
        return dict(lines[-1].content)
    before = path.read_bytes() if path.exists() else b""
    content = {name: value for name, value in fields.items() if name not in OWN} | {
        "event": "released",
        "release_id": release_id,
        "time": time,
        "previous": _sha256(before.splitlines()[-1]) if before else FIRST,
    }
    content["sha256"] = _sha256(_encode(content))
    write_atomically(path, before + _encode(content) + b"\n")
    return content


def _lines(raw: bytes) -> Iterator[Line]:
    """Lines with their faults; after a fault the chain goes on from the line as it is."""
    previous = FIRST
    for number, text in enumerate(raw.splitlines(), start=1):
        try:
            content = json.loads(text)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            yield Line(number, {}, "is not a line of a ledger")
        else:
            rest = {name: value for name, value in content.items() if name != "sha256"}
            fault = ""
            if content.get("previous") != previous:
                fault = "does not follow from the line before: a line was changed, added or taken out"
            elif content.get("sha256") != _sha256(_encode(rest)) or text != _encode(content):
                fault = "was changed after it was written"
            yield Line(number, content, fault)
        previous = _sha256(text)


def _encode(content: Mapping[str, object]) -> bytes:
    """A line's bytes."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()


def _sha256(content: bytes) -> str:
    """SHA-256 as lowercase hex."""
    return hashlib.sha256(content).hexdigest()
