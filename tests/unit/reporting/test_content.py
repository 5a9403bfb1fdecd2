"""From marts to the content of a page."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipelines.errors import StorageError
from pipelines.programme import Programme
from pipelines.reporting import Provenance
from pipelines.reporting.content import Source, content_of, pairs_of, source_of
from pipelines.reporting.documents import all_places
from pipelines.reporting.order import by_change, by_level
from pipelines.reporting.reading import Marts, count, number
from pipelines.reporting.records import Content, Pair
from tests.unit.reporting import example


def source_from(programme: Programme, folder: Path, tables: dict[str, pd.DataFrame], provenance: Provenance) -> Source:
    return source_of(programme, Marts(example.write_marts(folder, tables)), "public", provenance)


def content_at(source: Source, unit: str | None) -> Content:
    """The content of the programme, a municipality or a school, by its id."""
    places = {place.unit[1]: place for place in all_places(source)}
    return content_of(source, source.whole if unit is None else places[unit])


@pytest.fixture(scope="module")
def source(programme: Programme, marts: Path, provenance: Provenance) -> Source:
    return source_of(programme, Marts(marts), "public", provenance)


def test_the_latest_neighbours_come_first() -> None:
    assert pairs_of(["a", "b", "c"]) == (Pair("b", "c"), Pair("a", "c"), Pair("a", "b"))
    assert pairs_of(["a"]) == ()


def test_the_latest_mapping_is_the_last_with_data(programme: Programme, tmp_path: Path, provenance: Provenance) -> None:
    tables = example.limited("2015", "2017")
    page = content_at(source_from(programme, tmp_path, tables, provenance), None)
    assert page.frame.latest.key == "2017"
    assert page.pairs == (Pair("2015", "2017"),)
    assert page.period is None


def test_one_mapping_has_no_pairs(programme: Programme, tmp_path: Path, provenance: Provenance) -> None:
    tables = example.limited("2015")
    page = content_at(source_from(programme, tmp_path, tables, provenance), "101")
    assert page.pairs == ()
    assert page.tally is None
    assert all(group.tally is None for group in page.groups)


def test_states_of_a_level(source: Source) -> None:
    shown, hidden = (group.themes[0].level for group in content_at(source, "101").groups)
    absent = content_at(source, "303").groups[0].themes[0].level
    assert (shown.state, hidden.state, absent.state) == ("shown", "suppressed", "no_data")
    assert hidden.code == "n_lt_min"
    assert (hidden.n, hidden.mean, hidden.low, hidden.high, hidden.favourable) == (None,) * 5


def test_no_rows_at_all_are_no_data(programme: Programme, tmp_path: Path, provenance: Provenance) -> None:
    tables = {name: table.head(0) for name, table in example.marts().items()}
    page = content_at(source_from(programme, tmp_path, tables, provenance), "101")
    assert {theme.level.state for group in page.groups for theme in group.themes} == {"no_data"}
    assert not page.has_data
    assert page.frame.latest.key == "2015"


def test_a_theme_that_is_none_is_shown_item_by_item(
    programme: Programme, tmp_path: Path, provenance: Provenance
) -> None:
    tables = example.marts()
    reliability = tables["reliability"]
    weak = (
        reliability["theme"].eq("ro") & reliability["respondent_group"].eq("elever") & reliability["mapping"].eq("2017")
    )
    tables["reliability"] = reliability.assign(verdict=reliability["verdict"].mask(weak, "not_a_theme"))
    page = content_at(source_from(programme, tmp_path, tables, provenance), "101")
    theme = page.groups[0].themes[1]
    assert theme.level.state == "shown"  # 2019 is reliable enough
    assert [change.status == "by_item" for change in theme.changes] == [True, False, True]  # 2015–2019 leaves 2017 out
    assert theme.rounds[1].unit.state == "by_item"
    assert page.tally is not None
    assert page.tally.counts["by_item"] == 1
    assert theme.answers[0].items[0].state == "shown"


def test_the_tally_counts_every_theme_once(source: Source) -> None:
    page = content_at(source, "101")
    assert page.tally is not None
    assert sum(page.tally.counts.values()) == len(example.GROUPS) * len(example.THEMES)
    assert page.tally.counts["suppressed"] == len(example.THEMES)


def test_what_is_hidden_comes_last_in_the_instruments_order(source: Source) -> None:
    page = content_at(source, "101")
    hidden = page.groups[1].themes
    assert by_level(hidden) == list(hidden)
    assert by_change(hidden) == list(hidden)
    shown = by_change(page.groups[0].themes)
    deltas = [theme.changes[0].delta for theme in shown if theme.changes[0].delta is not None]
    assert deltas == sorted(deltas, reverse=True)


def test_a_hidden_theme_does_not_stand_among_the_shown(
    programme: Programme, tmp_path: Path, provenance: Provenance
) -> None:
    tables = example.marts()
    for name, figure in (("progression", "delta"), ("theme_scores", "mean")):
        table = tables[name]
        is_hidden = table["unit_id"].eq("101") & table["theme"].eq("trivsel")
        table["suppressed"] = table["suppressed"].mask(is_hidden, "n_lt_min")
        fallen = table["unit_id"].eq("101") & table["theme"].ne("trivsel")
        table[figure] = table[figure].where(~fallen, -90.0)
    themes = content_at(source_from(programme, tmp_path, tables, provenance), "101").groups[0].themes
    assert [theme.label["en"] for theme in by_change(themes)][-1] == "Theme trivsel"
    assert [theme.label["en"] for theme in by_level(themes)][-1] == "Theme trivsel"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None])
def test_a_number_that_is_none_is_nothing(value: float | None) -> None:
    assert number({"mean": value}, "mean") is None
    assert count({"n": value}, "n") is None


def test_one_hidden_answer_hides_the_item(programme: Programme, tmp_path: Path, provenance: Provenance) -> None:
    tables = example.marts()
    table = tables["item_distributions"]
    one = table["unit_id"].eq("101") & table["item_id"].eq("trivsel_1") & table["answer"].eq(2)
    table["suppressed"] = table["suppressed"].mask(one, "secondary")
    page = content_at(source_from(programme, tmp_path, tables, provenance), "101")
    item = page.groups[0].themes[0].answers[0].items[0]
    assert (item.state, item.n, item.shares) == ("suppressed", None, (None, None, None))


def test_the_wording_of_the_round_is_shown(programme: Programme, marts: Path, provenance: Provenance) -> None:
    book = programme.codebook
    row = book["mapping"].eq("2019") & book["item_id"].eq("trivsel_1") & book["respondent_group"].eq("elever")
    book["text_da"] = book["text_da"].mask(row, "Ny ordlyd?")
    try:
        page = content_at(source_of(programme, Marts(marts), "public", provenance), "101")
    finally:
        book["text_da"] = book["text_da"].mask(row, "")
    assert page.groups[0].themes[0].answers[0].items[0].text["da"] == "Ny ordlyd?"


@pytest.mark.parametrize("name", sorted(set(example.marts()) - {"item_comparability"}))
def test_a_missing_mart_is_an_error(tmp_path: Path, name: str) -> None:
    folder = example.write_marts(tmp_path, example.marts())
    (folder / f"{name}.parquet").unlink()
    with pytest.raises(StorageError, match=f"{name}.parquet: the mart is missing"):
        Marts(folder)


def test_a_damaged_mart_is_an_error(tmp_path: Path) -> None:
    folder = example.write_marts(tmp_path, example.marts())
    (folder / "progression.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(StorageError, match="cannot be read"):
        Marts(folder)


def test_a_missing_column_is_an_error(tmp_path: Path) -> None:
    tables = example.marts()
    tables["theme_scores"] = tables["theme_scores"].drop(columns=["suppressed"])
    with pytest.raises(StorageError, match="column suppressed is missing"):
        Marts(example.write_marts(tmp_path, tables))


def test_an_unknown_status_is_an_error(programme: Programme, tmp_path: Path, provenance: Provenance) -> None:
    tables = example.marts()
    tables["progression"]["status"] = "better"
    source = source_from(programme, tmp_path, tables, provenance)
    with pytest.raises(StorageError, match="status 'better'"):
        content_at(source, None)
