"""A programme folder is read whole, and each fault is told with file, row and column."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError
from pipelines.programme import PROGRAMMES, load_programme
from pipelines.programme.tables import TABLES
from tests.unit.models.survey import write_programme

Edit = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a shipped programme, to be broken."""
    return Path(shutil.copytree(PROGRAMMES / "pisa_school_quality", tmp_path / "programme"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace a text in one of the folder's files; the text must be there."""

    def replace(file: str, old: str, new: str) -> None:
        content = (folder / file).read_text(encoding="utf-8")
        assert old in content
        (folder / file).write_text(content.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.mark.parametrize("slug", sorted(path.parent.name for path in PROGRAMMES.glob("*/programme.yaml")))
def test_shipped_programmes_hold_together(slug: str) -> None:
    programme = load_programme(slug)
    assert programme.slug == slug
    assert len(programme.themes) > 0


def test_folder_and_slug_give_the_same(folder: Path) -> None:
    assert load_programme(folder).content_hash == load_programme("pisa_school_quality").content_hash


def test_any_change_changes_the_hash(folder: Path, edit: Edit) -> None:
    before = load_programme(folder).content_hash
    edit("themes.csv", "Skolens kvalitet", "Kvaliteten af skolen")
    assert load_programme(folder).content_hash != before


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("themes.csv", "parents,school", "parrents,school", "themes.csv, row 2, column respondent_group: 'parrents'"),
        ("items.csv", "q3,school_quality", "q3,school_qualty", "items.csv, row 4, column theme: 'parents / school_qualty'"),
        ("items.csv", "q3,school_quality,1", "q3,school_quality,2", "items.csv, row 4, column direction: '2' is not one of 1, -1"),
        ("items.csv", "parents,q2", "parents,q1", "items.csv, row 3: stands twice"),
        ("codebook.csv", "PA03Q02,q2", "PA03Q01,q2", "codebook.csv, row 3, column variable: stands twice"),
        ("codebook.csv", "q1,agree_2006", "q1,agree_2007", "codebook.csv, row 2, column scale: 'agree_2007'"),
        ("codebook.csv", "2009,parents,PA14Q01,q1,agree_2009,false,identical", "2009,parents,PA14Q01,q1,agree_2009,false,changed", "column reason: is empty; changed needs it"),
        ("codebook.csv", "2006,parents,PA03Q01,q1,agree_2006,false,new", "2006,parents,PA03Q01,q1,agree_2006,false,identical", "column comparability: q1 is asked for the first time"),
        ("codebook.csv", "q1,agree_2006,false", "q1,agree_2006,true", "column already_reversed: q1 has direction 1"),
        ("codebook.csv", "2006,parents,PA03Q01", "2007,parents,PA03Q01", "codebook.csv, row 2, column mapping: '2007'"),
        ("scales.csv", "agree_2006,Agree,3,valid", "agree_2006,Agree,,valid", "scales.csv, row 4, column value: a code of kind valid needs a value"),
        ("scales.csv", "agree_2006,Agree,3", "agree_2006,Agree,three", "scales.csv, row 4, column value: 'three' is not a whole number"),
        ("scales.csv", "agree_2006,Agree,3,valid", "agree_2006,1..5,3,valid", "scales.csv, row 4, column code: a range is of kind valid and has no value"),
        ("scales.csv", "agree_2006,Agree,3,valid", "agree_2006,1..5,,missing", "scales.csv, row 4, column code: a range is of kind valid and has no value"),
        ("scales.csv", "agree_2006,Agree,3,valid", "agree_2006,5..1,,valid", "scales.csv, row 4, column code: a range is of 2 to 10000 numbers"),
        ("scales.csv", "agree_2006,Agree,3,valid", "agree_2006,1..10001,,valid", "scales.csv, row 4, column code: a range is of 2 to 10000 numbers"),
        ("scales.csv", "agree_2006,Agree,3,valid,Enig,Agree", "agree_2006,1..5,,valid,Enig,Agree\nagree_2006,5,5,valid,Fem,Five", "scales.csv, row 5, column code: stands in another row"),
        ("municipalities.csv", "municipality_id,label", "municipality,label", "municipalities.csv, row 1, column municipality_id: is missing"),
        ("programme.yaml", "base: true", "base: false", "exactly one needs `base: true`, found 0"),
        ("programme.yaml", "slug: pisa_school_quality", "slug: Pisa School", "slug: String should match"),
        ("programme.yaml", "institutions_stable", "institution_stable", "ids.institution_stable: is not a known field"),
        ("programme.yaml", "ids:", "ids: [", "programme.yaml, row"),
        ("programme.yaml", "kind: parent,", "kind: mother,", "respondent_groups[0].kind"),
        ("programme.yaml", 'mappings: ["2006"]', 'mappings: ["2007"]', "mapping '2007' is not declared"),
        ("programme.yaml", "path: parents.csv", "path: ../parents.csv", "path leaves the folder"),
    ],
)  # fmt: skip
def test_fault_is_told_with_its_place(folder: Path, edit: Edit, file: str, old: str, new: str, message: str) -> None:
    edit(file, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_programme(folder)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_missing_file_is_named(folder: Path) -> None:
    (folder / "themes.csv").unlink()
    with pytest.raises(ConfigurationError, match=r"themes\.csv: is missing"):
        load_programme(folder)


def test_unknown_programme_names_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="pisa_school_quality"):
        load_programme("no_such_programme")


def test_limited_to_needs_the_base() -> None:
    programme = load_programme("pisa_school_quality")
    limited = programme.limited_to(("2006", "2012"))
    assert limited.mapping_keys == ("2006", "2012")
    assert set(limited.codebook["mapping"]) == {"2006", "2012"}
    with pytest.raises(ConfigurationError, match="base"):
        programme.limited_to(("2009", "2012"))
    with pytest.raises(ConfigurationError, match="'2010' is not in programme"):
        programme.limited_to(("2006", "2010"))


def test_every_column_is_documented_for_readers() -> None:
    text = (PROGRAMMES / "README.md").read_text(encoding="utf-8")
    for table in TABLES:
        assert f"`{table.file}`" in text
        for column in table.columns:
            assert f"`{column.name}`" in text, f"{table.file}: {column.name}"


def test_a_range_of_codes_is_every_number_in_it(folder: Path, edit: Edit) -> None:
    edit("scales.csv", "agree_2006,Agree,3,valid", "agree_2006,-2..10,,valid")
    scales = load_programme(folder).scales
    rows = scales[scales["scale"].eq("agree_2006") & scales["value"].astype(str).eq(scales["code"])]
    assert rows["value"].tolist() == list(range(-2, 11))
    assert rows["label_da"].tolist() == rows["label_en"].tolist() == rows["code"].tolist()


INITIATIVE = "ro,Ro,Calm,trivsel,pupils,101,101001,2015,2017"
"""A row of initiatives.csv as it should be."""


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["ro,Ro,Calm,trivsel,pupils,101,101001,2014,2017"], "row 2, column mapping_from: '2014' is not in mappings of programme.yaml"),
        (["ro,Ro,Calm,trivsel,pupils,101,101001,2015,2018"], "row 2, column mapping_to: '2018' is not in mappings of programme.yaml"),
        (["ro,Ro,Calm,trivsel,pupils,101,101001,2017,2015"], "row 2, column mapping_to: '2015' is not after '2017'"),
        (["ro,Ro,Calm,trivsel,pupils,101,101001,2017,2017"], "row 2, column mapping_to: '2017' is not after '2017'"),
        (["ro,Ro,Calm,larm,,101,101001,2015,2017"], "row 2, column theme: 'larm' is not in themes.csv"),
        (["ro,Ro,Calm,trivsel,parents,101,101001,2015,2017"], "row 2, column respondent_group: 'parents' is not asked theme 'trivsel'"),
        (["ro,Ro,Calm,trivsel,pupils,103,,2015,2017"], "row 2, column municipality_id: '103' is not in municipalities.csv"),
        (["ro,Ro,Calm,trivsel,pupils,101,999999,2015,2017"], "row 2, column institution_id: '999999' is not in institutions.csv"),
        (["ro,Ro,Calm,trivsel,pupils,102,101001,2015,2017"], "row 2, column municipality_id: school '101001' belongs to '101'"),
        ([INITIATIVE, "ro,Ro,Calm,trivsel,pupils,101,,2015,2017"], "row 2, column institution_id: '101001': its municipality takes part as a whole"),
        ([INITIATIVE, INITIATIVE], "row 3: stands twice (initiative=ro, theme=trivsel"),
        ([INITIATIVE, "ro,Uro,Calm,trivsel,pupils,101,101002,2015,2017"], "row 3, column label_da: differs within initiative 'ro'"),
        ([INITIATIVE, "ro,Ro,Noise,trivsel,pupils,101,101002,2015,2017"], "row 3, column label_en: differs within initiative 'ro'"),
        ([INITIATIVE, "ro,Ro,Calm,trivsel,pupils,101,101002,2017,2019"], "row 3, column mapping_from: differs within initiative 'ro'"),
        ([INITIATIVE, "ro,Ro,Calm,trivsel,pupils,101,101002,2015,2019"], "row 3, column mapping_to: differs within initiative 'ro'"),
        (["ro,Ro,Calm,trivsel,pupils,,101001,2015,2017"], "row 2, column municipality_id: is empty"),
        (["ro,Ro,Calm,trivsel,pupils,101,101001,2015"], "row 2: has 8 cells, the header has 9"),
    ],
)  # fmt: skip
def test_a_fault_of_an_initiative_is_told_with_its_place(tmp_path: Path, rows: list[str], message: str) -> None:
    write_programme(tmp_path)
    head = "initiative,label_da,label_en,theme,respondent_group,municipality_id,institution_id,mapping_from,mapping_to"
    (tmp_path / "initiatives.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_programme(tmp_path)
    assert f"initiatives.csv, {message}" in str(caught.value)


def test_an_initiative_without_faults_is_read(tmp_path: Path) -> None:
    write_programme(tmp_path)
    head = "initiative,label_da,label_en,theme,respondent_group,municipality_id,institution_id,mapping_from,mapping_to"
    (tmp_path / "initiatives.csv").write_text(f"{head}\n{INITIATIVE}\n", encoding="utf-8")
    assert load_programme(tmp_path).initiatives["initiative"].tolist() == ["ro"]
