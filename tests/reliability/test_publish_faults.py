"""Publishing is stopped at its first, second, … last operation on the disk, by an error and by a power cut.

After each stop readers have a whole release, nothing is damaged, and the next run ends where it would have ended.
"""

from __future__ import annotations

import errno
import io
import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.errors import BusyError, KortlaegningError
from pipelines.release import current_release, home_lock, publish, verify
from tests.unit.release.fake_release import FIELDS, make_candidate, publish_number, release_name

OPERATIONS = ("open", "fsync", "chmod", "mkdir", "rename", "replace", "symlink", "unlink", "scandir")
OLD, NEW = release_name(1), release_name(2)


class PowerCutError(BaseException):
    """From here on nothing is done any more: no handler, no cleaning up."""


@contextmanager
def stopped_at(number: int, how: str) -> Iterator[list[str]]:
    """Let the operation of this number fail: once with a full disk, or together with all after it."""
    done: list[str] = []

    def wrap(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def operation(*args: object, **kwargs: object) -> object:
            done.append(name)
            if how == "full disk" and len(done) == number:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if how == "power cut" and len(done) >= number:
                raise PowerCutError
            return real(*args, **kwargs)

        return operation

    with pytest.MonkeyPatch.context() as patch:
        for name in OPERATIONS:
            patch.setattr(os, name, wrap(name, getattr(os, name)))
        patch.setattr(io, "open", wrap("io.open", io.open))
        yield done


@pytest.mark.parametrize("how", ["full disk", "power cut"])
@pytest.mark.parametrize("is_first", [True, False], ids=["first release", "second release"])
def test_whatever_step_fails_readers_have_a_whole_release(tmp_path: Path, how: str, is_first: bool) -> None:
    seen: set[str | None] = set()
    for number in itertools.count(1):
        home = tmp_path / str(number)
        if not is_first:
            publish_number(home, 1)
        candidate = make_candidate(home / ".work" / "stopped", 2)
        with stopped_at(number, how) as done:
            try:
                publish(candidate, home, NEW, FIELDS)
            except KortlaegningError as error:
                assert how == "full disk"
                assert "\n" not in str(error)
            except PowerCutError:
                assert how == "power cut"
        if len(done) < number:
            break

        current = current_release(home)
        seen.add(current)
        assert current in ({None, NEW} if is_first else {OLD, NEW})
        if current is not None:
            mart = home / "current" / "marts" / "public" / "theme_scores.parquet"
            assert pq.read_table(mart).num_rows == 2
        damage = [problem for problem in verify(home) if problem.kind == "damage"]
        assert damage == [], f"operation {number} ({done[number - 1]})"

        publish_number(home, 2, run="again")
        assert current_release(home) == NEW
        assert verify(home) == []
        assert (home / "ledger.jsonl").read_bytes().count(b"\n") == (1 if is_first else 2), "no line is doubled"
        assert not list(home.glob(".*.tmp"))
    assert number > 40, "the loop has to have stopped publishing at every operation"
    assert seen == ({None, NEW} if is_first else {OLD, NEW}), "stops before the switch and after it"


def attempt(home: Path, number: int, run: str, answers: multiprocessing.Queue[str]) -> None:
    """Publish under the lock, or be told that it is taken."""
    candidate = make_candidate(home / ".work" / run, number)
    try:
        with home_lock(home, run):
            publish(candidate, home, release_name(number), FIELDS)
            answers.put("published")
    except BusyError:
        answers.put("busy")


def test_publishers_at_once_do_not_harm_each_other(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    publish_number(tmp_path, 1)
    for turn in range(3):
        answers: multiprocessing.Queue[str] = fork.Queue()
        runs = [fork.Process(target=attempt, args=(tmp_path, 2 + n % 2, f"{turn}-{n}", answers)) for n in range(4)]
        for process in runs:
            process.start()
        found = [answers.get(timeout=60) for _ in runs]
        for process in runs:
            process.join()
        assert "published" in found
        assert set(found) <= {"published", "busy"}
        assert verify(tmp_path) == []
