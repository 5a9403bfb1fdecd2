"""One full-size round from the landing folder to raw Parquet, beside DuckDB that only reads the files and writes them.

Belongs here: both timed in one run, in processes of their own, and the bound that must hold. Does not belong here: anything
after raw Parquet (`full_size`).

usage: python -m tests.bench.landing_to_raw [SCALE]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from pipelines.extract import extract_group, look_at_landing, open_session
from pipelines.programme import load_programme
from pipelines.settings import load_settings
from pipelines.simulate import simulate

MOST_TIMES, MOST_MIB = 2.5, 2048
ROUND = "2015"
TIMES = 3
PROGRAMME = load_programme("pfl")


def bare(landing: Path, home: Path) -> int:
    """Read each file as text and write it as Parquet, as it is: nothing is looked at."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as con:
        for file in sorted((landing / "pfl" / ROUND).glob("*.csv")):
            source = f"read_csv('{file}', delim = ';', all_varchar = true, header = true, encoding = 'latin-1')"
            target = home / f"{file.stem}.parquet"
            con.execute(f"copy (select * from {source}) to '{target}' (format parquet, compression zstd)").fetchall()
    return 0


def ours(landing: Path, home: Path) -> int:
    """Landing to raw: gate, contract, codes, pseudonyms, one row an answer."""
    programme, settings = PROGRAMME, load_settings({}, home=home, landing=landing)
    found = look_at_landing(programme, landing, ROUND)
    with open_session(programme, settings) as session:
        return sum(
            extract_group(programme, settings, found, group.code, session=session).answers
            for group in programme.respondent_groups
        )


def measure(which: str, landing: Path) -> dict[str, float]:
    """One of both in a process of its own: seconds, seconds of the processors, memory in MiB, answers."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.landing_to_raw", which, str(landing)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(scale: float) -> int:
    """Print a table; 1 when the bound does not hold. The best of three counts: others may use the machine."""
    with tempfile.TemporaryDirectory() as scratch:
        simulate(PROGRAMME, Path(scratch), scale)
        runs = {which: [measure(which, Path(scratch)) for _ in range(TIMES)] for which in ("bare", "ours")}
    best = {which: {k: min(run[k] for run in found) for k in found[0]} for which, found in runs.items()}
    print("| landing to raw Parquet, one round | seconds | processor seconds | peak memory |\n|---|---:|---:|---:|")
    for which, name in (
        ("bare", "bare DuckDB, CSV to Parquet"),
        ("ours", f"extract, {best['ours']['answers']:,.0f} answers"),
    ):
        one = best[which]
        print(f"| {name} | {one['seconds']:.2f} | {one['processor']:.2f} | {one['memory']:,.0f} MiB |")
    times = best["ours"]["seconds"] / best["bare"]["seconds"]
    print(f"extract / bare: {times:.2f} (at most {MOST_TIMES})")
    return int(times > MOST_TIMES or best["ours"]["memory"] > MOST_MIB)


if __name__ == "__main__":
    if sys.argv[1:2] in (["bare"], ["ours"]):
        with tempfile.TemporaryDirectory() as folder:
            began, before = time.perf_counter(), time.process_time()
            answers = {"bare": bare, "ours": ours}[sys.argv[1]](Path(sys.argv[2]), Path(folder))
            seconds, processor = time.perf_counter() - began, time.process_time() - before
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "processor": processor, "memory": memory, "answers": answers}))
    else:
        sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
