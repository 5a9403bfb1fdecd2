"""From content to figures: one figure per respondent group and question, all its themes in it.

Belongs here: what stands where in a figure. Does not belong here: how it becomes SVG (`canvas`), colours (`style`), words
(`texts`). Every figure has its table on the page with the same numbers; a figure that is suppressed leaves no mark, only the
sign and the word.

All figures are narrow (`style.WIDTH`), with each theme's name above its strip: they stand beside their table on a wide
screen and fill a phone's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from pipelines.reporting import style
from pipelines.reporting.canvas import Canvas, Drawing
from pipelines.reporting.model import LANGUAGES, STATUSES, GroupBlock, Level, Page, Said, ThemeBlock
from pipelines.reporting.order import by_change, by_level
from pipelines.reporting.texts import Voice, Voices, in_each
from pipelines.reporting.wording import level_word, status_word

MARGIN = 2.0
INSET = 16.0
"""From the figure's edge to the first and last value of a scale, so that the values' numbers have room."""

STRIP = 26.0
"""Height of a strip; its middle is the line that marks stand on."""

AXIS = 20.0
LINE_HEIGHT = style.LINE
SECOND_KEY = 240.0
"""Where the second entry of a key begins."""

LONGEST_KEY = 8
"""Characters of a mapping's key that fit under a panel; longer ones are numbered."""


@dataclass(frozen=True)
class Figures:
    """The figures of one respondent group; None where there is nothing to draw."""

    levels: Drawing | None
    changes: Drawing | None
    rounds: Drawing | None


@dataclass(frozen=True)
class Scale:
    """Values to pixels. What lies outside is drawn at the edge, with an arrow."""

    low: float
    high: float
    left: float
    right: float

    def at(self, value: float) -> float:
        """Pixel of a value, inside the scale."""
        inside = min(max(value, self.low), self.high)
        return self.left + (inside - self.low) / (self.high - self.low) * (self.right - self.left)

    def ticks(self, most: int = 7) -> list[float]:
        """Round values, at most so many."""
        step = next(s for s in (5, 10, 20, 25, 50, 100, 200, 500, 1000, 1e9) if (self.high - self.low) / s <= most)
        first = ceil(self.low / step)
        return [step * k for k in range(first, floor(self.high / step) + 1)]


def draw_page(page: Page, voices: Voices) -> tuple[Drawing | None, list[Figures]]:
    """All figures of a page: the résumé's, and those of each group in the page's order."""
    levels = level_scale(page)
    changes = change_scale(page)
    return draw_tally(page, voices), [
        Figures(
            levels=draw_levels(page, group, levels, voices),
            changes=draw_changes(page, group, changes, voices),
            rounds=draw_rounds(page, group, voices),
        )
        for group in page.groups
    ]


def level_scale(page: Page) -> Scale:
    """One scale for all groups of a page, so that their figures can be laid side by side.

    Means always lie inside; intervals stretch the scale to 400–600 at most and end in an arrow beyond.
    """
    levels = [one for group in page.groups for theme in group.themes for one in _all_levels(theme)]
    low, high = _bounds(levels, least=(450, 550), most=(400, 600), step=25)
    return Scale(low, high, INSET, style.WIDTH - INSET)


def change_scale(page: Page) -> Scale:
    """One scale for all changes of a page, even on both sides of zero; intervals stretch it to ±80 at most."""
    changes = [theme.changes[0] for group in page.groups for theme in group.themes if theme.changes]
    reach = 2 * page.frame.thresholds.relevant
    for change in changes:
        if change.delta is not None:
            reach = max(reach, 1.05 * abs(change.delta))
        for end in (change.low, change.high):
            if end is not None:
                reach = max(reach, min(abs(end), 4 * page.frame.thresholds.relevant))
    reach = 10 * ceil(reach / 10)
    return Scale(-reach, reach, INSET, style.WIDTH - INSET)


def draw_levels(page: Page, group: GroupBlock, scale: Scale, voices: Voices) -> Drawing | None:
    """Dot and interval per theme; beside it the programme's mean or, on the programme's page, the municipalities'."""
    themes = by_level(group.themes)
    shown = [theme for theme in themes if theme.level.state == "shown"]
    if not shown:
        return None
    rows = _Rows(themes, voices, chars=46)
    top = 24.0 + AXIS
    canvas = Canvas(style.WIDTH, top + rows.height + AXIS)
    _level_key(canvas, page, voices)
    _axis(canvas, scale, (top - 6, top + rows.height + 12), lambda voice, tick: voice.number.decimal(tick, 0), voices)
    for theme, y, lines in rows.placed(top):
        middle = _label(canvas, y, lines)
        level = theme.level
        if level.mean is None:
            _absent(canvas, middle, in_each(voices, lambda voice, level=level: level_word(voice, level)))
            continue
        _strip(canvas, scale, middle, zero=500)
        mean = level.mean
        _beside(canvas, middle, in_each(voices, lambda voice, mean=mean: voice.number.decimal(mean, 0)))
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
        title=in_each(voices, lambda v: v("figure.levels.title", group=group.label[v.language], mapping=page.latest.label[v.language])),
        description=in_each(voices, lambda v: v(f"figure.levels.describe_{name}", n=len(shown), of=len(themes))),
    )


def draw_changes(page: Page, group: GroupBlock, scale: Scale, voices: Voices) -> Drawing | None:
    """Interval of Δ per theme over the latest pair, the band of relevance, and the status in words."""
    themes = by_change(group.themes)
    if group.tally is None or not any(theme.changes[0].delta is not None for theme in themes):
        return None
    relevant = page.frame.thresholds.relevant
    rows = _Rows(themes, voices, chars=34)
    top = AXIS + 18
    canvas = Canvas(style.WIDTH, top + rows.height + AXIS)
    middle_x = (scale.at(-relevant) + scale.at(relevant)) / 2
    canvas.text(
        (middle_x, 11),
        in_each(voices, lambda v: v("figure.changes.band", relevant=relevant)),
        style.SMALL,
        style.MUTED,
        "center",
    )
    _axis(canvas, scale, (top - 6, top + rows.height + 12), lambda voice, tick: voice.number.signed(tick, 0), voices)
    for theme, y, lines in rows.placed(top):
        middle = _label(canvas, y, lines)
        change = theme.changes[0]
        colour = style.STATUS_COLOURS.get(change.status, style.MUTED)
        words = in_each(voices, lambda voice, change=change: status_word(voice, change))
        if change.delta is None:
            _absent(canvas, middle, words)
            continue
        canvas.box((MARGIN, middle - 9), (style.WIDTH - MARGIN, middle + 9), style.STRIP)
        canvas.box((scale.at(-relevant), middle - 9), (scale.at(relevant), middle + 9), style.BAND, layer=2)
        canvas.line((scale.at(0), middle - 11), (scale.at(0), middle + 11), style.INK, 1, layer=3)
        _interval(canvas, scale, middle, (change.low, change.high), colour)
        canvas.mark((scale.at(change.delta), middle), style.STATUS_SHAPES[change.status], 9, colour, layer=7)
        delta = change.delta
        said = {
            language: f"{words[language]}  {voice.number.signed(delta, 1)}" for language, voice in voices.items()
        }
        _beside(canvas, middle, said, colour)
    tally = group.tally
    return canvas.drawing(
        title=in_each(
            voices,
            lambda v: v("figure.changes.title", group=group.label[v.language], before=page.pairs[0].before, after=page.pairs[0].after),
        ),
        description=in_each(
            voices,
            lambda v: " ".join(
                [
                    v("figure.changes.describe", relevant=relevant),
                    "; ".join(f"{v(f'status.{s}')}: {v.number.integer(tally.counts[s])}" for s in STATUSES if tally.counts[s])
                    + ".",
                ]
            ),
        ),
    )


def draw_rounds(page: Page, group: GroupBlock, voices: Voices) -> Drawing | None:
    """A small panel per theme with its mean in every mapping; only where there are three mappings or more."""
    rounds = page.frame.rounds
    themes = [t for t in group.themes if any(r.unit.mean is not None for r in t.rounds)]
    if len(rounds) < 3 or not themes:  # noqa: PLR2004 - two mappings are told by the change itself
        return None
    levels = [one for theme in themes for r in theme.rounds for one in (r.unit, r.programme) if one is not None]
    low, high = _bounds(levels, least=(480, 520), most=(440, 560), step=10)
    labels = [_wrapped(theme.label, 28) for theme in themes]
    per_row = [max(len(lines) for lines in labels[k : k + 2]) for k in range(0, len(labels), 2)]
    plot, foot, gap = 66.0, 26.0, 14.0
    heights = [LINE_HEIGHT * lines + plot + foot + gap for lines in per_row]
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
                for line, words in enumerate(labels[number]):
                    canvas.text((left, y + 12 + line * LINE_HEIGHT), words, is_bold=False)
                box = (left, y + LINE_HEIGHT * per_row[row] + 14, left + panel, y + LINE_HEIGHT * per_row[row] + plot)
                _panel(canvas, themes[number], box, (low, high), [r.key for r in rounds], voices)
        y += height
    name = "unit" if page.kind == "municipality" else "programme"
    return canvas.drawing(
        title=in_each(voices, lambda v: v("figure.rounds.title", group=group.label[v.language])),
        description=in_each(voices, lambda v: v(f"figure.rounds.describe_{name}", n=len(themes))),
    )


def draw_tally(page: Page, voices: Voices) -> Drawing | None:
    """A square per theme, by status, a row per respondent group."""
    groups = [group for group in page.groups if group.tally is not None and group.themes]
    if not groups:
        return None
    size, per_line = 22.0, 16
    lines = [ceil(len(group.themes) / per_line) for group in groups]
    heights = [LINE_HEIGHT + 4 + size * count + 12 for count in lines]
    present = [s for s in STATUSES if any(group.tally and group.tally.counts[s] for group in groups)]
    key_lines = ceil(len(present) / 2)
    top = 8.0 + key_lines * 19 + 8
    canvas = Canvas(style.WIDTH, top + sum(heights))
    for number, status in enumerate(present):
        x, y = MARGIN + (number % 2) * (style.WIDTH / 2), 8.0 + (number // 2) * 19
        _tile(canvas, (x, y), status, 15)
        canvas.text((x + 21, y + 12), in_each(voices, lambda v, status=status: v(f"status.{status}")), style.SMALL)
    y = top
    for group, height in zip(groups, heights, strict=True):
        canvas.text((MARGIN, y + 12), group.label)
        counts = group.tally.counts if group.tally else {}
        tiles = [status for status in STATUSES for _ in range(counts.get(status, 0))]
        for number, status in enumerate(tiles):
            x = MARGIN + (number % per_line) * size
            _tile(canvas, (x, y + LINE_HEIGHT + 4 + (number // per_line) * size), status, 18)
        y += height
    pair = page.pairs[0]
    return canvas.drawing(
        title=in_each(voices, lambda v: v("figure.tally.title", before=pair.before, after=pair.after)),
        description=in_each(voices, lambda v: v("figure.tally.describe")),
    )


class _Rows:
    """Themes one under another: a name of one or more lines, then a strip."""

    def __init__(self, themes: Sequence[ThemeBlock], voices: Voices, chars: int) -> None:
        self._rows = [(theme, _wrapped(theme.label, chars)) for theme in themes]
        self.height = sum(self._row_height(lines) for _, lines in self._rows)

    def placed(self, top: float) -> Iterable[tuple[ThemeBlock, float, list[Said]]]:
        """Each theme with the top of its row and the lines of its name."""
        y = top
        for theme, lines in self._rows:
            yield theme, y, lines
            y += self._row_height(lines)

    @staticmethod
    def _row_height(lines: list[Said]) -> float:
        return LINE_HEIGHT * len(lines) + STRIP + 8


def _wrapped(label: Said, chars: int) -> list[Said]:
    """A name in lines of so many characters, as many lines in every language; what a language does not need is blank, on top."""
    lines = {language: textwrap.wrap(label[language], chars) or [""] for language in LANGUAGES}
    most = max(map(len, lines.values()))
    return [
        {language: ([""] * (most - len(lines[language])) + lines[language])[number] for language in LANGUAGES}
        for number in range(most)
    ]


def _label(canvas: Canvas, y: float, lines: list[Said]) -> float:
    """Draw a theme's name; returns the middle of its strip. What stands to the right stands on the name's last line."""
    for number, words in enumerate(lines):
        canvas.text((MARGIN, y + 12 + number * LINE_HEIGHT), words)
    return y + LINE_HEIGHT * len(lines) + STRIP / 2 + 1


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
                in_each(voices, lambda voice, tick=tick: write(voice, tick)),
                style.SMALL,
                style.MUTED,
                "center",
            )


def _level_key(canvas: Canvas, page: Page, voices: Voices) -> None:
    """The marks and their names, once, above the first row."""
    canvas.line((MARGIN, 9), (MARGIN + 28, 9), style.UNIT, 2.5, layer=6)
    canvas.mark((MARGIN + 14, 9), "circle", 9, style.UNIT, layer=7)
    is_whole = page.kind == "programme"
    canvas.text((MARGIN + 35, 13), in_each(voices, lambda v: v(f"figure.key.{page.kind}")), style.SMALL, style.UNIT)
    canvas.line((SECOND_KEY, 2), (SECOND_KEY, 16), style.OTHERS if is_whole else style.INK, 1.4 if is_whole else 2, layer=5)
    other = "figure.key.each_municipality" if is_whole else "figure.key.whole"
    canvas.text((SECOND_KEY + 8, 13), in_each(voices, lambda v: v(other)), style.SMALL, style.MUTED if is_whole else style.INK)


def _round_key(canvas: Canvas, page: Page, voices: Voices) -> None:
    """Names of the two lines."""
    canvas.line((MARGIN, 9), (MARGIN + 28, 9), style.UNIT, 2, layer=6)
    canvas.mark((MARGIN + 14, 9), "circle", 7, style.UNIT, layer=7)
    canvas.text((MARGIN + 35, 13), in_each(voices, lambda v: v(f"figure.key.{page.kind}")), style.SMALL, style.UNIT)
    if page.kind == "municipality":
        canvas.line((SECOND_KEY, 9), (SECOND_KEY + 24, 9), style.OTHERS, 1.5, layer=5)
        canvas.text((SECOND_KEY + 31, 13), in_each(voices, lambda v: v("figure.key.whole")), style.SMALL, style.MUTED)


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
    _path(canvas, [(x_of(k), r.programme.mean, y_of) for k, r in enumerate(theme.rounds) if r.programme], style.OTHERS, 1.5)
    _path(canvas, [(x_of(k), r.unit.mean, y_of) for k, r in enumerate(theme.rounds)], style.UNIT, 2)
    for number, entry in enumerate(theme.rounds):
        level = entry.unit
        if level.mean is None:
            if level.state == "suppressed":
                canvas.text((x_of(number), bottom + 4), in_each(voices, lambda v: v("sign.suppressed")), anchor="center")
            continue
        x, y = x_of(number), y_of(level.mean)
        if level.low is not None and level.high is not None:
            canvas.line((x, y_of(level.low)), (x, y_of(level.high)), style.UNIT, 1, layer=4)
        canvas.mark((x, y), "circle", 7, style.UNIT, layer=7)
        if number in (0, len(keys) - 1):
            mean, is_first = level.mean, number == 0
            canvas.text(
                (x - 6 if is_first else x + 6, y + 4),
                in_each(voices, lambda v, mean=mean: v.number.decimal(mean, 0)),
                style.SMALL,
                style.UNIT,
                "right" if is_first else "left",
            )


def _path(
    canvas: Canvas, points: list[tuple[float, float | None, Callable[[float], float]]], colour: str, width: float
) -> None:
    """Lines between neighbouring mappings that both have a value: a gap is not bridged."""
    for (x1, v1, y_of), (x2, v2, _) in zip(points, points[1:], strict=False):
        if v1 is not None and v2 is not None:
            canvas.line((x1, y_of(v1)), (x2, y_of(v2)), colour, width, layer=5)


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


def _all_levels(theme: ThemeBlock) -> list[Level]:
    return [theme.level, *theme.spread, *([theme.programme] if theme.programme else [])]


def _bounds(
    levels: Iterable[Level], least: tuple[float, float], most: tuple[float, float], step: float
) -> tuple[float, float]:
    """A range that holds every mean; intervals stretch it as far as `most`."""
    low, high = least
    for level in levels:
        if level.mean is not None:
            low, high = min(low, level.mean - step / 5), max(high, level.mean + step / 5)
        if level.low is not None and level.high is not None:
            low, high = min(low, max(level.low, most[0])), max(high, min(level.high, most[1]))
    return step * floor(low / step), step * ceil(high / step)
