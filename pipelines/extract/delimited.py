"""Text files as tables of text, by the dialect that the programme declares.

Belongs here: turning one file into one Arrow table whose columns are all text, with the row's number in the file. Does not
belong here: what the columns mean. Nothing is guessed: a file that does not fit its dialect is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from pipelines.errors import InputError
from pipelines.extract.content import MARK, MISREAD_MARK, ROW, Content, make_header
from pipelines.programme import Extract

BLOCK = 8 << 20
"""Bytes read at a time; a record that is longer is damage."""
LONGEST_LINE = 1 << 18
MOST_COLUMNS = 10_000
MOST_ODD = 100_000
"""Lines with another number of cells than the header, after which a file is not read on."""
MOST_ROWS = 2_000_000
"""The whole country's largest group is 800,000."""


def read_delimited(path: Path, name: str, extract: Extract, header: Sequence[str] | None = None) -> Content:
    """Read a delivered text file.

    Args:
        path: the file.
        name: how messages call it.
        extract: its declaration; the dialect is taken from it.
        header: column names of a file that has none.

    Returns:
        One row per record, columns as in the header with blanks trimmed; an empty cell is an empty text. A line of a
        single cell is a note.

    Raises:
        InputError: the file is empty, not in the declared encoding, or a record has too few or too many cells.
    """
    dialect = extract.dialect
    try:
        _refuse_endless(path, name)
        names, had_mark = _header(path, name, extract) if header is None else (list(header), False)
        before = dialect.skip_rows + (header is None)
        table, odd = _records(path, extract, names, before, in_one_thread=False)
        if odd:
            # Rows are numbered only when they are read in one thread.
            table, odd = _records(path, extract, names, before, in_one_thread=True)
    except (UnicodeError, LookupError) as error:
        where = f" at byte {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        raise InputError(f"{name}: is not {dialect.encoding}{where}; declare the encoding it was written in") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or 'damaged'}") from None
    except pa.ArrowInvalid:
        raise InputError(
            f"{name}: cannot be read as CSV with delimiter {dialect.delimiter!r}, quote {dialect.quote!r} and encoding "
            f"{dialect.encoding}; check the dialect in programme.yaml, or the file may be damaged"
        ) from None
    notes = [row for row in odd if row.actual_columns == 1]
    ragged = [row for row in odd if row.actual_columns != 1]
    if ragged:
        first = ragged[0]
        raise InputError(
            f"{name}, row {first.number}: has {first.actual_columns} cells, the header has {first.expected_columns} "
            f"({len(ragged)} such rows); is a delimiter or a quote missing there?"
        )
    start = before + dialect.skip_after_header + 1
    left_out = {row.number for row in notes}
    numbers = range(start, start + table.num_rows + len(notes))
    kept = [number for number in numbers if number not in left_out] if left_out else numbers
    return Content(
        table.append_column(ROW, pa.array(kept, pa.int64())),
        pa.table(
            {
                "text": pa.array([row.text for row in notes], pa.string()),
                ROW: pa.array([row.number or 0 for row in notes], pa.int64()),
            }
        ),
        had_mark,
    )


def _refuse_endless(path: Path, name: str) -> None:
    """Lines of hundreds of thousands of characters, or millions of lines, are damage and take the parser minutes."""
    lines = 0
    with path.open("rb") as stream:
        while part := stream.read(LONGEST_LINE):
            ends = part.count(b"\n")
            lines += ends
            if not ends and len(part) == LONGEST_LINE and b"\r" not in part:
                raise InputError(f"{name}: has a line of more than {LONGEST_LINE:,} bytes; is it damaged?")
            if lines > MOST_ROWS:
                raise InputError(f"{name}: has more than {MOST_ROWS:,} lines; no extract is that long. Is it damaged?")


def _records(
    path: Path, extract: Extract, header: list[str], before: int, in_one_thread: bool
) -> tuple[pa.Table, list[pa_csv.InvalidRow]]:
    """The records of a file, and lines that have another number of cells."""
    dialect = extract.dialect
    odd: list[pa_csv.InvalidRow] = []

    def on_odd(row: pa_csv.InvalidRow) -> str:
        odd.append(row)
        return "skip" if len(odd) < MOST_ODD else "error"

    table = pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(
            encoding=dialect.encoding,
            skip_rows=before,
            column_names=header,
            skip_rows_after_names=dialect.skip_after_header,
            use_threads=not in_one_thread,
            block_size=BLOCK,
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote or False,
            newlines_in_values=dialect.quote is not None,
            invalid_row_handler=on_odd,
            ignore_empty_lines=False,
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types={column: pa.string() for column in header}, strings_can_be_null=False
        ),
    )
    return table, odd


def _header(path: Path, name: str, extract: Extract) -> tuple[list[str], bool]:
    """Column names as delivered, and whether a byte order mark stood before them that the encoding does not call for."""
    dialect = extract.dialect
    with path.open(encoding=dialect.encoding, newline="") as stream:
        lines = [stream.readline(LONGEST_LINE) for _ in range(dialect.skip_rows + 1)]
    line = lines[-1]
    if not line.strip():
        raise InputError(f"{name}: is empty: there is no header on line {dialect.skip_rows + 1}")
    if len(line) == LONGEST_LINE:
        raise InputError(f"{name}: has no header that could be read: line {dialect.skip_rows + 1} does not end")
    try:
        if dialect.quote:
            [cells] = csv.reader([line], delimiter=dialect.delimiter, quotechar=dialect.quote)
        else:
            cells = line.rstrip("\r\n").split(dialect.delimiter)
    except (csv.Error, ValueError):
        raise InputError(f"{name}: the header on line {dialect.skip_rows + 1} cannot be read; is it damaged?") from None
    if len(cells) > MOST_COLUMNS:
        raise InputError(f"{name}: has {len(cells):,} columns; no extract is that wide. Is the delimiter right?")
    return make_header(cells, name), lines[0].startswith((MARK, MISREAD_MARK))
