"""Tables on paper: how wide each column is, whether a table fits beside a figure, and where it is wider than a page.

Belongs here: counting characters. Does not belong here: what a table says, and screens, where a table can be scrolled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

PAGE = 118.0
"""Characters of a table's text that a page is wide."""

PAGE_SMALL = 131.0
"""Characters of a table's smaller text that a page is wide."""

BESIDE = 79.0
"""Characters of a table's smaller text that there is room for beside a figure."""

WORDS = 18.0
"""Characters that a column of words gets at least, if it needs them; longer texts are broken into lines."""

WORDS_BESIDE = 14.0
"""The same beside a figure, where rows may be as high as the figure's."""

READABLE = 26.0
"""Characters that a column of words is given before figures are spread out."""

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

    `share`: how much of the room the table takes: figures stand near the words they belong to and not at the page's far edge.
    `is_narrow`: it fits beside a figure; `is_small`: it takes the smaller text to fit; `is_turned`: headings of figures stand
    upright; `is_divided`: a word of a cell is wider than its column and has to be divided; `divided_heads`: the same of each
    heading.
    """

    first: int
    end: int
    widths: tuple[float, ...]
    share: float
    is_narrow: bool
    is_small: bool
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
    for room, is_narrow in ((BESIDE, True),) if is_beside else ():
        for is_turned in (False, True):
            if _needed(columns, is_turned, is_narrow) <= room:
                return [_piece(columns, (0, last), is_turned, is_narrow=True, is_small=True)]
    is_turned = sum(column.is_number for column in columns[1:]) >= TURNED
    needed, label = _needed(columns, is_turned, is_narrow=False), _least(columns[0], is_turned, is_narrow=False)
    is_small = needed > PAGE and (is_whole or needed <= PAGE_SMALL)
    pages = 1 if is_whole or is_small else max(1, ceil((needed - label) / (PAGE - label)))
    step = ceil(last / pages) or 1
    return [
        _piece(columns, (first, min(first + step, last)), is_turned, is_narrow=False, is_small=is_small)
        for first in range(0, last, step)
    ]


def _needed(columns: Sequence[Texts], is_turned: bool, is_narrow: bool) -> float:
    return sum(_least(column, is_turned, is_narrow) for column in columns)


def _piece(
    columns: Sequence[Texts], place: tuple[int, int], is_turned: bool, *, is_narrow: bool, is_small: bool
) -> Piece:
    """These columns: what each needs, then room for words to be read, for undivided figures and headings, for words; no more."""
    chosen = [columns[0], *columns[1 + place[0] : 1 + place[1]]]
    room = BESIDE if is_narrow else PAGE_SMALL if is_small else PAGE
    widths = [_least(column, is_turned, is_narrow) for column in chosen]
    of_figures = [column.is_number and number > 0 for number, column in enumerate(chosen)]
    of_words = [not one for one in of_figures]
    for turns, most in (([False, *of_words[1:]], READABLE), (of_figures, PAGE), (of_words, PAGE)):
        wishes = [
            max(0.0, min(most, _wish(column, is_turned)) - width) if its else 0.0
            for column, width, its in zip(chosen, widths, turns, strict=True)
        ]
        given = min(1.0, max(0.0, room - sum(widths)) / (sum(wishes) or 1.0))
        widths = [width + given * wish for width, wish in zip(widths, wishes, strict=True)]
    sized = list(zip(chosen, widths, strict=True))
    return Piece(
        first=place[0],
        end=place[1],
        widths=tuple(round(width, 2) for width in widths),
        share=min(1.0, round(sum(widths) / room, 3)),
        is_narrow=is_narrow,
        is_small=is_small,
        is_turned=is_turned,
        is_divided=any(_widest(_cell_words(column)) > width for column, width in sized),
        divided_heads=tuple(
            _widest(column.head.split()) > width and not (is_turned and column.is_number) for column, width in sized
        ),
    )


def _least(column: Texts, is_turned: bool, is_narrow: bool) -> float:
    """Figures in one line, beside a figure in as many as they have words; words in lines of `WORDS`."""
    words = _words(column.cells)
    if not column.is_number:
        longest = max((min(len(word), MIDDLE) if word.isalpha() else len(word) for word in words), default=0) + PADDING
        return min(_wish(column, is_turned), max(WORDS_BESIDE if is_narrow else WORDS, longest))
    head = 1.5 if is_turned else min(_longest(column.head.split()), BROKEN if not is_narrow else 2 * BROKEN / 3) * BOLD
    cells = _longest(words if is_narrow else column.cells) * BOLD
    small = _longest(_words(column.small) if is_narrow else column.small) * SMALL
    return max(head, cells, small) + PADDING


def _wish(column: Texts, is_turned: bool) -> float:
    """Words in one line; figures and their intervals in one line, headings of figures in two."""
    cells, small = _longest(column.cells) * BOLD, _longest(column.small) * SMALL
    if not column.is_number:
        return min(max(_longest([column.head]) * BOLD, cells, small), LONGEST) + PADDING
    head = 1.5 if is_turned else max(_longest(column.head.split()), len(column.head) / 2 + 1) * BOLD
    return max(head, cells, small) + PADDING


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
