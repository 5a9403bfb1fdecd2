"""Scales of the figures: from values to pixels.

Belongs here: which range the plots of a document have. Only figures that are shown take part: a range tells nothing of what is
hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000)
"""Distances that ticks may have."""


@dataclass(frozen=True)
class Scale:
    """Values to pixels; what lies outside is drawn at the edge, with an arrow."""

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
        step = next((s for s in STEPS if (self.high - self.low) / s <= most), STEPS[-1])
        first = ceil(self.low / step)
        return [step * k for k in range(first, floor(self.high / step) + 1)]


Extent = tuple[float, float | None, float | None]
"""A value and the ends of its interval."""


def goes_beyond(values: Iterable[Extent], low: float, high: float) -> bool:
    """Whether an interval goes on outside a scale, where its line ends in an arrow."""
    return any((begin is not None and begin < low) or (end is not None and end > high) for _, begin, end in values)


def level_range(levels: Iterable[Extent]) -> tuple[float, float]:
    """One range for all levels of a document, so that its figures can be laid side by side.

    Means always lie inside; intervals stretch the scale to 400–600 at most and end in an arrow beyond.
    """
    return bounds_of(levels, least=(450, 550), most=(400, 600), step=25)


def change_reach(changes: Iterable[Extent], relevant: float) -> float:
    """Half the range of all changes of a document, even on both sides of zero; intervals stretch it to ±80 at most."""
    reach = 2 * relevant
    for delta, low, high in changes:
        reach = max(reach, 1.05 * abs(delta))
        for end in (low, high):
            if end is not None:
                reach = max(reach, min(abs(end), 4 * relevant))
    return 10 * ceil(reach / 10)


def bounds_of(
    levels: Iterable[Extent], least: tuple[float, float], most: tuple[float, float], step: float
) -> tuple[float, float]:
    """A range that holds every mean; intervals stretch it as far as `most`."""
    low, high = least
    for mean, begin, end in levels:
        low, high = min(low, mean - step / 5), max(high, mean + step / 5)
        if begin is not None and end is not None:
            low, high = min(low, max(begin, most[0])), max(high, min(end, most[1]))
    return step * floor(low / step), step * ceil(high / step)
