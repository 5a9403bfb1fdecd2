"""What is written down: every result, every failing key, the page, and a verdict bound to the marts."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from pipelines.errors import StorageError
from pipelines.validation import CheckResult, from_dbt, write_evidence
from tests.unit.validation.conftest import write_mart

ABOUT = SimpleNamespace(
    release_id="proeve-1",
    hashes={"inputs": "cd" * 32},
    inputs=[{"mapping": "2015", "file": "pupils.csv", "sha256": "ab" * 32, "size": 9, "rows": 4321}],
)


def failing(result: CheckResult, severity: str = "error", verdict: str = "failed", rows: int = 1) -> CheckResult:
    keys = pd.DataFrame({name: [f"<{i}>" for i in range(rows)] for name in ("level", "unit_id")})
    return replace(result, severity=severity, verdict=verdict, n_failed=rows, failing_keys=keys)


def test_all_passed_is_passed_and_bound_to_the_marts(results: list[CheckResult], release: Path) -> None:
    verdict = write_evidence(results, release / "validation")
    assert verdict.is_passed
    assert (verdict.checks, verdict.errors, verdict.warnings, verdict.could_not_run) == (len(results), 0, 0, 0)
    written = json.loads((release / "validation" / "verdict.json").read_text("utf-8"))
    assert written["verdict"] == "passed"
    assert written["marts_hash"] == verdict.marts_hash
    assert written["data"] == "Simulerede data"
    assert set(written["marts"]) == {
        path.relative_to(release / "marts").as_posix() for path in (release / "marts").rglob("*.parquet")
    }

    mart = release / "marts" / "public" / "reliability.parquet"
    mart.write_bytes(mart.read_bytes().replace(b"good", b"goot", 1))
    assert write_evidence(results, release / "validation").marts_hash != verdict.marts_hash


@pytest.mark.parametrize(
    ("severity", "outcome", "verdict"),
    [
        ("warning", "failed", "passed"),
        ("error", "failed", "failed"),
        ("error", "could_not_run", "failed"),
        ("warning", "could_not_run", "failed"),
    ],
)
def test_warning_releases_and_error_and_unknown_block(
    results: list[CheckResult], release: Path, severity: str, outcome: str, verdict: str
) -> None:
    bad = failing(results[0], severity, outcome)
    found = write_evidence([bad, *results[1:]], release / "validation")
    assert found.verdict == verdict
    assert bool(found.blocking) == (verdict == "failed")
    if found.blocking:
        assert found.blocking[0].startswith(bad.check_id)


def test_nothing_checked_is_not_passed(release: Path, tmp_path: Path) -> None:
    assert not write_evidence([], release / "validation").is_passed
    assert not write_evidence([], tmp_path / "empty" / "validation").is_passed


def test_mart_that_nothing_looked_at_blocks(results: list[CheckResult], release: Path) -> None:
    write_mart(release, "public", "newcomer", pd.DataFrame({"k": [1]}))
    verdict = write_evidence(results, release / "validation")
    assert (verdict.verdict, verdict.could_not_run) == ("failed", 1)
    assert "marts/public/newcomer.parquet has no suite" in verdict.blocking[0]

    (release / "marts" / "public" / "newcomer.parquet").unlink()
    without_public = [r for r in results if (r.table, r.context) != ("progression", "public")]
    assert write_evidence(without_public, release / "validation").could_not_run == 1


def test_results_and_every_failing_key_are_written(results: list[CheckResult], release: Path) -> None:
    bad = failing(results[3], rows=450)
    write_evidence([*results[:3], bad, *results[4:]], release / "validation")
    table = pd.read_parquet(release / "validation" / "results.parquet")
    assert len(table) == len(results)
    assert table.sort_values(["check_id", "context"]).index.is_monotonic_increasing
    [row] = table[table["verdict"].eq("failed")].to_dict("records")
    assert (row["check_id"], row["n_failed"], row["owner"], row["why"]) == (bad.check_id, 450, bad.owner, bad.why)
    keys = pd.read_parquet(release / "validation" / "failing_keys.parquet")
    assert len(keys) == 450
    assert set(keys["check_id"]) == {bad.check_id}
    assert json.loads(keys["key"].iloc[0]) == {"level": "<0>", "unit_id": "<0>"}


def test_the_same_results_give_the_same_bytes(results: list[CheckResult], release: Path) -> None:
    bad = failing(results[3], rows=3)
    write_evidence([*results, bad], release / "validation", about=ABOUT)
    first = {path.name: path.read_bytes() for path in (release / "validation").iterdir()}
    slower = [replace(r, seconds=r.seconds + 1) for r in reversed([*results, bad])]
    write_evidence(slower, release / "validation", about=ABOUT)
    assert {path.name: path.read_bytes() for path in (release / "validation").iterdir()} == first
    pages = {"index.html", "vejledning.html", "guide.html"}
    assert set(first) == {"results.parquet", "failing_keys.parquet", "verdict.json", *pages}


def test_page_is_offline_readable_in_both_languages_and_marked(results: list[CheckResult], release: Path) -> None:
    bad = failing(results[3], rows=450)
    write_evidence([bad, *results], release / "validation", about=ABOUT)
    page = (release / "validation" / "index.html").read_text("utf-8")
    assert not re.search(r"<script|https?://|src=|@import|url\(", page)
    assert '<html lang="da">' in page
    assert "Simulerede data" in page
    for text in ("Ikke bestået: intet er udgivet.", "Failed: nothing was released.", bad.why, bad.why_da, bad.check_id):
        assert html.escape(text, quote=True).replace("&#x27;", "&#39;") in page
    assert page.count("<li>level &lt;") == 200, "the first keys, escaped; all of them are in the Parquet file"
    assert "de første 200 af 450" in page
    assert "2015/pupils.csv" in page
    assert "4.321" in page
    assert "ab" * 32 in page


def test_page_has_all_that_an_auditor_asks_for(results: list[CheckResult], release: Path) -> None:
    write_evidence(results, release / "validation", about=ABOUT)
    page = (release / "validation" / "index.html").read_text("utf-8")
    assert 'pupils.csv</td><td class="number">50</td><td class="number">40</td>' in page, "reconciliation"
    assert "<code>n_lt_min</code> 1" in page, "suppressed rows by reason"
    assert "cd" * 32 in page, "the ledger's line"
    for link in ("vejledning.html", "guide.html"):
        assert f'href="{link}"' in page
        guide = (release / "validation" / link).read_text("utf-8")
        assert not re.search(r"<script|https?://|src=|@import|url\(", guide)
        assert "Simulerede data" in guide
        assert "--figure &#39;theme_scores:mapping=2015,level=programme,unit_id=proeve," in guide
        assert "kortlaegning verify --public-key" in guide


def test_every_result_says_what_was_expected(results: list[CheckResult], release: Path) -> None:
    write_evidence(results, release / "validation")
    table = pd.read_parquet(release / "validation" / "results.parquet")
    declared = {row.check_id: json.loads(row.parameters) for row in table.itertuples()}
    assert declared["theme_scores.n_rule"]["min_value"] == {"setting": "disclosure.{audience}_min_n"}
    assert all(entry["expectation"].startswith("expect_") for entry in declared.values())


def test_page_of_real_data_bears_no_mark(results: list[CheckResult], release: Path) -> None:
    import pyarrow.parquet as pq

    for path in (release / "marts").rglob("*.parquet"):
        pq.write_table(pq.read_table(path).replace_schema_metadata({"kortlaegning.data": "data"}), path)
    write_evidence(results, release / "validation")
    assert "Simulerede data" not in (release / "validation" / "index.html").read_text("utf-8")


def test_a_verdict_of_before_is_gone_when_writing_fails(
    results: list[CheckResult], release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_evidence(results, release / "validation")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.validation.evidence.pq.write_table", full)
    with pytest.raises(StorageError, match="No space left"):
        write_evidence(results, release / "validation")
    assert not (release / "validation" / "verdict.json").exists()


def dbt(name: str, status: str, kind: str = "test", failures: int | None = 0, **more: object) -> SimpleNamespace:
    base = {
        "name": name,
        "unique_id": f"{kind}.kortlaegning.{name}",
        "kind": kind,
        "status": status,
        "failures": failures,
        "message": "Got 3 results for person 0101701234",
        "seconds": 0.1,
        "depends_on": ("macro.kortlaegning.test_key", "model.kortlaegning.theme_scores"),
    }
    return SimpleNamespace(**(base | more))


def test_dbt_tests_come_into_the_same_evidence(results: list[CheckResult], release: Path) -> None:
    checks = from_dbt(
        [
            dbt("key_theme_scores", "pass"),
            dbt("within_theme_scores", "fail", failures=3),
            dbt("rare", "warn", failures=1),
            dbt("broken", "error", failures=None),
            dbt("left", "skipped", failures=None),
            dbt("theme_scores", "success", kind="model"),
            dbt("progression", "error", kind="model"),
        ]
    )
    assert [(c.check_id, c.verdict, c.severity, c.n_failed) for c in checks] == [
        ("dbt.key_theme_scores", "passed", "error", 0),
        ("dbt.within_theme_scores", "failed", "error", 3),
        ("dbt.rare", "failed", "warning", 1),
        ("dbt.broken", "could_not_run", "error", 0),
        ("dbt.left", "could_not_run", "error", 0),
        ("dbt.progression", "could_not_run", "error", 0),
    ]
    assert {c.table for c in checks} == {"theme_scores", "progression"}
    keys = pd.DataFrame({"unit_id": [f"{n}" for n in range(300)]})
    with_keys = from_dbt([dbt("key_theme_scores", "fail", failures=300), dbt("fine", "pass")], lambda _: keys)
    assert [len(c.failing_keys) for c in with_keys] == [300, 0], "every key, of failed tests only"
    assert not any("0101701234" in str(c) for c in checks)
    verdict = write_evidence([*results, *checks], release / "validation")
    assert (verdict.errors, verdict.warnings, verdict.could_not_run) == (1, 1, 3)


def test_dbt_tests_of_one_name_keep_apart() -> None:
    twice = [dbt("same", "pass", unique_id=f"test.kortlaegning.same.{n}") for n in (1, 2)]
    assert len({c.check_id for c in from_dbt(twice)}) == 2
