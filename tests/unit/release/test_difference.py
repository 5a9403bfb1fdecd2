"""What a release changed is told by row, figure and cause; the public is told of public figures only."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.release import publish, roll_back, write_manifest
from pipelines.release.difference import Cause, Change, causes, compare
from pipelines.release.history import catch_up, causes_of_next, note_validation
from tests.unit.release.fake_release import FIELDS, about, make_candidate, publish_number, release_name, write_verdict

KEY = {
    "programme": "proeve",
    "mapping": "2015",
    "level": "municipality",
    "unit_id": "101",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "form": "full",
    "breakdown": "all",
    "breakdown_value": "all",
}


def row(unit: str, mean: float | None, n: int | None = 40, **more: str) -> dict[str, Any]:
    return KEY | {"unit_id": unit, "n": n, "mean": mean, "base_mapping": "2015"} | more


def candidate(folder: Path, number: int, rows: list[dict[str, Any]], **changes: Any) -> Path:
    """A release whose public theme_scores hold these rows; the internal ones have one more."""
    release = make_candidate(folder, number)
    secret = row("999", 123.456789)
    for audience, own in (("public", rows), ("internal", [*rows, secret | {"mean": 123.0 + number}])):
        schema = pa.schema([(name, {"n": pa.int64(), "mean": pa.float64()}.get(name, pa.string())) for name in secret])
        pq.write_table(pa.Table.from_pylist(own, schema=schema), release / "marts" / audience / "theme_scores.parquet")
    write_manifest(release, replace(about(number), **changes))
    return release


OLD = [row("101", 500.0), row("102", 510.0), row("103", 480.0), row("104", None, None), row("105", 470.0)]
NEW = [row("101", 501.0), row("102", None, None), row("104", 490.0), row("105", 471.0, 42), row("106", 495.0)]


@pytest.fixture
def releases(tmp_path: Path) -> tuple[Path, Path]:
    return candidate(tmp_path / "a", 1, OLD), candidate(tmp_path / "b", 2, NEW)


def test_rows_and_figures_that_came_went_and_changed(releases: tuple[Path, Path], tmp_path: Path) -> None:
    [change] = compare(*releases, "public", tmp_path / "difference.parquet")
    assert change == Change("theme_scores", 1, 1, 4, 5, 5, 3)
    found = {
        json.loads(r["key"])["unit_id"]: (r["change"], r["figures"], json.loads(r["before"]), json.loads(r["after"]))
        for r in pq.read_table(tmp_path / "difference.parquet").to_pylist()
    }
    assert found == {
        "101": ("changed", "mean", {"mean": 500.0}, {"mean": 501.0}),
        "102": ("changed", "n, mean", {"n": 40, "mean": 510.0}, {"n": None, "mean": None}),
        "103": ("gone", "", {"n": 40, "mean": 480.0, "base_mapping": "2015"}, {}),
        "104": ("changed", "n, mean", {"n": None, "mean": None}, {"n": 40, "mean": 490.0}),
        # Two respondents more: what they answered would be 42 times the one mean less 40 times the other.
        "105": ("changed", "n, mean", {}, {}),
        "106": ("added", "", {}, {"n": 40, "mean": 495.0, "base_mapping": "2015"}),
    }


def test_the_same_marts_differ_in_nothing(releases: tuple[Path, Path]) -> None:
    [change] = compare(releases[0], releases[0], "internal")
    assert not change.is_any


def extract(mapping: str, file: str, digest: str, group: str = "pupils") -> dict[str, Any]:
    return {"mapping": mapping, "file": file, "sha256": digest * 64, "size": 1, "rows": 1, "respondent_group": group}


def manifest(**parts: Any) -> dict[str, Any]:
    return {
        "inputs": [extract("2015", "a.csv", "a")],
        "programme_files": {"items.csv": "1"},
        "settings": {"mappings": ["2015"], "thresholds": {"alpha": 0.05}},
        "hashes": {"code": "1", "programme": "1"},
        "models": {"theme_scores": {"sha256": "1"}, "progression": {"sha256": "1"}},
        "code": {"version": "1", "packages": {"duckdb": "2.0.0"}},
    } | parts


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, []),
        (
            {"inputs": [extract("2015", "a.csv", "a"), extract("2017", "b.csv", "b", "parents")]},
            [Cause("new_extract", "2017/b.csv", "2017", "parents")],
        ),
        ({"inputs": [extract("2015", "a.csv", "c")]}, [Cause("correction", "2015/a.csv", "2015", "pupils")]),
        ({"inputs": []}, [Cause("extract_gone", "2015/a.csv", "2015", "pupils")]),
        ({"programme_files": {"items.csv": "1", "corrections.csv": "2"}}, [Cause("correction", "corrections.csv")]),
        ({"programme_files": {"items.csv": "2"}}, [Cause("programme", "items.csv")]),
        (
            {"settings": {"mappings": ["2015", "2017"], "thresholds": {"alpha": 0.01}}},
            [
                Cause("setting", "mappings: 2015 → 2015, 2017"),
                Cause("setting", "thresholds.alpha: 0.05 → 0.01"),
            ],
        ),
        (
            {
                "hashes": {"code": "2", "programme": "1"},
                "models": {"theme_scores": {"sha256": "2"}, "progression": {"sha256": "1"}},
            },
            [Cause("code", "version 1; models theme_scores")],
        ),
        ({"hashes": {"code": "2", "programme": "1"}}, [Cause("code", "version 1; no model")]),
        ({"code": {"version": "1", "packages": {"duckdb": "2.0.1"}}}, [Cause("packages", "duckdb 2.0.0 → 2.0.1")]),
    ],
)
def test_every_cause_is_named(parts: dict[str, Any], expected: list[Cause]) -> None:
    assert causes(manifest(), manifest(**parts)) == expected


def test_a_row_names_the_extracts_of_its_own_group_and_mapping(tmp_path: Path) -> None:
    was = [row("101", 500.0), row("101", 500.0, mapping="2017"), row("101", 500.0, respondent_group="parents")]
    now = [r | {"mean": 501.0} for r in was]
    inputs = [extract("2015", "a.csv", "a"), extract("2017", "b.csv", "b")]
    old = candidate(tmp_path / "a", 1, was, inputs=inputs)
    new = candidate(tmp_path / "b", 1, now, inputs=[inputs[0], extract("2017", "b.csv", "c")])
    compare(old, new, "public", tmp_path / "difference.parquet")
    found = {
        (json.loads(r["key"])["mapping"], json.loads(r["key"])["respondent_group"]): r["cause"]
        for r in pq.read_table(tmp_path / "difference.parquet").to_pylist()
    }
    assert found == {
        ("2015", "pupils"): "indirect correction: 2017/b.csv",
        ("2017", "pupils"): "correction: 2017/b.csv",
        ("2015", "parents"): "indirect correction: 2017/b.csv",
    }


def test_nothing_is_told_of_values_when_respondents_were_removed(tmp_path: Path) -> None:
    old = candidate(tmp_path / "a", 1, [row("101", 500.0)])
    new = candidate(tmp_path / "b", 1, [row("101", 501.0, 20)], settings={"rows_removed_on_request": 1})
    compare(old, new, "public", tmp_path / "difference.parquet")
    [found] = pq.read_table(tmp_path / "difference.parquet").to_pylist()
    assert (found["before"], found["after"], found["is_withheld"]) == ("{}", "{}", True)
    assert "forgotten" in found["cause"]


def test_history_is_written_after_each_release_and_public_pages_hold_no_internal_figure(tmp_path: Path) -> None:
    for number, rows in ((1, OLD), (2, NEW)):
        release = candidate(tmp_path / ".work" / str(number), number, rows)
        write_verdict(release)
        write_manifest(release, about(number))
        fields = FIELDS | causes_of_next(tmp_path, release)
        publish(release, tmp_path, release_name(number), fields)
        catch_up(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text("utf-8").splitlines()]
    assert [line["previous_release"] for line in lines] == [None, release_name(1)]
    assert [cause.partition(":")[0] for cause in lines[1]["causes"]] == ["code"]
    folder = tmp_path / "history" / f"00002-{release_name(2)}"
    told = json.loads((folder / "public" / "difference.json").read_text("utf-8"))
    assert [cause["kind"] for cause in told["causes"]] == ["code"]
    for name in ("index.html", "difference.json", "difference.parquet"):
        assert b"124.0" not in (folder / "public" / name).read_bytes()
        assert b"999" not in (folder / "public" / name).read_bytes()
    page = (folder / "public" / "index.html").read_text("utf-8")
    assert "Simulerede data" in page
    assert "mean 500.0" in page
    assert "tilbageholdt" in page
    assert "124.0" in (folder / "internal" / "index.html").read_text("utf-8")
    assert (folder / "internal").stat().st_mode & 0o077 == 0
    assert release_name(2) in (tmp_path / "history" / "index.html").read_text("utf-8")

    roll_back(tmp_path, None, FIELDS | {"reason": "<script>alert(1)</script>"})
    [written] = catch_up(tmp_path)
    assert written.name == f"00003-{release_name(1)}"
    assert "<script" not in (tmp_path / "history" / "index.html").read_text("utf-8")
    assert catch_up(tmp_path) == [], "what is there is not made again"


def test_difference_that_was_cut_short_is_made_by_the_next_run(tmp_path: Path) -> None:
    publish_number(tmp_path, 1)
    publish_number(tmp_path, 2)
    half = tmp_path / "history" / f".00002-{release_name(2)}.part"
    half.mkdir(parents=True)
    (half / "rubbish").write_text("x")
    assert [path.name for path in catch_up(tmp_path)] == [f"00002-{release_name(2)}"]
    assert not half.exists()


def test_results_of_all_runs_are_kept(tmp_path: Path) -> None:
    results = pa.table({"check_id": ["a", "b"], "verdict": ["passed", "failed"]})
    runs = [{"run": f"r{n}", "at": "2017-11-03", "release_id": "x", "outcome": "failed"} for n in (1, 2, 2)]
    for run in runs:
        note_validation(tmp_path, results, run)
    path = tmp_path / "history" / "validation_results.parquet"
    table = pq.read_table(path)
    assert table["run"].to_pylist() == ["r1", "r1", "r2", "r2"]
    assert table.column_names == ["run", "at", "release_id", "outcome", "check_id", "verdict"]
    assert path.stat().st_mode & 0o077 == 0


def test_runs_are_kept_one_by_one_whatever_columns_their_version_had(tmp_path: Path) -> None:
    """Read and written run by run: memory does not grow with the history."""
    for number, columns in enumerate(
        ({"check_id": ["a"]}, {"check_id": ["a"], "owner": ["data"]}, {"check_id": ["b"]})
    ):
        note_validation(tmp_path, pa.table(columns), {"run": f"r{number}"})
    kept = pq.ParquetFile(tmp_path / "history" / "validation_results.parquet")
    assert kept.num_row_groups == 3
    assert kept.read().to_pydict() == {
        "run": ["r0", "r1", "r2"],
        "check_id": ["a", "a", "b"],
        "owner": [None, "data", None],
    }
