"""Publishing: a candidate through the gate, into `releases/`, into the ledger, and to readers.

Belongs here: the order of the steps. Does not belong here: what each of them is (`gate`, `ledger`, `current`).

Whatever step a crash comes between, readers have a whole release and the next run goes on from there:

1. gate, write-through to disk, file modes: the candidate is still the run's own
2. rename to `releases/<id>`: whole or not there; found again by the next run and reused when it is the same
3. ledger line: not doubled when the last line is already of this release
4. switch of `current`: done again, which changes nothing when it was done
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import BlockedError, StorageError
from pipelines.files import sha256_file, sync_folder
from pipelines.release import current, ledger
from pipelines.release.gate import KEPT, check_gate
from pipelines.release.manifest import files_of, misfits, outputs, read_manifest
from pipelines.release.places import CONFIDENTIAL, CURRENT, LEDGER, MANIFEST, RELEASES, storage
from pipelines.release.signature import Signer


@dataclass(frozen=True)
class Published:
    """A release that readers now see. `was_there` tells that an earlier run had already put its files in place."""

    release_id: str
    path: Path
    was_there: bool
    ledger_line: Mapping[str, object]


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def publish(
    candidate_release: Path,
    home: Path,
    release_id: str,
    ledger_fields: Mapping[str, object],
    now: Callable[[], datetime] = utc_now,
    signer: Signer | None = None,
    group_may_read: bool = False,
) -> Published:
    """Make a candidate the current release. The caller holds the lock of the home folder (`home_lock`).

    Args:
        candidate_release: the candidate's `release/` folder with its manifest, on the same disk as home. It is moved away,
            or left where it is when the release was already there.
        home: the home folder.
        release_id: id that the release shall have.
        ledger_fields: `actor` and `trigger`, and what else the ledger line shall tell; plain JSON.
        now: the clock.
        signer: signs the ledger's line.
        group_may_read: whether confidential files are open to the group of the home folder, not to its owner alone.

    Raises:
        BlockedError: the gate refused, or another content bears this id. Nothing was changed.
        StorageError: disk full, permission, damage. The current release is untouched.
    """
    check_fields(ledger_fields)
    releases = home / RELEASES
    target = releases / release_id
    with storage(home):
        manifest = check_gate(candidate_release, release_id)
        fields = dict(ledger_fields) | recorded(candidate_release, manifest)
        _clear_leftovers(home)
        releases.mkdir(parents=True, exist_ok=True)
        was_there = target.exists()
        if was_there:
            _check_same(candidate_release, target)
        else:
            _make_durable(candidate_release, group_may_read)
            candidate_release.rename(target)
        try:
            sync_folder(releases)
            sync_folder(candidate_release.parent)
            time = now().isoformat(timespec="seconds")
            line = ledger.append(home, "released", release_id, time, fields, signer)
        except (OSError, StorageError):
            # Not announced: give the files back, so that a failed run leaves nothing behind.
            if not was_there and not ledger.is_in_force(home, release_id):
                target.rename(candidate_release)
            raise
    with storage(home, f"{release_id} is recorded, but its publication was not finished; run again"):
        current.switch(home, release_id)
    return Published(release_id, target, was_there, line)


def actor() -> str:
    """Who acts, for the ledger; a user without a name is told by number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def check_fields(fields: Mapping[str, object]) -> None:
    """Refuse to write a line that does not say who and why.

    Raises:
        ValueError: `actor` or `trigger` is missing.
    """
    absent = [name for name in ("actor", "trigger") if not fields.get(name)]
    if absent:
        raise ValueError(f"a ledger line needs {absent[0]}")


def recorded(release: Path, manifest: Mapping[str, object]) -> dict[str, object]:
    """What a line says of a release; all of it can be computed again from the release's own files (`verify`)."""
    inputs, validation, code = manifest.get("inputs"), manifest.get("validation"), manifest.get("code")
    entries = inputs if isinstance(inputs, list) else []
    return {
        "manifest_sha256": sha256_file(release / MANIFEST),
        "verdict": validation.get("verdict") if isinstance(validation, dict) else None,
        "warnings": validation.get("warnings") if isinstance(validation, dict) else None,
        "code": code if isinstance(code, dict) else None,
        "inputs": [{name: entry.get(name) for name in ("mapping", "file", "sha256")} for entry in entries],
        "outputs": outputs(manifest),
    }


def _make_durable(release: Path, group_may_read: bool) -> None:
    """Set modes (files read-only, what is confidential not for everyone) and write everything through to disk.

    Folders stay writable for their owner: retention must be able to remove a release.
    """
    closed_file, closed_folder = (0o440, 0o750) if group_may_read else (0o400, 0o700)
    for name in files_of(release):
        path = release / name
        path.chmod(closed_file if _is_confidential(path, release) else 0o444)
        _sync_file(path)
    for folder in [*(path for path in release.rglob("*") if path.is_dir()), release]:
        folder.chmod(closed_folder if _is_confidential(folder, release) else 0o755)
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
