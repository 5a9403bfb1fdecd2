"""The lock of a home folder: one run at a time, and whoever has to wait is told for whom.

Belongs here: the lock. Does not belong here: waiting or trying again, which is the caller's. The operating system lets go
of it when a process dies, so what a dead one left in the file confuses nobody.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import BusyError
from pipelines.files import private_folder
from pipelines.release.places import LOCK, PRIVATE, storage

PATIENCE = 0.5
"""Seconds to wait for the name of a holder who has taken the lock and not yet written it down."""


@contextmanager
def home_lock(home: Path, what: str) -> Iterator[None]:
    """Hold the home folder alone. The folder is made when it is not there.

    Args:
        home: the home folder.
        what: command that others are told of.

    Raises:
        BusyError: another process, or another thread of this one, holds it; its name is in the message.
        StorageError: the folder cannot be made or written.
    """
    with storage(home):
        home.mkdir(parents=True, exist_ok=True)
        for name in PRIVATE:
            private_folder(home / name)
        # Not inherited by commands that a run starts: they must not hold the lock longer than the run does.
        descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"{home} is in use by {_holder(descriptor)}; wait until it has ended, or give another --home"
            ) from None
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": what,
        }
        with storage(home):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        try:
            yield
        finally:
            # Emptied, not removed: a file removed while another waits for it would be locked by nobody.
            os.ftruncate(descriptor, 0)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    """Who holds the lock, as words."""
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            found = json.loads(os.pread(descriptor, 4096, 0))
            return f"`{found['command']}` (process {found['pid']} on {found['host']}, since {found['since']})"
        except (ValueError, KeyError, TypeError):
            if time.monotonic() > ends:
                return "another run"
            time.sleep(0.02)
