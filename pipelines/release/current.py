"""Which release readers see: the link `current`.

Belongs here: reading the link and switching it in one step. Does not belong here: deciding what it points to.
"""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.files import sync_folder
from pipelines.release.ledger import is_in_force
from pipelines.release.places import CURRENT, MANIFEST, RELEASES


def current_release(home: Path) -> str | None:
    """Id of the release that `current` points to; None where there is none."""
    link = home / CURRENT
    return link.readlink().name if link.is_symlink() else None


def is_current(home: Path, release_id: str) -> bool:
    """Whether readers see this release and its publication was finished: link, folder and ledger agree."""
    if current_release(home) != release_id or not (home / CURRENT / MANIFEST).is_file():
        return False
    return is_in_force(home, release_id)


def switch(home: Path, release_id: str) -> None:
    """Let `current` point to a release: a relative link made beside it and renamed over it, so that it is never absent."""
    beside = home / f".{CURRENT}.{os.getpid()}.tmp"
    beside.unlink(missing_ok=True)
    try:
        beside.symlink_to(Path(RELEASES) / release_id, target_is_directory=True)
        beside.replace(home / CURRENT)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(home)
