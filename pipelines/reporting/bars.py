"""Plots of bars: answers as diverging bars, and what each question adds to a change."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting import style
from pipelines.reporting.canvas import Canvas, wrapped
from pipelines.reporting.model import Bars, Movements, Said
from pipelines.reporting.style import LINE, MARGIN
from pipelines.reporting.texts import Voices, in_each

FITS = 32.0
"""Width from which a share's number fits inside its part of a bar."""

SMALL_LINE = 14.5
"""Height of a line of small text."""

BAR = 17.0


def answer_colours(answers: int) -> list[str]:
    """Colours of a scale's answers in its order: against, neither, for; the outermost darkest."""
    side = answers // 2
    against, for_ = _shades(style.AGAINST, side), _shades(style.FOR[::-1], side)[::-1]
    return [*against, *([style.NEITHER] if answers % 2 else []), *for_]


def _shades(ends: Sequence[str], many: int) -> list[str]:
    """So many shades from dark to light; more than two share the light one."""
    return [ends[0], *([ends[1]] * (many - 1))] if many else []


def draw_bars(plot: Bars, voices: Voices) -> Canvas:
    """A bar per question around a common middle: what lies on either side of it can be compared down the rows."""
    colours = answer_colours(len(plot.answers))
    names = [wrapped(row.label, 58) for row in plot.rows]
    legend = [wrapped(answer, 26) for answer in plot.answers]
    key_heights = [max(len(lines) for lines in legend[k : k + 2]) * SMALL_LINE + 3 for k in range(0, len(legend), 2)]
    top = sum(key_heights) + 8
    heights = [SMALL_LINE * len(name) + BAR + 12 for name in names]
    canvas = Canvas(style.WIDTH, top + sum(heights))
    y = 0.0
    for k, height in enumerate(key_heights):
        for column, number in enumerate(range(2 * k, min(2 * k + 2, len(legend)))):
            x = MARGIN + column * style.WIDTH / 2
            canvas.box((x, y + 2), (x + 12, y + 13), colours[number])
            for line, words in enumerate(legend[number]):
                canvas.text((x + 18, y + 12 + line * SMALL_LINE), words, style.SMALL)
        y += height
    reach = [_sides(row.shares) for row in plot.rows if row.shares]
    left_most, right_most = max((a for a, _ in reach), default=0.5), max((b for _, b in reach), default=0.5)
    per_share = (style.WIDTH - 2 * MARGIN) / max(left_most + right_most, 1.0)
    middle = MARGIN + left_most * per_share
    y = top
    for row, name, height in zip(plot.rows, names, heights, strict=True):
        for line, words in enumerate(name):
            canvas.text((MARGIN, y + 11 + line * SMALL_LINE), words, style.SMALL)
        bar = y + SMALL_LINE * len(name) + 3
        if row.absent is not None:
            canvas.text((MARGIN, bar + 13), row.absent, style.SMALL, style.MUTED)
        else:
            x = middle - _sides(row.shares)[0] * per_share
            for number, share in enumerate(row.shares):
                end = x + share * per_share
                if share > 0:
                    canvas.box((x, bar), (end, bar + BAR), colours[number])
                if end - x >= FITS:
                    is_dark = colours[number] in (style.AGAINST[0], style.FOR[1])
                    ink = style.WHITE if is_dark else style.INK
                    said = in_each(voices, lambda v, value: v.number.write("share", value), share)
                    canvas.text(((x + end) / 2, bar + 12.5), said, style.SMALL, ink, "center")
                x = end
            for start, stop in ((bar - 3, bar), (bar + BAR, bar + BAR + 3)):
                canvas.line((middle, start), (middle, stop), style.INK, 1, layer=4)
        y += height
    return canvas


def _sides(shares: Sequence[float]) -> tuple[float, float]:
    """How much lies on either side of the middle; of an odd scale the middle answer lies half on each."""
    side = len(shares) // 2
    half = shares[side] / 2 if len(shares) % 2 else 0.0
    return sum(shares[:side]) + half, sum(shares[-side:] if side else ()) + half


def draw_movements(plot: Movements, voices: Voices) -> Canvas:
    """A block per theme: its change, and a bar from zero for each question's part of it."""
    blocks: list[tuple[list[Said], list[list[Said]]]] = [
        (wrapped(row.label, 40), [wrapped(label, 58) for label, _ in row.parts]) for row in plot.rows
    ]
    thickness, rest = 9.0, 9.0
    height = sum(
        LINE * len(name) + 8 + sum(SMALL_LINE * len(lines) + thickness + rest for lines in parts) + 12
        for name, parts in blocks
    )
    canvas = Canvas(style.WIDTH, height)
    left, right = MARGIN, style.WIDTH - 52.0
    middle, y = (left + right) / 2, 0.0
    for row, (name, parts) in zip(plot.rows, blocks, strict=True):
        for line, words in enumerate(name):
            canvas.text((MARGIN, y + 13 + line * LINE), words, is_bold=True)
        total = in_each(voices, lambda v, value: v.number.write("change", value), row.total)
        canvas.text((style.WIDTH - MARGIN, y + 13 + (len(name) - 1) * LINE), total, anchor="right", is_bold=True)
        y += LINE * len(name) + 8
        for (_, value), lines in zip(row.parts, parts, strict=True):
            for line, words in enumerate(lines):
                canvas.text((MARGIN, y + 11 + line * SMALL_LINE), words, style.SMALL)
            bar = y + SMALL_LINE * len(lines) + 2
            end = middle + max(min(value / plot.reach, 1), -1) * (right - left) / 2
            colour = style.UNIT if value >= 0 else style.AGAINST[0]
            canvas.box((left, bar), (right, bar + thickness), style.STRIP)
            canvas.box((min(middle, end), bar), (max(middle, end), bar + thickness), colour, layer=2)
            canvas.line((middle, bar - 2), (middle, bar + thickness + 2), style.INK, 1, layer=4)
            written = in_each(voices, lambda v, part: v.number.write("change", part), value)
            canvas.text((style.WIDTH - MARGIN, bar + thickness), written, style.SMALL, anchor="right")
            y += SMALL_LINE * len(lines) + thickness + rest
        y += 12
    return canvas
