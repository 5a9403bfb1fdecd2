"""Rows of the marts as records: what a document is filled from.

Belongs here: plain frozen records, free of language, number formats and layout. Does not belong here: how they are filled
(`content`) and what a document says of them (`sections`, `documents`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.marts import Audience
from pipelines.programme.definition import Thresholds
from pipelines.reporting.catalogue import Clusters
from pipelines.reporting.model import Limit, Provenance, Said
from pipelines.reporting.reading import Unit

State = Literal["shown", "suppressed", "no_data", "not_asked", "by_item"]
"""Why a figure is there or is not. `by_item`: too unreliable to be shown as a theme (method.md 3)."""

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
    """One mapping: its key, its name, and the school year that it was held in (2015/16)."""

    key: str
    label: Said
    school_year: str


@dataclass(frozen=True)
class Level:
    """Where a unit stands on one theme in one mapping. Figures are None unless the state is `shown`.

    `ahead` with its interval: how far above the programme; `band`: of method.md 2.
    """

    state: State
    code: str | None = None
    n: int | None = None
    raters: int | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    favourable: float | None = None
    ahead: float | None = None
    ahead_low: float | None = None
    ahead_high: float | None = None
    band: str | None = None

    @property
    def is_above(self) -> bool:
        """Above the programme: the interval of the difference lies above zero, and the band is no middle one."""
        return self.ahead_low is not None and self.ahead_low > 0 and self.band in ("above", "much_above", None)

    @property
    def is_below(self) -> bool:
        """The mirror image."""
        return self.ahead_high is not None and self.ahead_high < 0 and self.band in ("below", "much_below", None)


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
    """A theme's trend form in one mapping: the unit, and whom it is held against (in the order of `Levels.others`)."""

    mapping: str
    unit: Level
    others: tuple[Level, ...]


@dataclass(frozen=True)
class Reliability:
    """How well a theme's items hang together in the latest mapping, over the whole programme."""

    state: State
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
    state: State
    code: str | None
    n: int | None
    shares: tuple[float | None, ...]
    limits: tuple[Limit | None, ...]


@dataclass(frozen=True)
class AnswerTable:
    """Questions of a theme that share one answer scale."""

    answers: tuple[Said, ...]
    items: tuple[ItemAnswers, ...]


@dataclass(frozen=True)
class Contribution:
    """What each question adds to a theme's change, largest first; what answers left blank add is `residual`."""

    state: State
    code: str | None = None
    delta: float | None = None
    residual: float | None = None
    parts: tuple[tuple[Said, float], ...] = ()


@dataclass(frozen=True)
class Composition:
    """Schools of both rounds, come and gone, and the change among those of both."""

    state: State
    code: str | None = None
    both: int | None = None
    opened: int | None = None
    closed: int | None = None
    delta: float | None = None
    delta_both: float | None = None
    part: float | None = None


@dataclass(frozen=True)
class Gap:
    """The social gap of a theme: highest minus lowest level of the parents' education."""

    state: State
    code: str | None = None
    reason: str | None = None
    n_lowest: int | None = None
    n_highest: int | None = None
    lowest: float | None = None
    highest: float | None = None
    gap: float | None = None
    low: float | None = None
    high: float | None = None
    unknown: float | None = None


@dataclass(frozen=True)
class GapChange:
    """How a social gap has changed over the latest pair."""

    state: State
    code: str | None = None
    delta: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Turnover:
    """Where a change over the latest pair comes from: those who answered both times, those who came and those who left."""

    state: State
    code: str | None = None
    stayers: int | None = None
    joined: int | None = None
    left: int | None = None
    delta: float | None = None
    delta_stayers: float | None = None
    by_joiners: float | None = None
    by_leavers: float | None = None


@dataclass(frozen=True)
class ThemeBlock:
    """Everything that a document says of one theme in one respondent group.

    `others`: the levels of whom the unit is held against, in the order of `Content.others`; `members`: the levels of what the
    unit is made of, in the order of `Content.members`; `changes` the pairs in the order of `Content.pairs`; `rounds` the mappings
    in the order of `Frame.rounds`.
    """

    code: str
    family: str
    label: Said
    description: Said
    level: Level
    others: tuple[Level, ...]
    members: tuple[Level, ...]
    changes: tuple[Change, ...]
    rounds: tuple[RoundLevel, ...]
    reliability: Reliability
    base: str | None
    answers: tuple[AnswerTable, ...]
    contribution: Contribution
    sustained: str | None
    composition: Composition
    gap: Gap | None
    gap_change: GapChange | None
    turnover: Turnover | None


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
    def total(self) -> int:
        """All themes."""
        return sum(self.counts.values())

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
    """One respondent group: its themes in the instrument's order and the tally of each pair of mappings.

    `kind`, `place`, `organisation`, `mode`: of `catalogue.Group`.
    """

    code: str
    label: Said
    in_sentence: Said
    is_rated: bool
    themes: tuple[ThemeBlock, ...]
    tallies: tuple[Tally, ...]
    kind: str
    place: str | None
    organisation: str | None
    mode: str

    @property
    def tally(self) -> Tally | None:
        """That of the latest pair; None: one round."""
        return self.tallies[0] if self.tallies else None


@dataclass(frozen=True)
class Response:
    """Who was invited and who answered, one unit, group and mapping."""

    state: State
    code: str | None = None
    invited: int | None = None
    complete: int | None = None
    partial: int | None = None
    rr1: float | None = None
    rr2: float | None = None
    flag: str | None = None


@dataclass(frozen=True)
class ResponseRow:
    """Response of one group: the unit per mapping (in the order of `Frame.rounds`) and others in the latest."""

    label: Said
    limit: float
    rounds: tuple[Response, ...]
    others: tuple[Response, ...]
    members: tuple[Response, ...]


@dataclass(frozen=True)
class Nonresponse:
    """Who answered, of those with one value of a background: `breakdown` is gender or grade."""

    group: Said
    breakdown: str
    value: str
    state: State
    code: str | None = None
    invited: int | None = None
    answered: int | None = None
    rr2: float | None = None


@dataclass(frozen=True)
class Initiative:
    """What happened on a theme where there was an initiative, against where there was none, in one phase.

    `found`: codes of the group and the theme.
    """

    label: Said
    group: Said
    theme: Said
    found: tuple[str, str]
    phase: str
    pair: Pair
    state: State
    code: str | None = None
    with_: float | None = None
    without: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Limits:
    """How few respondents or raters hide a figure from this audience (method.md 10), for words that explain it."""

    min_n: int
    item_min_n: int
    leaders_min_n: int
    min_raters: int


@dataclass(frozen=True)
class Frame:
    """What all documents of one audience share. `clusters`: what uncertainty is counted in."""

    programme_label: Said
    about: Said | None
    data_source: Said | None
    audience: Audience
    provenance: Provenance
    thresholds: Thresholds
    limits: Limits
    rounds: tuple[Round, ...]
    base: str
    clusters: Clusters

    @property
    def latest(self) -> Round:
        """The last mapping that has data."""
        return self.rounds[-1]


@dataclass(frozen=True)
class Place:
    """A unit and its name; `document` is the name of its main document, None where it has none.

    `kind`: an institution's (`school`, `daycare`).
    """

    unit: Unit
    label: Said
    document: str | None
    kind: str | None = None


@dataclass(frozen=True)
class Content:
    """Everything that the marts hold of one unit.

    `others`: whom it is held against, the nearest first (municipality, programme); `members`: the municipalities of the
    programme or the schools of a municipality. `pairs` starts with the latest pair of neighbouring mappings, the one that the
    charts and the résumé tell about; it is empty where only one mapping has been held. `period` counts from the first mapping
    to the latest, where that is another pair.
    """

    frame: Frame
    kind: Literal["programme", "municipality", "school", "daycare"]
    place: Place
    others: tuple[Place, ...]
    members: tuple[Place, ...]
    pairs: tuple[Pair, ...]
    groups: tuple[GroupBlock, ...]
    responses: tuple[ResponseRow, ...]
    tally: Tally | None
    period: PeriodTally | None
    initiatives: tuple[Initiative, ...]

    @property
    def has_data(self) -> bool:
        """Whether the unit has anything at all in the latest mapping."""
        states = [theme.level.state for group in self.groups for theme in group.themes]
        return any(state not in ("no_data", "not_asked") for state in states)
