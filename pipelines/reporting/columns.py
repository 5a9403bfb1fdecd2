"""Tables on paper: how wide each column is, and where a table is wider than a page.

Belongs here: counting characters. Does not belong here: what a table says, and screens, where a table can be scrolled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil

PAGE = 118.0
"""Characters of a table's text that a page is wide."""

BESIDE = 72.0
"""Characters of a table's smaller text that there is room for beside a figure."""

WORDS = 18.0
"""Characters that a column of words gets at least, if it needs them; longer texts are broken into lines."""

LONGEST = 90.0
"""Characters from which a longer text does not ask for a wider column."""

MIDDLE = 22.0
"""Characters of a word from which it may be divided."""

BROKEN = 12
"""Characters that stand undivided in a heading."""

TURNED = 9
"""Columns of figures from which their headings stand upright."""

PADDING = 1.8
BOLD, SMALL = 1.1, 0.82


@dataclass(frozen=True)
class Texts:
    """A column's texts: its heading and its cells, small type as its own entry with `SMALL` told by `small`."""

    head: str
    cells: Sequence[str]
    small: Sequence[str] = ()
    is_number: bool = True


@dataclass(frozen=True)
class Piece:
    """Columns `first` up to `end` (the rows' labels not counted), and widths in shares, the labels' first.

    `is_narrow`: it fits beside a figure; `is_turned`: headings of figures stand upright; `is_divided`: a word is wider than its
    column and has to be divided.
    """

    first: int
    end: int
    widths: tuple[float, ...]
    is_narrow: bool
    is_turned: bool
    is_divided: bool


def pieces_of(columns: Sequence[Texts], is_whole: bool) -> list[Piece]:
    """The table as it fits a page: in one piece, or in several with as many columns each as it goes.

    Args:
        columns: the rows' labels first.
        is_whole: never divide it, because a cell fills several columns.
    """
    is_turned = sum(column.is_number for column in columns[1:]) >= TURNED
    least = [_least(column, is_turned) for column in columns]
    room = PAGE - least[0]
    count = 1 if is_whole else max(1, ceil(sum(least[1:]) / room))
    step = ceil((len(columns) - 1) / count)
    return [
        _piece(columns, least, first, min(first + step, len(columns) - 1), is_turned)
        for first in range(0, len(columns) - 1, step)
    ]


def _piece(columns: Sequence[Texts], least: Sequence[float], first: int, end: int, is_turned: bool) -> Piece:
    chosen = [0, *range(first + 1, end + 1)]
    needed = sum(least[k] for k in chosen)
    is_narrow = needed <= BESIDE
    wishes = {k: _wish(columns[k]) - least[k] for k in chosen if k == 0 or not columns[k].is_number}
    left = max(0.0, (BESIDE if is_narrow else PAGE) - needed)
    total = sum(wishes.values()) or 1.0
    widths = tuple(round(least[k] + left * wishes.get(k, 0.0) / total, 2) for k in chosen)
    is_divided = any(_widest_word(columns[k], is_turned) > width for k, width in zip(chosen, widths, strict=True))
    return Piece(first, end, widths, is_narrow, is_turned, is_divided)


def _least(column: Texts, is_turned: bool) -> float:
    """Figures in one line; words in lines of `WORDS`, longer where a word is."""
    if not column.is_number:
        return min(_wish(column), max(WORDS, _longest_word(column)))
    head = 1.5 if is_turned else min(max(map(len, column.head.split()), default=0), BROKEN) * BOLD
    cells = max((len(text) * BOLD for text in column.cells), default=0.0)
    small = max((len(text) * SMALL for text in column.small), default=0.0)
    return max(head, cells, small) + PADDING


def _wish(column: Texts) -> float:
    longest = max(map(len, chain([column.head], column.cells)))
    return min(longest * BOLD, LONGEST) + PADDING


def _longest_word(column: Texts) -> float:
    """Characters of the longest word; a long one may be divided, a code may not."""
    words = (word for text in column.cells for word in text.split())
    return max((min(len(word), MIDDLE) if word.isalpha() else len(word) for word in words), default=0) + PADDING


def _widest_word(column: Texts, is_turned: bool) -> float:
    """Characters that the longest word takes up."""
    head = [] if is_turned and column.is_number else column.head.split()
    cells = [] if column.is_number else [word for text in column.cells for word in text.split()]
    return max((len(word) * BOLD for word in [*head, *cells]), default=0.0) + PADDING
