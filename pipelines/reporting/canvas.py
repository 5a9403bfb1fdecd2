"""A thin layer over matplotlib: lines, marks and words at given places, and the SVG that a page can hold.

Belongs here: drawing in units of a pixel from the top left, and cleaning matplotlib's SVG for use inside HTML. Does not belong
here: what is drawn. Words are drawn as tokens and filled in afterwards, escaped: one drawing serves both languages, and no
text from data is ever read by matplotlib (which would take `$` for mathematics).
"""

from __future__ import annotations

import io
import re
import textwrap
from collections import defaultdict
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree

from pipelines.reporting import style
from pipelines.reporting.model import LANGUAGES, Language, Said
from pipelines.reporting.style import Shape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
_TOKEN = re.compile(r"~(\d+)~")
_MARKERS: dict[Shape, str] = {"circle": "o", "ring": "o", "up": "^", "down": "v", "square": "s"}

Point = tuple[float, float]
Anchor = Literal["left", "center", "right"]
LineStyle = tuple[int, str, float, bool]
MarkStyle = tuple[int, Shape, float, str]


@dataclass(frozen=True)
class Drawing:
    """A figure without its words: `words` fill the tokens of `body`. Title and description are the text alternative."""

    width: float
    height: float
    body: str
    words: tuple[Said, ...]
    title: Said
    description: Said

    def in_language(self, language: Language, name: str) -> str:
        """The figure as an `svg` element whose ids begin with `name`."""
        body = self.body.replace('"mark-', f'"{name}-mark-').replace('"#mark-', f'"#{name}-mark-')
        inside = _TOKEN.sub(lambda found: escape(self.words[int(found[1])][language]), body)
        return (
            f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" role="img" '
            f'aria-labelledby="{name}-title {name}-desc">'
            f'<title id="{name}-title">{escape(self.title[language])}</title>'
            f'<desc id="{name}-desc">{escape(self.description[language])}</desc>{inside}</svg>'
        )


class Canvas:
    """Collects what is to be drawn; the higher layer lies on top. Every method takes pixels from the top left."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._lines: dict[LineStyle, list[tuple[Point, Point]]] = defaultdict(list)
        self._marks: dict[MarkStyle, list[Point]] = defaultdict(list)
        self._boxes: dict[tuple[int, str], list[tuple[Point, Point]]] = defaultdict(list)
        self._texts: list[tuple[Point, Said, float, str, Anchor, bool]] = []

    def line(
        self, start: Point, end: Point, colour: str, width: float = 1, layer: int = 3, is_dashed: bool = False
    ) -> None:
        """A straight line."""
        self._lines[layer, colour, width, is_dashed].append((start, end))

    def mark(self, at: Point, shape: Shape, size: float, colour: str, layer: int = 6) -> None:
        """A mark of `size` pixels across."""
        self._marks[layer, shape, size, colour].append(at)

    def box(self, top_left: Point, bottom_right: Point, colour: str, layer: int = 1) -> None:
        """A filled rectangle."""
        self._boxes[layer, colour].append((top_left, bottom_right))

    def text(
        self,
        at: Point,
        words: Said | str,
        size: float = style.TEXT,
        colour: str = style.INK,
        anchor: Anchor = "left",
        is_bold: bool = False,
    ) -> None:
        """A line of text on the baseline `at`; a plain string is the same in every language."""
        said = dict.fromkeys(LANGUAGES, words) if isinstance(words, str) else words
        if any(said.values()):
            self._texts.append((at, said, size, colour, anchor, is_bold))

    def drawing(self, title: Said, description: Said) -> Drawing:
        """Draw it all."""
        return Drawing(
            width=self.width,
            height=self.height,
            body=_inline(self._svg()),
            words=tuple(said for _, said, *_ in self._texts),
            title=title,
            description=description,
        )

    def _svg(self) -> str:
        """SVG as matplotlib writes it; artists stand on the figure itself, axes would cost more than what is in them."""
        from matplotlib import rc_context
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        with rc_context(style.RC):
            figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=72)
            FigureCanvasSVG(figure)
            figure.patch.set_visible(False)
            self._add_shapes(figure)
            for (x, y), _, size, colour, anchor, is_bold in self._texts:
                weight = "bold" if is_bold else "normal"
                figure.text(
                    x / self.width,
                    1 - y / self.height,
                    "~",  # one and the same text, so that matplotlib measures it once; `_inline` numbers them in order
                    fontsize=size,
                    color=colour,
                    ha=anchor,
                    va="baseline",
                    fontweight=weight,
                    zorder=9,
                )
            stream = io.StringIO()
            figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
            return stream.getvalue()

    def _add_shapes(self, figure: Figure) -> None:
        """Boxes, lines and marks, those of one look together."""
        from matplotlib.collections import LineCollection, PatchCollection, PathCollection
        from matplotlib.markers import MarkerStyle
        from matplotlib.patches import Rectangle
        from matplotlib.transforms import Affine2D, IdentityTransform

        place = Affine2D().scale(1, -1).translate(0, self.height)
        for (layer, box_colour), corners in self._boxes.items():
            boxes = [Rectangle(a, b[0] - a[0], b[1] - a[1]) for a, b in corners]
            figure.add_artist(
                PatchCollection(boxes, facecolor=box_colour, edgecolor="none", zorder=layer, transform=place)
            )
        for (layer, colour, width, is_dashed), ends in self._lines.items():
            dashes = [(0, (2, 2))] if is_dashed else "solid"
            figure.add_artist(
                LineCollection(ends, colors=colour, linewidths=width, linestyles=dashes, zorder=layer, transform=place)
            )
        for (layer, shape, size, colour), points in self._marks.items():
            marker = MarkerStyle(_MARKERS[shape])
            marks = PathCollection(
                [marker.get_path().transformed(marker.get_transform())],
                sizes=[size**2],
                facecolor=style.WHITE if shape == "ring" else colour,
                edgecolor=colour,
                linewidth=1.5 if shape == "ring" else 0.5,
                zorder=layer,
                offsets=points,
                offset_transform=place,
            )
            marks.set_transform(IdentityTransform())
            figure.add_artist(marks)


def _inline(svg: str) -> str:
    """The inside of matplotlib's SVG, fit for a page that holds many.

    Style rules for the whole page go, as do ids that would stand twice; the marks' ids get a prefix that `Drawing` completes;
    the font is left to the page.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing, no text from data in it
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{SVG}style", f"{SVG}metadata"):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        name = element.attrib.pop("id", None)
        if name is not None and element.tag == "path":
            element.set("id", f"mark-{name}")
        target = element.attrib.pop(HREF, None)
        if target is not None:
            element.set("href", f"#mark-{target.removeprefix('#')}")
        if element.tag == "text":
            element.attrib.pop("transform", None)  # "rotate(-0 …)"
            element.set("style", re.sub(r"font-family:[^;]*;? ?", "", element.get("style", "")).rstrip("; "))
        if element.tag == "path":
            element.set("d", " ".join(element.get("d", "").split()))
        element.tail = None
        element.text = None
    for number, element in enumerate(root.iter("text")):
        element.text = f"~{number}~"
    _unwrap(root)
    return "".join(ElementTree.tostring(child, encoding="unicode") for child in root)


def _unwrap(parent: ElementTree.Element) -> None:
    """Take out groups that say nothing any more, and empty definitions."""
    kept: list[ElementTree.Element] = []
    for child in list(parent):
        _unwrap(child)
        if child.tag == "g" and not child.attrib:
            kept.extend(child)
        elif child.tag != "defs" or len(child):
            kept.append(child)
    parent[:] = kept


def wrapped(label: Said, chars: int) -> list[Said]:
    """A name in lines of so many characters, as many lines in every language.

    What a language does not need is blank, on top. A word longer than a line is divided with a hyphen.
    """
    lines = {language: textwrap.wrap(_divided(label[language], chars), chars) or [""] for language in LANGUAGES}
    most = max(map(len, lines.values()))
    return [
        {language: ([""] * (most - len(lines[language])) + lines[language])[number] for language in LANGUAGES}
        for number in range(most)
    ]


def _divided(text: str, chars: int) -> str:
    """The text with its overlong words in pieces that fit a line."""
    step = chars - 1
    return " ".join(
        word if len(word) <= chars else "- ".join(word[k : k + step] for k in range(0, len(word), step))
        for word in text.split()
    )
