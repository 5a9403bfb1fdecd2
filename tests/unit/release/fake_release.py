"""A candidate as a run builds it, small: two marts, a page, a verdict and a manifest.

Belongs here: making it and publishing it. Does not belong here: assertions.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.files import sha256_file, sha256_text
from pipelines.release import About, Published, inputs_hash, publish, release_id, write_manifest

FIELDS = {"actor": "anna", "trigger": "test"}
NOON = datetime(2017, 11, 3, 12, tzinfo=UTC)


INPUTS = (
    {"mapping": "2017", "file": "b.csv", "sha256": "bb" * 32, "size": 7, "rows": 2},
    {"mapping": "2015", "file": "a.csv", "sha256": "aa" * 32, "size": 5, "rows": 1},
)


def hashes_of(number: int) -> dict[str, str]:
    """The parts of a release's id; another number is made by other code."""
    inputs = inputs_hash((str(e["mapping"]), str(e["file"]), str(e["sha256"])) for e in INPUTS)
    return {"inputs": inputs, "code": f"{number:064x}"}


def release_name(number: int) -> str:
    return release_id("proeve", hashes_of(number))


def about(number: int = 1) -> About:
    return About(
        release_id=release_name(number),
        programme="proeve",
        is_simulated=True,
        inputs=INPUTS,
        hashes=hashes_of(number),
        settings={"mappings": ["2015", "2017"]},
        models={"theme_scores": {"sha256": "33" * 32, "depends_on": []}},
    )


def make_candidate(folder: Path, number: int = 1, verdict: str = "passed") -> Path:
    """A candidate's `release/`; another number gives other figures and another id."""
    release = folder / "release"
    for audience in ("internal", "public"):
        path = release / "marts" / audience / "theme_scores.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.table({"unit_id": ["101", "102"], "mean": [500.0, 500.0 + number]}), path)
        page = release / "reports" / audience / "da" / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"<p>{audience} {number}</p>", encoding="utf-8")
    write_verdict(release, verdict)
    write_manifest(release, about(number))
    return release


def write_verdict(release: Path, verdict: str = "passed", **more: object) -> None:
    """A verdict bound to the marts as they are."""
    marts = release / "marts"
    names = sorted(path.relative_to(marts).as_posix() for path in marts.rglob("*") if path.is_file())
    digest = sha256_text(*(part for name in names for part in (name, sha256_file(marts / name))))
    errors = 0 if verdict == "passed" else 2
    content = {
        "verdict": verdict,
        "checks": 9,
        "errors": errors,
        "warnings": 1,
        "could_not_run": 0,
        "marts_hash": digest,
    }
    path = release / "validation" / "verdict.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content | more), encoding="utf-8")
    outcomes = ["failed"] * (errors + 1) + ["passed"] * (8 - errors)
    severities = ["error"] * errors + ["warning"] + ["error"] * (8 - errors)
    pq.write_table(pa.table({"verdict": outcomes, "severity": severities}), path.with_name("results.parquet"))


def publish_number(home: Path, number: int = 1, run: str = "run") -> Published:
    """Make a candidate below home and publish it, as a run does."""
    candidate = make_candidate(home / ".work" / f"{run}-{number}", number)
    return publish(candidate, home, release_name(number), FIELDS, now=lambda: NOON)
