"""Reading a page back: its tables, headings, ids and links, with the standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "br", "link", "img", "input", "hr"}


@dataclass
class Table:
    """A table as a reader sees it."""

    caption: str = ""
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def row(self, name: str) -> list[str]:
        """Cells behind the row whose first cell is this."""
        return next(row[1:] for row in self.rows if row[0] == name)


class Page(HTMLParser):
    """What stands on a page. Text that only a screen reader speaks (class `heard`) is not part of a cell."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.html = file.read_text(encoding="utf-8")
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.tables: list[Table] = []
        self.text = ""
        self.svg_text: list[str] = []
        self._stack: list[tuple[str, dict[str, str]]] = []
        self._cell: list[str] | None = None
        self.feed(self.html)
        self.close()

    def table(self, caption: str) -> Table:
        """The first table with this caption."""
        return next(table for table in self.tables if table.caption == caption)

    def all(self, *names: str) -> list[dict[str, str]]:
        """Attributes of all elements of these names."""
        return [attributes for name, attributes in self.tags if name in names]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self._stack.append((tag, attributes))
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr":
            self._row: list[str] = []
        elif tag in ("td", "th", "caption", "text"):
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._stack, f"{tag} closes nothing"
        opened, _ = self._stack.pop()
        assert opened == tag, f"{opened} is closed by {tag}"
        words = re.sub(r"[ \n]+", " ", "".join(self._cell or [])).strip(" \n")
        if tag in ("td", "th"):
            self._row.append(words)
        elif tag == "caption":
            self.tables[-1].caption = words
        elif tag == "text":
            self.svg_text.append(words)
        elif tag == "tr" and self._stack[-1][0] == "thead":
            self.tables[-1].head = self._row
        elif tag == "tr":
            self.tables[-1].rows.append(self._row)
        if tag in ("td", "th", "caption", "text"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        if any(tag in ("style", "script") for tag, _ in self._stack):
            return
        heard = any(tag == "span" and attributes.get("class") == "heard" for tag, attributes in self._stack)
        self.text += data
        if self._cell is not None and not heard:
            self._cell.append(data)


@lru_cache(maxsize=128)
def page_of(file: Path) -> Page:
    """A page, read once."""
    return Page(file)


SAID = {
    "h1": "# ",
    "h2": "## ",
    "h3": "### ",
    "p": "",
    "li": "- ",
    "dt": "",
    "dd": "    ",
    "summary": "> ",
    "figcaption": "fig ",
}
CELLS = {"caption": "table ", "th": " | ", "td": " | "}


class Outline(HTMLParser):
    """A page's text and structure, a line a piece: what a change of a page is reviewed by.

    Of a figure: its size and its words. Of a table: caption, then a line a row.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._stack: list[str] = []
        self._text: list[str] = []
        self._row: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self._text.append(" ")
            return
        self._stack.append(tag)
        attributes = dict(attrs)
        if tag in SAID or tag in CELLS or tag == "text":
            self._text = []
        if tag == "section":
            self.lines.append(f"\n[{attributes.get('id')}]")
        elif tag == "svg":
            self._row = [f"svg {attributes.get('viewbox')}:"]
        elif tag == "tr":
            self._row = []

    def handle_endtag(self, tag: str) -> None:
        self._stack.pop()
        words = " ".join("".join(self._text).split())
        if tag == "text" or (tag in CELLS and tag != "caption"):
            self._row.append(words)
        elif tag == "caption":
            self.lines.append(f"table {words}")
        elif tag in SAID:
            self.lines.append(SAID[tag] + words)
        elif tag == "tr":
            self.lines.append("  " + " | ".join(self._row))
        elif tag == "svg":
            self.lines.append(f"  {self._row[0]} {' · '.join(self._row[1:])}")
        if tag in SAID or tag in CELLS or tag == "text":
            self._text = []

    def handle_data(self, data: str) -> None:
        if not {"style", "title", "desc"} & set(self._stack):
            self._text.append(data)


def outline(file: Path) -> str:
    """The text and structure of a page."""
    return "\n".join(line.rstrip() for line in Outline(file.read_text(encoding="utf-8")).lines) + "\n"
