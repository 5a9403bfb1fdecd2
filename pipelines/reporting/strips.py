"""Plots of strips: each row a name and under it a strip with marks and their intervals.

Belongs here: levels, changes, shares, anything that is a dot with an interval on one scale. A row that has no figure to show
leaves no mark, only its word.
"""

from __future__ import annotations

from pipelines.reporting import style
from pipelines.reporting.canvas import Canvas, wrapped
from pipelines.reporting.model import Mark, Role, Said, Strip, Strips
from pipelines.reporting.scales import Scale
from pipelines.reporting.style import LINE, MARGIN
from pipelines.reporting.texts import Voices, in_each

AXIS = 20.0
"""Height of a row of the scale's values."""

KEY = 19.0
"""Height of a row of the key."""

LANE = 9.0
"""From one mark's interval to the next one's in the same strip."""

LONGEST_NAME = {True: 30, False: 44}
"""Characters of a line of a row's name: with a status beside it, with a number beside it."""

_COLOURS: dict[Role, str] = {
    "unit": style.UNIT,
    "municipality": style.SECOND,
    "programme": style.INK,
    "other": style.OTHERS,
    "before": style.OTHERS,
}


def draw_strips(plot: Strips, voices: Voices) -> Canvas:
    """Names, strips, marks; the key above, the scale's values above and below."""
    with_status = plot.kind == "change"
    names = [wrapped(row.label, LONGEST_NAME[with_status]) for row in plot.rows]
    lanes = max((len(row.marks) for row in plot.rows), default=1)
    strip = 17.0 + LANE * max(lanes, 1)
    heights = [LINE * len(name) + strip + 8 for name in names]
    key_lines = len(_key_rows(plot.key))
    top = key_lines * KEY + (KEY if plot.band is not None else 0) + AXIS + 4
    canvas = Canvas(style.WIDTH, top + sum(heights) + AXIS)
    scale = Scale(plot.low, plot.high, style.INSET, style.WIDTH - style.INSET)
    _key(canvas, plot)
    if plot.band is not None and plot.band_label is not None:
        middle = (scale.at((plot.zero or 0) - plot.band) + scale.at((plot.zero or 0) + plot.band)) / 2
        canvas.text((middle, key_lines * KEY + 12), plot.band_label, style.SMALL, style.MUTED, "center")
    for baseline in (top - 9, top + sum(heights) + 13):
        for tick in scale.ticks():
            words = in_each(voices, lambda v, value: v.number.write_tick(plot.kind, value), tick)
            canvas.text((scale.at(tick), baseline), words, style.SMALL, style.MUTED, "center")
    y = top
    for row, name, height in zip(plot.rows, names, heights, strict=True):
        for number, words in enumerate(name):
            canvas.text((MARGIN, y + 13 + number * LINE), words)
        _row(canvas, plot, scale, row, (y + LINE * len(name) + 4, y + LINE * len(name) + 1 + strip))
        y += height
    return canvas


def _row(canvas: Canvas, plot: Strips, scale: Scale, row: Strip, ends: tuple[float, float]) -> None:
    """One strip between these two heights."""
    top, bottom = ends
    if row.absent is not None or not (row.marks or row.ticks):
        if row.absent is not None:
            canvas.text((style.WIDTH - MARGIN, top - 7), row.absent, colour=style.MUTED, anchor="right")
        middle = (top + bottom) / 2
        canvas.line((MARGIN, middle), (style.WIDTH - MARGIN, middle), style.FAINT, 1, layer=1, is_dashed=True)
        return
    canvas.box((MARGIN, top), (style.WIDTH - MARGIN, bottom), style.STRIP)
    if plot.band is not None and plot.zero is not None:
        canvas.box(
            (scale.at(plot.zero - plot.band), top), (scale.at(plot.zero + plot.band), bottom), style.BAND, layer=2
        )
    if plot.zero is not None:
        is_change = plot.kind == "change"
        line = (style.INK, 1.0) if is_change else (style.FAINT, 2.0)
        canvas.line((scale.at(plot.zero), top - 2), (scale.at(plot.zero), bottom + 2), *line, layer=3)
    for value in row.ticks:
        x = scale.at(value)
        canvas.line((x, top + 3), (x, bottom - 3), style.OTHERS, 1.4, layer=4)
    middle = (top + bottom) / 2 - LANE * (len(row.marks) - 1) / 2
    for lane, mark in enumerate(row.marks):
        _mark(canvas, scale, mark, middle + lane * LANE)
    if row.beside is not None:
        status = row.marks[0].status if row.marks else None
        colour = style.STATUS_COLOURS.get(status or "", style.INK if status is None else style.MUTED)
        canvas.text((style.WIDTH - MARGIN, top - 7), row.beside, colour=colour, anchor="right", is_bold=True)


def _mark(canvas: Canvas, scale: Scale, mark: Mark, y: float) -> None:
    """A mark on its interval; an arrow where the interval goes on outside the plot."""
    colour = _COLOURS[mark.role] if mark.status is None else style.STATUS_COLOURS.get(mark.status, style.MUTED)
    is_main = mark.role == "unit"
    if mark.low is not None and mark.high is not None:
        width = 2.5 if is_main else 1.4
        canvas.line((scale.at(mark.low), y), (scale.at(mark.high), y), colour, width, layer=6)
        for end, edge, turn in ((mark.low, scale.low, 1), (mark.high, scale.high, -1)):
            if (end - edge) * turn < 0:
                x = scale.at(end)
                for way in (-1, 1):
                    canvas.line((x - 2 * turn, y), (x + 4 * turn, y + 4 * way), colour, 1.4, layer=6)
    x = scale.at(mark.value)
    if mark.status is not None:
        canvas.mark((x, y), style.STATUS_SHAPES.get(mark.status, "ring"), 9, colour, layer=8)
    else:
        _sign(canvas, mark.role, (x, y))


def _sign(canvas: Canvas, role: Role, at: tuple[float, float]) -> None:
    """The mark of a role, the same in plot and key."""
    x, y = at
    if role == "unit":
        canvas.mark(at, "circle", 9, style.UNIT, layer=8)
    elif role == "municipality":
        canvas.mark(at, "square", 7, style.SECOND, layer=7)
    elif role == "before":
        canvas.mark(at, "ring", 8, style.OTHERS, layer=7)
    else:
        height, width = (4.5, 2.2) if role == "programme" else (6.0, 1.4)
        canvas.line((x, y - height), (x, y + height), _COLOURS[role], width, layer=7)


def _key_rows(key: tuple[tuple[Role, Said], ...]) -> list[tuple[tuple[Role, Said], ...]]:
    """Two entries a line."""
    return [key[k : k + 2] for k in range(0, len(key), 2)]


def _key(canvas: Canvas, plot: Strips) -> None:
    """The marks and their names, once, above the first row."""
    for number, entries in enumerate(_key_rows(plot.key)):
        for column, (role, words) in enumerate(entries):
            x, y = MARGIN + column * style.SECOND_KEY, 9 + number * KEY
            if role != "other":
                canvas.line((x, y), (x + 22, y), _COLOURS[role], 2.5 if role == "unit" else 1.4, layer=6)
            _sign(canvas, role, (x + 11, y))
            canvas.text((x + 28, y + 4), words, style.SMALL, _COLOURS[role] if role != "other" else style.MUTED)
