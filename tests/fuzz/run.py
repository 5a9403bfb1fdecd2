"""Judging many damaged files in a process of their own: the seed is printed, every failure is kept under `fuzz-failures/`.

Belongs here: the worker and the loop over it. Does not belong here: what is tried (`damage`) and judged (`judge`).
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

from tests.fuzz.damage import damaged
from tests.fuzz.judge import LONGEST_SECONDS, Judge
from tests.fuzz.programme import make_programme, whole_files

KEPT = Path("fuzz-failures")


def work(connection: Connection, folder: Path, seed: int) -> None:
    """A worker: judges the numbers it is sent."""
    files = whole_files(folder / "whole")
    judge = Judge(make_programme(folder / "programme"), folder / "home")
    connection.send(None)
    while (number := connection.recv()) is not None:
        _, group, odd, content = damaged(seed, number, files)
        connection.send((judge(group, odd, content), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def main(count: int, seed: int) -> int:
    """Judge `count` files; 1 when anything was wrong."""
    print(f"{count:,} damaged files, seed {seed}", flush=True)
    began, slowest, peak, failures = time.perf_counter(), 0.0, 0.0, 0
    kinds: Counter[str] = Counter()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = whole_files(folder / "whole")
        process, here = start(context, folder, seed)
        for number in range(count):
            kind, group, _, content = damaged(seed, number, files)
            kinds[kind] += 1
            once = time.perf_counter()
            here.send(number)
            try:
                if not here.poll(LONGEST_SECONDS * 6):
                    raise EOFError
                problems, memory = here.recv()
            except (EOFError, OSError):
                problems, memory = ["hung or died"], 0.0
                process.kill()
                process, here = start(context, folder, seed)
            slowest, peak = max(slowest, time.perf_counter() - once), max(peak, memory)
            if problems:
                failures += 1
                KEPT.mkdir(exist_ok=True)
                (KEPT / f"{seed}-{number}-{group}").write_bytes(content)
                print(f"{number} {kind} {group}: {'; '.join(problems)}", flush=True)
        here.send(None)
        process.join(10)
    print(f"{count:,} files in {time.perf_counter() - began:.0f} s, seed {seed}: {failures} failures")
    print(f"slowest {slowest:.2f} s, peak memory {peak:,.0f} MiB; {dict(sorted(kinds.items()))}")
    return int(failures > 0)


def start(context, folder: Path, seed: int):  # type: ignore[no-untyped-def]
    """A worker process and the way to it."""
    here, there = context.Pipe()
    process = context.Process(target=work, args=(there, folder, seed), daemon=True)
    process.start()
    there.close()
    here.recv()
    return process, here
