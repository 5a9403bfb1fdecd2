"""What a document is: sections of blocks, free of layout. The one content model behind every output format.

Belongs here: plain frozen records. A figure on a page is a typed cell or a value of a plot, never part of a sentence that a
renderer would have to take apart; words are there in every language. Does not belong here: how documents are filled
(`documents`), how plots are drawn (`figures`), how blocks become HTML (`html`) or another format.

A renderer handles every member of `Block`, `Cell` and, through `figures.draw`, `Plot`; nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.marts import Audience

Language = Literal["da", "en"]
LANGUAGES: tuple[Language, ...] = ("da", "en")
"""Danish first."""

Said = Mapping[Language, str]
"""One text in each language."""

Kind = Literal["count", "points", "score", "change", "share", "rate", "coefficient", "probability", "effect"]
"""How a number is written (`numbers.NumberFormat.write`)."""

Limit = Literal["below", "above"]
"""That a figure lies below or above the one that is told."""

DocumentKind = Literal[
    "programme",
    "municipality",
    "school",
    "daycare",
    "progression",
    "theme",
    "summary",
    "quality",
    "response",
    "method",
    "data_book",
    "style_guide",
    "pupil",
]


BESIDE: tuple[DocumentKind, ...] = ("summary", "response", "progression", "quality")
"""Documents of a municipality beside its læringsrapport: `<kind>-municipality-<id>`."""

REPORTS: tuple[DocumentKind, ...] = ("programme", "municipality")
"""Læringsrapporter. Beside one lies an archive of its charts and tables, of a sample beside those that are whole."""


@dataclass(frozen=True)
class InputFile:
    """One extract that a release was made from."""

    mapping: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """Where the figures come from; it stands at the foot of every document.

    Args:
        release_id: the release that the documents are part of.
        code_version: version of this software.
        inputs: extracts as (mapping, file name, SHA-256).
        simulated: whether any figure comes from simulated answers; every page says so.
    """

    release_id: str
    code_version: str
    inputs: tuple[InputFile | tuple[str, str, str], ...]
    simulated: bool

    @property
    def files(self) -> tuple[InputFile, ...]:
        """Inputs as records, sorted by mapping and name."""
        records = [entry if isinstance(entry, InputFile) else InputFile(*entry) for entry in self.inputs]
        return tuple(sorted(records, key=lambda entry: (entry.mapping, entry.file, entry.sha256)))


# Cells of a table


@dataclass(frozen=True)
class Number:
    """A figure from a mart. `low` and `high`: its interval, written small below; `is_strong`: the table's main figure.

    `limit`: the figure lies below or above `value`, and disclosure control tells no more of it.
    """

    value: float
    kind: Kind
    is_strong: bool = False
    low: float | None = None
    high: float | None = None
    limit: Limit | None = None


@dataclass(frozen=True)
class Interval:
    """Both ends of an interval: of levels (`points`) or of changes (`change`)."""

    low: float
    high: float
    kind: Kind


@dataclass(frozen=True)
class Hidden:
    """A figure that disclosure control took out: the sign "•", and why for those who point at it or listen."""

    reason: Said


@dataclass(frozen=True)
class Words:
    """A text in a cell. `is_faint`: it stands for a figure that is not there; `span`: columns that it fills."""

    words: Said
    is_faint: bool = False
    span: int = 1


@dataclass(frozen=True)
class Status:
    """A status with its mark (`style.STATUS_SIGNS`), its word, and below it why no more can be said."""

    code: str
    words: Said
    note: Said | None = None


Cell = Number | Interval | Hidden | Words | Status

# Blocks


@dataclass(frozen=True)
class Column:
    """A column's heading; figures stand to the right, words to the left."""

    words: Said
    is_number: bool = True


@dataclass(frozen=True)
class Row:
    """A row: what it is of, a remark in small type behind it, and a cell per column (a wide one for several)."""

    label: Said
    cells: tuple[Cell, ...]
    remark: Said | None = None


@dataclass(frozen=True)
class Part:
    """Rows under a heading of their own, or without one."""

    label: Said | None
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """A table. `name` is unique in its document; `columns` starts with the one of the rows' labels.

    `look`: `shares` draws a bar behind each share; `lists` has words in its cells and a caption that is only heard, because a
    heading above says the same.
    """

    name: str
    caption: Said
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    foot: Row | None = None
    look: Literal["figures", "shares", "lists"] = "figures"
    note: Said | None = None

    @property
    def rows(self) -> Iterator[Row]:
        """All rows but the foot."""
        return (row for part in self.parts for row in part.rows)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph: `lead` is large, `note` is small; paper leaves it out where it is not `is_printed`."""

    words: Said
    look: Literal["plain", "lead", "note"] = "plain"
    is_printed: bool = True


@dataclass(frozen=True)
class Heading:
    """A heading inside a section; it is not `is_printed` where paper has nothing below it."""

    words: Said
    is_printed: bool = True


@dataclass(frozen=True)
class Bullets:
    """A list, under a line in bold type where it has one."""

    items: tuple[Said, ...]
    head: Said | None = None
    look: Literal["plain", "note"] = "plain"


@dataclass(frozen=True)
class Terms:
    """Terms with what is said of each: questions with answers, words with explanations, facts with values."""

    entries: tuple[tuple[Said, Said], ...]
    look: Literal["plain", "answers", "facts"] = "plain"


@dataclass(frozen=True)
class Link:
    """Another document of the same edition and language, by its `Document.name`."""

    words: Said
    target: str


@dataclass(frozen=True)
class Links:
    """Documents to go on with."""

    entries: tuple[Link, ...]


@dataclass(frozen=True)
class Chart:
    """A plot with the table that holds the same figures. `title` and `description` are the text alternative.

    `name` is unique in its document. `read` says how to read the plot. Without figures to plot there is no chart but a table.
    """

    name: str
    title: Said
    description: Said
    read: Said
    plot: Plot
    table: Table | None = None


@dataclass(frozen=True)
class Fold:
    """Blocks that a reader unfolds; on paper they are there where `is_printed`."""

    summary: Said
    blocks: tuple[Block, ...]
    is_open: bool = False
    is_printed: bool = True


Block = Paragraph | Heading | Bullets | Terms | Links | Table | Chart | Fold


@dataclass(frozen=True)
class Section:
    """A part of a document with an anchor of its own."""

    anchor: str
    heading: Said
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Entry:
    """A document in the list of all documents: its kind, file name without ending, title, and where a school lies.

    `has_archive`: an archive of its charts and tables lies beside it.
    """

    kind: DocumentKind
    name: str
    title: Said
    place: Said | None = None
    has_archive: bool = False


@dataclass(frozen=True)
class Document:
    """One document of one audience in every language. `has_pdf`: it stands beside its page as PDF; `links_to_pdf`: so do all.

    `summary` is the first section and has no heading of its own in print where `is_short` (two pages on paper). `about` and
    `data_source` are the programme's own words.
    """

    entry: Entry
    audience: Audience
    series: Said
    subtitle: Said
    edition: Said
    about: Said | None
    data_source: Said | None
    provenance: Provenance
    sections: tuple[Section, ...]
    is_short: bool = False
    has_pdf: bool = False
    links_to_pdf: bool = True

    @property
    def is_alone(self) -> bool:
        """Whether the document is part of no release: the style guide, a pupil's own sheet."""
        return self.entry.kind in ("style_guide", "pupil")

    @property
    def lists_files(self) -> bool:
        """Whether paper lists every data file: where the whole is told. Other documents tell how many there are."""
        return self.entry.kind in (*REPORTS, "method", "data_book")

    @property
    def blocks(self) -> Iterator[Block]:
        """All blocks, those in folds too."""
        return (block for section in self.sections for block in _unfolded(section.blocks))

    @property
    def charts(self) -> Iterator[Chart]:
        """All charts in order."""
        return (block for block in self.blocks if isinstance(block, Chart))

    @property
    def tables(self) -> Iterator[Table]:
        """All tables in order, those of charts too."""
        for block in self.blocks:
            table = block.table if isinstance(block, Chart) else block
            if isinstance(table, Table):
                yield table


def _unfolded(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Fold):
            yield from _unfolded(block.blocks)


# Plots: what is drawn, not how

Role = Literal["unit", "municipality", "programme", "other", "before"]
"""Whose mark it is: the document's own unit, its municipality, the programme, one of many; or the unit a round earlier."""


@dataclass(frozen=True)
class Mark:
    """A mark and its interval. `status`: a change, with the mark of its status."""

    role: Role
    value: float
    low: float | None = None
    high: float | None = None
    status: str | None = None


@dataclass(frozen=True)
class Strip:
    """A name, words at its right end, and under both a strip with marks. `absent`: words instead of marks."""

    label: Said
    beside: Said | None
    marks: tuple[Mark, ...]
    ticks: tuple[float, ...] = ()
    absent: Said | None = None


@dataclass(frozen=True)
class Strips:
    """Dots and intervals, one strip a row, on one scale; `band`: half the width of the band around `zero`."""

    kind: Kind
    low: float
    high: float
    zero: float | None
    rows: tuple[Strip, ...]
    key: tuple[tuple[Role, Said], ...]
    band: float | None = None
    band_label: Said | None = None


@dataclass(frozen=True)
class Panel:
    """Small multiples, one panel: a mark per round (None: nothing to show, `hidden` where suppressed), and others' lines."""

    label: Said
    unit: tuple[Mark | None, ...]
    hidden: tuple[bool, ...]
    others: tuple[tuple[Role, tuple[float | None, ...]], ...] = ()


@dataclass(frozen=True)
class Panels:
    """Slope lines over rounds, a panel per theme, on one scale."""

    low: float
    high: float
    zero: float
    rounds: tuple[str, ...]
    panels: tuple[Panel, ...]
    key: tuple[tuple[Role, Said], ...]


@dataclass(frozen=True)
class Bar:
    """Answers to one question as shares of its answers in the order of the scale; `absent`: words instead."""

    label: Said
    shares: tuple[float, ...]
    absent: Said | None = None


@dataclass(frozen=True)
class Bars:
    """Diverging bars: what is for lies to the right of the middle, what is against to the left."""

    answers: tuple[Said, ...]
    rows: tuple[Bar, ...]


@dataclass(frozen=True)
class Tiles:
    """A square per theme, by status: counts per row in the order of `statuses`."""

    statuses: tuple[tuple[str, Said], ...]
    rows: tuple[tuple[Said, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Movement:
    """What each part adds to a whole: the whole above, then signed bars from zero."""

    label: Said
    total: float
    parts: tuple[tuple[Said, float], ...]


@dataclass(frozen=True)
class Movements:
    """Signed bars: which questions carry a theme's change, one block a theme, on one scale."""

    reach: float
    rows: tuple[Movement, ...]


Plot = Strips | Panels | Bars | Tiles | Movements
