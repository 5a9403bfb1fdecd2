"""The marts as the reports read them: an audience's suppressed files, and nothing else.

Belongs here: reading the rows that documents need, one unit at a time: the whole of a large programme is never turned into
Python objects at once. Does not belong here: what the figures mean, and any figure from elsewhere: whatever a document shows
has passed disclosure control.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.errors import StorageError
from pipelines.reporting.model import Limit

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, object]
Unit = tuple[str, str]
"""Level and unit id."""

Filters = Sequence[tuple[str, str, object]] | Sequence[Sequence[tuple[str, str, object]]] | None

ANSWERS = "respondent_group item_id answer n share coded suppressed"
CONTRIBUTIONS = "respondent_group theme item_id contribution delta residual suppressed"
INITIATIVES = (
    "initiative respondent_group theme phase mapping_from mapping_to delta_with delta_without difference ci_low ci_high"
    " reason suppressed"
)

TURNOVER = (
    "mapping_from mapping_to respondent_group theme n_stayers n_joiners n_leavers delta delta_stayers joiners leavers"
    " suppressed"
)

KEPT_UNITS = 32
"""Units whose rows stay in memory: more than the schools of one municipality."""

KEPT_ANSWERS = 8
"""Units whose answers stay in memory: a school's, and those that it is held against."""


class Sheet:
    """A mart's rows by unit."""

    def __init__(self, file: Path, columns: str, filters: Filters = None) -> None:
        table = read_columns(file, ["level", "unit_id", *columns.split()], filters)
        units = table.select(["level", "unit_id"]).cast(pa.schema([("level", pa.string()), ("unit_id", pa.string())]))
        self._table = table.take(pc.sort_indices(units, sort_keys=[("level", "ascending"), ("unit_id", "ascending")]))
        self._places = _places(self._table)
        del table, units
        pa.default_memory_pool().release_unused()

    def units_with(self, level: str, mapping: str, figure: str) -> set[str]:
        """Ids of the units of a level that have any such figure in a mapping."""
        where = (pc.field("level") == level) & (pc.field("mapping") == mapping) & pc.field(figure).is_valid()
        where &= pc.field("suppressed").is_null()
        return set(self._table.filter(where).column("unit_id").unique().to_pylist())

    def values(self, column: str) -> set[str]:
        """Distinct values of a column."""
        return set(self._table.column(column).unique().to_pylist())

    def rows(self, unit: Unit) -> list[Row]:
        """Rows of a unit, read anew each time."""
        start, length = self._places.get(unit, (0, 0))
        return records(self._table.slice(start, length)) if length else []


class Marts:
    """Rows of one audience's marts by key; a key that is not there has no row (*ingen data*).

    Raises:
        StorageError: a mart is missing, damaged or lacks a column.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for mart, columns in (
            ("item_distributions", ANSWERS),
            ("item_contribution", CONTRIBUTIONS),
            ("initiative_development", INITIATIVES),
        ):
            check_columns(folder / f"{mart}.parquet", columns.split())
        self._by_key = lru_cache(maxsize=8 * KEPT_UNITS)(self._keyed)
        self._grouped = lru_cache(maxsize=KEPT_ANSWERS)(self._group)
        reliability = records(
            read_columns(
                folder / "reliability.parquet",
                ["mapping", "respondent_group", "theme", "items", "n", "alpha", "omega", "verdict", "suppressed"],
            )
        )
        self.reliability: dict[tuple[str, ...], Row] = {
            _texts(row, ("mapping", "respondent_group", "theme")): row for row in reliability
        }
        self._sheets: dict[str, Sheet] = {
            "levels": Sheet(
                folder / "theme_scores.parquet",
                "mapping respondent_group theme form base_mapping n raters mean ci_low ci_high favourable suppressed"
                " programme_difference programme_difference_low programme_difference_high band",
                [("breakdown", "=", "all")],
            ),
            "changes": Sheet(
                folder / "progression.parquet",
                "mapping_from mapping_to respondent_group theme n_from n_to delta ci_low ci_high q hedges_g"
                " status magnitude reason suppressed",
                [("breakdown", "=", "all")],
            ),
            "responses": Sheet(
                folder / "response_rates.parquet",
                "mapping respondent_group invited complete partial rr1 rr2 flag suppressed",
            ),
            "nonresponse": Sheet(
                folder / "nonresponse.parquet",
                "mapping respondent_group breakdown breakdown_value invited answered rr2 suppressed",
            ),
            "sustained": Sheet(folder / "sustained.parquet", "respondent_group theme status suppressed"),
            "composition": Sheet(
                folder / "composition.parquet",
                "mapping_from mapping_to respondent_group theme schools_both schools_opened schools_closed delta delta_both"
                " composition suppressed",
            ),
            "gaps": Sheet(
                folder / "social_gap.parquet",
                "mapping respondent_group theme n n_unknown share_unknown n_lowest n_highest mean_lowest mean_highest gap"
                " ci_low ci_high reason suppressed",
            ),
            "gap_changes": Sheet(
                folder / "social_gap_change.parquet",
                "mapping_from mapping_to respondent_group theme delta ci_low ci_high reason suppressed",
            ),
        }

    @cached_property
    def mappings(self) -> frozenset[str]:
        """Mappings that have any data."""
        return frozenset(self._sheets["levels"].values("mapping") | self._sheets["responses"].values("mapping"))

    def schools(self, mapping: str) -> set[str]:
        """Ids of the institutions that have any level to be seen in a mapping."""
        return self._sheets["levels"].units_with("institution", mapping, "mean")

    def levels(self, unit: Unit) -> Mapping[tuple[str, ...], Row]:
        """By group, theme, mapping, form."""
        return self._by_key("levels", unit, ("respondent_group", "theme", "mapping", "form"))

    def changes(self, unit: Unit) -> Mapping[tuple[str, ...], Row]:
        """By group, theme, mapping_from, mapping_to."""
        return self._by_key("changes", unit, ("respondent_group", "theme", "mapping_from", "mapping_to"))

    def responses(self, unit: Unit) -> Mapping[tuple[str, ...], Row]:
        """By group, mapping."""
        return self._by_key("responses", unit, ("respondent_group", "mapping"))

    def sustained(self, unit: Unit) -> Mapping[tuple[str, ...], Row]:
        """By group, theme."""
        return self._by_key("sustained", unit, ("respondent_group", "theme"))

    def composition(self, unit: Unit) -> Mapping[tuple[str, ...], Row]:
        """By group, theme, mapping_from, mapping_to."""
        return self._by_key("composition", unit, ("respondent_group", "theme", "mapping_from", "mapping_to"))

    def gaps(self, unit: Unit) -> Mapping[tuple[str, ...], Row]:
        """By group, theme, mapping."""
        return self._by_key("gaps", unit, ("respondent_group", "theme", "mapping"))

    def gap_changes(self, unit: Unit) -> Mapping[tuple[str, ...], Row]:
        """By group, theme, mapping_from, mapping_to."""
        return self._by_key("gap_changes", unit, ("respondent_group", "theme", "mapping_from", "mapping_to"))

    def turnover(self, unit: Unit) -> Mapping[tuple[str, ...], Row]:
        """By group, theme, mapping_from, mapping_to; read only where respondents are linked."""
        if "turnover" not in self._sheets:
            self._sheets["turnover"] = Sheet(self._folder / "turnover.parquet", TURNOVER)
        return self._by_key("turnover", unit, ("respondent_group", "theme", "mapping_from", "mapping_to"))

    @cached_property
    def initiatives(self) -> list[Row]:
        """Rows of what happened on the themes of initiatives."""
        return records(read_columns(self._folder / "initiative_development.parquet", INITIATIVES.split()))

    def rows_of(self, mart: str, columns: str, unit: Unit) -> list[Row]:
        """Rows of a unit in a mart that only some programmes fill; read when it is first asked for."""
        if mart not in self._sheets:
            self._sheets[mart] = Sheet(self._folder / f"{mart}.parquet", columns)
        return self._sheets[mart].rows(unit)

    def nonresponse(self, unit: Unit) -> list[Row]:
        """Rows of who answered by gender and grade."""
        return self._sheets["nonresponse"].rows(unit)

    def answers(self, unit: Unit, mapping: str) -> Mapping[tuple[str, ...], list[Row]]:
        """Of one mapping, by group, item; a row per answer."""
        return self._grouped(
            "item_distributions",
            ANSWERS,
            (("mapping", "=", mapping),),
            unit,
            ("respondent_group", "item_id"),
        )

    def contributions(self, unit: Unit, before: str, after: str) -> Mapping[tuple[str, ...], list[Row]]:
        """Of one pair of mappings, by group, theme; a row per item."""
        return self._grouped(
            "item_contribution",
            CONTRIBUTIONS,
            (("mapping_from", "=", before), ("mapping_to", "=", after)),
            unit,
            ("respondent_group", "theme"),
        )

    def _group(
        self, mart: str, columns: str, filters: tuple[tuple[str, str, str], ...], unit: Unit, key: tuple[str, ...]
    ) -> Mapping[tuple[str, ...], list[Row]]:
        """Rows of a unit in a part of a large mart, those of one key together."""
        name = f"{mart} {filters}"
        if name not in self._sheets:
            self._sheets[name] = Sheet(self._folder / f"{mart}.parquet", columns, list(filters))
        found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in self._sheets[name].rows(unit):
            found[_texts(row, key)].append(row)
        return found

    def _keyed(self, sheet: str, unit: Unit, key: tuple[str, ...]) -> dict[tuple[str, ...], Row]:
        return {_texts(row, key): row for row in self._sheets[sheet].rows(unit)}


Reader = Callable[[Row, str], object]


def text(row: Row, name: str) -> str:
    """A text that is always there."""
    return str(row[name])


def code(row: Row, name: str) -> str | None:
    """A code or nothing."""
    value = row[name]
    return value if isinstance(value, str) and value else None


def limit(row: Row) -> Limit | None:
    """Whether the share of an answer is only told as a limit."""
    found = code(row, "coded")
    if found not in (None, "below", "above"):
        raise StorageError("item_distributions.parquet: coded is neither below nor above; build the release again")
    return cast(Limit | None, found)


def number(row: Row, name: str) -> float | None:
    """A finite number or nothing: neither NaN nor infinity gets further than here."""
    value = row[name]
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def count(row: Row, name: str) -> int | None:
    """A whole number or nothing."""
    value = number(row, name)
    return None if value is None else round(value)


def check_columns(file: Path, wanted: list[str]) -> None:
    """Whether a mart is there and has these columns.

    Raises:
        StorageError: it is not, it is damaged, or it has not.
    """
    if not file.is_file():
        raise StorageError(f"{file}: the mart is missing, so the reports cannot be written; build the release again")
    try:
        absent = sorted(set(wanted) - set(pq.read_schema(file).names))
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from None
    if absent:
        raise StorageError(f"{file}: column {absent[0]} is missing; the reports cannot do without it")


def read_columns(file: Path, wanted: list[str], filters: Filters = None) -> pa.Table:
    """Columns of a mart; texts as dictionaries, which takes half the room and a third of the time.

    Raises:
        StorageError: the mart is missing, damaged or lacks a column.
    """
    check_columns(file, wanted)
    try:
        texts = [field.name for field in pq.read_schema(file) if pa.types.is_string(field.type)]
        table = pq.read_table(file, columns=wanted, filters=filters, read_dictionary=texts, use_threads=False)
        return table.unify_dictionaries()
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from None


def records(table: pa.Table) -> list[Row]:
    """Rows of a table. Dictionaries become texts first: turned into Python's own one by one, they take four times as long."""
    plain = [field.with_type(_plain(field.type)) for field in table.schema]
    return list(table.cast(pa.schema(plain)).to_pylist())


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _unreadable(file: Path, error: Exception) -> StorageError:
    return StorageError(f"{file}: the mart cannot be read ({type(error).__name__}); build the release again")


def _places(table: pa.Table) -> dict[Unit, tuple[int, int]]:
    """First row and number of rows of each unit in a sorted table."""
    places: dict[Unit, tuple[int, int]] = {}
    counted = table.group_by(["level", "unit_id"], use_threads=False).aggregate([([], "count_all")])
    start = 0
    for level, unit, rows in sorted(
        zip(*(counted.column(name).to_pylist() for name in ("level", "unit_id", "count_all")), strict=True)
    ):
        places[level, unit] = (start, rows)
        start += rows
    return places


def _texts(row: Row, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([str(row[name]) for name in names])
