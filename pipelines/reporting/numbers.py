"""How numbers are written: Danish on Danish pages, English on English ones.

Belongs here: rounding and signs. Does not belong here: which separators a language uses and the words between numbers;
they stand with the other texts in `reports/texts`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from pipelines.reporting.model import Kind, Limit, Number

MINUS = "\N{MINUS SIGN}"
LIMIT_SIGNS: dict[Limit, str] = {"below": "<\N{NO-BREAK SPACE}", "above": ">\N{NO-BREAK SPACE}"}
KEPT = 50_000
"""Written numbers that stay in memory."""


@dataclass(frozen=True)
class NumberFormat:
    """Number format of one language. `percent`, `extent`, `change_extent` and `below` are patterns, see `format:` there."""

    decimal_mark: str
    thousands_mark: str
    percent: str
    extent: str
    change_extent: str
    below: str

    def write(self, kind: Kind, value: float) -> str:
        """A figure of this kind (`model.Kind`): the one place that knows how many decimals each has."""
        known = self._written.get((kind, value))
        if known is None:
            if len(self._written) > KEPT:
                self._written.clear()
            known = self._written[kind, value] = self._writers[kind](value)
        return known

    def write_number(self, number: Number) -> str:
        """A figure without its interval; where it is only a limit, with the sign of that."""
        text = self.write(number.kind, number.value)
        return text if number.limit is None else LIMIT_SIGNS[number.limit] + text

    @cached_property
    def _written(self) -> dict[tuple[Kind, float], str]:
        """What has been written before: a figure stands in several tables and editions."""
        return {}

    @cached_property
    def _writers(self) -> dict[Kind, Callable[[float], str]]:
        return {
            "count": lambda n: self.integer(round(n)),
            "points": lambda n: self.decimal(n, 0),
            "score": lambda n: self.decimal(n, 1),
            "change": lambda n: self.signed(n, 1),
            "share": self.share,
            "rate": lambda n: self.share(n, 1),
            "coefficient": lambda n: self.decimal(n, 2),
            "probability": self.probability,
            "effect": lambda n: self.signed(n, 2),
        }

    def write_tick(self, kind: Kind, value: float) -> str:
        """A value of a scale: as few decimals as it needs."""
        return (
            self.signed(value, 0)
            if kind == "change"
            else self.write("points" if kind in ("points", "score") else "share", value)
        )

    def write_interval(self, kind: Kind, low: float, high: float) -> str:
        """Both ends of an interval: of changes with their signs, of anything else with a dash between."""
        if kind == "change":
            return self.change_interval(low, high)
        if kind in ("share", "rate"):
            return self.percent.format(n=self.interval(100 * low, 100 * high, 0 if kind == "share" else 1))
        return self.interval(low, high, 1 if kind == "score" else 0)

    def integer(self, value: int) -> str:
        """A count: `12.345`."""
        return self.decimal(value, 0)

    def decimal(self, value: float, digits: int) -> str:
        """A number with a fixed number of decimals: `1.234,5`; never a negative zero.

        Raises:
            ValueError: not a finite number; it must have been caught where the mart was read.
        """
        if not math.isfinite(value):
            raise ValueError("a number on a page must be finite")
        text = f"{abs(value):,.{digits}f}".translate(self._marks)
        return MINUS + text if value < 0 and not _is_zero(text) else text

    @cached_property
    def _marks(self) -> dict[int, str]:
        return str.maketrans({",": self.thousands_mark, ".": self.decimal_mark})

    def signed(self, value: float, digits: int) -> str:
        """A change: `+3,4`, `−3,4`, `0,0`."""
        text = self.decimal(value, digits)
        return f"+{text}" if value > 0 and not _is_zero(text) else text

    def share(self, value: float, digits: int = 0) -> str:
        """A share of 0–1 as per cent: `74 %`."""
        return self.percent.format(n=self.decimal(100 * value, digits))

    def interval(self, low: float, high: float, digits: int = 0) -> str:
        """An interval of levels: `492–508`."""
        return self.extent.format(low=self.decimal(low, digits), high=self.decimal(high, digits))

    def change_interval(self, low: float, high: float, digits: int = 1) -> str:
        """An interval of changes, where a dash would be read as a minus: `−3,2 til +15,4`."""
        return self.change_extent.format(low=self.signed(low, digits), high=self.signed(high, digits))

    def probability(self, value: float) -> str:
        """A p- or q-value with three decimals, `< 0,001` below that."""
        if value < 0.001:  # noqa: PLR2004 - the smallest value that three decimals can show
            return self.below.format(n=self.decimal(0.001, 3))
        return self.decimal(value, 3)

    def plain(self, value: float) -> str:
        """A setting: as few decimals as it needs, at most three."""
        text = f"{value:.3f}".rstrip("0").rstrip(".")
        return self.decimal(value, len(text.partition(".")[2]))


def _is_zero(text: str) -> bool:
    """Whether a written number has no other digit than zero."""
    return not text.strip("0.,\N{NO-BREAK SPACE}")
