"""Targets about themes: every mapping in which there is something to say has its row, and says why it cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.compiled import measured
from tests.unit.models.survey import answer_all, numbered, people, write_programme

ITEMS = {
    ("pupils", "trivsel"): [("q1", 1), ("q2", -1), ("q3", 1)],
    ("pupils", "swapped"): [("a1", 1), ("a2", 1), ("a3", 1), ("b1", 1), ("b2", 1), ("b3", 1)],
    ("pupils", "late"): [("l1", 1), ("l2", 1), ("l3", 1)],
    ("pupils", "flat"): [("f1", 1), ("f2", 1), ("f3", 1)],
    ("teachers", "trivsel"): [("q1", 1), ("q2", 1), ("q3", 1)],
    ("parents", "trivsel"): [("q1", 1), ("q2", 1), ("q3", 1)],
}
ASKED = {("pupils", item): ("2015", "2017") for item in ("a1", "a2", "a3")}
ASKED |= {("pupils", item): ("2019",) for item in ("b1", "b2", "b3", "l1", "l2", "l3")}
TARGETS = """\
target,label_da,label_en,municipality_id,indicator,respondent_group,theme,direction,goal
T,Trivsel,Well-being,,theme,,trivsel,rises,
S,Nye spørgsmål,New questions,,theme,,swapped,rises,
L,Nyt tema,New theme,,theme,,late,rises,
F,Alle ens,All alike,,theme,,flat,at_least,500
G,Baggrund,Background,,social_gap,,trivsel,falls,
H,Baggrund højst,Background at most,,social_gap,,trivsel,at_most,40
"""
TOLD = """\
  - {respondent_group: pupils, path: told.csv, optional: true, columns: {respondent_id: id, municipality_id: k, institution_id: i,
     background: udd}}
"""


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("targets") / "lille"
    folder.mkdir()
    (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
    programme = write_programme(folder, ITEMS, ASKED, more=TOLD)
    pupils = people(per_school=12)
    # In 2017 the pupils of 101001 tell no background, and those of 101002 none of the highest level.
    told = pupils["mapping"].eq("2017")
    pupils.loc[told & pupils["institution_id"].eq("101001"), "background"] = None
    pupils.loc[told & pupils["institution_id"].eq("101002") & pupils["background"].eq("3"), "background"] = "2"
    everyone = numbered(pupils, people("teachers", ("2017", "2019")), people("parents", ("2017",)))
    answers = answer_all(programme, everyone)
    answers.loc[answers["variable"].str.startswith("v_f"), "code"] = "3"
    with measured(programme, everyone, answers) as built:
        yield built


def told(con: duckdb.DuckDBPyConnection, target: str, group: str, unit: str = "lille") -> dict[str, tuple[str, str]]:
    """Status and reason by mapping."""
    rows = con.execute(
        "select mapping, case when status in ('met', 'not_met') then 'judged' else status end, reason from result_targets "
        "where target = ? and respondent_group = ? and unit_id = ?",
        [target, group, unit],
    ).fetchall()
    return {mapping: (status, reason) for mapping, status, reason in rows}


JUDGED = ("judged", None)
FIRST = ("not_comparable", "no_mapping_before")


@pytest.mark.parametrize(
    ("target", "group", "unit", "expected"),
    [
        ("T", "pupils", "lille", {"2015": FIRST, "2017": JUDGED, "2019": JUDGED}),
        ("T", "teachers", "lille", {"2017": ("not_comparable", "missing_from"), "2019": JUDGED}),
        (
            "T",
            "parents",
            "lille",
            {"2017": ("not_comparable", "missing_from"), "2019": ("not_comparable", "missing_to")},
        ),
        (
            "S",
            "pupils",
            "lille",
            {"2015": FIRST} | dict.fromkeys(("2017", "2019"), ("not_comparable", "too_few_common_items")),
        ),
        ("L", "pupils", "lille", {"2019": ("not_comparable", "not_asked_in_both")}),
        ("F", "pupils", "lille", dict.fromkeys(("2015", "2017", "2019"), ("not_comparable", "no_scale"))),
        ("G", "pupils", "lille", {"2015": FIRST, "2017": JUDGED, "2019": JUDGED}),
        (
            "G",
            "pupils",
            "101002",
            {"2015": FIRST} | dict.fromkeys(("2017", "2019"), ("not_comparable", "level_missing")),
        ),
        ("H", "pupils", "101001", {"2015": JUDGED, "2017": ("not_comparable", "no_background"), "2019": JUDGED}),
        (
            "H",
            "pupils",
            "101002",
            {"2015": JUDGED, "2017": ("not_comparable", "level_missing"), "2019": JUDGED},
        ),
    ],
)
def test_what_cannot_be_compared_has_a_row_with_its_reason(
    con: duckdb.DuckDBPyConnection, target: str, group: str, unit: str, expected: dict[str, tuple[str, str]]
) -> None:
    assert told(con, target, group, unit) == expected


def test_a_row_without_comparison_has_the_mappings_own_figure_and_none_before(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "select targets.n, targets.value, scores.n, scores.mean, n_before, value_before, mapping_from "
        "from result_targets as targets join theme_scores as scores using (mapping, level, unit_id, respondent_group) "
        "where target = 'S' and targets.mapping = '2019' and theme = 'swapped' and form = 'full' and breakdown = 'all'"
    ).fetchall()
    assert rows
    for n, value, n_full, mean, *before in rows:
        assert (n, value) == (n_full, mean)
        assert before == [None, None, "2017"]
