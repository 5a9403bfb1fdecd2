"""What the independent attacker finds in released marts: nothing, where the project's own disclosure control made them.

Each case is a survey of its own (a respondent group, so that one warehouse holds them all) with something too small in it. Beside
the release lies a careless one, in which each row is judged by its own numbers alone. Marts of it take the place of released ones:
then the attacker must find somebody, or the case would show nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipelines.disclosure import GUARDS, Helper, Rules, disclose, suppress
from pipelines.disclosure.ground import looked_at
from pipelines.marts import AUDIENCES, MARTS
from pipelines.programme import Programme, load_programme
from pipelines.workers import Workers
from tests.attacker import attack_release
from tests.compiled import measured
from tests.unit.models.survey import answer_all, numbered

LEAST = {"public": 10, "internal": 5}
ITEMS = ("q1", "q2", "q3")

Pupils = dict[str, dict[str, tuple[range, range]]]
"""Per mapping and school (its town is the first letter): the numbers of its girls and boys; who has a number twice is one person."""


def some(female: int, male: int, first: int = 0) -> tuple[range, range]:
    """So many girls and boys, numbered from `first`."""
    return range(first, first + female), range(first, first + male)


def later(schools: dict[str, tuple[int, int]]) -> dict[str, tuple[range, range]]:
    """Persons of another round whom no earlier one has."""
    return {school: some(*both, first=100) for school, both in schools.items()}


CASES: dict[str, Pupils] = {
    "two_schools_one_tiny": {
        "1": {"a1": some(20, 20), "a2": some(2, 2), "b1": some(25, 30), "b2": some(15, 14), "c1": some(22, 33)}
    },
    "a_school_of_boys": {"1": {"a1": some(0, 40), "a2": some(20, 4), "a3": some(20, 18), "b1": some(30, 30)}},
    # Another closes in the other town, so that the programme tells of enough pupils whose school closed.
    "a_school_that_closed": {
        "1": {"a1": some(20, 20), "a2": some(0, 4), "a3": some(0, 30), "b1": some(30, 31), "b2": some(12, 13)},
        "2": later({"a1": (22, 21), "a3": (0, 33), "b1": (32, 30)}),
    },
    # A round later the small school is large, so that every change of the others is told by its own numbers.
    "two_rounds": {
        "1": {"a1": some(2, 2), "a2": some(10, 10), "a3": some(20, 21), "b1": some(30, 30), "b2": some(32, 33)},
        "2": later({"a1": (20, 20), "a2": (14, 15), "a3": (22, 20), "b1": (28, 30), "b2": (34, 35)}),
    },
    # Three boys are hidden from both; what hides them from the administration is not what hides them from the public.
    "two_audiences": {"1": {"a1": some(12, 6), "a2": some(6, 3), "a3": some(12, 20)}},
    # Here the two reason codes of a cell, read together, leave its number too little room.
    "two_reasons": {"1": {"a1": some(8, 3), "a2": some(0, 6), "a3": some(8, 2), "a4": some(2, 2)}},
    # Four leave the first school and four come to it; a town tells of enough that did.
    "linked": {
        "1": {"a1": some(20, 20), "a2": some(30, 30), "b1": some(30, 30)},
        "2": {"a1": some(20, 20, first=2), "a2": some(30, 30, first=12), "b1": some(30, 30, first=15)},
    },
}


@dataclass(frozen=True)
class Folders:
    """Marts of the release, alone and with a helper, and of the careless one, per audience; and where schools lie."""

    released: Path
    helped: Path
    careless: Path
    parents: pd.DataFrame


def write_programme(folder: Path) -> Programme:
    """A theme of three items that stay the same, and a respondent group for each case."""
    folder.mkdir()
    groups = "".join(f"  - {{code: {case}, label: {{da: {case}, en: {case}}}, kind: pupil}}\n" for case in CASES)
    columns = "columns: {respondent_id: id, municipality_id: k, institution_id: i}"
    extracts = "".join(f"  - {{respondent_group: {case}, path: {case}.csv, {columns}}}\n" for case in CASES)
    schools = sorted({school for rounds in CASES.values() for schools in rounds.values() for school in schools})
    of_items = [(case, item) for case in CASES for item in ITEMS]
    files = {
        "programme.yaml": "slug: planted\nlabel: {da: Plantet, en: Planted}\nids: {respondents_linked: true}\nmappings:\n"
        '  - {key: "1", label: {da: "1", en: "1"}, base: true}\n  - {key: "2", label: {da: "2", en: "2"}}\n'
        f"respondent_groups:\n{groups}extracts:\n{extracts}",
        "municipalities.csv": "municipality_id,label\na,A\nb,B\nc,C\n",
        "institutions.csv": "institution_id,label,municipality_id\n" + "".join(f"{s},{s},{s[0]}\n" for s in schools),
        "themes.csv": "respondent_group,theme,label_da,label_en,position\n"
        + "".join(f"{case},trivsel,Trivsel,Well-being,1\n" for case in CASES),
        "items.csv": "respondent_group,item_id,theme,direction,text_da,text_en,position\n"
        + "".join(f"{case},{item},trivsel,1,Tekst,Text,{item[1]}\n" for case, item in of_items),
        "scales.csv": "scale,code,value,kind,label_da,label_en\n"
        + "".join(f"enig,{n},{n},valid,{n},{n}\n" for n in range(1, 6)),
        "codebook.csv": "mapping,respondent_group,variable,item_id,scale,comparability\n"
        + "".join(
            f"{mapping},{case},{item},{item},enig,{'new' if mapping == '1' else 'identical'}\n"
            for mapping in ("1", "2")
            for case, item in of_items
        ),
    }
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return load_programme(folder)


def everyone() -> pd.DataFrame:
    """All pupils of all cases."""
    rows = [
        (mapping, case, f"{school}-{gender}-{number}", school[0], school, gender)
        for case, rounds in CASES.items()
        for mapping, schools in rounds.items()
        for school, both in schools.items()
        for gender, numbers in zip(("female", "male"), both, strict=True)
        for number in numbers
    ]
    names = ["mapping", "respondent_group", "respondent_id", "municipality_id", "institution_id", "gender"]
    pupils = numbered(pd.DataFrame(rows, columns=names))
    return pupils.assign(status="completed", is_simulated=True, file_id="1")


def beside(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Another connection to the same marts."""
    [(catalog,)] = con.sql("select current_catalog()").fetchall()
    cursor = con.cursor()
    cursor.execute(f'use "{catalog}"')
    return cursor


def release_carelessly(con: duckdb.DuckDBPyConnection, programme: Programme, out: Path) -> None:
    """Hide what a row's own rule hides and nothing besides."""
    for mart in MARTS:
        table = con.sql(f"select * from {mart.name} order by {', '.join(mart.key)}").to_arrow_table()
        seen = looked_at(con, mart, programme.definition)
        for audience in AUDIENCES:
            reasons = GUARDS[mart.name].rule(seen, Rules.of(programme.definition, audience))
            (out / audience).mkdir(parents=True, exist_ok=True)
            pq.write_table(suppress(table, mart, reasons), out / audience / f"{mart.name}.parquet")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    folder = tmp_path_factory.mktemp("planted")
    programme = write_programme(folder / "programme")
    pupils = everyone()
    answers = answer_all(programme, pupils, np.random.default_rng(3).integers(1, 6, 3 * len(pupils)))
    with measured(programme, pupils, answers) as con:
        disclose(con, programme.definition, folder / "released", simulated=True)
        helper = Helper(Workers(0).give, partial(beside, con))
        disclose(con, programme.definition, folder / "helped", simulated=True, helper=helper)
        release_carelessly(con, programme, folder / "careless")
    names = {"institution_id": "institution", "municipality_id": "municipality"}
    parents = pupils[["mapping", *names]].drop_duplicates().rename(columns=names)
    return Folders(folder / "released", folder / "helped", folder / "careless", parents)


def test_with_a_helper_the_same_is_written(folders: Folders) -> None:
    names = sorted(file.relative_to(folders.released) for file in folders.released.rglob("*.parquet"))
    assert len(names) == len(AUDIENCES) * len(MARTS)
    for name in names:
        assert (folders.released / name).read_bytes() == (folders.helped / name).read_bytes(), name


def found_in(folder: Path, folders: Folders, audiences: Sequence[str], case: str) -> set[tuple[str, str, str, str]]:
    """Round, unit, part and what an attacker who holds these audiences' marts knows of them."""
    marts = {folder / audience: LEAST[audience] for audience in audiences}
    found = attack_release(marts, folders.parents, respondent_group=case)
    return set(found[["mapping", "unit_id", "breakdown_value", "what"]].itertuples(index=False, name=None))


ALL_MARTS = tuple(mart.name for mart in MARTS)
WAYS = [
    ("two_schools_one_tiny", ALL_MARTS, (), ("1", "a2", "all")),
    ("a_school_of_boys", ALL_MARTS, (), ("1", "a2", "male")),
    ("a_school_that_closed", ALL_MARTS, (), ("1", "a2", "all")),
    # Levels are protected, and the difference between schools of both rounds and all tells the school that closed.
    ("a_school_that_closed", ("composition",), (), ("1", "a2", "all")),
    # One mart hides a level that another tells: so the neighbour of a small school is known, and then the school.
    ("two_rounds", ("progression",), (), ("1", "a1", "all")),
    # The same from a difference between two rounds of which the later is shown.
    ("two_rounds", ("progression",), ("mean_from", "mean_to", "n_from"), ("1", "a2", "all")),
    # The same from the shares of the answers, which are counts, and counts make a mean.
    ("two_rounds", ("item_distributions",), (), ("1", "a1", "all")),
    # A town's leavers less those of all schools but one.
    ("linked", ("turnover",), (), ("1", "a1", "alone")),
]


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize(("case", "careless", "without", "unit"), WAYS)
def test_a_careless_release_gives_away_what_the_case_hides(
    folders: Folders,
    tmp_path: Path,
    audience: str,
    case: str,
    careless: tuple[str, ...],
    without: tuple[str, ...],
    unit: tuple[str, str, str],
) -> None:
    mixed = tmp_path / audience
    shutil.copytree(folders.released / audience, mixed)
    for mart in careless:
        table = pq.read_table(folders.careless / audience / f"{mart}.parquet")
        for name in without:
            table = table.set_column(table.schema.get_field_index(name), name, [[None] * len(table)])
        pq.write_table(table, mixed / f"{mart}.parquet")
    assert (*unit, "mean") in found_in(tmp_path, folders, [audience], case)


@pytest.mark.parametrize("audiences", [("public",), ("internal",), ("internal", "public")], ids="+".join)
@pytest.mark.parametrize("case", CASES)
def test_the_release_gives_nothing_away(folders: Folders, audiences: tuple[str, ...], case: str) -> None:
    """Nor to one who holds what the administration got beside what everybody may read."""
    assert found_in(folders.released, folders, audiences, case) == set()
