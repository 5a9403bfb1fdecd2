"""Extracts and marts are read from disk as they are; what cannot be read could not be checked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.programme import Programme
from pipelines.validation import CheckResult, Suite, validate_extract, validate_marts
from tests.unit.validation.conftest import write_mart


def not_passed(results: list[CheckResult]) -> list[tuple[str, str, str]]:
    return [(r.check_id, r.context, r.verdict) for r in results if r.verdict != "passed"]


@pytest.fixture
def raw(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> Path:
    """An extract as raw Parquet: respondents in two parts, answers to both questions."""
    for name, part in (("a", slice(0, 2)), ("b", slice(2, None))):
        write_part(tmp_path, "respondents", name, tables["extract_respondents"].iloc[part])
    write_part(tmp_path, "answers", "a", answers(("s_1", "1"), ("s_1", "9"), ("s_2", "2")))
    return tmp_path


def answers(*rows: tuple[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["variable", "code"])
    return frame.assign(mapping="2015", respondent_group="pupils", respondent_key=range(len(rows)))


def write_part(folder: Path, table: str, name: str, frame: pd.DataFrame) -> None:
    path = folder / table / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)


def test_valid_extract_passes_every_check(raw: Path, programme: Programme, suites: dict[str, Suite]) -> None:
    results = validate_extract(programme, raw, "2015", "pupils")
    assert not_passed(results) == []
    assert len(results) == sum(len(suites[name].expectations) for name in ("extract_respondents", "extract_codes"))
    assert {r.context for r in results} == {"2015/pupils"}


def test_undeclared_code_and_variable_are_named_by_variable_and_not_by_code(raw: Path, programme: Programme) -> None:
    write_part(raw, "answers", "b", answers(("s_1", "777"), ("s_1", "777"), ("s_3", "1"), ("s_2", " 2")))
    results = [r for r in validate_extract(programme, raw, "2015", "pupils") if r.verdict != "passed"]
    found = {r.check_id: r.failing_keys["variable"].tolist() for r in results}
    assert found == {"extract_codes.codes_declared": ["s_1", "s_2", "s_3"], "extract_codes.variables_asked": ["s_3"]}
    assert not any("777" in f"{r} {r.failing_keys.to_dict()}" for r in results)


def test_question_that_nobody_answered_is_a_warning(raw: Path, programme: Programme) -> None:
    write_part(raw, "answers", "a", answers(("s_1", "1")))
    results = validate_extract(programme, raw, "2015", "pupils")
    [result] = [r for r in results if r.verdict != "passed"]
    assert (result.check_id, result.severity) == ("extract_codes.questions_answered", "warning")
    assert result.failing_keys.to_dict("records") == [
        {"mapping": "2015", "respondent_group": "pupils", "variable": "s_2"}
    ]


def test_respondent_in_two_parts_is_named_by_file_and_row(
    raw: Path, programme: Programme, tables: dict[str, pd.DataFrame]
) -> None:
    twice = tables["extract_respondents"].iloc[[0]].assign(file_id="beef", file_row=9)
    write_part(raw, "respondents", "c", twice)
    [result] = [r for r in validate_extract(programme, raw, "2015", "pupils") if r.verdict != "passed"]
    assert result.check_id == "extract_respondents.respondent_unique"
    assert result.failing_keys.to_dict("records") == [
        {"file_id": "f00d", "file_row": 2},
        {"file_id": "beef", "file_row": 9},
    ]


@pytest.mark.parametrize("table", ["respondents", "answers"])
def test_missing_or_damaged_raw_parquet_could_not_run(raw: Path, programme: Programme, table: str) -> None:
    part = raw / table / "a.parquet"
    part.write_bytes(part.read_bytes()[:-20])
    damaged = {r.verdict for r in validate_extract(programme, raw, "2015", "pupils")}
    for path in (raw / table).iterdir():
        path.unlink()
    missing = {r.verdict for r in validate_extract(programme, raw, "2015", "pupils")}
    assert damaged == missing == {"passed", "could_not_run"}


def test_valid_marts_pass_every_check_of_both_audiences(results: list[CheckResult], suites: dict[str, Suite]) -> None:
    assert not_passed(results) == []
    assert {(r.table, r.context) for r in results} == {
        (suite.table, audience) for suite in suites.values() for audience in suite.audiences
    }


def test_nan_in_a_mart_is_found_although_pandas_takes_it_for_empty(
    release: Path, programme: Programme, tables: dict[str, pd.DataFrame]
) -> None:
    path = release / "marts" / "public" / "theme_scores.parquet"
    table = pq.read_table(path)
    values = [float("nan"), *table.column("favourable").to_pylist()[1:]]
    column = table.schema.get_field_index("favourable")
    pq.write_table(table.set_column(column, "favourable", pa.array(values, pa.float64())), path)
    assert not_passed(validate_marts(programme, release / "marts")) == [("theme_scores.finite", "public", "failed")]


def test_damaged_and_missing_marts_could_not_run(release: Path, programme: Programme) -> None:
    public = release / "marts" / "public"
    (public / "progression.parquet").write_bytes(b"PAR1")
    (public / "reliability.parquet").unlink()
    results = [r for r in validate_marts(programme, release / "marts") if r.verdict != "passed"]
    assert {(r.table, r.context, r.verdict) for r in results} == {
        ("progression", "public", "could_not_run"),
        ("reliability", "public", "could_not_run"),
    }
    assert {r.message for r in results if r.table == "reliability"} == {"marts/public/reliability.parquet is missing"}


def test_internal_mart_in_the_public_place_is_refused(
    release: Path, programme: Programme, tables: dict[str, pd.DataFrame]
) -> None:
    write_mart(release, "public", "theme_scores", tables["theme_scores"].assign(n=7, clusters=7))
    failed = [r for r in validate_marts(programme, release / "marts") if r.verdict == "failed"]
    assert "theme_scores.n_rule" in {r.check_id for r in failed}
    assert {r.context for r in failed} == {"public"}
