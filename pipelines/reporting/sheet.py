"""A worksheet of xlsxwriter's that leaves out what takes a third of the time of writing one and changes nothing.

Belongs here: that. Does not belong here: what stands in a sheet (`workbook`).
"""

from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell_fast
from xlsxwriter.worksheet import Worksheet


class Sheet(Worksheet):  # type: ignore[misc]  # the package has no types
    """Cells are written as they are: an address, the number of a format, a number or that of a text.

    xlsxwriter looks through each of these for what XML would misread, and works out which columns every row has, which its
    cells tell.
    """

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        """One cell; any that is not a number or a text with a format of its own is left to xlsxwriter."""
        kind = type(cell).__name__
        if not cell.format or kind not in ("Number", "String"):
            super()._write_cell(row, col, cell)
            return
        what = f"><v>{cell.number:.16G}" if kind == "Number" else f' t="s"><v>{cell.string}'
        self.fh.write(f'<c r="{xl_rowcol_to_cell_fast(row, col)}" s="{cell.format._get_xf_index()}"{what}</v></c>')

    def _calculate_spans(self) -> None:
        """The columns of rows."""
        self.row_spans: dict[int, str] = {}
