"""Scales of the figures: from values to pixels, the same for all groups of a page.

Belongs here: which range a page's figures have. Only figures that are shown take part: a range tells nothing of what is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

from pipelines.reporting import style
from pipelines.reporting.records import (
    Level,
    Page,
    ThemeBlock,
)


@dataclass(frozen=True)
class Scale:
    """Values to pixels; what lies outside is drawn at the edge, with an arrow. `steps`: distances that ticks may have."""

    low: float
    high: float
    left: float
    right: float
    steps: tuple[float, ...] = (5, 10, 20, 25, 50, 100, 200, 500, 1000)

    def at(self, value: float) -> float:
        """Pixel of a value, inside the scale."""
        inside = min(max(value, self.low), self.high)
        return self.left + (inside - self.low) / (self.high - self.low) * (self.right - self.left)

    def ticks(self, most: int = 7) -> list[float]:
        """Round values, at most so many."""
        step = next((s for s in self.steps if (self.high - self.low) / s <= most), self.steps[-1])
        first = ceil(self.low / step)
        return [step * k for k in range(first, floor(self.high / step) + 1)]


def level_scale(page: Page) -> Scale:
    """One scale for all groups of a page, so that their figures can be laid side by side.

    Means always lie inside; intervals stretch the scale to 400–600 at most and end in an arrow beyond.
    """
    levels = [one for group in page.groups for theme in group.themes for one in _all_levels(theme)]
    low, high = bounds_of(levels, least=(450, 550), most=(400, 600), step=25)
    return Scale(low, high, style.INSET, style.WIDTH - style.INSET)


def change_scale(page: Page) -> Scale:
    """One scale for all changes of a page, even on both sides of zero; intervals stretch it to ±80 at most."""
    relevant = page.frame.thresholds.relevant
    changes = [theme.changes[0] for group in page.groups for theme in group.themes if theme.changes]
    reach = 2 * relevant
    for change in changes:
        if change.delta is not None:
            reach = max(reach, 1.05 * abs(change.delta))
        for end in (change.low, change.high):
            if end is not None:
                reach = max(reach, min(abs(end), 4 * relevant))
    reach = 10 * ceil(reach / 10)
    steps = tuple(relevant * times for times in (0.5, 1, 2, 3, 5, 10, 25, 50))
    return Scale(-reach, reach, style.INSET, style.WIDTH - style.INSET, steps)


def bounds_of(
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


def _all_levels(theme: ThemeBlock) -> list[Level]:
    return [theme.level, *theme.spread, *([theme.programme] if theme.programme else [])]
