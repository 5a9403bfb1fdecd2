"""Where a release's parts lie below home, and turning a failing disk into one clear line.

Belongs here: names of files and folders, and `StorageError`s. Does not belong here: what is in them.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import StorageError

RELEASES = "releases"
CURRENT = "current"
LEDGER = "ledger.jsonl"
LOCK = ".lock"
MANIFEST = "manifest.json"
DATAPACKAGE = "datapackage.json"
MARTS = "marts"
VERDICT = "validation/verdict.json"
RESULTS = "validation/results.parquet"
DELIVERIES = "deliveries"
HISTORY = "history"

CONFIDENTIAL = ("internal", DELIVERIES)
"""Folders of a release that not everyone may read."""

PRIVATE = (".work", "raw", "quarantine", "dagster")
"""Folders of home that nobody but its owner may enter: rows under pseudonyms, candidates, failing keys."""

FULL = (errno.ENOSPC, errno.EDQUOT)
DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def storage(home: Path, outcome: str = "nothing was released") -> Iterator[None]:
    """Turn an error of the operating system into one line.

    Args:
        home: folder whose disk is meant.
        outcome: what the error means for readers.

    Raises:
        StorageError: what is wrong with the disk or the folder, and what to do.
    """
    try:
        yield
    except OSError as error:
        place = error.filename2 or error.filename or home
        if error.errno in FULL:
            message = f"the disk that holds {home} is full; {outcome}; make room and run again"
        elif error.errno in DENIED:
            message = f"{place} cannot be written ({error.strerror}); {outcome}; give this user the right and run again"
        elif error.errno == errno.EXDEV:
            message = f"{place} is on another disk than {home}; {outcome}; keep the whole home folder on one disk"
        else:
            message = f"{place}: {error.strerror or error}; {outcome}"
        raise StorageError(message) from error
