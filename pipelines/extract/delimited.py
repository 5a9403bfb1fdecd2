"""Text files as tables of text, by the dialect that the programme declares.

Belongs here: turning one file into one Arrow table whose columns are all text, with the row's number in the file. Does not
belong here: what the columns mean. Nothing is guessed: a file that does not fit its dialect is refused.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from pipelines.errors import InputError
from pipelines.extract.content import ROW, Content, make_header
from pipelines.programme import Extract


def read_delimited(path: Path, name: str, extract: Extract) -> Content:
    """Read a delivered text file.

    Args:
        path: the file.
        name: how messages call it.
        extract: its declaration; the dialect is taken from it.

    Returns:
        One row per record, columns as in the header with blanks trimmed; an empty cell is an empty text. A line of a
        single cell is a note.

    Raises:
        InputError: the file is empty, not in the declared encoding, or a record has too few or too many cells.
    """
    dialect = extract.dialect
    ragged: list[tuple[int, int, int]] = []
    notes: list[tuple[int, str]] = []

    def on_ragged(row: pa_csv.InvalidRow) -> str:
        if row.actual_columns == 1:
            notes.append((row.number or 0, row.text))
        else:
            ragged.append((row.number or 0, row.expected_columns, row.actual_columns))
        return "skip"

    try:
        header, rest = _header(path, extract)
        table = pa_csv.read_csv(
            path,
            read_options=pa_csv.ReadOptions(
                encoding=dialect.encoding,
                skip_rows=rest,
                column_names=header,
                skip_rows_after_names=dialect.skip_after_header,
                use_threads=False,  # rows are numbered only when read in one thread
                block_size=8 << 20,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote or False,
                newlines_in_values=dialect.quote is not None,
                invalid_row_handler=on_ragged,
                ignore_empty_lines=False,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={column: pa.string() for column in header}, strings_can_be_null=False
            ),
        )
    except (UnicodeDecodeError, LookupError) as error:
        raise InputError(
            f"{name}: is not {dialect.encoding} ({error}); declare the encoding it was written in"
        ) from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or 'damaged'}") from None
    except pa.ArrowInvalid:
        raise InputError(
            f"{name}: cannot be read as CSV with delimiter {dialect.delimiter!r}, quote {dialect.quote!r} and encoding "
            f"{dialect.encoding}; check the dialect in programme.yaml, or the file may be damaged"
        ) from None
    if ragged:
        number, expected, actual = ragged[0]
        raise InputError(
            f"{name}, row {number}: has {actual} cells, the header has {expected} ({len(ragged)} such rows)"
        )
    rest += dialect.skip_after_header
    left_out = {number for number, _ in notes}
    numbers = range(rest + 1, rest + 1 + table.num_rows + len(notes))
    kept = [number for number in numbers if number not in left_out] if left_out else numbers
    return Content(
        table.append_column(ROW, pa.array(kept, pa.int64())),
        pa.table(
            {
                "text": pa.array([text for _, text in notes], pa.string()),
                ROW: pa.array([number for number, _ in notes], pa.int64()),
            }
        ),
    )


def _header(path: Path, extract: Extract) -> tuple[list[str], int]:
    """Column names as delivered (byte order mark and blanks trimmed), and the number of lines up to the first record."""
    dialect = extract.dialect
    with path.open(encoding=dialect.encoding, newline="") as stream:
        lines = [stream.readline() for _ in range(dialect.skip_rows + 1)]
    if not lines[-1].strip():
        raise InputError(
            f"{path.parent.name}/{path.name}: is empty: there is no header on line {dialect.skip_rows + 1}"
        )
    parsed = pa_csv.read_csv(
        pa.BufferReader(lines[-1].lstrip("\ufeff").encode()),
        read_options=pa_csv.ReadOptions(autogenerate_column_names=True),
        parse_options=pa_csv.ParseOptions(delimiter=dialect.delimiter, quote_char=dialect.quote or False),
        convert_options=pa_csv.ConvertOptions(column_types={f"f{i}": pa.string() for i in range(4096)}),
    )
    header = make_header((column[0].as_py() for column in parsed.columns), f"{path.parent.name}/{path.name}")
    return header, dialect.skip_rows + 1
