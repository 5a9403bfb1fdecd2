"""Plots of panels: small multiples, each a slope line over the rounds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipelines.reporting import style
from pipelines.reporting.canvas import Canvas, wrapped
from pipelines.reporting.model import Panel, Panels, Role
from pipelines.reporting.style import LINE, MARGIN
from pipelines.reporting.texts import Voices, in_each, text_in_each

LONGEST_KEY = 8
"""Characters of a mapping's key that fit under a panel; longer ones are numbered."""

COLUMNS = 2
GAP = 24.0
_LINES: dict[Role, tuple[str, float]] = {"programme": (style.INK, 1.2), "municipality": (style.SECOND, 1.4)}


def draw_panels(plot: Panels, voices: Voices) -> Canvas:
    """A small panel per theme with its mean in every round."""
    labels = [wrapped(panel.label, 25) for panel in plot.panels]
    per_row = [max(len(lines) for lines in labels[k : k + COLUMNS]) for k in range(0, len(labels), COLUMNS)]
    area, foot, gap = 62.0, 26.0, 14.0
    heights = [LINE * lines + area + foot + gap for lines in per_row]
    top = 19.0 * ((len(plot.key) + 1) // 2) + 8
    canvas = Canvas(style.WIDTH, top + sum(heights))
    for number, (role, words) in enumerate(plot.key):
        x, y = MARGIN + (number % 2) * style.SECOND_KEY, 9 + 19.0 * (number // 2)
        colour, width = _LINES.get(role, (style.UNIT, 2.0))
        canvas.line((x, y), (x + 24, y), colour, width, layer=6)
        if role == "unit":
            canvas.mark((x + 12, y), "circle", 7, style.UNIT, layer=7)
        canvas.text((x + 30, y + 4), words, style.SMALL, colour)
    wide = (style.WIDTH - 2 * MARGIN - GAP) / COLUMNS
    y = top
    for row, height in enumerate(heights):
        for column, number in enumerate(range(COLUMNS * row, min(COLUMNS * row + COLUMNS, len(labels)))):
            left, lines = MARGIN + column * (wide + GAP), labels[number]
            for line, words in enumerate(lines, per_row[row] - len(lines)):
                canvas.text((left, y + 13 + line * LINE), words)
            head = y + LINE * per_row[row]
            _panel(canvas, plot, plot.panels[number], (left, head + 14, left + wide, head + area), voices)
        y += height
    return canvas


def _panel(canvas: Canvas, plot: Panels, panel: Panel, box: tuple[float, float, float, float], voices: Voices) -> None:
    """One theme over the rounds: x is their order, y the scale."""
    left, top, right, bottom = box
    inset = 28.0
    step = (right - left - 2 * inset) / max(len(plot.rounds) - 1, 1)
    xs = [left + inset + number * step for number in range(len(plot.rounds))]

    def y_of(value: float) -> float:
        inside = min(max(value, plot.low), plot.high)
        return bottom - (inside - plot.low) / (plot.high - plot.low) * (bottom - top)

    canvas.line((left, y_of(plot.zero)), (right, y_of(plot.zero)), style.FAINT, 1, layer=1)
    is_long = max(map(len, plot.rounds)) > LONGEST_KEY
    for number, (x, key) in enumerate(zip(xs, plot.rounds, strict=True)):
        canvas.text((x, bottom + 22), f"{number + 1}." if is_long else key, style.SMALL, style.MUTED, "center")
    for role, values in panel.others:
        _path(canvas, xs, [None if value is None else y_of(value) for value in values], *_LINES[role])
    means = [None if mark is None else y_of(mark.value) for mark in panel.unit]
    _path(canvas, xs, means, style.UNIT, 2)
    shown = [number for number, mark in enumerate(panel.unit) if mark is not None]
    for number, (mark, is_hidden) in enumerate(zip(panel.unit, panel.hidden, strict=True)):
        if mark is None:
            if is_hidden:
                canvas.text((xs[number], bottom + 6), text_in_each(voices, "sign.suppressed"), anchor="center")
            continue
        x, y = xs[number], y_of(mark.value)
        if mark.low is not None and mark.high is not None:
            canvas.line((x, y_of(mark.low)), (x, y_of(mark.high)), style.UNIT, 1, layer=4)
            for is_beyond, y_end, turn in ((mark.low < plot.low, bottom, -1), (mark.high > plot.high, top, 1)):
                for way in (-1, 1) if is_beyond else ():
                    canvas.line((x, y_end), (x + 3 * way, y_end + 5 * turn), style.UNIT, 1, layer=4)
        canvas.mark((x, y), "circle", 7, style.UNIT, layer=7)
        if number in (shown[0], shown[-1]):
            written = in_each(voices, lambda v, value: v.number.write("points", value), mark.value)
            is_first = number == shown[0]
            canvas.text(
                (x - 6 if is_first else x + 6, y + 4), written, style.SMALL, style.UNIT, "right" if is_first else "left"
            )


def _path(canvas: Canvas, xs: Sequence[float], ys: Sequence[float | None], colour: str, width: float) -> None:
    """Lines between neighbouring rounds that both have a value: a gap is not bridged."""
    for (x1, y1), (x2, y2) in pairwise(zip(xs, ys, strict=True)):
        if y1 is not None and y2 is not None:
            canvas.line((x1, y1), (x2, y2), colour, width, layer=5)
