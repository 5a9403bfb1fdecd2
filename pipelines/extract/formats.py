"""Files as tables of text, whatever their format: the one way in.

Belongs here: workbooks, files of statistics packages and Parquet, and choosing the reader by the declared format. Does not
belong here: text files (`delimited`), what the columns mean.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import InputError
from pipelines.extract.content import PHANTOM, ROW, Content, as_text, make_header, table_of
from pipelines.extract.delimited import read_delimited
from pipelines.programme import Extract

__all__ = ["PHANTOM", "ROW", "Content", "read_extract"]

LARGEST_UNPACKED = 512 << 20
"""Bytes that a workbook may hold unpacked; a real one of 80,000 rows and 60 columns holds a quarter of that."""
MOST_CELLS = 20_000_000
CHUNK, LONGEST_PLACE = 4 << 20, 24
_PLACE = re.compile(rb"""\br=["']([A-Za-z]{0,8})(\d{1,12})["']""")
"""Place of a cell or row in a sheet's XML."""


def read_extract(path: Path, name: str, extract: Extract) -> Content:
    """Read a delivered file by its declared format.

    Args:
        path: the file.
        name: how messages call it.
        extract: its declaration.

    Raises:
        InputError: the file is not of that format, damaged, or holds nothing that was declared.
    """
    if extract.format == "csv":
        return read_delimited(path, name, extract)
    read = {"xlsx": _read_workbook, "sav": _read_statistics, "dta": _read_statistics, "parquet": _read_parquet}
    try:
        return read[extract.format](path, name, extract)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or 'damaged'}") from None
    except Exception as error:
        # The readers raise many kinds; their texts can hold a cell.
        raise InputError(
            f"{name}: cannot be read as {extract.format} ({type(error).__name__}); is it damaged?"
        ) from None


def _read_workbook(path: Path, name: str, extract: Extract) -> Content:
    """Sheets whose name the dialect's `sheet` matches, side by side when a wide dataset is split over several."""
    import python_calamine

    _refuse_bombs(path, name)
    workbook = python_calamine.CalamineWorkbook.from_path(str(path))
    wanted = extract.dialect.sheet
    names = [n for n in workbook.sheet_names if re.fullmatch(wanted, n)] if wanted else workbook.sheet_names[:1]
    if not names:
        raise InputError(
            f"{name}: has no sheet that `sheet` of the dialect matches; it has {len(workbook.sheet_names)} others"
        )
    parts = [_read_sheet(workbook.get_sheet_by_name(sheet), name, extract) for sheet in names]
    whole = parts[0].table
    for part in parts[1:]:
        if part.table.num_rows != whole.num_rows:
            raise InputError(
                f"{name}: the sheets of the split dataset have {whole.num_rows} and {part.table.num_rows} rows; a part is missing"
            )
        for column in part.table.column_names:
            if column not in whole.column_names:
                whole = whole.append_column(column, part.table.column(column))
            elif part.table.column(column) != whole.column(column):
                raise InputError(
                    f"{name}: the sheets of the split dataset differ in a column that both have; rows are shifted"
                )
    return Content(whole, parts[0].notes)


def _refuse_bombs(path: Path, name: str) -> None:
    """A workbook that is small and says that it is enormous: the reader would make room for every cell it speaks of."""
    with zipfile.ZipFile(path) as packed:
        parts = packed.infolist()
        if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise InputError(f"{name}: unpacks to more than {LARGEST_UNPACKED >> 20} MB; no extract is that large")
        for part in parts:
            if not part.filename.lower().startswith("xl/worksheets/") or part.is_dir():
                continue
            height, width = 0, 0
            with packed.open(part) as stream:
                rest = b""
                while chunk := stream.read(CHUNK):
                    found = set(_PLACE.findall(rest + chunk))
                    height = max([height, *(int(row) for _, row in found)])
                    width = max([width, *(_column_number(letters) for letters, _ in found)])
                    rest = (rest + chunk)[-LONGEST_PLACE:]
            if height * width > MOST_CELLS:
                raise InputError(f"{name}: a sheet has more than {MOST_CELLS:,} cells; no extract is that large")


def _column_number(letters: bytes) -> int:
    """Number of a column by its letters: A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _read_sheet(sheet: Any, name: str, extract: Extract) -> Content:
    """One sheet: its header on the declared row."""
    if (sheet.total_height or 0) * (sheet.total_width or 0) > MOST_CELLS:
        raise InputError(f"{name}: a sheet has more than {MOST_CELLS:,} cells; no extract is that large")
    rows = sheet.to_python(skip_empty_area=False)
    first = extract.dialect.skip_rows
    if len(rows) <= first or not any(str(cell).strip() for cell in rows[first]):
        raise InputError(f"{name}: is empty: there is no header on row {first + 1}")
    cells = [as_text(cell, extract.dialect.date_format) for cell in rows[first]]
    while cells and not cells[-1].strip():
        cells.pop()  # columns that were only formatted
    header = make_header(cells, name)
    start = first + 1 + extract.dialect.skip_after_header
    body = [row[: len(header)] for row in rows[start:]]
    return table_of(
        header,
        list(zip(*body, strict=True)) if body else [[] for _ in header],
        list(range(start + 1, start + 1 + len(body))),
        extract.dialect.date_format,
    )


def _read_statistics(path: Path, name: str, extract: Extract) -> Content:
    """SPSS or Stata: codes as numbers, missing codes kept as codes so that the codebook decides about them."""
    import pyreadstat

    read = pyreadstat.read_sav if extract.format == "sav" else pyreadstat.read_dta
    frame, _ = read(str(path), user_missing=True, output_format="dict")
    header = make_header(frame, name)
    columns = list(frame.values())
    n = len(columns[0]) if columns else 0
    return table_of(header, columns, list(range(1, n + 1)), extract.dialect.date_format)


def _read_parquet(path: Path, name: str, extract: Extract) -> Content:
    """Parquet: every column as text."""
    table: pa.Table = pq.read_table(path)
    header = make_header(table.column_names, name)
    columns = [column.to_pylist() for column in table.columns]
    return table_of(header, columns, list(range(1, table.num_rows + 1)), extract.dialect.date_format)
