"""The gate: every identifier planted is found with row and column, no value is told, and what only looks like one passes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pytest

from pipelines.errors import InputError
from pipelines.extract import check_files, extract_group, look_at_landing
from pipelines.extract.columns import columns_of, row_numbers
from pipelines.extract.content import ROW
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Finding
from pipelines.extract.privacy import find_private, is_private_header, sayable
from pipelines.programme import Programme, load_programme
from pipelines.settings import Settings, load_settings
from tests.conftest import run_cli

PRIVATE = {
    "0102030405": "private_cpr",
    "010203-0405": "private_cpr",
    "010203 0405": "private_cpr",
    "610203-0405": "private_cpr",
    "290204-1111": "private_cpr",
    "Ring til mor, hun hedder 311299-4321.": "private_cpr",
    "(3112994321)": "private_cpr",
    "jens.hansen@skole.dk": "private_email",
    "skriv til åse_1@mail.skole-net.dk i dag": "private_email",
    "+45 20304050": "private_phone",
    "+4520304050": "private_phone",
    "004520304050": "private_phone",
    "20 30 40 50": "private_phone",
    "ring på 20304050": "private_phone",
    "20304050 er mit nummer": "private_phone",
    "2030 4050": "private_phone",
}
HARMLESS = [
    "20304050",  # a pupil's number
    "1234567",
    "3102030405",  # there is no 31 February
    "010203-040",
    "320199-1234",
    "101001",
    "14-09-2015",
    "14.09.2015",
    "2015-09-14 10:11",
    "20150914",
    "12345678901",
    "Det er godt, 10 ud af 10",
    "55.67291655",
    "5A or 6",
    "@home",
]


def findings(values: list[str], name: str = "s_90") -> list[Finding]:
    programme = load_programme("pfl")
    delivery = Delivery("2015", Path("x.csv"), "x.csv", programme.extracts("2015")[0], "0" * 64, 1)
    table = pa.table({name: values, ROW: list(range(2, len(values) + 2))})
    return find_private(delivery, columns_of(table), row_numbers(table))


@pytest.mark.parametrize(("value", "reason"), PRIVATE.items())
def test_an_identifier_is_found(value: str, reason: str) -> None:
    found = findings(["", "godt", value, ""])
    assert [(f.reason, f.row, f.column, f.rows, f.action) for f in found] == [(reason, 4, "s_90", 1, "stop")]
    assert value not in str(found[0])


@pytest.mark.parametrize("value", HARMLESS)
def test_what_only_looks_like_one_passes(value: str) -> None:
    assert findings([value, ""]) == []


def test_columns_of_names_are_known_by_their_header() -> None:
    for name in ("Navn", "elev_navn", "E-mail", "Kontaktlærernavn", "Recipient Last Name", "CPR-nr.", "fornavn_1"):
        assert is_private_header(name), name
    for name in ("INST_NAVN", "skolenavn", "KOMMUNE_NAVN", "variableName", "s_1", "status"):
        assert not is_private_header(name), name
    assert [f.reason for f in findings(["", "Bo"], "Navn")] == ["private_name"]
    assert findings(["", " "], "Navn") == []


def test_a_header_that_is_a_value_is_not_told() -> None:
    assert sayable("s_1", 3) == "s_1"
    for name in ("0102030405", "bo@skole.dk", "12", "x" * 200):
        assert sayable(name, 3) == "number 3"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated delivery of all groups."""
    folder = tmp_path_factory.mktemp("simulated")
    assert run_cli("simulate", "--programme", "pfl", "--out", str(folder), "--scale", "0.02") == 0
    return folder


def plant(path: Path, row: int, column: str, value: str) -> None:
    """Write a value into a cell; rows as a spreadsheet counts."""
    lines = path.read_text(encoding="cp1252").split("\n")
    cells = lines[row - 1].split(";")
    cells[lines[0].split(";").index(column)] = value
    lines[row - 1] = ";".join(cells)
    path.write_text("\n".join(lines), encoding="cp1252")


@pytest.fixture
def home(simulated: Path, tmp_path: Path) -> Settings:
    shutil.copytree(simulated, tmp_path / "landing")
    return load_settings({}, home=tmp_path)


@pytest.mark.parametrize(
    ("column", "value"), [("s_90", "Mit nummer er 010203-0405"), ("elevnr", "0102030405"), ("klasse", "bo@skole.dk")]
)
def test_nothing_of_a_file_with_an_identifier_leaves_the_landing_folder(
    home: Settings, column: str, value: str
) -> None:
    programme: Programme = load_programme("pfl")
    path = home.landing_dir / "pfl" / "2015" / "elev_4_10_dataset.csv"
    plant(path, 7, column, value)
    landing = look_at_landing(programme, home.landing_dir, "2015")
    with pytest.raises(InputError, match=f"elev_4_10_dataset.csv, row 7, column {column}: holds a") as caught:
        extract_group(programme, home, landing, "elev_4_10")
    assert value not in str(caught.value)
    [finding] = [f for f in check_files(programme, [path], home) if f.action == "stop"]
    assert (finding.row, finding.column) == (7, column)
    extract_group(programme, home, landing, "elev_0_3")
    assert not found_outside(home, [value])


def test_no_planted_identifier_is_in_any_byte_outside_landing(
    home: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    """A whole run that is refused, and one that is released: numbers, free text, identifiers."""
    path = home.landing_dir / "pfl" / "2017" / "elev_0_3_dataset.csv"
    clean = path.read_bytes()
    number = path.read_text(encoding="cp1252").split("\n")[5].split(";")[0]
    plant(path, 9, "s_90", "skriv til xq7@skole.dk, 010203-0405, 20 30 40 51")
    run = ("run", "--programme", "pfl", "--home", str(home.home))
    assert run_cli(*run) == 1
    path.write_bytes(clean)
    plant(path, 9, "s_90", "en fri tekst om xylofoner")
    # A column that nobody declared, a row set aside, an undeclared code, a pupil and a teacher who asked to be removed.
    lines = path.read_text(encoding="cp1252").rstrip("\n").split("\n")
    lines = [f"{line};{'ekstra' if place == 0 else 'plettet giraf'}" for place, line in enumerate(lines)]
    path.write_text("\n".join(lines) + "\n", encoding="cp1252")
    plant(path, 11, "klassetrin", "hemmeligt trin")
    plant(path, 12, "s_1_1", "sær kode")
    teachers = home.landing_dir / "pfl" / "2017" / "kontaktlaerer_dataset.csv"
    head, first = teachers.read_text(encoding="cp1252").split("\n")[:2]
    teacher = dict(zip(head.split(";"), first.split(";"), strict=True))["kontaktlaerer_nr"]
    wishes = home.home.parent / "wishes.txt"
    pupil = lines[20].split(";")[0]
    wishes.write_text(f"elev_0_3,{pupil}\nrater,{teacher}\n", encoding="utf-8")
    assert run_cli("forget", str(wishes), "--programme", "pfl", "--home", str(home.home)) == 0
    assert list(home.quarantine_dir.rglob("*-columns.parquet"))
    told = capfd.readouterr()
    planted = ["xq7@skole.dk", "010203-0405", "20 30 40 51", "xylofoner", "plettet giraf", "hemmeligt trin", "sær kode"]
    planted += [number, pupil, teacher]
    assert not [value for value in planted[:7] if value in told.out + told.err]
    assert not found_outside(home, planted)


def found_outside(settings: Settings, values: list[str]) -> list[tuple[str, str]]:
    """Files outside landing that hold a value, in their bytes or, where they are compressed, in their cells."""
    # Digits inside a longer number (a mean, a hash) are no pupil's number.
    wanted = {value: re.compile(rb"(?<![0-9a-f.])" + re.escape(value.encode()) + rb"(?![0-9a-f])") for value in values}
    found = []
    with duckdb.connect() as con, TemporaryDirectory() as folder:
        cells = Path(folder) / "cells.csv"

        def cells_of(relation: str) -> bytes:
            con.execute(f"copy (from {relation}) to '{cells}' (format csv)")
            return cells.read_bytes()

        for path in settings.home.rglob("*"):
            if not path.is_file() or settings.landing_dir in path.parents:
                continue
            content = path.read_bytes()
            if path.suffix == ".parquet":
                content += cells_of(f"read_parquet('{path}')")
            if path.name == "warehouse.duckdb":
                con.execute(f"attach '{path}' as w (read_only)")
                for (table,) in con.execute(
                    "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'w'"
                ).fetchall():
                    content += cells_of(f"w.{table}")
                con.execute("detach w")
            # A plain search is a hundred times faster than one by pattern, and nearly always the end of it.
            found += [(v, path.name) for v, how in wanted.items() if v.encode() in content and how.search(content)]
    return found
