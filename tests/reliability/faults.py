"""Letting the disk fail: at the first, second, … last thing that is written, by an error, a power cut or `kill -9`.

Belongs here: the ways to fail. Does not belong here: what must hold afterwards.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

How = Literal["full disk", "power cut", "kill"]
WAYS: tuple[How, ...] = ("full disk", "power cut", "kill")

BY_PATH = ("chmod", "mkdir", "rename", "replace", "symlink", "unlink", "rmdir", "scandir")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class PowerCutError(BaseException):
    """From here on nothing is done any more: no handler, no cleaning up."""


@contextmanager
def stopped_at(number: int, how: How, below: Path) -> Iterator[list[str]]:
    """Let the operation of this number on files below a folder fail.

    Counted are openings for writing, write-throughs, and all that changes names or modes. `full disk` fails once, `power cut`
    together with everything after it, `kill` ends the process as `kill -9` does.

    Yields:
        What was done so far.
    """
    done: list[str] = []
    inside = str(below)

    def fail() -> None:
        if how == "kill" and len(done) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "full disk" and len(done) == number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if how == "power cut" and len(done) >= number:
            raise PowerCutError

    def is_ours(what: object) -> bool:
        if isinstance(what, int):
            try:
                return str(Path(f"/proc/self/fd/{what}").readlink()).startswith(inside)
            except OSError:
                return False
        return isinstance(what, str | os.PathLike) and os.fspath(what).startswith(inside)

    def wrap(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def operation(*args: object, **kwargs: object) -> object:
            counts = bool(args) and is_ours(args[-1] if name == "symlink" else args[0])
            if name == "open":
                counts = counts and bool(int(str(args[1])) & WRITES)
            if name == "io.open":
                mode = str(args[1] if len(args) > 1 else kwargs.get("mode", "r"))
                counts = counts and any(letter in mode for letter in "wax+")
            if counts:
                done.append(name)
                fail()
            return real(*args, **kwargs)

        return operation

    with pytest.MonkeyPatch.context() as patch:
        for name in (*BY_PATH, "open", "fsync"):
            patch.setattr(os, name, wrap(name, getattr(os, name)))
        patch.setattr(io, "open", wrap("io.open", io.open))
        yield done


def in_child(action: Callable[[], None]) -> int:
    """Do something in a copy of this process. Returns its exit code, or the number of the signal that ended it, negated."""
    child = os.fork()
    if not child:
        try:
            action()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of its own of a few kilobytes; skips where mounting is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that cannot be written, not even by root where mounting is allowed."""
    if os.getuid():
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    commands = (["mount", "--bind", str(folder), str(folder)], ["mount", "-o", "remount,ro,bind", str(folder)])
    for command in commands:
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
