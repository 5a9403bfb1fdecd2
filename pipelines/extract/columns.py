"""A table of text, column by column as distinct cells and where they stand: each cell is looked at once, however often.

Belongs here: the shape and the questions that every check asks of it. Does not belong here: what is looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.extract.content import ROW


@dataclass(frozen=True)
class Column:
    """One column: `values` are its distinct cells, `place` the position in `values` of each row's cell.

    `position` counts the columns of the file from one.
    """

    name: str
    position: int
    values: pa.StringArray
    place: NDArray[np.int32]

    def rows_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Positions of the rows whose cell is one of the chosen distinct values."""
        return np.flatnonzero(chosen[self.place])

    @cached_property
    def cut(self) -> pa.StringArray:
        """The distinct cells without blanks around them."""
        return pc.utf8_trim_whitespace(self.values)

    def trimmed(self) -> list[str]:
        """The same as Python texts."""
        found: list[str] = self.cut.to_pylist()
        return found

    def is_blank(self) -> NDArray[np.bool_]:
        """Which of the distinct cells are."""
        found: NDArray[np.bool_] = pc.equal(pc.binary_length(self.cut), 0).to_numpy(zero_copy_only=False)
        return found

    def is_decimal(self) -> NDArray[np.bool_]:
        """Which of the distinct cells are digits only."""
        found: NDArray[np.bool_] = pc.utf8_is_decimal(self.cut).to_numpy(zero_copy_only=False)
        return found


def columns_of(table: pa.Table) -> dict[str, Column]:
    """Every column of a table of text but the row numbers."""
    found = {}
    for position, name in enumerate(table.column_names, start=1):
        if name != ROW:
            cells = table.column(name).combine_chunks().dictionary_encode()
            cells = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
            place = cells.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
            found[name] = Column(name, position, cells.dictionary, place)
    return found


def row_numbers(table: pa.Table) -> NDArray[np.int64]:
    """The number of each row in the file."""
    numbers: NDArray[np.int64] = table.column(ROW).to_numpy()
    return numbers


def pooled(columns: Mapping[str, Column], at_least: int) -> tuple[pa.StringArray, NDArray[np.int32], NDArray[np.int32]]:
    """The distinct cells of all columns that have a number of bytes or more, one after the other.

    Returns:
        The cells; for each the column's place in `columns`; for each its position among that column's values.
    """
    cells, owner, within = [], [], []
    for number, column in enumerate(columns.values()):
        lengths = pc.binary_length(column.values).to_numpy(zero_copy_only=False)
        long = np.flatnonzero(lengths >= at_least).astype(np.int32)
        if len(long):
            cells.append(column.values.take(pa.array(long)))
            owner.append(np.full(len(long), number, dtype=np.int32))
            within.append(long)
    if not cells:
        return pa.array([], pa.string()), np.zeros(0, np.int32), np.zeros(0, np.int32)
    return pa.concat_arrays(cells), np.concatenate(owner), np.concatenate(within)
