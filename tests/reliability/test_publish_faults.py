"""Publishing is stopped at its first, second, … last operation on the disk, by an error and by a power cut.

After each stop readers have a whole release, nothing is damaged, and the next run ends where it would have ended.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.errors import BusyError, KortlaegningError, StorageError
from pipelines.release import catch_up, current_release, home_lock, is_caught_up, publish, retire, roll_back, verify
from tests.reliability.faults import WAYS, How, PowerCutError, in_child, read_only, small_disk, stopped_at
from tests.unit.release.fake_release import FIELDS, make_candidate, publish_number, release_name

OLD, NEW = release_name(1), release_name(2)


def check_readers(home: Path, allowed: set[str | None], what: str) -> str | None:
    """Readers have a whole release, and nothing is damaged."""
    current = current_release(home)
    assert current in allowed, what
    if current is not None:
        assert pq.read_table(home / "current" / "marts" / "public" / "theme_scores.parquet").num_rows == 2
    assert [problem for problem in verify(home) if problem.kind == "damage"] == [], what
    return current


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: thousands of write-throughs cost minutes on a disk and show nothing more."""
    memory = Path("/dev/shm")  # noqa: S108
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("is_first", [True, False], ids=["first release", "second release"])
def test_whatever_step_fails_readers_have_a_whole_release(tmp_path: Path, how: How, is_first: bool) -> None:
    """Publishing and taking the oldest release away, stopped at every operation."""
    seen: set[str | None] = set()
    start, report = tmp_path / "start", tmp_path / "report"
    if not is_first:
        publish_number(start, 1)
    for name in ("stopped", "again"):
        make_candidate(start / ".work" / name, 2)
    for number in itertools.count(1):
        home = tmp_path / str(number)
        shutil.copytree(start, home, symlinks=True)
        candidate = home / ".work" / "stopped" / "release"

        def run(home: Path = home, candidate: Path = candidate, number: int = number, report: Path = report) -> None:
            with stopped_at(number, how, home) as done:
                report.write_text("0")
                try:
                    publish(candidate, home, NEW, FIELDS)
                    retire(home, 1, FIELDS)
                except KortlaegningError as error:
                    assert how == "full disk"
                    assert "\n" not in str(error)
                except PowerCutError:
                    assert how == "power cut"
            report.write_text(str(len(done)))

        if how == "kill":
            assert in_child(run) in (0, -signal.SIGKILL)
        else:
            run()
        if 0 < int(report.read_text()) < number:
            break
        seen.add(check_readers(home, {None, NEW} if is_first else {OLD, NEW}, f"{how} at operation {number}"))

        publish(home / ".work" / "again" / "release", home, NEW, FIELDS)
        retire(home, 1, FIELDS)
        assert current_release(home) == NEW
        assert verify(home) == []
        lines = [json.loads(line)["event"] for line in (home / "ledger.jsonl").read_text("utf-8").splitlines()]
        assert lines == (["released"] if is_first else ["released", "released", "removed"]), "no line is doubled"
        assert not list(home.glob(".*.tmp"))
        shutil.rmtree(home)
    assert number > 40, "the loop has to have stopped publishing at every operation"
    assert seen == ({None, NEW} if is_first else {OLD, NEW}), "stops before the switch and after it"


def test_history_stopped_at_every_operation(tmp_path: Path) -> None:
    """A difference is there whole or not at all, and is made by whoever comes next."""
    home = tmp_path / "home"
    for number in (1, 2):
        publish_number(home, number)
    for number in itertools.count(1, 2):
        with stopped_at(number, "power cut", home) as done, suppress(PowerCutError):
            catch_up(home)
        if len(done) < number:
            break
        for folder in (home / "history").glob("0*"):
            assert {path.name for path in folder.iterdir()} == {"public", "internal"}
            assert (folder / "internal" / "index.html").exists()
        assert verify(home) == []
        shutil.rmtree(home / "history", ignore_errors=True)
    assert number > 8
    assert is_caught_up(home)


@pytest.mark.parametrize("how", WAYS)
def test_going_back_stopped_at_every_operation(tmp_path: Path, how: How) -> None:
    start, home, report = tmp_path / "start", tmp_path / "home", tmp_path / "report"
    publish_number(start, 1)
    publish_number(start, 2)
    for number in itertools.count(1):
        shutil.copytree(start, home, symlinks=True)

        def run(number: int = number) -> None:
            with stopped_at(number, how, home) as done:
                report.write_text("0")
                with suppress(KortlaegningError, PowerCutError):
                    roll_back(home, OLD, FIELDS)
            report.write_text(str(len(done)))

        if how == "kill":
            in_child(run)
        else:
            run()
        if 0 < int(report.read_text()) < number:
            break
        check_readers(home, {OLD, NEW}, f"{how} at operation {number}")
        roll_back(home, OLD, FIELDS)
        assert current_release(home) == OLD
        assert verify(home) == []
        shutil.rmtree(home)
    assert number > 6


def test_a_real_disk_that_is_full(tmp_path: Path) -> None:
    """A disk with so and so many kilobytes left, from none to enough."""
    seen = set()
    for free in (0, 4, 8, 12, 16, 24, 32, 64, 96):
        home = tmp_path / f"disk{free}"
        with small_disk(home, "4m"):
            publish_number(home, 1)
            candidate = make_candidate(home / ".work" / "stopped", 2)
            with suppress(OSError), (home / "filler").open("wb", buffering=0) as filler:
                while True:
                    filler.write(b"x" * 4096)
            with (home / "filler").open("r+b") as filler:
                filler.truncate(max((home / "filler").stat().st_size - 1024 * free, 0))
            try:
                publish(candidate, home, NEW, FIELDS)
                catch_up(home)
            except KortlaegningError as error:
                assert "is full" in str(error)
            seen.add(check_readers(home, {OLD, NEW}, f"{free} kB left"))
            (home / "filler").unlink()
            publish_number(home, 2, run="again")
            catch_up(home)
            assert current_release(home) == NEW
            assert verify(home) == []
    assert seen == {OLD, NEW}


@pytest.mark.parametrize("limit", [0, 100, 1000])
def test_files_that_may_not_grow(tmp_path: Path, limit: int) -> None:
    """Where nothing can be mounted: no file may be longer than so many bytes."""
    publish_number(tmp_path, 1)
    candidate = make_candidate(tmp_path / ".work" / "stopped", 2)

    def run() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        with suppress(KortlaegningError):
            publish(candidate, tmp_path, NEW, FIELDS)

    assert in_child(run) == 0
    check_readers(tmp_path, {OLD}, f"{limit} bytes")
    publish_number(tmp_path, 2, run="again")
    assert verify(tmp_path) == []


def test_home_that_cannot_be_written(tmp_path: Path) -> None:
    publish_number(tmp_path / "home", 1)
    candidate = make_candidate(tmp_path / "home" / ".work" / "stopped", 2)
    with read_only(tmp_path / "home"):
        with pytest.raises(StorageError, match=r"cannot be written .*; nothing was released"):
            publish(candidate, tmp_path / "home", NEW, FIELDS)
        with pytest.raises(StorageError, match="cannot be written"), home_lock(tmp_path / "home", "run"):
            pass
        assert verify(tmp_path / "home") == []
        check_readers(tmp_path / "home", {OLD}, "read-only")
    publish_number(tmp_path / "home", 2, run="again")
    assert verify(tmp_path / "home") == []


def test_memory_stays_flat_over_a_hundred_releases(tmp_path: Path) -> None:
    """Of the publishing stage; `make bench` watches whole runs."""
    sizes = []
    for turn in range(100):
        publish_number(tmp_path, 1 + turn % 2, run="turn")
        shutil.rmtree(tmp_path / ".work")
        retire(tmp_path, 2, FIELDS)
        sizes.append(int(Path("/proc/self/statm").read_text().split()[1]))
    assert sum(sizes[-10:]) < 1.1 * sum(sizes[20:30])
    assert verify(tmp_path) == []


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
