"""A hundred whole runs in one process: the memory of the last ones is that of the first, within 10 %.

Belongs here: the measurement. Does not belong here: one run's peak (`full_size`).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from statistics import mean

from tests.conftest import DATA, SMALL, run_cli

RUNS = 100
WARM = 10
"""Runs before it is measured: caches fill."""


def measure(runs: int = RUNS) -> list[int]:
    """Resident memory after each run, MiB; every run makes a release, two contents by turns."""
    sizes = []
    with tempfile.TemporaryDirectory() as folder:
        home, landings = Path(folder) / "home", [Path(folder) / name for name in ("a", "b")]
        for landing in landings:
            shutil.copytree(DATA / SMALL, landing / SMALL)
        path = landings[1] / SMALL / "2009" / "parents.csv"
        path.write_bytes(path.read_bytes().replace(b";Agree;", b";Disagree;", 1))
        for turn in range(runs):
            landing = landings[turn % 2]
            assert run_cli("run", "--programme", SMALL, "--landing", str(landing), "--home", str(home)) == 0
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            sizes.append(pages * 4096 >> 20)
    return sizes


def main(runs: int = RUNS) -> None:
    """Print the table; fails where memory grows."""
    sizes = measure(runs)
    window = max((runs - WARM) // 4, 1)
    first, last = mean(sizes[WARM : WARM + window]), mean(sizes[-window:])
    print(
        f"{runs} runs in one process: {first:.0f} MiB after the first, {last:.0f} MiB at the end ({last / first - 1:+.1%})"
    )
    assert last < 1.1 * first, "memory grows with the number of runs"


if __name__ == "__main__":
    main()
