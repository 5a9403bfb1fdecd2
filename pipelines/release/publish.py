"""Publishing: a candidate through the gate, into `releases/`, into the ledger, and to readers.

Belongs here: the order of the steps. Does not belong here: what each of them is (`gate`, `ledger`, `current`).

Whatever step a crash comes between, readers have a whole release and the next run goes on from there:

1. gate, write-through to disk, file modes: the candidate is still the run's own
2. rename to `releases/<id>`: whole or not there; found again by the next run and reused when it is the same
3. ledger line: not doubled when the last line is already of this release
4. switch of `current`: done again, which changes nothing when it was done
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import BlockedError, StorageError
from pipelines.files import sha256_file, sync_folder
from pipelines.release import current, ledger
from pipelines.release.gate import KEPT, check_gate
from pipelines.release.manifest import files_of, misfits, read_manifest
from pipelines.release.places import CURRENT, LEDGER, MANIFEST, RELEASES, storage

CONFIDENTIAL = ("internal", "deliveries")
"""Folders that only the user and the group of the home folder may read."""


@dataclass(frozen=True)
class Published:
    """A release that readers now see. `was_there` tells that an earlier run had already put its files in place."""

    release_id: str
    path: Path
    was_there: bool
    ledger_line: Mapping[str, object]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def publish(
    candidate_release: Path,
    home: Path,
    release_id: str,
    ledger_fields: Mapping[str, object],
    now: Callable[[], datetime] = _utc_now,
) -> Published:
    """Make a candidate the current release. The caller holds the lock of the home folder (`home_lock`).

    Args:
        candidate_release: the candidate's `release/` folder with its manifest, on the same disk as home. It is moved away,
            or left where it is when the release was already there.
        home: the home folder.
        release_id: id that the release shall have.
        ledger_fields: `actor` and `trigger`, and what else the ledger line shall tell; plain JSON.
        now: the clock.

    Raises:
        BlockedError: the gate refused, or another content bears this id. Nothing was changed.
        StorageError: disk full, permission, damage. The current release is untouched.
    """
    absent = [name for name in ("actor", "trigger") if not ledger_fields.get(name)]
    if absent:
        raise ValueError(f"a ledger line needs {absent[0]}")
    releases = home / RELEASES
    target = releases / release_id
    with storage(home):
        manifest = check_gate(candidate_release, release_id)
        inputs, validation = manifest.get("inputs"), manifest.get("validation")
        fields = dict(ledger_fields) | {
            "manifest_sha256": sha256_file(candidate_release / MANIFEST),
            "verdict": validation.get("verdict") if isinstance(validation, dict) else None,
            "warnings": validation.get("warnings") if isinstance(validation, dict) else None,
            "inputs": len(inputs) if isinstance(inputs, list) else 0,
        }
        _clear_leftovers(home)
        releases.mkdir(parents=True, exist_ok=True)
        was_there = target.exists()
        if was_there:
            _check_same(candidate_release, target)
        else:
            _make_durable(candidate_release)
            candidate_release.rename(target)
        try:
            sync_folder(releases)
            sync_folder(candidate_release.parent)
            line = ledger.append(home, release_id, now().isoformat(timespec="seconds"), fields)
        except (OSError, StorageError):
            # Not announced: give the files back, so that a failed run leaves nothing behind.
            if not was_there and not ledger.is_last(home, release_id):
                target.rename(candidate_release)
            raise
    with storage(home, f"{release_id} is recorded, but its publication was not finished; run again"):
        current.switch(home, release_id)
    return Published(release_id, target, was_there, line)


def _make_durable(release: Path) -> None:
    """Set modes (files read-only, what is confidential not for everyone) and write everything through to disk.

    Folders stay writable for their owner: retention must be able to remove a release.
    """
    for name in files_of(release):
        path = release / name
        path.chmod(0o440 if _is_confidential(path, release) else 0o444)
        _sync_file(path)
    for folder in [*(path for path in release.rglob("*") if path.is_dir()), release]:
        folder.chmod(0o750 if _is_confidential(folder, release) else 0o755)
        sync_folder(folder)


def _is_confidential(path: Path, release: Path) -> bool:
    """Whether a file or folder lies in one that is not for everyone."""
    return any(part in CONFIDENTIAL for part in path.relative_to(release).parts)


def _sync_file(path: Path) -> None:
    """Write a file's content through to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_same(candidate: Path, target: Path) -> None:
    """A release that is already there is reused when it is whole and the same; it is never written over.

    Raises:
        BlockedError: it has another content.
        StorageError: it is damaged.
    """
    place = f"{RELEASES}/{target.name}"
    damage = next(misfits(target, read_manifest(target)), None)
    if damage is not None:
        raise StorageError(f"{place}: {damage}; it is damaged; {KEPT}; remove that folder and run again")
    if sha256_file(candidate / MANIFEST) != sha256_file(target / MANIFEST):
        raise BlockedError(
            f"{place} is already there with another content, although it was made of the same inputs, code and settings; "
            f"{KEPT}; a release is never changed: compare the two manifests"
        )


def _clear_leftovers(home: Path) -> None:
    """Remove temporary files of runs that were killed; the lock tells that none of them is alive."""
    for name in (CURRENT, LEDGER):
        for path in home.glob(f".{name}.*.tmp"):
            path.unlink(missing_ok=True)
