"""What every file becomes, whatever its format: a table of text with the numbers of its rows.

Belongs here: the shape, and turning typed cells into text in one way. Does not belong here: reading (`formats`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from pipelines.errors import InputError

ROW = "__row"
"""Name of the column that holds the record's number in the file, header lines included."""


@dataclass(frozen=True)
class Content:
    """What a file holds.

    `table` is one row per record, columns of text plus `ROW`; `notes` is one row per line that is none (a remark or the
    rest of a broken text), columns `text` and `ROW`. `had_mark`: a byte order mark that the encoding does not call for
    stood before the header and was left out.
    """

    table: pa.Table
    notes: pa.Table
    had_mark: bool = False

    @property
    def rows(self) -> int:
        """Records and other lines: each of them must end in one place."""
        return int(self.table.num_rows + self.notes.num_rows)


MARK, MISREAD_MARK = "\ufeff", "ï»¿"
"""A byte order mark, and one of UTF-8 read as Windows-1252."""
PHANTOM = "__phantom"
"""A last column without a name: some tools close every line with a delimiter."""


def make_header(cells: Iterable[object], name: str) -> list[str]:
    """Column names from the cells of a header: blanks and the byte order mark trimmed.

    Raises:
        InputError: a name stands twice.
    """
    header = [str(cell if cell is not None else "").strip() for cell in cells]
    header = [cell.removeprefix(MARK).removeprefix(MISREAD_MARK).strip('"').strip() for cell in header]
    if ROW in header:
        raise InputError(f"{name}: column number {header.index(ROW) + 1} bears a reserved name; rename it")
    if len(header) > 1 and header[-1] == "":
        header[-1] = PHANTOM
    for position, cell in enumerate(header, start=1):
        if header.index(cell) != position - 1:
            shown = repr(cell) if cell.isidentifier() else f"number {position}"
            raise InputError(f"{name}: column {shown} stands twice in the header")
    return header


def as_text(value: object, date_format: str) -> str:
    """A typed cell as an extract would write it: whole numbers without a point, dates in the declared layout."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime | date):
        return value.strftime(date_format)
    return str(value)


def table_of(
    header: Sequence[str], columns: Sequence[Iterable[object]], rows: Sequence[int], date_format: str
) -> Content:
    """A table of text from typed columns.

    Args:
        header: column names.
        columns: cells, one iterable a column.
        rows: number of each row in the file.
        date_format: layout of dates.
    """
    data = {
        name: pa.array([as_text(cell, date_format) for cell in cells], pa.string())
        for name, cells in zip(header, columns, strict=True)
    }
    notes = pa.table({"text": pa.array([], pa.string()), ROW: pa.array([], pa.int64())})
    return Content(pa.table(data | {ROW: pa.array(rows, pa.int64())}), notes)
