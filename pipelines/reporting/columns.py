"""Tables on paper: how wide each column is, whether a table fits beside a figure, and where it is wider than a page.

Belongs here: counting characters. Does not belong here: what a table says, and screens, where a table can be scrolled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

PAGE = 118.0
"""Characters of a table's text that a page is wide."""

BESIDE = 79.0
"""Characters of a table's smaller text that there is room for beside a figure."""

WORDS = 18.0
"""Characters that a column of words gets at least, if it needs them; longer texts are broken into lines."""

WORDS_BESIDE = 14.0
"""The same beside a figure, where rows may be as high as the figure's."""

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
    """A column's texts: its heading, its cells, and what stands in small type below them."""

    head: str
    cells: Sequence[str]
    small: Sequence[str] = ()
    is_number: bool = True


@dataclass(frozen=True)
class Piece:
    """Columns `first` up to `end` (the rows' labels not counted), and widths in shares, the labels' first.

    `is_narrow`: it fits beside a figure; `is_turned`: headings of figures stand upright; `is_divided`: a word of a cell is wider
    than its column and has to be divided; `divided_heads`: the same of each heading.
    """

    first: int
    end: int
    widths: tuple[float, ...]
    is_narrow: bool
    is_turned: bool
    is_divided: bool
    divided_heads: tuple[bool, ...]


def pieces_of(columns: Sequence[Texts], is_whole: bool, is_beside: bool) -> list[Piece]:
    """The table as it fits: beside a figure, or a page in one piece, or in several with as many columns each as it goes.

    Args:
        columns: the rows' labels first.
        is_whole: never divide it, because a cell fills several columns.
        is_beside: whether there is a figure to stand beside.
    """
    last = len(columns) - 1
    if is_beside:
        for is_turned in (False, True):
            beside = _piece(columns, 0, last, is_turned, is_narrow=True)
            if beside is not None:
                return [beside]
    is_turned = sum(column.is_number for column in columns[1:]) >= TURNED
    room = PAGE - _least(columns[0], is_turned, is_narrow=False)
    needed = sum(_least(column, is_turned, is_narrow=False) for column in columns[1:])
    step = ceil(last / (1 if is_whole else max(1, ceil(needed / room)))) or 1
    pieces = [
        _piece(columns, first, min(first + step, last), is_turned, is_narrow=False) for first in range(0, last, step)
    ]
    return [piece for piece in pieces if piece is not None]


def _piece(columns: Sequence[Texts], first: int, end: int, is_turned: bool, is_narrow: bool) -> Piece | None:
    """These columns; None where they do not fit beside a figure."""
    chosen = [columns[0], *columns[1 + first : 1 + end]]
    least = [_least(column, is_turned, is_narrow) for column in chosen]
    left = (BESIDE if is_narrow else PAGE) - sum(least)
    if is_narrow and left < 0:
        return None
    wishes = [
        max(0.0, _wish(column) - need) if number == 0 or not column.is_number else 0.0
        for number, (column, need) in enumerate(zip(chosen, least, strict=True))
    ]
    total = sum(wishes) or 1.0
    widths = [round(need + max(0.0, left) * wish / total, 2) for need, wish in zip(least, wishes, strict=True)]
    sized = list(zip(chosen, widths, strict=True))
    is_divided = any(_widest(_cell_words(column)) > width for column, width in sized)
    heads = tuple(
        _widest(column.head.split()) > width and not (is_turned and column.is_number) for column, width in sized
    )
    return Piece(first, end, tuple(widths), is_narrow, is_turned, is_divided, heads)


def _least(column: Texts, is_turned: bool, is_narrow: bool) -> float:
    """Figures in one line, beside a figure in as many as they have words; words in lines of `WORDS`."""
    words = _words(column.cells)
    if not column.is_number:
        longest = max((min(len(word), MIDDLE) if word.isalpha() else len(word) for word in words), default=0) + PADDING
        return min(_wish(column), max(WORDS_BESIDE if is_narrow else WORDS, longest))
    head = 1.5 if is_turned else min(_longest(column.head.split()), BROKEN if not is_narrow else 2 * BROKEN / 3) * BOLD
    cells = _longest(words if is_narrow else column.cells) * BOLD
    small = _longest(_words(column.small) if is_narrow else column.small) * SMALL
    return max(head, cells, small) + PADDING


def _wish(column: Texts) -> float:
    longest = max(_longest([column.head, *column.cells]) * BOLD, _longest(column.small) * SMALL)
    return min(longest, LONGEST) + PADDING


def _cell_words(column: Texts) -> list[str]:
    """Words that may have to be divided: figures never are."""
    return [] if column.is_number else [*_words(column.cells), *_words(column.small)]


def _widest(words: Sequence[str]) -> float:
    """Characters that the longest word takes up."""
    return _longest(words) * BOLD + PADDING


def _words(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in text.split(" ")]


def _longest(texts: Sequence[str]) -> float:
    return max(map(len, texts), default=0)
