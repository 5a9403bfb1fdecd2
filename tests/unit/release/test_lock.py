"""One run at a time; who has to wait is told for whom; the dead hold nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from pipelines.errors import BusyError, StorageError
from pipelines.release import home_lock

FORK = multiprocessing.get_context("fork")


def hold(home: Path, taken: Event, done: Event) -> None:
    with home_lock(home, "kortlaegning run --programme pfl"):
        taken.set()
        done.wait(30)


def test_other_process_is_named_and_home_need_not_exist(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    taken, done = FORK.Event(), FORK.Event()
    other = FORK.Process(target=hold, args=(home, taken, done))
    other.start()
    try:
        assert taken.wait(30)
        with pytest.raises(BusyError) as caught, home_lock(home, "second"):
            pass
        message = str(caught.value)
        assert "\n" not in message
        for part in (
            str(home),
            "`kortlaegning run --programme pfl`",
            f"process {other.pid}",
            socket.gethostname(),
            "since 2",
        ):
            assert part in message
    finally:
        done.set()
        other.join()
    with home_lock(home, "second"):
        pass


def test_killed_process_holds_nothing_and_is_not_named(tmp_path: Path) -> None:
    taken, done = FORK.Event(), FORK.Event()
    other = FORK.Process(target=hold, args=(tmp_path, taken, done))
    other.start()
    assert taken.wait(30)
    assert other.pid is not None
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    assert str(other.pid) in (tmp_path / ".lock").read_text("utf-8"), "what the dead one left is still there"
    with home_lock(tmp_path, "second"):
        named = f"`second` \\(process {os.getpid()} "
        with pytest.raises(BusyError, match=named), home_lock(tmp_path, "third"):
            pass


def test_other_thread_of_this_process_has_to_wait_too(tmp_path: Path) -> None:
    refused = []

    def attempt() -> None:
        try:
            with home_lock(tmp_path, "second"):
                pass
        except BusyError as error:
            refused.append(error)

    with home_lock(tmp_path, "first"):
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_lock_is_let_go_of_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), home_lock(tmp_path, "first"):
        raise ZeroDivisionError
    with home_lock(tmp_path, "second"):
        pass
    assert (tmp_path / ".lock").read_bytes() == b""


def test_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with (
        pytest.raises(StorageError, match="nothing was released") as caught,
        home_lock(tmp_path / "file" / "home", "first"),
    ):
        pass
    assert "\n" not in str(caught.value)
