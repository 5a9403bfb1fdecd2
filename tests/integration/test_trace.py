"""Any released figure leads back to the rows of the extracts, and their number is the one in the mart."""

from __future__ import annotations

import csv
import json

import pyarrow.parquet as pq
import pytest

from pipelines.assets.trace import parse_figure, trace
from pipelines.errors import ConfigurationError, StorageError
from pipelines.marts import MARTS, Mart
from tests.conftest import DATA, SMALL, Built, copy_of, run_cli

TOLD = {"invited", "n", "n_from", "n_to", "rows_read"}


def figure(mart: Mart, row: dict[str, object]) -> str:
    return f"{mart.name}:" + ",".join(f'"{name}={row[name]}"' for name in mart.key)


@pytest.mark.parametrize("mart", MARTS, ids=[mart.name for mart in MARTS])
def test_every_kind_of_figure_is_counted_again_from_its_rows(small: Built, mart: Mart) -> None:
    audience = "internal"
    table = pq.read_table(small.current / "marts" / audience / f"{mart.name}.parquet")
    counts = sorted(TOLD & set(table.column_names))
    rows = [r for r in table.to_pylist() if r["suppressed"] is None and all(r[c] is not None for c in counts)]
    if not rows:
        pytest.skip("the small programme has no such figure")
    for row in rows[:: max(len(rows) // 3, 1)][:3]:
        found = trace(small.home, figure(mart, row), audience)
        assert found.note == ""
        assert found.agrees, (row, found.counted)
        assert found.files
        assert "stg_respondents" in found.models or mart.name == "extract_reconciliation"
        assert list(found.models)[-1] == mart.name


def test_rows_are_those_of_the_file(small: Built) -> None:
    """Counted once more by hand: parents of Denmark in 2009 with at least half of the theme's items answered."""
    key = "theme_scores:mapping=2009,unit_id=Denmark,respondent_group=parents,form=full,breakdown=all"
    [file] = trace(small.home, key).files
    with (DATA / SMALL / "2009" / "parents.csv").open(encoding="cp1252", newline="") as stream:
        lines = list(csv.DictReader(stream, delimiter=";"))
    rows = [number for first, last in file.ranges for number in range(first, last + 1)]
    items = [name for name in lines[0] if name.startswith("PA14Q")]
    denmark = [n for n, line in enumerate(lines, start=2) if line["CNT"] == "Denmark"]
    assert set(rows) <= set(denmark)
    for number in denmark:
        answered = sum(lines[number - 2][name] not in ("", "Missing", "N/A", "Invalid") for name in items)
        assert (number in rows) == (answered >= len(items) / 2), number


def test_key_that_names_several_rows_is_told_what_is_missing(small: Built) -> None:
    with pytest.raises(ConfigurationError, match=r"names \d+ rows .*respondent_group \(leaders, parents\)"):
        trace(small.home, "theme_scores:mapping=2009,unit_id=Denmark")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scores:mapping=2009", "'scores' is not one of theme_scores"),
        ("theme_scores:mean=500", "'mean=500' is not key=value with a key of theme_scores"),
        ("theme_scores:mapping=1999", "has no row with mapping=1999"),
    ],
)
def test_figure_that_is_not_there(small: Built, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        trace(small.home, text)


def test_value_with_a_comma_stands_in_quotes() -> None:
    assert parse_figure('theme_scores:"theme=a,b",form=full')[1] == {"theme": "a,b", "form": "full"}


def test_suppressed_figure_is_not_traced(small: Built) -> None:
    [mart] = [mart for mart in MARTS if mart.name == "theme_scores"]
    table = pq.read_table(small.current / "marts" / "public" / "theme_scores.parquet").to_pylist()
    row = next(row for row in table if row["suppressed"] is not None)
    found = trace(small.home, figure(mart, row))
    assert (found.files, dict(found.counted)) == ((), {})
    assert "is suppressed" in found.note


def test_changed_mart_is_not_traced(small: Built, tmp_path_factory: pytest.TempPathFactory) -> None:
    built = copy_of(small, tmp_path_factory.mktemp("changed"))
    path = built.current / "marts" / "public" / "theme_scores.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StorageError, match="does not have the SHA-256 of the manifest"):
        trace(built.home, "theme_scores:mapping=2009")


def test_on_the_command_line_no_respondent_is_named(small: Built, capfd: pytest.CaptureFixture[str]) -> None:
    key = "theme_scores:mapping=2009,unit_id=Denmark,respondent_group=parents,form=full,breakdown=all"
    assert run_cli("trace", "--home", str(small.home), "--figure", key) == 0
    text = capfd.readouterr().out
    assert "2009/parents.csv (sha256 " in text
    assert "made by, in order:" in text
    assert run_cli("trace", "--home", str(small.home), "--figure", key, "--json") == 0
    found = json.loads(capfd.readouterr().out)
    assert found["agrees"] is True
    assert not {"respondent_id", "respondent_key", "rater_id"} & set(json.dumps(found))
    assert "respondent_key" not in text
