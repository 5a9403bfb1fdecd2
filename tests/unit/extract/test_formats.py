"""Every format is read whole, on the genuine file where there is one, and a damaged one is one clear line."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from pipelines.errors import InputError
from pipelines.extract.content import PHANTOM, ROW, Content
from pipelines.extract.formats import read_extract
from pipelines.programme.definition import Extract


def read(path: Path, format: str = "csv", **dialect: object) -> Content:
    declared = {
        "respondent_group": "g",
        "path": path.name,
        "format": format,
        "dialect": dialect,
        "columns": {"respondent_id": "a", "municipality_id": "b", "institution_id": "c"},
    }
    return read_extract(path, path.name, Extract.model_validate(declared))


def cells(content: Content) -> list[list[str]]:
    return [list(row.values())[:-1] for row in content.table.to_pylist()]


def test_genuine_surveyxact_dataset_and_structure(real_data: Path) -> None:
    folder = real_data / "surveyxact_export"
    dialect = {"encoding": "utf-16", "delimiter": "\t"}
    dataset = read(folder / "dataset.csv", **dialect).table
    structure = read(folder / "structure_en.csv", **dialect).table
    with (folder / "dataset.csv").open(encoding="utf-16", newline="") as file:
        plain = list(csv.reader(file, delimiter="\t"))
    names = [name for name in dataset.column_names if name not in (ROW, PHANTOM)]
    assert names[0] == "x_exclude"  # no byte order mark
    assert [n for n in plain[0] if n] == names
    assert dataset.num_rows == len(plain) - 1
    assert cells(Content(dataset.select([*names, ROW]), pa.table({}))) == [row[: len(names)] for row in plain[1:]]
    assert structure.column_names[-2] == PHANTOM
    variables = set(structure.column("variableName").to_pylist())
    assert set(names) - variables == {"unique_id", "generated_id"}  # the tool adds them


@pytest.mark.parametrize(("file", "skip", "encoding"), [("sample.csv", 2, "utf-8"), ("sample_legacy.csv", 1, "utf-8")])
def test_genuine_qualtrics_with_three_and_with_two_header_rows(
    real_data: Path, file: str, skip: int, encoding: str
) -> None:
    content = read(real_data / "qualtrics_export" / file, encoding=encoding, skip_after_header=skip)
    with (real_data / "qualtrics_export" / file).open(encoding="utf-8-sig", newline="") as stream:
        plain = list(csv.reader(stream))
    names = [name.strip() for name in plain[0] if name]
    assert [n for n in content.table.column_names if n not in (ROW, PHANTOM)] == names
    assert [row[: len(names)] for row in cells(content)] == [row[: len(names)] for row in plain[1 + skip :]]
    assert content.table.column(ROW).to_pylist()[0] == skip + 2


def test_genuine_spss_keeps_codes_that_are_labelled_but_not_declared_missing(real_data: Path) -> None:
    content = read(real_data / "spss_reds" / "bsgdnkv1.sav", "sav")
    frame, meta = pyreadstat.read_sav(str(real_data / "spss_reds" / "bsgdnkv1.sav"))
    assert content.table.num_rows == len(frame) == 10
    assert content.table.column_names[:-1] == list(frame.columns)
    codes = {cell for row in cells(content) for cell in row}
    assert "9" in codes
    assert not any(cell.endswith(".0") for cell in codes)
    assert not meta.missing_ranges


def test_stata_and_parquet_give_the_same_table_as_text(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame({"a": ["01", "02"], "x": [1.0, None], "d": pd.to_datetime(["2017-09-01", "2017-10-02"])})
    pyreadstat.write_dta(frame[["a", "x"]], str(tmp_path / "f.dta"))
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "f.parquet")
    assert cells(read(tmp_path / "f.dta", "dta")) == [["01", "1"], ["02", ""]]
    assert cells(read(tmp_path / "f.parquet", "parquet", date_format="%d-%m-%Y")) == [
        ["01", "1", "01-09-2017"],
        ["02", "", "02-10-2017"],
    ]


def test_genuine_register_as_text_and_as_workbook_say_the_same(real_data: Path) -> None:
    folder = real_data / "danish_register"
    text = read(folder / "institutionsregister_folkeskoler_latin1.csv", encoding="cp1252", delimiter=";").table
    book = read(folder / "institutionsregister_folkeskoler.xlsx", "xlsx").table
    assert text.num_rows == book.num_rows == 1408
    assert text.column("INST_NR").to_pylist() == book.column("INST_NR").to_pylist()
    assert text.column("INST_NAVN").to_pylist()[:3] == book.column("INST_NAVN").to_pylist()[:3]


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """Write a workbook."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_dataset_split_over_sheets(tmp_path: Path) -> None:
    parts = {
        "Labels": [["x"]],
        "Dataset(1)": [["id", "q1"], ["01", 1], ["02", 2]],
        "Dataset(2)": [["id", "q2"], ["01", 3], ["02", None]],
    }
    path = workbook(tmp_path / "w.xlsx", parts)
    content = read(path, "xlsx", sheet=r"Dataset\(\d+\)")
    assert content.table.column_names == ["id", "q1", ROW, "q2"]
    assert content.table.column("q2").to_pylist() == ["3", ""]
    parts["Dataset(2)"].pop()
    with pytest.raises(InputError, match="2 and 1 rows; a part is missing"):
        read(workbook(path, parts), "xlsx", sheet=r"Dataset\(\d+\)")
    parts["Dataset(2)"].append(["09", 1])
    with pytest.raises(InputError, match="rows are shifted"):
        read(workbook(path, parts), "xlsx", sheet=r"Dataset\(\d+\)")
    with pytest.raises(InputError, match="has no sheet"):
        read(path, "xlsx", sheet="Data")


def test_header_not_on_the_first_row_and_numbers_as_text(tmp_path: Path) -> None:
    path = workbook(tmp_path / "w.xlsx", {"S": [["Udtræk"], [], ["id", "instnr"], ["01", 461], ["I alt", 2]]})
    content = read(path, "xlsx", skip_rows=2)
    assert cells(content) == [["01", "461"], ["I alt", "2"]]
    assert content.table.column(ROW).to_pylist() == [4, 5]


@pytest.mark.parametrize(
    ("dialect", "encoding"),
    [
        ({"encoding": "cp1252", "delimiter": ";", "quote": None}, "cp1252"),
        ({"encoding": "cp1252", "delimiter": ","}, "cp1252"),
        ({"encoding": "utf-16", "delimiter": "\t"}, "utf-16"),
        ({"encoding": "utf-8", "delimiter": "|"}, "utf-8-sig"),
    ],
)
def test_one_table_in_every_dialect(tmp_path: Path, dialect: dict[str, object], encoding: str) -> None:
    table = [["id", "svar", "æøå"], ["01", "I liten grad", "Å"], ["02", "", "2"]]
    quote = '"' if dialect.get("quote", '"') else ""
    lines = [str(dialect["delimiter"]).join(f"{quote}{cell}{quote}" for cell in row) for row in table]
    path = tmp_path / "f.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    content = read(path, **dialect)
    assert content.table.column_names == [*table[0], ROW]
    assert cells(content) == table[1:]


@pytest.mark.parametrize("format", ["xlsx", "sav", "dta", "parquet"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a workbook", b"\xff" * 5000])
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, format: str, content: bytes) -> None:
    path = tmp_path / f"f.{format}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"f\.{format}: "):
        read(path, format)
