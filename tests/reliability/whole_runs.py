"""`make faults`: whole runs stopped at one point after the other; each time the next run ends where it would have ended.

Belongs here: the sweep over whole runs, which takes long; `test_whole_run.py` takes a sample of it. Does not belong here: the
publishing stage, which `test_publish_faults.py` stops at every operation.

Ways: an error, a power cut and `kill -9` at an operation on the home folder; `kill -9` after so many seconds, which also
meets DuckDB and Arrow in the middle of a write; a real disk of so many megabytes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.release import current_release, verify
from tests.conftest import DATA, SMALL, run_cli
from tests.reliability.faults import WAYS, How, small_disk, stopped_at

PAGE, MARGIN = 4096, 1 << 20
"""Bytes of a page of a disk in memory, and of room for folders."""


@dataclass(frozen=True)
class Start:
    """A home with one release, and a landing folder from which the next run makes another."""

    home: Path
    landing: Path
    before: str
    after: str


def command(home: Path, landing: Path) -> list[str]:
    return ["run", "--programme", SMALL, "--landing", str(landing), "--home", str(home)]


def change(landing: Path) -> None:
    """Let one parent answer otherwise."""
    path = landing / SMALL / "2009" / "parents.csv"
    content = path.read_bytes()
    path.write_bytes(content.replace(b";Agree;", b";Disagree;", 1))
    assert path.read_bytes() != content


def prepare(folder: Path) -> Start:
    """Build the release before, and once, elsewhere, the release after."""
    landing = folder / "landing"
    shutil.copytree(DATA / SMALL, landing / SMALL)
    assert run_cli(*command(folder / "home", landing)) == 0
    before = current_release(folder / "home")
    change(landing)
    assert run_cli(*command(folder / "other", landing)) == 0
    after = current_release(folder / "other")
    assert before and after and before != after
    return Start(folder / "home", landing, before, after)


def child(how: How, number: int, home: Path, landing: Path) -> subprocess.Popen[str]:
    """A run in a process of its own that fails at an operation."""
    arguments = [sys.executable, "-m", __spec__.name if __spec__ else __name__, "--child", how, str(number), str(home)]
    return subprocess.Popen([*arguments, str(landing)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run_child(how: How, number: int, home: Path, landing: Path) -> int:
    """What the child does. Prints how many operations there were."""
    with stopped_at(number, how, home) as done:
        try:
            code = run_cli(*command(home, landing))
        finally:
            print(json.dumps({"operations": len(done)}), flush=True)
    return code


def problems(start: Start, home: Path) -> Iterator[str]:
    """What must hold after a fault, and after the run that follows."""
    if current_release(home) not in (start.before, start.after):
        yield f"current is {current_release(home)}"
    yield from (str(problem) for problem in verify(home) if problem.kind == "damage")
    code = run_cli(*command(home, start.landing))
    if code:
        yield f"the next run ended with {code}"
    if current_release(home) != start.after:
        yield f"the next run made {current_release(home)}, not {start.after}"
    yield from (str(problem) for problem in verify(home))
    if [path.name for path in (home / ".work").iterdir()]:
        yield "something was left in .work"


def copy(start: Start, to: Path) -> Path:
    shutil.copytree(start.home, to, symlinks=True)
    return to


def operations(start: Start, home: Path) -> int:
    """How many operations a whole run has."""
    told, _ = child("full disk", 10**9, copy(start, home), start.landing).communicate()
    shutil.rmtree(home)
    # Libraries have their say at the end of a process, too.
    [line] = [line for line in told.splitlines() if line.startswith('{"operations"')]
    return int(json.loads(line)["operations"])


def told(what: str, found: list[str]) -> int:
    """Print what came of one point; 1 where it went wrong."""
    print(f"{what:<44} {'; '.join(found) or 'as it should be'}", flush=True)
    return int(bool(found))


def after(start: Start, home: Path, what: str) -> int:
    """Look at a home after a fault and after the run that follows; 1 where something does not hold."""
    wrong = told(what, list(problems(start, home)))
    shutil.rmtree(home, ignore_errors=True)
    return wrong


def at_operations(start: Start, folder: Path, points: int) -> int:
    """Stopped at every so many operations, in each way. Returns how many points went wrong."""
    total, wrong = operations(start, folder / "count"), 0
    print(f"a run has {total} operations on its home", flush=True)
    for how in WAYS:
        for number in range(1, total + 1, max(total // points, 1)):
            home = copy(start, folder / f"{how}-{number}")
            child(how, number, home, start.landing).communicate()
            wrong += after(start, home, f"{how} at operation {number}")
    return wrong


def after_seconds(start: Start, folder: Path, points: int) -> int:
    """Killed wherever it is. Returns how many points went wrong."""
    wrong = 0
    for seconds in (1.5 * number for number in range(1, points + 1)):
        home = copy(start, folder / f"seconds-{seconds}")
        run = child("full disk", 10**9, home, start.landing)
        time.sleep(seconds)
        run.send_signal(signal.SIGKILL)
        run.communicate()
        wrong += after(start, home, f"kill -9 after {seconds} s")
    return wrong


def on_small_disks(start: Start, folder: Path, points: int) -> int:
    """On a real disk that fills. Returns how many points went wrong."""
    # On such a disk every file begins a page of its own.
    files = [path for path in start.home.rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(-(-path.stat().st_size // PAGE) * PAGE for path in files) + MARGIN >> 20
    wrong = 0
    for more in range(1, 4 * points, 4):
        home = folder / f"disk-{more}"
        with small_disk(home, f"{size + more}m"):
            shutil.copytree(start.home, home, symlinks=True, dirs_exist_ok=True)
            code = run_cli(*command(home, start.landing))
            found = [str(problem) for problem in verify(home) if problem.kind == "damage"]
            seen = current_release(home)
            if seen not in (start.before, start.after) or (code == 0) != (seen == start.after):
                found.append(f"ended with {code}, current is {seen}")
            wrong += told(f"disk with {more} MB left, ended with {code}", found)
    return wrong


PARTS = {"operations": at_operations, "seconds": after_seconds, "disks": on_small_disks}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=12, help="of each way")
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--child", nargs=4)
    options = parser.parse_args()
    if options.child:
        how, number, home, landing = options.child
        return run_child(how, int(number), Path(home), Path(landing))
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        start = prepare(Path(folder))
        wrong = [PARTS[part](start, Path(folder), options.points) for part in options.part or PARTS]
        print(f"{sum(wrong)} points went wrong")
        return int(any(wrong))


if __name__ == "__main__":
    sys.exit(main())
