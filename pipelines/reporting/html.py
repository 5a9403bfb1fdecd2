"""From a document and its drawings to HTML: one self-contained file, no script, nothing fetched.

Belongs here: how each block of `model` becomes HTML; the page around them is a template (`reports/templates`). Tables are
written here and not in a template: a page has thousands of cells. Does not belong here: words (`reports/texts`), looks
(`reports/style`), what a document says (`documents`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.marts import SIMULATED
from pipelines.reporting.canvas import Drawing
from pipelines.reporting.model import (
    Block,
    Bullets,
    Cell,
    Chart,
    Document,
    Fold,
    Heading,
    Hidden,
    Interval,
    Links,
    Number,
    Paragraph,
    Part,
    Provenance,
    Row,
    Said,
    Section,
    Status,
    Table,
    Terms,
    Words,
)
from pipelines.reporting.style import STATUS_SIGNS
from pipelines.reporting.texts import Voice
from pipelines.settings import CHECKOUT

REPORTS = CHECKOUT / "reports"

Drawings = Mapping[str, Drawing]
"""Drawings of a document's charts by `Chart.name`."""


def render_html(document: Document, drawings: Drawings, voice: Voice) -> str:
    """A document in one language."""
    return (
        environment()
        .get_template("document.html.j2")
        .render(
            **shared(voice, document.provenance),
            document=document,
            audience=document.audience,
            other_language="en" if voice.language == "da" else "da",
            body=Markup(_Writer(voice, drawings).sections(document.sections)),  # noqa: S704 - escaped there
        )
    )


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates with everything escaped, and an error where one names what is not there."""
    return Environment(
        loader=FileSystemLoader(REPORTS / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@lru_cache(maxsize=1)
def _style() -> Markup:
    return Markup((REPORTS / "style" / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


def shared(voice: Voice, provenance: Provenance) -> dict[str, object]:
    """What every template may use."""
    return {
        "voice": voice,
        "say": lambda said: said[voice.language],
        "provenance": provenance,
        "simulated_mark": SIMULATED,
        "style": _style(),
        "inputs": Markup(_Writer(voice, {}).inputs(provenance)),  # noqa: S704 - escaped there
    }


@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    """A text for HTML; the same names and words stand on a page again and again."""
    return escape(text)


def _look(name: str, is_printed: bool) -> str:
    """The class of a block: its look, and `screen` where paper leaves it out."""
    names = [part for part in (name, "" if is_printed else "screen") if part]
    return f' class="{" ".join(names)}"' if names else ""


class _Writer:
    """Blocks to HTML in one language. Every text from outside is escaped where it is written."""

    def __init__(self, voice: Voice, drawings: Drawings) -> None:
        self._voice, self._drawings, self._language = voice, drawings, voice.language
        self._sign = escape(voice("sign.suppressed"))
        self._suppressed = escape(voice("status.suppressed"))
        self._scroll = escape(voice("nav.scroll"))
        self._writers: dict[type, Callable[..., str]] = {
            Paragraph: self._paragraph,
            Heading: lambda block: f"<h3{_look('', block.is_printed)}>{self._say(block.words)}</h3>\n",
            Bullets: self._bullets,
            Terms: self._terms,
            Links: self._links,
            Table: self.table,
            Chart: self._chart,
            Fold: self._fold,
        }

    def sections(self, sections: Iterable[Section]) -> str:
        """All sections."""
        return "".join(
            f'<section id="{escape(s.anchor)}">\n<h2>{self._say(s.heading)}</h2>\n{self._blocks(s.blocks)}</section>\n'
            for s in sections
        )

    def inputs(self, provenance: Provenance) -> str:
        """The table of input files at the foot."""
        voice, files = self._voice, provenance.files
        rows = "".join(
            f'<tr><th scope="row">{escape(file.mapping)}</th><td class="words">{escape(file.file)}</td>'
            f'<td class="words hash">{escape(file.sha256)}</td></tr>\n'
            for file in files
        )
        head = "".join(
            f'<th scope="col">{escape(voice(key))}</th>' for key in ("about.mapping", "about.file", "about.hash")
        )
        caption = escape(voice("about.files"))
        return self._box(
            f"<table>\n<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"
        )

    def table(self, table: Table) -> str:
        """A table in a box that can be scrolled."""
        look = "" if table.look == "figures" else f' class="{table.look}"'
        heard = ' class="heard"' if table.look == "lists" else ""
        head = "".join(
            f'<th scope="col"{" class=number" if c.is_number and number else ""}>{self._say(c.words)}</th>'
            for number, c in enumerate(table.columns)
        )
        body = "".join(self._part(part, table) for part in table.parts)
        foot = f"<tfoot>{self._row(table.foot, table)}</tfoot>\n" if table.foot is not None else ""
        note = f'<p class="note">{self._say(table.note)}</p>\n' if table.note is not None else ""
        return self._box(
            f"<table{look}>\n<caption{heard}>{self._say(table.caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
            f"{body}{foot}</table>\n{note}"
        )

    def _blocks(self, blocks: Sequence[Block]) -> str:
        return "".join(self._writers[type(block)](block) for block in blocks)

    def _say(self, said: Said) -> str:
        return _escaped(said[self._language])

    def _box(self, inside: str) -> str:
        return f'<div class="box" role="group" tabindex="0" aria-label="{self._scroll}">\n{inside}</div>\n'

    def _paragraph(self, block: Paragraph) -> str:
        look = _look("" if block.look == "plain" else block.look, block.is_printed)
        return f"<p{look}>{self._say(block.words)}</p>\n"

    def _bullets(self, block: Bullets) -> str:
        head = f"<p><b>{self._say(block.head)}</b></p>" if block.head is not None else ""
        items = "".join(f"<li>{self._say(item)}</li>" for item in block.items)
        look = ' class="note"' if block.look == "note" else ""
        return f"<div{look}>{head}<ul>{items}</ul></div>\n"

    def _terms(self, block: Terms) -> str:
        entries = "".join(f"<dt>{self._say(term)}</dt><dd>{self._say(text)}</dd>\n" for term, text in block.entries)
        look = "" if block.look == "plain" else f' class="{block.look}"'
        return f"<dl{look}>\n{entries}</dl>\n"

    def _links(self, block: Links) -> str:
        entries = "".join(
            f'<li><a href="{escape(link.target)}.html">{self._say(link.words)}</a></li>' for link in block.entries
        )
        return f'<ul class="links">{entries}</ul>\n'

    def _chart(self, block: Chart) -> str:
        figure = (
            f"<figure>\n<figcaption><b>{self._say(block.title)}</b> {self._say(block.read)}</figcaption>\n"
            f"{self._drawings[block.name].in_language(self._voice.language, block.name)}\n</figure>\n"
        )
        if block.table is None:
            return figure
        return f'<div class="pair">\n{figure}{self.table(block.table)}</div>\n'

    def _fold(self, block: Fold) -> str:
        look = _look("", block.is_printed)
        state = " open" if block.is_open else ""
        return f"<details{look}{state}>\n<summary>{self._say(block.summary)}</summary>\n{self._blocks(block.blocks)}</details>\n"

    def _part(self, part: Part, table: Table) -> str:
        label = (
            f'<tr class="part"><th colspan="{len(table.columns)}" scope="rowgroup">{self._say(part.label)}</th></tr>\n'
            if part.label is not None
            else ""
        )
        return f"<tbody>\n{label}{''.join(self._row(row, table) for row in part.rows)}</tbody>\n"

    def _row(self, row: Row, table: Table) -> str:
        remark = f" <small>{self._say(row.remark)}</small>" if row.remark is not None else ""
        cells = "".join(self._cell(cell, table) for cell in row.cells)
        return f'<tr><th scope="row">{self._say(row.label)}{remark}</th>{cells}</tr>\n'

    def _cell(self, cell: Cell, table: Table) -> str:
        if isinstance(cell, Number):
            return self._number(cell, table)
        if isinstance(cell, Interval):
            return f"<td>{self._voice.number.write_interval(cell.kind, cell.low, cell.high)}</td>"
        if isinstance(cell, Hidden):
            # The reasons that occur stand above the table for those who cannot point at a cell.
            return (
                f'<td title="{self._say(cell.reason)}"><span aria-hidden="true">{self._sign}</span>'
                f'<span class="heard">{self._suppressed}</span></td>'
            )
        if isinstance(cell, Status):
            note = f"<br><small>{self._say(cell.note)}</small>" if cell.note is not None else ""
            return (
                f'<td class="words"><span class="status {escape(cell.code)}">'
                f'<span aria-hidden="true">{STATUS_SIGNS.get(cell.code, "")}</span> {self._say(cell.words)}</span>{note}</td>'
            )
        return self._words(cell)

    def _number(self, cell: Number, table: Table) -> str:
        number = self._voice.number
        text = escape(number.write_number(cell))
        if cell.is_strong:
            text = f"<b>{text}</b>"
        if cell.low is not None and cell.high is not None:
            text += f"<br><small>{number.write_interval(cell.kind, cell.low, cell.high)}</small>"
        is_bar = table.look == "shares" and cell.kind == "share"
        return f'<td class="bar" style="--share:{100 * cell.value:.0f}%">{text}</td>' if is_bar else f"<td>{text}</td>"

    def _words(self, cell: Words) -> str:
        span = f' colspan="{cell.span}"' if cell.span > 1 else ""
        if not cell.is_faint:
            return f'<td class="words"{span}>{self._say(cell.words)}</td>'
        look = ' class="words"' if cell.span > 1 else ""
        return f"<td{look}{span}><small>{self._say(cell.words)}</small></td>"
