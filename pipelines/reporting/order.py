"""In which order themes stand: the order is part of what a table says.

Belongs here: sorting by shown figures. What is not shown comes last, in the instrument's order, so that the place of a
suppressed theme says nothing of its figure.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting.records import (
    ThemeBlock,
)


def by_level(themes: Sequence[ThemeBlock]) -> list[ThemeBlock]:
    """Furthest above the programme first. Where there is nothing to hold a theme against, the instrument's order.

    Points of two themes are not held against each other: each theme has a scale of its own.
    """
    return _largest_first(themes, [_lead(theme) for theme in themes])


def by_change(themes: Sequence[ThemeBlock]) -> list[ThemeBlock]:
    """Largest growth over the page's first pair of mappings first."""
    return _largest_first(themes, [theme.changes[0].delta if theme.changes else None for theme in themes])


def _lead(theme: ThemeBlock) -> float | None:
    if theme.level.mean is None or (theme.programme is not None and theme.programme.mean is None):
        return None
    return theme.level.mean - theme.programme.mean if theme.programme and theme.programme.mean is not None else 0.0


def _largest_first(themes: Sequence[ThemeBlock], keys: Sequence[float | None]) -> list[ThemeBlock]:
    places = sorted(range(len(themes)), key=lambda k: (keys[k] is None, -(keys[k] or 0.0), k))
    return [themes[place] for place in places]
