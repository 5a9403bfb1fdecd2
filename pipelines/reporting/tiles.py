"""The résumé's figure: a tile per theme, by status, a row per respondent group.

Belongs here: statuses counted by the eye. The numbers stand in the table beside it.
"""

from __future__ import annotations

from math import ceil

from pipelines.reporting import style
from pipelines.reporting.canvas import Canvas, Drawing, wrapped
from pipelines.reporting.records import (
    STATUSES,
    Page,
)
from pipelines.reporting.style import LINE, MARGIN
from pipelines.reporting.texts import Voices, text_in_each


def draw_tally(page: Page, voices: Voices) -> Drawing | None:
    """A square per theme, by status, a row per respondent group."""
    groups = [group for group in page.groups if group.tally is not None and group.themes]
    if not groups:
        return None
    size, per_line = 22.0, 16
    names = [wrapped(group.label, 50) for group in groups]
    present = [s for s in STATUSES if any(group.tally and group.tally.counts[s] for group in groups)]
    key_lines = ceil(len(present) / 2)
    top = 8.0 + key_lines * 19 + 8
    heights = [
        LINE * len(name) + 4 + size * ceil(len(group.themes) / per_line) + 12
        for group, name in zip(groups, names, strict=True)
    ]
    canvas = Canvas(style.WIDTH, top + sum(heights))
    for number, status in enumerate(present):
        x, y = MARGIN + (number % 2) * (style.WIDTH / 2), 8.0 + (number // 2) * 19
        _tile(canvas, (x, y), status, 15)
        canvas.text((x + 21, y + 12), text_in_each(voices, f"status.{status}"), style.SMALL)
    y = top
    for group, name, height in zip(groups, names, heights, strict=True):
        for line, words in enumerate(name):
            canvas.text((MARGIN, y + 13 + line * LINE), words)
        first = y + LINE * len(name) + 4
        counts = group.tally.counts if group.tally else {}
        tiles = [status for status in STATUSES for _ in range(counts.get(status, 0))]
        for number, status in enumerate(tiles):
            x = MARGIN + (number % per_line) * size
            _tile(canvas, (x, first + (number // per_line) * size), status, 18)
        y += height
    pair = page.pairs[0]
    return canvas.drawing(
        title=text_in_each(voices, "figure.tally.title", before=pair.before, after=pair.after),
        description=text_in_each(voices, "figure.tally.describe"),
    )


def _tile(canvas: Canvas, at: tuple[float, float], status: str, size: float) -> None:
    """A square with the status's mark; for the statuses without a figure a faint frame with its sign."""
    (x, y), colour = at, style.STATUS_COLOURS.get(status)
    middle = (x + size / 2, y + size / 2)
    if colour is None:
        canvas.box((x, y), (x + size, y + size), style.STRIP)
        canvas.text((middle[0], middle[1] + 4), _SIGNS.get(status, "·"), style.SMALL, style.MUTED, "center")
        return
    if status == "inconclusive":
        canvas.box((x, y), (x + size, y + size), style.BAND)
        canvas.mark(middle, "ring", 0.42 * size, colour)
    else:
        canvas.box((x, y), (x + size, y + size), colour)
        canvas.mark(middle, style.STATUS_SHAPES[status], 0.4 * size, style.WHITE)


_SIGNS = {"suppressed": "•", "not_comparable": "≠", "no_data": "–", "by_item": "·"}
