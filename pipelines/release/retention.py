"""Retention: how many releases are kept. What is taken away stays in the ledger.

Belongs here: choosing and removing. Does not belong here: how many (a setting). The line is written first: a run that stops
between the line and the folder leaves a folder that the next one clears; the other way round a release would seem lost.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipelines.release import ledger
from pipelines.release.ledger import Line
from pipelines.release.places import RELEASES, storage
from pipelines.release.publish import check_fields, utc_now
from pipelines.release.signature import Signer

GOING = ".removed-"
"""Prefix of a folder on its way out: renamed first, so that no reader sees half of a release."""


def retire(
    home: Path,
    keep: int | None,
    ledger_fields: Mapping[str, object],
    now: Callable[[], datetime] = utc_now,
    signer: Signer | None = None,
) -> list[str]:
    """Remove the oldest releases beyond `keep`. The caller holds the lock of the home folder.

    Kept whatever their age: the release that readers see, and every one that was ever rolled back to.

    Args:
        home: the home folder.
        keep: releases to keep, the newest by when they were last released; none: all.
        ledger_fields: `actor` and `trigger` of the lines.
        now: the clock.
        signer: signs the lines.

    Returns:
        Releases that were removed, oldest first.

    Raises:
        StorageError: a folder cannot be removed; the ledger is broken.
    """
    check_fields(ledger_fields)
    with storage(home, "the release stands, but older ones were not removed"):
        lines = ledger.read_ledger(home)
        going = outlived(lines, keep)
        for release_id in going:
            time = now().isoformat(timespec="seconds")
            ledger.append(home, "removed", release_id, time, {**ledger_fields, "kept": keep}, signer)
        for release_id in sorted(ledger.removed(ledger.read_ledger(home))):
            folder = home / RELEASES / release_id
            if folder.is_dir():
                folder.rename(folder.with_name(f"{GOING}{release_id}"))
        for folder in (home / RELEASES).glob(f"{GOING}*"):
            shutil.rmtree(folder)
    return going


def outlived(lines: Sequence[Line], keep: int | None) -> list[str]:
    """Releases that retention takes away, oldest first."""
    if keep is None:
        return []
    last_released = {line.release_id: line.number for line in lines if line.event == "released"}
    gone, now_seen = ledger.removed(lines), ledger.in_force(lines)
    safe = {line.release_id for line in lines if line.event == "rolled_back"}
    safe |= {now_seen.release_id} if now_seen is not None else set()
    present = [
        release_id for release_id in sorted(last_released, key=lambda r: last_released[r]) if release_id not in gone
    ]
    return [release_id for release_id in present[: max(len(present) - keep, 0)] if release_id not in safe]
