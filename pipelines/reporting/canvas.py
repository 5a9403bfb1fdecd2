"""A thin layer over matplotlib: lines, marks and words at given places, and the SVG that a page can hold.

Belongs here: drawing in units of a pixel from the top left. Does not belong here: what is drawn. Shapes are painted by
matplotlib's renderers, those of one look in one stroke: artists and layout would cost ten times as much as the painting
(60 ms a figure against 3). Words are set beside them and filled in per language, escaped: one drawing serves both languages,
and no text from data is ever read by matplotlib (which would take `$` for mathematics).
"""

from __future__ import annotations

import io
import re
import textwrap
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html import escape
from typing import TYPE_CHECKING, Literal, NamedTuple

from pipelines.reporting import style
from pipelines.reporting.model import LANGUAGES, Language, Said
from pipelines.reporting.style import Shape

if TYPE_CHECKING:
    from matplotlib.backend_bases import GraphicsContextBase, RendererBase

_TOKEN = re.compile(r"~(\d+)~")
_PATH = re.compile(r"<path [^>]*/>")

Point = tuple[float, float]
Anchor = Literal["left", "center", "right"]

_ANCHORS: dict[Anchor, str] = {"left": "", "center": ' text-anchor="middle"', "right": ' text-anchor="end"'}
FOOT = 22.0
"""Height of the line below a figure that leaves its page."""

_BOLD = ' font-weight="bold"'
_ROUND = 0.5522847498
"""Length of the handles with which four Bézier curves are a circle of radius 1."""


class Look(NamedTuple):
    """How a stroke or a surface looks; what looks alike is painted together, the higher layer on top."""

    layer: int
    fill: str | None
    line: str | None = None
    width: float = 0
    is_dashed: bool = False


class Words(NamedTuple):
    """A line of text on the baseline `at`."""

    at: Point
    said: Said
    size: float
    colour: str
    anchor: Anchor
    is_bold: bool


@dataclass
class Strokes:
    """Vertices and their codes, ready for one matplotlib path."""

    vertices: list[Point] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Drawing:
    """A figure: `body` is its shapes with a token for each of the `words`. Title and description are the text alternative."""

    width: float
    height: float
    body: str
    words: tuple[Said, ...]
    title: Said
    description: Said

    def in_language(self, language: Language, name: str) -> str:
        """The figure as an `svg` element for a page that holds many; its ids begin with `name`."""
        return (
            f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" role="img" '
            f'aria-labelledby="{name}-title {name}-desc">'
            f'<title id="{name}-title">{escape(self.title[language])}</title>'
            f'<desc id="{name}-desc">{escape(self.description[language])}</desc>{self._inside[language]}</svg>'
        )

    def standalone(self, language: Language, source: Said | None = None) -> str:
        """The figure as a file of its own, with its size and a font that every machine has something for.

        `source`: a line below the figure that tells where it comes from.
        """
        height = self.height + (FOOT if source is not None else 0)
        below = (
            f'<text x="{style.MARGIN:g}" y="{height - 6:g}" font-size="{style.TINY:g}" fill="{style.MUTED}">'
            f"{escape(source[language])}</text>"
            if source is not None
            else ""
        )
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}" height="{height:g}" '
            f'viewBox="0 0 {self.width:g} {height:g}" xml:lang="{language}" '
            'font-family="Liberation Sans, Arial, DejaVu Sans, sans-serif">'
            f"<title>{escape(self.title[language])}</title><desc>{escape(self.description[language])}</desc>"
            f"{self._inside[language]}{below}</svg>\n"
        )

    @cached_property
    def _inside(self) -> dict[Language, str]:
        """Shapes and words by language: page, archive and PDF all hold them."""
        return {language: self._filled(language) for language in LANGUAGES}

    def _filled(self, language: Language) -> str:
        return _TOKEN.sub(lambda found: escape(self.words[int(found[1])][language]), self.body)


class Canvas:
    """Collects what is to be drawn; the higher layer lies on top. Every method takes pixels from the top left."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._shapes: dict[Look, Strokes] = defaultdict(Strokes)
        self._texts: list[Words] = []

    def line(
        self, start: Point, end: Point, colour: str, width: float = 1, layer: int = 3, is_dashed: bool = False
    ) -> None:
        """A straight line."""
        self._add(Look(layer, None, colour, width, is_dashed), (start, end), (1, 2))

    def box(self, top_left: Point, bottom_right: Point, colour: str, layer: int = 1) -> None:
        """A filled rectangle."""
        (x1, y1), (x2, y2) = top_left, bottom_right
        self._add(Look(layer, colour), ((x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)), (1, 2, 2, 2, 79))

    def mark(self, at: Point, shape: Shape, size: float, colour: str, layer: int = 6) -> None:
        """A mark of `size` pixels across."""
        (x, y), vertices = at, _OUTLINES[shape]
        codes = (1, *(4,) * 12) if shape in ("circle", "ring") else (1, *(2,) * (len(vertices) - 2), 79)
        look = Look(layer, style.WHITE, colour, 1.5) if shape == "ring" else Look(layer, colour)
        self._add(look, [(x + size / 2 * dx, y + size / 2 * dy) for dx, dy in vertices], codes)

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
            self._texts.append(Words(at, said, size, colour, anchor, is_bold))

    def drawing(self, title: Said, description: Said) -> Drawing:
        """Draw it all."""
        texts = "".join(
            f'<text x="{text.at[0]:g}" y="{text.at[1]:g}" font-size="{text.size:g}"{_ANCHORS[text.anchor]}'
            f'{_BOLD if text.is_bold else ""} fill="{text.colour}">~{number}~</text>'
            for number, text in enumerate(self._texts)
        )
        return Drawing(
            width=self.width,
            height=self.height,
            body=self._painted() + texts,
            words=tuple(text.said for text in self._texts),
            title=title,
            description=description,
        )

    def picture(self, language: Language, source: Said | None = None, scale: float = 2) -> bytes:
        """The figure as PNG, so many dots a pixel, with a line below it that tells where it comes from."""
        import numpy as np
        from matplotlib.backends.backend_agg import RendererAgg
        from PIL import Image

        below = [] if source is None else [self._source_text(source)]
        if below:
            self.height += FOOT
        renderer = RendererAgg(self.width * scale, self.height * scale, 72 * scale)
        renderer.clear()
        gc = renderer.new_gc()
        whole = Strokes(
            [(0, 0), (self.width, 0), (self.width, self.height), (0, self.height), (0, 0)], [1, 2, 2, 2, 79]
        )
        self._paint(renderer, gc, Look(0, style.WHITE), whole, scale)
        for look in sorted(self._shapes, key=lambda one: one.layer):
            self._paint(renderer, gc, look, self._shapes[look], scale)
        for text in (*self._texts, *below):
            font = _font(text.size, text.is_bold)
            words = text.said[language]
            width = renderer.get_text_width_height_descent(words, font, ismath=False)[0]
            x = text.at[0] * scale - {"left": 0, "center": width / 2, "right": width}[text.anchor]
            gc.set_foreground(text.colour)
            renderer.draw_text(gc, round(x), round(text.at[1] * scale), words, font, 0, ismath=False)
        stream = io.BytesIO()
        Image.fromarray(np.asarray(renderer.buffer_rgba())).convert("RGB").save(stream, "png", optimize=True)
        return stream.getvalue()

    def _source_text(self, source: Said) -> Words:
        return Words((style.MARGIN, self.height + FOOT - 6), source, style.TINY, style.MUTED, "left", is_bold=False)

    def _add(self, look: Look, vertices: tuple[Point, ...] | list[Point], codes: tuple[int, ...]) -> None:
        shape = self._shapes[look]
        shape.vertices.extend(vertices)
        shape.codes.extend(codes)

    def _painted(self) -> str:
        """The shapes as matplotlib's SVG renderer writes them; of its file only the paths are kept."""
        from matplotlib.backends.backend_svg import RendererSVG

        stream = io.StringIO()
        renderer = RendererSVG(self.width, self.height, stream, image_dpi=72, metadata={"Date": None})
        gc = renderer.new_gc()
        for look in sorted(self._shapes, key=lambda one: one.layer):
            self._paint(renderer, gc, look, self._shapes[look], 1)
        return "".join(" ".join(path.split()).replace(' "', '"') for path in _PATH.findall(stream.getvalue()))

    def _paint(self, renderer: RendererBase, gc: GraphicsContextBase, look: Look, shape: Strokes, scale: float) -> None:
        """Everything of one look as one path."""
        import numpy as np
        from matplotlib.colors import to_rgba
        from matplotlib.path import Path
        from matplotlib.transforms import Affine2D

        gc.set_linewidth(look.width)
        gc.set_foreground(look.line or look.fill or style.INK)
        gc.set_dashes(0, (2, 2) if look.is_dashed else None)
        path = Path(np.round(np.array(shape.vertices), 1), np.array(shape.codes, dtype=Path.code_type))
        path.should_simplify = False
        # Renderers count from the bottom.
        place = Affine2D().scale(scale, -scale).translate(0, self.height * scale)
        renderer.draw_path(gc, path, place, None if look.fill is None else to_rgba(look.fill))


def _circle() -> tuple[Point, ...]:
    k = _ROUND
    return (
        (1, 0),
        (1, k), (k, 1), (0, 1),
        (-k, 1), (-1, k), (-1, 0),
        (-1, -k), (-k, -1), (0, -1),
        (k, -1), (1, -k), (1, 0),
    )  # fmt: skip


_OUTLINES: dict[Shape, tuple[Point, ...]] = {
    "circle": _circle(),
    "ring": _circle(),
    "up": ((0, -1), (1, 0.8), (-1, 0.8), (0, -1)),
    "down": ((0, 1), (1, -0.8), (-1, -0.8), (0, 1)),
    "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85), (-0.85, -0.85)),
}


@lru_cache(maxsize=16)
def _font(size: float, is_bold: bool) -> object:
    """A font of matplotlib's own, for pictures."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(family="DejaVu Sans", size=size, weight="bold" if is_bold else "normal")


def wrapped(label: Said, chars: int) -> list[Said]:
    """A name in lines of so many characters, as many lines in every language.

    What a language does not need is blank, on top. A word longer than a line is divided with a hyphen.
    """
    lines = {language: _lines(label[language], chars) for language in LANGUAGES}
    most = max(map(len, lines.values()))
    padded = {language: ("",) * (most - len(found)) + found for language, found in lines.items()}
    return [{language: padded[language][number] for language in LANGUAGES} for number in range(most)]


@lru_cache(maxsize=4096)
def _lines(text: str, chars: int) -> tuple[str, ...]:
    """A text in lines."""
    return tuple(textwrap.wrap(_divided(text, chars), chars)) or ("",)


def _divided(text: str, chars: int) -> str:
    """The text with its overlong words in pieces that fit a line."""
    step = chars - 1
    return " ".join(
        word if len(word) <= chars else "- ".join(word[k : k + step] for k in range(0, len(word), step))
        for word in text.split()
    )
