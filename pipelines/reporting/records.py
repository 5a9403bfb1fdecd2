"""Rows of the marts as records: what a document is filled from.

Belongs here: plain frozen records, free of language, number formats and layout. Does not belong here: how they are filled
(`content`), worded (`texts`), drawn (`figures`) or laid out (`render`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.marts import Audience
from pipelines.programme.definition import Thresholds
from pipelines.reporting.model import Provenance, Said

LevelState = Literal["shown", "suppressed", "no_data", "not_asked", "by_item"]
"""Why a level has figures or has none. `by_item`: too unreliable to be shown as a theme (method.md 3)."""

STATUSES = ("increase", "status_quo", "inconclusive", "decrease", "not_comparable", "no_data", "suppressed", "by_item")
"""Statuses of a change in the order of the résumé: method.md 5, and `by_item` of method.md 3."""

COMPARABLE = ("increase", "status_quo", "inconclusive", "decrease")
"""Statuses that make a theme comparable (method.md 5, summary line)."""


@dataclass(frozen=True)
class Pair:
    """Two mappings, the earlier first."""

    before: str
    after: str


@dataclass(frozen=True)
class Round:
    """One mapping: its key and its name."""

    key: str
    label: Said


@dataclass(frozen=True)
class Level:
    """Where a unit stands on one theme in one mapping. Figures are None unless the state is `shown`."""

    state: LevelState
    code: str | None = None
    n: int | None = None
    raters: int | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    favourable: float | None = None


@dataclass(frozen=True)
class Change:
    """The change of one theme over one pair of mappings. Figures are None where the status has none."""

    pair: Pair
    status: str
    magnitude: str | None = None
    reason: str | None = None
    n_before: int | None = None
    n_after: int | None = None
    delta: float | None = None
    low: float | None = None
    high: float | None = None
    q: float | None = None
    g: float | None = None


@dataclass(frozen=True)
class RoundLevel:
    """A theme's trend form in one mapping: the unit and, on a municipality's page, the programme."""

    mapping: str
    unit: Level
    programme: Level | None


@dataclass(frozen=True)
class Reliability:
    """How well a theme's items hang together in the latest mapping, over the whole programme."""

    state: LevelState
    code: str | None = None
    items: int | None = None
    n: int | None = None
    alpha: float | None = None
    omega: float | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class ItemAnswers:
    """Answers to one question: a share per answer of its table, in the table's order."""

    text: Said
    is_negative: bool
    state: LevelState
    code: str | None
    n: int | None
    shares: tuple[float | None, ...]


@dataclass(frozen=True)
class AnswerTable:
    """Questions of a theme that share one answer scale."""

    answers: tuple[Said, ...]
    items: tuple[ItemAnswers, ...]


@dataclass(frozen=True)
class ThemeBlock:
    """Everything that a page says of one theme in one respondent group.

    `spread` holds the municipalities' levels in the order of `Page.municipalities` (programme's page only); `changes` the
    pairs in the order of `Page.pairs`; `rounds` the mappings in the order of `Page.rounds`.
    """

    label: Said
    description: Said
    level: Level
    programme: Level | None
    spread: tuple[Level, ...]
    changes: tuple[Change, ...]
    rounds: tuple[RoundLevel, ...]
    reliability: Reliability
    base: str | None
    answers: tuple[AnswerTable, ...]


@dataclass(frozen=True)
class Tally:
    """Themes by status over one pair of mappings."""

    counts: Mapping[str, int]

    @property
    def comparable(self) -> int:
        """Themes of which something can be said, be it that it is undecided."""
        return sum(self.counts[status] for status in COMPARABLE)

    @property
    def good(self) -> int:
        """Increase or status quo."""
        return self.counts["increase"] + self.counts["status_quo"]

    @property
    def left_out(self) -> dict[str, int]:
        """Themes that are not comparable, have no data, are suppressed or are no theme, by status; only those that occur."""
        return {status: count for status, count in self.counts.items() if status not in COMPARABLE and count}

    @property
    def is_majority(self) -> bool:
        """Whether *størstedelen* may be said: only above one half."""
        return 2 * self.good > self.comparable


@dataclass(frozen=True)
class PeriodTally:
    """Themes by status from the first mapping to the latest."""

    pair: Pair
    tally: Tally


@dataclass(frozen=True)
class GroupBlock:
    """One respondent group: its themes in the instrument's order and the tally of the latest pair (None: one round)."""

    code: str
    label: Said
    is_rated: bool
    themes: tuple[ThemeBlock, ...]
    tally: Tally | None


@dataclass(frozen=True)
class Response:
    """Who was invited and who answered, one unit, group and mapping."""

    state: LevelState
    code: str | None = None
    invited: int | None = None
    complete: int | None = None
    partial: int | None = None
    rr1: float | None = None
    rr2: float | None = None
    flag: str | None = None


@dataclass(frozen=True)
class ResponseRow:
    """Response of one group: the unit per mapping (in the order of `Page.rounds`) and the programme in the latest."""

    label: Said
    limit: float
    rounds: tuple[Response, ...]
    programme: Response | None


@dataclass(frozen=True)
class Limits:
    """How few respondents or raters hide a figure from this audience (method.md 10), for words that explain it."""

    min_n: int
    item_min_n: int
    leaders_min_n: int
    min_raters: int


@dataclass(frozen=True)
class Frame:
    """What all pages of one audience share."""

    programme_label: Said
    about: Said | None
    data_source: Said | None
    audience: Audience
    provenance: Provenance
    thresholds: Thresholds
    limits: Limits
    rounds: tuple[Round, ...]
    base: str


@dataclass(frozen=True)
class Page:
    """One report: the whole programme or one municipality.

    `pairs` starts with the latest pair of neighbouring mappings, the one that the charts and the résumé tell about; it is
    empty where only one mapping has been held. `period` counts from the first mapping to the latest, where that is another
    pair.
    """

    frame: Frame
    kind: Literal["programme", "municipality"]
    label: Said
    latest: Round
    pairs: tuple[Pair, ...]
    municipalities: tuple[str, ...]
    groups: tuple[GroupBlock, ...]
    responses: tuple[ResponseRow, ...]
    tally: Tally | None
    period: PeriodTally | None

    @property
    def has_data(self) -> bool:
        """Whether the unit has anything at all in the latest mapping."""
        states = [theme.level.state for group in self.groups for theme in group.themes]
        return any(state not in ("no_data", "not_asked") for state in states)
