"""Figures of strips: each theme a name and under it a strip with a mark and its interval.

Belongs here: levels and changes. A theme that has no figure to show leaves no mark, only its word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pipelines.reporting import style
from pipelines.reporting.canvas import Canvas, Drawing, wrapped
from pipelines.reporting.model import Said
from pipelines.reporting.order import by_change, by_level
from pipelines.reporting.records import (
    STATUSES,
    Change,
    GroupBlock,
    Page,
    ThemeBlock,
)
from pipelines.reporting.scales import Scale
from pipelines.reporting.style import LINE, MARGIN
from pipelines.reporting.texts import Voice, Voices, in_each, text_in_each
from pipelines.reporting.wording import absent_word, level_word, status_word

STRIP = 26.0
"""Height of a strip; its middle is the line that marks stand on."""

AXIS = 20.0
"""Height of a row of the scale's values."""


def draw_levels(page: Page, group: GroupBlock, scale: Scale, voices: Voices) -> Drawing | None:
    """Dot and interval per theme; beside it the programme's mean or, on the programme's page, the municipalities'."""
    themes = by_level(group.themes)
    shown = [theme for theme in themes if theme.level.state == "shown"]
    if not shown:
        return None
    rows = _Rows(themes, voices, chars=44)
    top = 26.0 + AXIS
    canvas = Canvas(style.WIDTH, top + rows.height + AXIS)
    _level_key(canvas, page, voices)
    _axis(canvas, scale, (top - 9, top + rows.height + 13), _whole, voices)
    for theme, y, lines in rows.placed(top):
        middle = _label(canvas, y, lines)
        level = theme.level
        if level.mean is None:
            _absent(canvas, middle, in_each(voices, level_word, level))
            continue
        _strip(canvas, scale, middle, zero=500)
        mean = level.mean
        _beside(canvas, middle, in_each(voices, _whole, mean))
        for other in theme.spread:
            if other.mean is not None:
                x = scale.at(other.mean)
                canvas.line((x, middle - 6), (x, middle + 6), style.OTHERS, 1.4, layer=4)
        if theme.programme is not None and theme.programme.mean is not None:
            x = scale.at(theme.programme.mean)
            canvas.line((x, middle - 9), (x, middle + 9), style.INK, 2, layer=5)
        _interval(canvas, scale, middle, (level.low, level.high), style.UNIT)
        canvas.mark((scale.at(mean), middle), "circle", 9, style.UNIT, layer=7)
    name = "unit" if page.kind == "municipality" else "programme"
    return canvas.drawing(
        title=in_each(
            voices,
            lambda v: v("figure.levels.title", group=group.label[v.language], mapping=page.latest.label[v.language]),
        ),
        description=text_in_each(voices, f"figure.levels.describe_{name}", n=len(shown), of=len(themes)),
    )


def draw_changes(page: Page, group: GroupBlock, scale: Scale, voices: Voices) -> Drawing | None:
    """Interval of Δ per theme over the latest pair, the band of relevance, and the status in words."""
    themes = by_change(group.themes)
    if group.tally is None or not any(theme.changes[0].delta is not None for theme in themes):
        return None
    relevant = page.frame.thresholds.relevant
    rows = _Rows(themes, voices, chars=31)
    top = AXIS + 22
    canvas = Canvas(style.WIDTH, top + rows.height + AXIS)
    middle_x = (scale.at(-relevant) + scale.at(relevant)) / 2
    canvas.text(
        (middle_x, 11),
        text_in_each(voices, "figure.changes.band", relevant=relevant),
        style.SMALL,
        style.MUTED,
        "center",
    )
    _axis(canvas, scale, (top - 9, top + rows.height + 13), _whole_change, voices)
    for theme, y, lines in rows.placed(top):
        middle = _label(canvas, y, lines)
        change = theme.changes[0]
        colour = style.STATUS_COLOURS.get(change.status, style.MUTED)
        if change.delta is None:
            _absent(canvas, middle, in_each(voices, absent_word, change))
            continue
        canvas.box((MARGIN, middle - 9), (style.WIDTH - MARGIN, middle + 9), style.STRIP)
        canvas.box((scale.at(-relevant), middle - 9), (scale.at(relevant), middle + 9), style.BAND, layer=2)
        canvas.line((scale.at(0), middle - 11), (scale.at(0), middle + 11), style.INK, 1, layer=3)
        _interval(canvas, scale, middle, (change.low, change.high), colour)
        canvas.mark(
            (scale.at(change.delta), middle), style.STATUS_SHAPES.get(change.status, "ring"), 9, colour, layer=7
        )
        _beside(canvas, middle, in_each(voices, _status_and_delta, change, change.delta), colour)
    pair, counts = page.pairs[0], group.tally.counts

    def title(voice: Voice) -> str:
        return voice("figure.changes.title", group=group.label[voice.language], before=pair.before, after=pair.after)

    def description(voice: Voice) -> str:
        tally = "; ".join(f"{voice(f'status.{s}')}: {voice.number.integer(counts[s])}" for s in STATUSES if counts[s])
        return f"{voice('figure.changes.describe', relevant=relevant)} {tally}."

    return canvas.drawing(title=in_each(voices, title), description=in_each(voices, description))


class _Rows:
    """Themes one under another: a name of one or more lines, then a strip."""

    def __init__(self, themes: Sequence[ThemeBlock], voices: Voices, chars: int) -> None:
        self._rows = [(theme, wrapped(theme.label, chars)) for theme in themes]
        self.height = sum(self._row_height(lines) for _, lines in self._rows)

    def placed(self, top: float) -> Iterable[tuple[ThemeBlock, float, list[Said]]]:
        """Each theme with the top of its row and the lines of its name."""
        y = top
        for theme, lines in self._rows:
            yield theme, y, lines
            y += self._row_height(lines)

    @staticmethod
    def _row_height(lines: list[Said]) -> float:
        return LINE * len(lines) + STRIP + 8


def _label(canvas: Canvas, y: float, lines: list[Said]) -> float:
    """Draw a theme's name; returns the middle of its strip. What stands to the right stands on the name's last line."""
    for number, words in enumerate(lines):
        canvas.text((MARGIN, y + 13 + number * LINE), words)
    return y + LINE * len(lines) + STRIP / 2 + 1


def _beside(canvas: Canvas, middle: float, words: Said, colour: str = style.INK, is_bold: bool = True) -> None:
    """Words at the right end of a theme's name."""
    canvas.text((style.WIDTH - MARGIN, middle - STRIP / 2 - 4), words, colour=colour, anchor="right", is_bold=is_bold)


def _absent(canvas: Canvas, middle: float, words: Said) -> None:
    """A theme without a figure: the word for it, no mark and no strip that a place could be read from."""
    _beside(canvas, middle, words, style.MUTED, is_bold=False)
    canvas.line((MARGIN, middle), (style.WIDTH - MARGIN, middle), style.FAINT, 1, layer=1, is_dashed=True)


def _strip(canvas: Canvas, scale: Scale, middle: float, zero: float) -> None:
    canvas.box((MARGIN, middle - 9), (style.WIDTH - MARGIN, middle + 9), style.STRIP)
    canvas.line((scale.at(zero), middle - 11), (scale.at(zero), middle + 11), style.FAINT, 2, layer=2)


def _interval(
    canvas: Canvas, scale: Scale, middle: float, ends: tuple[float | None, float | None], colour: str
) -> None:
    """The interval as a line; an arrow where it goes on outside the figure."""
    low, high = ends
    if low is None or high is None:
        return
    canvas.line((scale.at(low), middle), (scale.at(high), middle), colour, 2.5, layer=6)
    for end, edge, turn in ((low, scale.low, 1), (high, scale.high, -1)):
        if (end - edge) * turn < 0:
            x = scale.at(end)
            for way in (-1, 1):
                canvas.line((x - 2 * turn, middle), (x + 4 * turn, middle + 5 * way), colour, 1.5, layer=6)


def _axis(
    canvas: Canvas,
    scale: Scale,
    baselines: tuple[float, float],
    write: Callable[[Voice, float], str],
    voices: Voices,
) -> None:
    """Values above and below the rows."""
    ticks = scale.ticks()
    for baseline in baselines:
        for tick in ticks:
            canvas.text(
                (scale.at(tick), baseline),
                in_each(voices, write, tick),
                style.SMALL,
                style.MUTED,
                "center",
            )


def _level_key(canvas: Canvas, page: Page, voices: Voices) -> None:
    """The marks and their names, once, above the first row."""
    canvas.line((MARGIN, 9), (MARGIN + 28, 9), style.UNIT, 2.5, layer=6)
    canvas.mark((MARGIN + 14, 9), "circle", 9, style.UNIT, layer=7)
    is_whole = page.kind == "programme"
    canvas.text((MARGIN + 35, 13), text_in_each(voices, f"figure.key.{page.kind}"), style.SMALL, style.UNIT)
    canvas.line(
        (style.SECOND_KEY, 2),
        (style.SECOND_KEY, 16),
        style.OTHERS if is_whole else style.INK,
        1.4 if is_whole else 2,
        layer=5,
    )
    other = "figure.key.each_municipality" if is_whole else "figure.key.whole"
    canvas.text(
        (style.SECOND_KEY + 8, 13),
        text_in_each(voices, other),
        style.SMALL,
        style.MUTED if is_whole else style.INK,
    )


def _whole(voice: Voice, value: float) -> str:
    return voice.number.decimal(value, 0)


def _whole_change(voice: Voice, value: float) -> str:
    return voice.number.signed(value, 0)


def _status_and_delta(voice: Voice, change: Change, delta: float) -> str:
    return f"{status_word(voice, change)}  {voice.number.signed(delta, 1)}"
