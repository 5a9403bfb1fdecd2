"""Figures of panels: each theme a small panel with its mean in every mapping.

Belongs here: development over three mappings or more.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from pipelines.reporting import style
from pipelines.reporting.canvas import Canvas, Drawing, wrapped
from pipelines.reporting.records import (
    GroupBlock,
    Page,
    ThemeBlock,
)
from pipelines.reporting.scales import bounds_of
from pipelines.reporting.style import LINE, MARGIN
from pipelines.reporting.texts import Voice, Voices, in_each, text_in_each

LONGEST_KEY = 8
"""Characters of a mapping's key that fit under a panel; longer ones are numbered."""

FEWEST = 3
"""Mappings from which there is more to see than the one change that the strips show."""


def draw_rounds(page: Page, group: GroupBlock, voices: Voices) -> Drawing | None:
    """A small panel per theme with its mean in every mapping; only where there are three mappings or more."""
    rounds = page.frame.rounds
    themes = [t for t in group.themes if any(r.unit.mean is not None for r in t.rounds)]
    if len(rounds) < FEWEST or not themes:
        return None
    levels = [one for theme in themes for r in theme.rounds for one in (r.unit, r.programme) if one is not None]
    low, high = bounds_of(levels, least=(480, 520), most=(440, 560), step=10)
    labels = [wrapped(theme.label, 25) for theme in themes]
    per_row = [max(len(lines) for lines in labels[k : k + 2]) for k in range(0, len(labels), 2)]
    plot, foot, gap = 66.0, 26.0, 14.0
    heights = [LINE * lines + plot + foot + gap for lines in per_row]
    top = 26.0
    canvas = Canvas(style.WIDTH, top + sum(heights))
    _round_key(canvas, page, voices)
    panel = (style.WIDTH - 2 * MARGIN - 24) / 2
    y = top
    for row, height in enumerate(heights):
        for column in range(2):
            number = 2 * row + column
            if number < len(themes):
                left = MARGIN + column * (panel + 24)
                for line, words in enumerate(labels[number], per_row[row] - len(labels[number])):
                    canvas.text((left, y + 13 + line * LINE), words)
                box = (left, y + LINE * per_row[row] + 14, left + panel, y + LINE * per_row[row] + plot)
                _panel(canvas, themes[number], box, (low, high), [r.key for r in rounds], voices)
        y += height
    name = "unit" if page.kind == "municipality" else "programme"
    return canvas.drawing(
        title=in_each(voices, lambda v: v("figure.rounds.title", group=group.label[v.language])),
        description=text_in_each(voices, f"figure.rounds.describe_{name}", n=len(themes)),
    )


def _round_key(canvas: Canvas, page: Page, voices: Voices) -> None:
    """Names of the two lines."""
    canvas.line((MARGIN, 9), (MARGIN + 28, 9), style.UNIT, 2, layer=6)
    canvas.mark((MARGIN + 14, 9), "circle", 7, style.UNIT, layer=7)
    canvas.text((MARGIN + 35, 13), text_in_each(voices, f"figure.key.{page.kind}"), style.SMALL, style.UNIT)
    if page.kind == "municipality":
        canvas.line((style.SECOND_KEY, 9), (style.SECOND_KEY + 24, 9), style.OTHERS, 1.5, layer=5)
        canvas.text((style.SECOND_KEY + 31, 13), text_in_each(voices, "figure.key.whole"), style.SMALL, style.MUTED)


def _panel(
    canvas: Canvas,
    theme: ThemeBlock,
    box: tuple[float, float, float, float],
    bounds: tuple[float, float],
    keys: list[str],
    voices: Voices,
) -> None:
    """One theme over the mappings: x is the order of mappings, y the 500 scale."""
    left, top, right, bottom = box
    low, high = bounds
    inset = 28.0

    def x_of(number: int) -> float:
        return left + inset + number * (right - left - 2 * inset) / (len(keys) - 1)

    def y_of(value: float) -> float:
        return bottom - (min(max(value, low), high) - low) / (high - low) * (bottom - top)

    canvas.line((left, y_of(500)), (right, y_of(500)), style.FAINT, 1, layer=1)
    for number, key in enumerate(keys):
        mapping = key if max(map(len, keys)) <= LONGEST_KEY else f"{number + 1}."
        canvas.text((x_of(number), bottom + 22), mapping, style.SMALL, style.MUTED, "center")
    _path(
        canvas,
        [(x_of(k), r.programme.mean, y_of) for k, r in enumerate(theme.rounds) if r.programme],
        style.OTHERS,
        1.5,
    )
    _path(canvas, [(x_of(k), r.unit.mean, y_of) for k, r in enumerate(theme.rounds)], style.UNIT, 2)
    for number, entry in enumerate(theme.rounds):
        level = entry.unit
        if level.mean is None:
            if level.state == "suppressed":
                canvas.text((x_of(number), bottom + 4), text_in_each(voices, "sign.suppressed"), anchor="center")
            continue
        x, y = x_of(number), y_of(level.mean)
        if level.low is not None and level.high is not None:
            canvas.line((x, y_of(level.low)), (x, y_of(level.high)), style.UNIT, 1, layer=4)
        canvas.mark((x, y), "circle", 7, style.UNIT, layer=7)
        if number in (0, len(keys) - 1):
            mean, is_first = level.mean, number == 0
            canvas.text(
                (x - 6 if is_first else x + 6, y + 4),
                in_each(voices, _written, mean),
                style.SMALL,
                style.UNIT,
                "right" if is_first else "left",
            )


def _path(
    canvas: Canvas, points: list[tuple[float, float | None, Callable[[float], float]]], colour: str, width: float
) -> None:
    """Lines between neighbouring mappings that both have a value: a gap is not bridged."""
    for (x1, v1, y_of), (x2, v2, _) in pairwise(points):
        if v1 is not None and v2 is not None:
            canvas.line((x1, y_of(v1)), (x2, y_of(v2)), colour, width, layer=5)


def _written(voice: Voice, mean: float) -> str:
    return voice.number.decimal(mean, 0)
