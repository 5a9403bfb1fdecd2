"""From a document and its drawings to PDF/UA: tagged, with title, language and alternative texts.

Belongs here: a document's blocks as plain records for the typst template, and compiling it in this process. Does not belong
here: layout (`reports/templates/document.typ`), words (`reports/texts`), what a document says (`documents`). The figures are
the very drawings of the HTML page. Texts travel as JSON, so no text from data can be read as markup.

What typst has set of one edition it finds again in the other, where both say the same: an internal and a public document of one
language are made one after the other, and then forgotten.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import StorageError
from pipelines.reporting.canvas import Drawing
from pipelines.reporting.columns import Piece, Texts, pieces_of
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
    Row,
    Said,
    Status,
    Table,
    Terms,
)
from pipelines.reporting.style import STATUS_SIGNS
from pipelines.reporting.texts import Voice
from pipelines.settings import CHECKOUT

if TYPE_CHECKING:
    from typst import Compiler

TEMPLATES = CHECKOUT / "reports" / "templates"

MAIN = '#import "document.typ": show-document\n#show-document(json(bytes("{}")))'
"""What typst sets: the template with a document. (As `sys.inputs` it would be part of the library, and all be set anew.)"""

FONT = "DejaVu Sans"
"""The font of text and figures. It comes with matplotlib: the same on every machine."""

AGE = 11
"""Compilations after which typst has dropped what it remembered of a document; eleven of nothing take 20 ms after a large one."""

SHORT = 2
"""Pages of a short document."""

SCALES = (1.0, 0.93, 0.86, 0.8)
"""Sizes of text in which a short document is tried until it fits its pages; any other has the first."""

_IN_WORDS = ("words", "faint")
"""Kinds of cells that hold words."""

Record = dict[str, object]
Drawings = Mapping[str, Drawing]


def render_pdf(document: Document, drawings: Drawings, voice: Voice) -> bytes:
    """A document in one language; the same document gives the same bytes. Whoever makes many has to `forget`.

    Raises:
        StorageError: the template cannot be set.
    """
    record, made = _Writer(voice, drawings).document(document), b""
    for scale in SCALES if document.is_short else SCALES[:1]:
        made = _set(document.entry.name, record | {"scale": scale})
        if not document.is_short or _pages(made) <= SHORT:
            break
    return made


def _set(name: str, record: Record) -> bytes:
    """A record as the template sets it."""
    from typst import TypstError

    try:
        made = _compiler().compile(
            input=MAIN.format(_quoted(json.dumps(record, ensure_ascii=False))).encode(),
            format="pdf",
            pdf_standards=["ua-1"],
        )
    except TypstError as error:
        raise StorageError(f"{TEMPLATES / 'document.typ'}: {name} cannot be set: {error}") from None
    if not isinstance(made, bytes):
        raise StorageError(f"{TEMPLATES / 'document.typ'}: {name} has become no single file")
    return made


def _quoted(text: str) -> str:
    """A text as it stands between the quotation marks of typst."""
    return text.replace("\\", r"\\").replace('"', r"\"")


def _pages(made: bytes) -> int:
    """How many pages a file that typst made has: its first object tells."""
    found = re.search(rb"/Type/Pages/Count (\d+)", made)
    return int(found[1]) if found else 0


@lru_cache(maxsize=1)
def _compiler() -> Compiler:
    """One compiler a process: fonts are read once.

    One thread too: documents are shared out between processes, and threads of typst would only wait for each other (about 4 %
    of the work). The variable is read when typst first sets something.
    """
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    import matplotlib
    from typst import Compiler

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return Compiler(root=str(TEMPLATES), font_paths=[str(fonts)], ignore_system_fonts=True)


def forget() -> None:
    """Let typst drop what it remembers of the last documents: it does so after ten more compilations, be they of nothing.

    Without, a process grows by 60 MB a document up to the tenth.
    """
    for _ in range(AGE):
        _tiny_compiler().compile(input=b" ", format="svg")


@lru_cache(maxsize=1)
def _tiny_compiler() -> Compiler:
    from typst import Compiler

    return Compiler(ignore_system_fonts=True)


class _Writer:
    """Blocks as records in one language."""

    def __init__(self, voice: Voice, drawings: Drawings) -> None:
        self._voice, self._drawings, self._ending = voice, drawings, "pdf"
        self._writers: dict[type, Callable[..., Record | list[Record]]] = {
            Paragraph: lambda block: {"is": "paragraph", "look": block.look, "text": self._say(block.words)},
            Heading: lambda block: {"is": "heading", "text": self._say(block.words)},
            Bullets: self._bullets,
            Terms: self._terms,
            Links: self._links,
            Table: self._tables,
            Chart: self._chart,
            Fold: self._fold,
        }

    def document(self, document: Document) -> Record:
        """The whole document; provenance is its last section."""
        voice, provenance = self._voice, document.provenance
        self._ending = "pdf" if document.links_to_pdf else "html"
        banner: Record | None = None
        if provenance.simulated:
            banner = {
                "mark": voice("simulated.banner"),
                "beside": voice("simulated.beside"),
                "beside_language": "en" if voice.language == "da" else "da",
                "explain": voice("simulated.explain"),
            }
        sections: list[Record] = [
            {"heading": self._say(section.heading), "blocks": self._blocks(section.blocks)}
            for section in document.sections
        ]
        return {
            "language": voice.language,
            "title": self._say(document.entry.title),
            "series": self._say(document.series),
            "subtitle": self._say(document.subtitle),
            "edition": self._say(document.edition),
            "about": None if document.about is None else self._say(document.about),
            "release": provenance.release_id,
            "version": provenance.code_version,
            "banner": banner,
            "short": document.is_short,
            "sections": [*sections, {"heading": voice("about.heading"), "blocks": self._provenance(document)}],
        }

    def _say(self, said: Said) -> str:
        return said[self._voice.language]

    def _blocks(self, blocks: Iterable[Block]) -> list[Record]:
        written: list[Record] = []
        for block in blocks:
            if not getattr(block, "is_printed", True):
                continue
            record = self._writers[type(block)](block)
            written.extend(record if isinstance(record, list) else [record])
        for record, following in pairwise(written):
            record["stays"] = following["is"] in ("chart", "table", "fold")  # no page ends between the two
        # Nor below a section's first sentences: its heading would stand alone at the foot of a page.
        leads = list(takewhile(lambda record: record["is"] == "paragraph", written))
        if len(leads) < len(written) and written[len(leads)]["is"] == "heading":
            for record in leads:
                record["stays"] = True
        return written

    def _provenance(self, document: Document) -> list[Record]:
        voice, provenance = self._voice, document.provenance
        facts = [[voice("about.release"), provenance.release_id], [voice("about.version"), provenance.code_version]]
        count = voice.count("about.inputs", len(provenance.files)) + "."
        blocks: list[Record] = [
            {"is": "terms", "look": "facts", "entries": facts},
            {"is": "paragraph", "look": "plain", "text": count},
        ]
        if document.is_short:
            told = [f"{term}: {value}." for term, value in facts]
            source = [] if document.data_source is None else [self._say(document.data_source)]
            return [{"is": "paragraph", "look": "note", "text": " ".join([*source, *told, count])}]
        if document.data_source is not None:
            blocks.insert(0, {"is": "paragraph", "look": "plain", "text": self._say(document.data_source)})
        if provenance.files and document.lists_files:
            blocks.append(self._files(document))
        return blocks

    def _files(self, document: Document) -> Record:
        voice = self._voice
        heads: list[Record] = [{"text": voice(f"about.{key}"), "number": False} for key in ("mapping", "file", "hash")]
        rows: list[Record] = [
            {"label": file.mapping, "remark": None, "cells": [_words(file.file), _words(file.sha256, is_faint=True)]}
            for file in document.provenance.files
        ]
        return {
            "is": "table",
            "caption": voice("about.files"),
            "heard": False,
            "look": "figures",
            "columns": heads,
            "widths": [14, 40, 60],
            "share": 1,
            "narrow": False,
            "small": True,
            "turned": False,
            "divided": False,
            "parts": [{"label": None, "rows": rows}],
            "foot": None,
            "note": None,
        }

    def _bullets(self, block: Bullets) -> Record:
        head = None if block.head is None else self._say(block.head)
        return {"is": "bullets", "look": block.look, "head": head, "items": [self._say(item) for item in block.items]}

    def _terms(self, block: Terms) -> Record:
        entries = [[self._say(term), self._say(text)] for term, text in block.entries]
        return {"is": "terms", "look": block.look, "entries": entries}

    def _links(self, block: Links) -> Record:
        entries = [{"text": self._say(link.words), "target": f"{link.target}.{self._ending}"} for link in block.entries]
        return {"is": "links", "entries": entries}

    def _fold(self, block: Fold) -> Record:
        return {"is": "fold", "text": self._say(block.summary), "blocks": self._blocks(block.blocks)}

    def _chart(self, block: Chart) -> list[Record]:
        """The figure with its table beside it, where there is room, or below."""
        tables = [] if block.table is None else self._tables(block.table, is_beside=True)
        drawing = self._drawings[block.name]
        chart: Record = {
            "is": "chart",
            "ratio": drawing.height / drawing.width,
            "title": self._say(block.title),
            "read": self._say(block.read),
            "alt": f"{self._say(block.title)}. {self._say(block.description)}",
            "svg": drawing.in_language(self._voice.language, block.name).replace(
                'class="chart"', f'font-family="{FONT}"', 1
            ),
            "table": None,
        }
        if len(tables) == 1 and tables[0]["narrow"]:
            return [chart | {"table": tables[0]}]
        return [chart, *tables]

    def _tables(self, table: Table, is_beside: bool = False) -> list[Record]:
        """The table, or where it is too wide for a page several with the same rows."""
        rows = [*table.rows, *([] if table.foot is None else [table.foot])]
        cells = [[self._cell(cell) for cell in row.cells] for row in rows]
        is_whole = any(cell["span"] != 1 for row in cells for cell in row)
        return [self._table(table, piece) for piece in pieces_of(self._texts(table, rows, cells), is_whole, is_beside)]

    def _texts(self, table: Table, rows: Sequence[Row], cells: Sequence[Sequence[Record]]) -> list[Texts]:
        """What stands in each column, the rows' labels first; wide cells stand in none."""
        labels = [self._say(row.label) for row in rows]
        columns = [Texts(self._say(table.columns[0].words), labels, is_number=False)]
        placed = [dict(_placed(row)) for row in cells]
        for place, column in enumerate(table.columns[1:]):
            held = [row[place] for row in placed if place in row]
            small = [str(cell[key]) for cell in held for key in ("extent", "note") if cell.get(key)]
            if column.is_number:  # words that stand for a figure may be broken into lines
                small += [word for cell in held if cell["is"] in _IN_WORDS for word in str(cell["text"]).split(" ")]
                held = [cell for cell in held if cell["is"] not in _IN_WORDS]
            columns.append(
                Texts(
                    head=self._say(column.words),
                    cells=[str(cell["text"]) for cell in held],
                    small=small,
                    is_number=column.is_number,
                )
            )
        return columns

    def _table(self, table: Table, piece: Piece) -> Record:
        chosen = slice(piece.first, piece.end)
        columns = [table.columns[0], *table.columns[1:][chosen]]
        return {
            "is": "table",
            "caption": self._say(table.caption),
            "heard": table.look == "lists",
            "look": table.look,
            "columns": [
                {"text": self._say(c.words), "number": c.is_number and n > 0, "divided": piece.divided_heads[n]}
                for n, c in enumerate(columns)
            ],
            "widths": piece.widths,
            "share": piece.share,
            "narrow": piece.is_narrow,
            "small": piece.is_small,
            "turned": piece.is_turned,
            "divided": piece.is_divided,
            "parts": [self._part(part, chosen) for part in table.parts],
            "foot": None if table.foot is None else self._row(table.foot, chosen),
            "note": None if table.note is None else self._say(table.note),
        }

    def _part(self, part: Part, chosen: slice) -> Record:
        label = None if part.label is None else self._say(part.label)
        return {"label": label, "rows": [self._row(row, chosen) for row in part.rows]}

    def _row(self, row: Row, chosen: slice) -> Record:
        remark = None if row.remark is None else self._say(row.remark)
        return {"label": self._say(row.label), "remark": remark, "cells": [self._cell(c) for c in row.cells[chosen]]}

    def _cell(self, cell: Cell) -> Record:
        number = self._voice.number
        if isinstance(cell, Number):
            extent = None
            if cell.low is not None and cell.high is not None:
                extent = number.write_interval(cell.kind, cell.low, cell.high)
            record: Record = {
                "is": "number",
                "text": number.write_number(cell),
                "strong": cell.is_strong,
                "extent": extent,
                "span": 1,
            }
            return record | ({"bar": cell.value} if cell.kind == "share" else {})
        if isinstance(cell, Interval):
            text = number.write_interval(cell.kind, cell.low, cell.high)
            return {"is": "number", "text": text, "strong": False, "extent": None, "span": 1}
        if isinstance(cell, Hidden):
            return {"is": "hidden", "text": self._voice("sign.suppressed"), "span": 1}
        if isinstance(cell, Status):
            note = None if cell.note is None else self._say(cell.note)
            sign = STATUS_SIGNS.get(cell.code, "")
            return {
                "is": "status",
                "code": cell.code,
                "sign": sign,
                "text": self._say(cell.words),
                "note": note,
                "span": 1,
            }
        return _words(self._say(cell.words), is_faint=cell.is_faint, span=cell.span)


def _placed(cells: Sequence[Record]) -> Iterator[tuple[int, Record]]:
    """Cells of a row with the column that each stands in; those wider than one column are left out."""
    place = 0
    for cell in cells:
        if cell["span"] == 1:
            yield place, cell
        place += int(str(cell["span"]))


def _words(text: str, is_faint: bool = False, span: int = 1) -> Record:
    return {"is": "faint" if is_faint else "words", "text": text, "span": span}
