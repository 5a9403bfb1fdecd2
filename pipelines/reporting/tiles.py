"""The plot of tiles: a square per theme, by status, a row per respondent group.

Belongs here: statuses counted by the eye. The numbers stand in the table beside it.
"""

from __future__ import annotations

from math import ceil

from pipelines.reporting import style
from pipelines.reporting.canvas import Canvas, wrapped
from pipelines.reporting.model import Tiles
from pipelines.reporting.style import LINE, MARGIN

SIZE = 22.0
PER_LINE = 16
_SIGNS = {"suppressed": "•", "not_comparable": "≠", "no_data": "–", "by_item": "·"}


def draw_tiles(plot: Tiles) -> Canvas:
    """A square per theme."""
    names = [wrapped(label, 50) for label, _ in plot.rows]
    present = [(k, status, words) for k, (status, words) in enumerate(plot.statuses) if any(c[k] for _, c in plot.rows)]
    top = 8.0 + ceil(len(present) / 2) * 19 + 8
    heights = [
        LINE * len(name) + 4 + SIZE * ceil(sum(counts) / PER_LINE) + 12
        for (_, counts), name in zip(plot.rows, names, strict=True)
    ]
    canvas = Canvas(style.WIDTH, top + sum(heights))
    for number, (_, status, words) in enumerate(present):
        x, y = MARGIN + (number % 2) * (style.WIDTH / 2), 8.0 + (number // 2) * 19
        _tile(canvas, (x, y), status, 15)
        canvas.text((x + 21, y + 12), words, style.SMALL)
    y = top
    for (_, counts), name, height in zip(plot.rows, names, heights, strict=True):
        for line, words in enumerate(name):
            canvas.text((MARGIN, y + 13 + line * LINE), words)
        first = y + LINE * len(name) + 4
        tiles = [status for (status, _), count in zip(plot.statuses, counts, strict=True) for _ in range(count)]
        for number, status in enumerate(tiles):
            at = (MARGIN + (number % PER_LINE) * SIZE, first + (number // PER_LINE) * SIZE)
            _tile(canvas, at, status, 18)
        y += height
    return canvas


def _tile(canvas: Canvas, at: tuple[float, float], status: str, size: float) -> None:
    """A square with the status's mark; for the statuses without a figure a faint frame with its sign."""
    (x, y), colour = at, style.STATUS_COLOURS.get(status)
    middle = (x + size / 2, y + size / 2)
    if colour is None:
        canvas.box((x, y), (x + size, y + size), style.STRIP)
        canvas.text((middle[0], middle[1] + 4), _SIGNS.get(status, "·"), style.SMALL, style.MUTED, "center")
    elif status == "inconclusive":
        canvas.box((x, y), (x + size, y + size), style.BAND)
        canvas.mark(middle, "ring", 0.42 * size, colour)
    else:
        canvas.box((x, y), (x + size, y + size), colour)
        canvas.mark(middle, style.STATUS_SHAPES[status], 0.4 * size, style.WHITE)
