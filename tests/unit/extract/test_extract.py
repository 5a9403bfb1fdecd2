"""Extracts: what fits is read whole, what does not is told with its place and never with its value."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ConfigurationError, InputError
from pipelines.extract import check_files, extract_group, look_at_landing, raw_folder, read_ledger
from pipelines.extract.pseudonyms import Pseudonymiser, load_key
from pipelines.programme import Programme, load_programme
from pipelines.settings import Settings, load_settings
from tests.conftest import DATA, SMALL

Edit = Callable[[str, str, str], None]
PARENTS = "2006/parents.csv"


@pytest.fixture
def programme() -> Programme:
    return load_programme(SMALL)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shutil.copytree(DATA / SMALL, tmp_path / "landing" / SMALL)
    return load_settings({}, home=tmp_path)


@pytest.fixture
def edit(settings: Settings) -> Edit:
    """Replace a text in a landing file; the text must be there."""

    def replace(file: str, old: str, new: str) -> None:
        path = settings.landing_dir / SMALL / file
        content = path.read_text(encoding="cp1252")
        assert old in content
        path.write_text(content.replace(old, new, 1), encoding="cp1252")

    return replace


def extract(programme: Programme, settings: Settings, group: str = "parents", mapping: str = "2006") -> Path:
    """Extract one group and give its raw folder."""
    landing = look_at_landing(programme, settings.landing_dir, mapping)
    extract_group(programme, settings, landing, group)
    return raw_folder(settings, programme, landing, group)


def rows(folder: Path, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    """Rows of a raw table."""
    with duckdb.connect() as con:
        return con.execute(f"select {columns} from read_parquet('{folder}/{table}/*.parquet')").fetchall()


def test_every_record_and_every_answer_is_there(programme: Programme, settings: Settings) -> None:
    folder = extract(programme, settings)
    lines = (settings.landing_dir / SMALL / PARENTS).read_text(encoding="cp1252").splitlines()[1:]
    cells = sum(bool(cell) for line in lines for cell in line.split(";")[3:10])
    assert len(rows(folder, "respondents")) == len(lines)
    assert len(rows(folder, "answers")) == cells
    numbers = sorted(row for (row,) in rows(folder, "respondents", "file_row"))
    assert numbers == list(range(2, len(lines) + 2))


def test_school_numbers_written_in_three_ways_are_one_number(programme: Programme, settings: Settings) -> None:
    schools = {
        (mapping, group): {
            row for (row,) in rows(extract(programme, settings, group, mapping), "respondents", "institution_id")
        }
        for mapping, group in (("2006", "parents"), ("2006", "leaders"), ("2012", "leaders"))
    }
    assert "Germany-1" in schools["2006", "parents"]
    assert schools["2006", "parents"] == schools["2006", "leaders"] == schools["2012", "leaders"]


def test_no_respondent_number_leaves_the_landing_folder(programme: Programme, settings: Settings, edit: Edit) -> None:
    edit(PARENTS, "Denmark;00001;00021;", "Denmark;00001;87654321;")
    extract(programme, settings)
    outside = [p for p in settings.home.rglob("*") if p.is_file() and settings.landing_dir not in p.parents]
    assert any(p.suffix == ".parquet" for p in outside)
    with duckdb.connect() as con:
        for path in outside:
            assert b"87654321" not in path.read_bytes()
            if path.suffix == ".parquet":
                text = con.execute(f"select cast(t as varchar) from read_parquet('{path}') as t").fetchall()
                assert not any("87654321" in value for (value,) in text)


def test_same_content_is_not_read_again_and_a_change_is(programme: Programme, settings: Settings, edit: Edit) -> None:
    landing = look_at_landing(programme, settings.landing_dir, "2006")
    assert not extract_group(programme, settings, landing, "parents").was_current
    assert extract_group(programme, settings, landing, "parents").was_current
    edit(PARENTS, ";Agree;", ";Disagree;")
    landing = look_at_landing(programme, settings.landing_dir, "2006")
    assert not extract_group(programme, settings, landing, "parents").was_current


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("PA03Q02", "PA03Q99", "2006/parents.csv, column PA03Q02: is declared but not in the file"),
        ("PA03Q02;", "PA03Q02;Extra;", "has 12 cells, the header has 13"),
        ("Denmark;00001;", "Sweden;00001;", "row 2, column CNT: the municipality is not in municipalities.csv"),
        ("Denmark;00001;", "Denmark;xx;", "row 2, column SCHOOLID: is not an institution number"),
        ("PA03Q01;PA03Q02", "PA03Q01;PA03Q01", "'PA03Q01' stands twice in the header"),
        (";ISCED 3A;", ";ISCED 9;", "column PQHISCED: a code that `values.background`"),
    ],
)
def test_what_does_not_fit_stops_with_its_place(
    programme: Programme, settings: Settings, edit: Edit, old: str, new: str, message: str
) -> None:
    edit(PARENTS, old, new)
    with pytest.raises(InputError) as caught:
        extract(programme, settings)
    assert message in str(caught.value)
    for value in ("Sweden", "ISCED 9"):
        assert value not in str(caught.value)
    assert not list(settings.raw_dir.rglob("extracted.json"))


def test_a_corrected_delivery_rebuilds_only_what_depends_on_it(
    programme: Programme, settings: Settings, edit: Edit
) -> None:
    """Other groups and other mappings stay as they are, to the byte."""

    def made() -> dict[tuple[str, str], bool]:
        return {
            (mapping, group): extract_group(
                programme, settings, look_at_landing(programme, settings.landing_dir, mapping), group
            ).was_current
            for mapping in programme.mapping_keys
            for group in ("parents", "leaders")
        }

    assert not any(made().values())
    edit("2009/parents.csv", ";Agree;", ";Disagree;")
    assert {place for place, is_current in made().items() if not is_current} == {("2009", "parents")}
    states = [line["state"] for line in read_ledger(settings.home) if line["file"] == "parents.csv"]
    assert states.count("superseded") == 1


def spoil(path: Path, column: str, rows: int, code: str = "Perhaps") -> None:
    """Give the first answers in a column another code."""
    lines = path.read_text(encoding="cp1252").splitlines()
    place, left = lines[0].split(";").index(column), rows
    for number, line in enumerate(lines[1:], start=1):
        cells = line.split(";")
        if left and cells[place]:
            cells[place], left = code, left - 1
        lines[number] = ";".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="cp1252")


def test_a_few_undeclared_codes_are_set_aside_and_many_stop(programme: Programme, settings: Settings) -> None:
    path = settings.landing_dir / SMALL / PARENTS
    before = len(rows(extract(programme, settings), "answers"))
    spoil(path, "PA03Q02", 1)
    folder = extract(programme, settings)
    assert len(rows(folder, "answers")) == before - 1
    assert rows(folder, "answers_set_aside", "variable, reason") == [("PA03Q02", "undeclared_code")]
    assert b"Perhaps" not in b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    [finding] = check_files(programme, [path], settings)
    assert (finding.action, finding.column, finding.rows) == ("set aside", "PA03Q02", 1)
    spoil(path, "PA03Q02", 3)
    with pytest.raises(
        InputError, match=r"row 3, column PA03Q02: a code that the codebook does not declare; 1\.\d%"
    ) as caught:
        extract(programme, settings)
    assert "Perhaps" not in str(caught.value)


def test_an_undeclared_column_is_set_aside_and_named_in_quarantine(programme: Programme, settings: Settings) -> None:
    path = settings.landing_dir / SMALL / PARENTS
    before = rows(extract(programme, settings), "answers", "variable, code")
    lines = path.read_text(encoding="cp1252").splitlines()
    path.write_text("\n".join([lines[0] + ";EXTRA", *(line + ";xylofon" for line in lines[1:])]), encoding="cp1252")
    folder = extract(programme, settings)
    assert sorted(rows(folder, "answers", "variable, code")) == sorted(before)
    [part] = settings.quarantine_dir.rglob("*-columns.parquet")
    assert duckdb.sql(f"from '{part}'").fetchall() == [("parents.csv", "EXTRA", "unknown_column")]
    assert b"xylofon" not in b"".join(p.read_bytes() for p in settings.raw_dir.rglob("*") if p.is_file())
    [finding] = check_files(programme, [path], settings)
    assert (finding.reason, finding.action, finding.column) == ("unknown_column", "set aside", "EXTRA")


def test_a_trailing_delimiter_is_no_column(programme: Programme, settings: Settings) -> None:
    path = settings.landing_dir / SMALL / PARENTS
    lines = path.read_text(encoding="cp1252").splitlines()
    path.write_text("\n".join(line + ";" for line in lines), encoding="cp1252")
    assert len(rows(extract(programme, settings), "respondents")) == len(lines) - 1
    [note] = [f for f in check_files(programme, [path], settings) if f.reason == "phantom_column"]
    assert note.action == "note"


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00\x01\x02\xff" * 100, b'CNT;SCHOOLID\n"Denmark;1\n'])
def test_a_damaged_file_is_one_clear_line(programme: Programme, settings: Settings, content: bytes) -> None:
    (settings.landing_dir / SMALL / PARENTS).write_bytes(content)
    with pytest.raises(InputError, match=r"2006/parents\.csv"):
        extract(programme, settings)


def test_another_encoding_than_declared_is_refused(tmp_path: Path, programme: Programme, settings: Settings) -> None:
    folder = Path(shutil.copytree(programme.folder, tmp_path / "p"))
    (folder / "programme.yaml").write_text(
        (folder / "programme.yaml").read_text(encoding="utf-8").replace("cp1252", "utf-8"), encoding="utf-8"
    )
    path = settings.landing_dir / SMALL / PARENTS
    path.write_bytes(path.read_bytes().replace(b"ISCED 4", b"ISC\xc6D 4"))
    with pytest.raises(InputError, match="utf-8"):
        extract(load_programme(folder), settings)


def test_missing_and_unknown_files(programme: Programme, settings: Settings) -> None:
    folder = settings.landing_dir / SMALL / "2009"
    (folder / "parents.csv").unlink()
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    landing = look_at_landing(programme, settings.landing_dir, "2009")
    assert {(f.reason, f.action) for f in landing.findings} == {("missing_extract", "stop"), ("unknown_file", "note")}
    with pytest.raises(InputError, match=r"2009/parents\.csv: no file has arrived for parents"):
        extract_group(programme, settings, landing, "leaders")


def test_check_lists_all_and_changes_nothing(programme: Programme, settings: Settings, edit: Edit) -> None:
    spoil(settings.landing_dir / SMALL / PARENTS, "PA03Q02", 3)
    edit("2009/leaders.csv", "SC11Q01", "SC11Q09")
    before = sorted(p for p in settings.home.rglob("*"))
    findings = check_files(programme, [settings.landing_dir / SMALL], settings)
    assert {(f.mapping, f.file, f.reason) for f in findings} == {
        ("2006", "parents.csv", "undeclared_code"),
        ("2009", "leaders.csv", "missing_column"),
        ("2009", "leaders.csv", "unknown_column"),
    }
    assert sorted(p for p in settings.home.rglob("*")) == before


def test_pseudonyms_are_keyed_by_secret_and_programme() -> None:
    one = Pseudonymiser("secret one, long", "pfl/pupil")
    assert one(["1", "2", "1", ""]) == [*one(["1", "2", "1"]), None]
    assert one(["1"]) == one(["1"]) != one(["2"])
    assert one(["1"]) != Pseudonymiser("secret two, long", "pfl/pupil")(["1"])
    assert one(["1"]) != Pseudonymiser("secret one, long", "other/pupil")(["1"])


def test_key_file_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    key = load_key(settings)
    assert load_key(settings) == key
    assert (tmp_path / "pseudonym.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "pseudonym.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="others can read"):
        load_key(settings)
    assert load_key(load_settings({}, home=tmp_path, pseudonym_key="x" * 20)) == "x" * 20
