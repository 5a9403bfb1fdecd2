"""The answers of one file as a matrix of codes: rows by variables, each cell a position in one list of codes.

Belongs here: making it, asking it what is not declared, and writing the kept answers as Parquet, one a row. Does not belong
here: what an answer means or counts (dbt).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipelines.extract.columns import Column

ROWS_AT_ONCE = 20_000
"""Records whose answers are laid out at a time: memory stays small however large the file."""


Codes = Mapping[str, Mapping[str, str]]
"""Variable to code to the kind that the codebook says it is."""


@dataclass(frozen=True)
class Matrix:
    """Codes of a file, blanks around them cut off.

    `cells[row, variable]` is a position in `codes`; position 0 is no answer. `declared[variable, code]` says whether the
    codebook knows the code.
    """

    variables: tuple[str, ...]
    codes: tuple[str, ...]
    cells: NDArray[np.int32]
    declared: NDArray[np.bool_]

    def answered(self) -> NDArray[np.bool_]:
        """Cells that hold anything."""
        return self.cells > 0

    def undeclared(self, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Cells of kept rows whose code the codebook does not know."""
        return self.answered() & kept[:, None] & ~self._is_declared(self.cells)

    def of_kind(self, asked: Codes, kind: str) -> NDArray[np.bool_]:
        """Cells whose code is of a kind (`valid`, `declined`, `missing`)."""
        table = np.array(
            [[asked[name].get(code) == kind for code in self.codes] for name in self.variables], dtype=bool
        ).reshape(len(self.variables), len(self.codes))
        if not table.any():
            return np.zeros(self.cells.shape, dtype=bool)
        return self._look_up(table, self.cells)

    def _is_declared(self, cells: NDArray[np.int32]) -> NDArray[np.bool_]:
        """For each cell of some rows whether its code is declared."""
        return self._look_up(self.declared, cells)

    def _look_up(self, table: NDArray[np.bool_], cells: NDArray[np.int32]) -> NDArray[np.bool_]:
        """What a table (variable × code) says of each cell."""
        offsets = (np.arange(len(self.variables), dtype=np.int32) * np.int32(len(self.codes)))[None, :]
        found: NDArray[np.bool_] = table.ravel().take(cells + offsets)
        return found


def make_matrix(
    columns: Mapping[str, Column], declared: Mapping[str, frozenset[str]], rows: int, decimal: str = "."
) -> Matrix:
    """Lay out the answers of a file.

    Args:
        columns: the file.
        declared: the codes that each variable of the codebook may hold; variables that are not in the file are left out.
        rows: number of records.
        decimal: mark that the dialect declares: 3,0 is the code 3 where it is a comma.
    """
    variables = tuple(name for name in columns if name in declared)
    places: dict[str, int] = {"": 0}
    cells = np.zeros((rows, len(variables)), dtype=np.int32)
    for number, name in enumerate(variables):
        column = columns[name]
        cut = [plain_number(value, decimal) for value in column.trimmed()]
        where = np.array([places.setdefault(code, len(places)) for code in cut], dtype=np.int32)
        if len(where):
            cells[:, number] = where[column.place]
    codes = tuple(places)
    known = np.array([[code in declared[name] for code in codes] for name in variables], dtype=bool)
    return Matrix(variables, codes, cells, known.reshape(len(variables), len(codes)))


def plain_number(text: str, decimal: str) -> str:
    """A number as codes are declared: 3.0 and, where the comma is the declared mark, 3,0 are 3."""
    if decimal != "." and decimal in text and re.fullmatch(rf"-?\d+{re.escape(decimal)}\d+", text):
        text = text.replace(decimal, ".")
        return text.rstrip("0").rstrip(".")
    return text


def write_table(table: pa.Table, path: Path) -> None:
    """Write a small table as Parquet: it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    pq.write_table(table, temporary, compression="zstd")
    temporary.replace(path)


def write_answers(
    path: Path,
    matrix: Matrix,
    keys: NDArray[np.int64],
    kept: NDArray[np.bool_],
    constants: Sequence[tuple[str, str]],
) -> int:
    """Write the declared answers of kept rows, one a row: constants, respondent_key, variable, code.

    Args:
        path: the part; appears whole or not at all.
        matrix: the answers.
        keys: respondent_key of each row.
        kept: which rows count.
        constants: name and value of the columns before, the same on every row.

    Returns:
        Number of answers.
    """
    text = pa.dictionary(pa.int32(), pa.string())
    schema = pa.schema(
        [*((name, text) for name, _ in constants), ("respondent_key", pa.int64()), ("variable", text), ("code", text)]
    )
    # The list of codes is written too: one that nobody declared must not be in it.
    listed = np.asarray(matrix.declared.any(axis=0), dtype=bool)
    place_of = np.cumsum(listed, dtype=np.int32) - 1
    codes = pa.array(
        [code for code, is_listed in zip(matrix.codes, listed.tolist(), strict=True) if is_listed], pa.string()
    )
    variables = pa.array(matrix.variables, pa.string())
    written, wide = 0, len(matrix.variables)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with pq.ParquetWriter(
        temporary,
        schema,
        compression="zstd",
        use_dictionary=[*(name for name, _ in constants), "variable", "code"],
        column_encoding={"respondent_key": "DELTA_BINARY_PACKED"},
        write_statistics=["respondent_key"],
        store_schema=False,
    ) as writer:
        for start in range(0, len(matrix.cells), ROWS_AT_ONCE):
            part = matrix.cells[start : start + ROWS_AT_ONCE]
            wanted = (part > 0) & kept[start : start + ROWS_AT_ONCE, None] & matrix._is_declared(part)
            where = np.flatnonzero(wanted)
            row, variable = np.divmod(where.astype(np.int32), np.int32(max(wide, 1)))
            columns = [
                pa.DictionaryArray.from_arrays(np.zeros(len(where), np.int32), pa.array([value], pa.string()))
                for _, value in constants
            ]
            columns += [
                pa.array(keys[start : start + ROWS_AT_ONCE][row]),
                pa.DictionaryArray.from_arrays(variable, variables),
                pa.DictionaryArray.from_arrays(place_of[part.ravel()[where]], codes),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            written += len(where)
    temporary.replace(path)
    return written
