"""The marts as the reports read them: an audience's suppressed files, and nothing else.

Belongs here: reading the rows that pages need and finding one by its key. Does not belong here: what the figures mean, and
any figure from elsewhere: whatever a page shows has passed disclosure control.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import StorageError

Row = dict[str, object]
Unit = tuple[str, str]
"""Level and unit id."""

LEVELS = ("programme", "municipality")
"""Levels that have a page."""

_UNITS = [("level", "in", LEVELS)]
_WHOLE = [*_UNITS, ("breakdown", "=", "all")]

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Marts:
    """Rows of the five marts by key; a key that is not there has no row (*ingen data*)."""

    levels: dict[tuple[Unit, str, str, str, str], Row]
    """unit, group, theme, mapping, form"""
    changes: dict[tuple[Unit, str, str, str, str], Row]
    """unit, group, theme, mapping_from, mapping_to"""
    reliability: dict[tuple[str, str, str], Row]
    """mapping, group, theme"""
    responses: dict[tuple[Unit, str, str], Row]
    """unit, group, mapping"""
    answers: dict[tuple[Unit, str, str, str], list[Row]]
    """unit, group, item, mapping; a row per answer"""

    @property
    def mappings(self) -> frozenset[str]:
        """Mappings that have any data."""
        return frozenset([key[3] for key in self.levels] + [key[2] for key in self.responses])


def read_marts(folder: Path) -> Marts:
    """Read the marts of one audience.

    Args:
        folder: `release/marts/<audience>`.

    Raises:
        StorageError: a mart is missing, damaged or lacks a column.
    """
    scores = _rows(
        folder / "theme_scores.parquet",
        "mapping level unit_id respondent_group theme form base_mapping n raters mean ci_low ci_high favourable suppressed",
        _WHOLE,
    )
    changes = _rows(
        folder / "progression.parquet",
        "mapping_from mapping_to level unit_id respondent_group theme n_from n_to delta ci_low ci_high q hedges_g"
        " status magnitude reason suppressed",
        _WHOLE,
    )
    reliability = _rows(
        folder / "reliability.parquet", "mapping respondent_group theme items n alpha omega verdict suppressed", None
    )
    responses = _rows(
        folder / "response_rates.parquet",
        "mapping level unit_id respondent_group invited complete partial rr1 rr2 flag suppressed",
        _UNITS,
    )
    answers = _rows(
        folder / "item_distributions.parquet",
        "mapping level unit_id respondent_group item_id answer n share suppressed",
        _UNITS,
    )
    by_item: dict[tuple[Unit, str, str, str], list[Row]] = defaultdict(list)
    for row in answers:
        by_item[(_unit(row), text(row, "respondent_group"), text(row, "item_id"), text(row, "mapping"))].append(row)
    return Marts(
        levels=_keyed(scores, lambda r: (_unit(r), *_texts(r, "respondent_group", "theme", "mapping", "form"))),
        changes=_keyed(
            changes, lambda r: (_unit(r), *_texts(r, "respondent_group", "theme", "mapping_from", "mapping_to"))
        ),
        reliability=_keyed(reliability, lambda r: _texts(r, "mapping", "respondent_group", "theme")),
        responses=_keyed(responses, lambda r: (_unit(r), *_texts(r, "respondent_group", "mapping"))),
        answers=dict(by_item),
    )


def text(row: Row, name: str) -> str:
    """A text that is always there."""
    return str(row[name])


def code(row: Row, name: str) -> str | None:
    """A code or nothing."""
    value = row[name]
    return value if isinstance(value, str) and value else None


def number(row: Row, name: str) -> float | None:
    """A finite number or nothing: neither NaN nor infinity gets further than here."""
    value = row[name]
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def count(row: Row, name: str) -> int | None:
    """A whole number or nothing."""
    value = number(row, name)
    return None if value is None else round(value)


def _rows(file: Path, columns: str, filters: Sequence[tuple[str, str, object]] | None) -> list[Row]:
    """Rows of a mart as dictionaries."""
    if not file.is_file():
        raise StorageError(f"{file}: the mart is missing, so the reports cannot be written; build the release again")
    wanted = columns.split()
    try:
        absent = sorted(set(wanted) - set(pq.read_schema(file).names))
        if absent:
            raise StorageError(f"{file}: column {absent[0]} is missing; the reports cannot do without it")
        return list(pq.read_table(file, columns=wanted, filters=filters).to_pylist())
    except (pa.ArrowException, OSError) as error:
        raise StorageError(
            f"{file}: the mart cannot be read ({type(error).__name__}); build the release again"
        ) from None


def _unit(row: Row) -> Unit:
    return text(row, "level"), text(row, "unit_id")


# Four keys of four lengths: the checker is told each one where the dictionary is made.
def _texts(row: Row, *names: str) -> tuple:  # type: ignore[type-arg]
    return tuple(text(row, name) for name in names)


def _keyed(rows: list[Row], key: Callable[[Row], K]) -> dict[K, Row]:
    return {key(row): row for row in rows}
