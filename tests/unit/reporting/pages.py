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
