"""The ledger: one line for everything that happened to a release, each with the hash of the line before.

Belongs here: reading, adding, checking the chain, and what the lines say is in force. Does not belong here: the link that
readers follow (`current`). A line is JSON with sorted names:

* `event`: `released`, `rolled_back` (readers were given an earlier release again) or `removed` (retention took it away).
* `previous`: SHA-256 of the bytes of the line before without its line end.
* `sha256`: that of the line itself without this field and `signature`, which also protects the last line from accidents.
* `key`, `signature`: where a signing key is set, its name and the signature over `sha256`. A signature vouches for its own
  line and, through `previous`, for all lines before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.errors import StorageError
from pipelines.files import write_atomically
from pipelines.release.places import LEDGER
from pipelines.release.signature import Signer

FIRST = "0" * 64
"""`previous` of the first line."""

Event = Literal["released", "rolled_back", "removed"]
GIVEN_TO_READERS = ("released", "rolled_back")
"""Events after which readers see the release."""

OWN = ("event", "key", "previous", "release_id", "sha256", "signature", "time")


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

    @property
    def event(self) -> str:
        """What happened to it."""
        return str(self.content.get("event", ""))


def read_ledger(home: Path) -> list[Line]:
    """All lines, each held against its own hash and the line before."""
    try:
        raw = (home / LEDGER).read_bytes()
    except FileNotFoundError:
        return []
    return list(_lines(raw))


def in_force(lines: Sequence[Line]) -> Line | None:
    """The line of the release that readers are to see: the last one that gave them one."""
    return next((line for line in reversed(lines) if line.event in GIVEN_TO_READERS), None)


def is_in_force(home: Path, release_id: str) -> bool:
    """Whether readers are to see this release."""
    line = in_force(read_ledger(home))
    return line is not None and line.release_id == release_id


def withdrawn(home: Path, release_id: str) -> Line | None:
    """The line that says why a release is not in force although it was made of what there is now: it was rolled back from."""
    line = in_force(read_ledger(home))
    is_it = line is not None and line.event == "rolled_back" and line.content.get("from") == release_id
    return line if is_it else None


def removed(lines: Sequence[Line]) -> set[str]:
    """Releases that retention took away and that were not made again."""
    last = {line.release_id: line.event for line in lines}
    return {release_id for release_id, event in last.items() if event == "removed"}


def append(
    home: Path,
    event: Event,
    release_id: str,
    time: str,
    fields: Mapping[str, object],
    signer: Signer | None = None,
) -> dict[str, object]:
    """Add a line, unless the ledger says already what it would say (a run that stopped after writing it).

    The whole file is written anew beside the old one and exchanged: no reader and no crash ever leaves half a line.

    Args:
        home: the home folder.
        event: what happened.
        release_id: to which release.
        time: UTC, ISO 8601, as the clock has it; order is the order of lines, whatever the clock did.
        fields: what else the line tells; plain JSON.
        signer: signs the line.

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
    said = in_force(lines) if event in GIVEN_TO_READERS else None
    if said is not None and said.release_id == release_id:
        return dict(said.content)
    before = path.read_bytes() if path.exists() else b""
    content = {name: value for name, value in fields.items() if name not in OWN} | {
        "event": event,
        "release_id": release_id,
        "time": time,
        "previous": _sha256(before.splitlines()[-1]) if before else FIRST,
    }
    if signer is not None:
        content["key"] = signer.key_id
    content["sha256"] = _sha256(_encode(content))
    if signer is not None:
        content["signature"] = signer.sign(str(content["sha256"]).encode())
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
            rest = {name: value for name, value in content.items() if name not in ("sha256", "signature")}
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
