"""The full-size programme, three rounds: seconds and memory per stage, beside the hand-written script, in one run.

Belongs here: measuring and holding the two against each other. Does not belong here: asserting times.

usage: python -m tests.bench.full_size [SCALE]
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from pipelines.programme import load_programme
from pipelines.simulate import simulate

STEP = re.compile(r"^  (\w+) +([\d.]+) s +peak +(\d+) MiB", re.MULTILINE)


FEW_DOCUMENTS = {"KORTLAEGNING_DOCUMENTS": "sample", "KORTLAEGNING_PDF": "joint"}
"""Two thousand documents of schools take longer than all else; `documents` measures them."""


def timed(*command: str) -> tuple[float, float, str]:
    """Seconds, peak memory in MiB of the largest process so far, and what the command printed."""
    began = time.monotonic()
    environment = os.environ | FEW_DOCUMENTS
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return time.monotonic() - began, peak, done.stdout + done.stderr


def main(scale: float) -> None:
    """Print a table for the README."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        began = time.monotonic()
        summary = simulate(load_programme("pfl"), folder / "landing", scale, 2015)
        simulated = time.monotonic() - began
        hand_seconds, hand_peak, _ = timed("tests.bench.by_hand", str(folder / "landing"), str(folder / "hand"))
        options = ("--programme", "pfl", "--landing", str(folder / "landing"), "--home", str(folder / "home"))
        seconds, peak, printed = timed("pipelines.cli", "run", *options)
        rows = stage_rows(folder / "home", summary.answers)
        differences = compare(folder)
    print(f"\n{summary.answers:,} answers in three rounds; simulated in {simulated:.1f} s\n")
    print("| stage | seconds | rows | peak memory so far |\n|---|---:|---:|---:|")
    for step, step_seconds, step_peak in STEP.findall(printed):
        print(f"| {step} | {float(step_seconds):.1f} | {rows.get(step, '')} | {int(step_peak):,} MiB |")
    print(f"| **run, whole process** | {seconds:.1f} | | {peak:,.0f} MiB |")
    print(f"| hand-written DuckDB script | {hand_seconds:.1f} | | {hand_peak:,.0f} MiB |")
    print(f"\nrun / script: {seconds / hand_seconds:.1f}. {differences}")


def stage_rows(home: Path, answers: int) -> dict[str, str]:
    """Rows that each stage has written."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:

        def count(*tables: str) -> str:
            return f"{sum(con.execute(f'select count(*) from {table}').fetchall()[0][0] for table in tables):,}"

        marts = ("theme_scores", "progression", "reliability", "response_rates", "item_distributions")
        return {
            "extract": f"{answers:,} answers",
            "dbt_estimates": count("int_theme_answers", "int_level_estimates", "int_change_estimates"),
            "infer": count(*(f"inference.{name}" for name in marts[:3])),
            "dbt_marts": count(*marts),
            "disclose": count(*marts, *marts),
        }


def compare(folder: Path) -> str:
    """Both make the same figures: the pipeline's before disclosure control against the script's."""
    with duckdb.connect(str(folder / "home" / "warehouse.duckdb"), read_only=True) as con:
        key = "a.unit = b.unit_id and a.grp = b.respondent_group and a.value = b.breakdown_value and " + " and ".join(
            f"a.{name} = b.{name}" for name in ("level", "theme", "breakdown")
        )
        parts = []
        for mart, figure, more in (
            ("theme_scores", "mean", ("mapping", "form")),
            ("progression", "delta", ("mapping_from", "mapping_to")),
        ):
            [(matched, ours, hand, worst, worst_se)] = con.execute(
                f"""
                select count(*), (select count({figure}) from {mart}),
                    (select count(*) from read_parquet('{folder}/hand/{mart}.parquet')),
                    max(abs(a.{figure} - b.{figure})), max(abs(a.se - b.se))
                from read_parquet('{folder}/hand/{mart}.parquet') as a
                join {mart} as b on {key} and {" and ".join(f"a.{name} = b.{name}" for name in more)}
                """
            ).fetchall()
            parts.append(
                f"{mart}: {matched:,} figures of {ours:,} and {hand:,} compared, largest difference {worst:.1e}, "
                f"of standard errors {worst_se:.1e} points"
            )
    return "; ".join(parts)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
