"""In which order themes stand: the order is part of what a table says.

Belongs here: sorting by shown figures, and of grades. What is not shown comes last, in the instrument's order, so that the
place of a suppressed theme says nothing of its figure.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting.records import GroupBlock, ThemeBlock

Found = tuple[GroupBlock, ThemeBlock]
"""A theme in its group."""


def by_level(themes: Sequence[ThemeBlock]) -> list[ThemeBlock]:
    """Furthest above the programme first. Where there is nothing to hold a theme against, the instrument's order.

    Points of two themes are not held against each other: each theme has a scale of its own.
    """
    return _largest_first(themes, [_lead(theme) for theme in themes])


def by_change(themes: Sequence[ThemeBlock]) -> list[ThemeBlock]:
    """Largest growth over the page's first pair of mappings first."""
    return _largest_first(themes, [theme.changes[0].delta if theme.changes else None for theme in themes])


def strengths(themes: Sequence[Found]) -> list[Found]:
    """What a unit can build on: above the programme or grown, and neither below nor fallen; the strongest first."""
    found = [
        one
        for one in themes
        if (_is_above(one) or _status(one) == "increase") and not (_is_below(one) or _status(one) == "decrease")
    ]
    return sorted(found, key=lambda one: (-_reasons(one), -max(_size(one))))


def focus(themes: Sequence[Found]) -> list[Found]:
    """What a unit should talk about first: below the programme or fallen; the weakest first."""
    found = [one for one in themes if _is_below(one) or _status(one) == "decrease"]
    return sorted(found, key=lambda one: (-_reasons(one), -max(_size(one))))


def grade_place(grade: str) -> int:
    """Grades as numbers; what is none (all grades together) first."""
    return int(grade) if grade.isdecimal() else -1


def _is_above(found: Found) -> bool:
    return found[1].level.is_above


def _is_below(found: Found) -> bool:
    return found[1].level.is_below


def _status(found: Found) -> str:
    changes = found[1].changes
    return changes[0].status if changes else "no_data"


def _reasons(found: Found) -> int:
    """How many of level and change say the same."""
    return (_is_above(found) or _is_below(found)) + (_status(found) in ("increase", "decrease"))


def _size(found: Found) -> tuple[float, float]:
    level, changes = found[1].level, found[1].changes
    ahead = abs(level.ahead or 0.0) if _is_above(found) or _is_below(found) else 0.0
    delta = changes[0].delta if _status(found) in ("increase", "decrease") else None
    return ahead, abs(delta or 0.0)


def _lead(theme: ThemeBlock) -> float | None:
    """Without anyone to hold a theme against, all are alike."""
    if theme.level.mean is None:
        return None
    return theme.level.ahead if theme.others else 0.0


def _largest_first(themes: Sequence[ThemeBlock], keys: Sequence[float | None]) -> list[ThemeBlock]:
    places = sorted(range(len(themes)), key=lambda k: (keys[k] is None, -(keys[k] or 0.0), k))
    return [themes[place] for place in places]
