"""From marts to what they hold of a unit: pure functions, no files, no words, no layout.

Belongs here: choosing rows, telling shown from suppressed from absent, counting themes by status (method.md 5). Does not
belong here: any figure that is not in the marts; what is counted here are rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Literal, TypeVar

from pipelines.errors import StorageError
from pipelines.marts import Audience
from pipelines.programme import Programme
from pipelines.reporting.catalogue import (
    Academic,
    Group,
    Question,
    Theme,
    academic_of,
    clusters_of,
    groups_of,
    initiatives_of,
    said,
)
from pipelines.reporting.model import Provenance, Said
from pipelines.reporting.names import danish_order, document_names
from pipelines.reporting.reading import Marts, Reader, Row, Unit, code, count, limit, number, text
from pipelines.reporting.records import (
    STATUSES,
    AnswerTable,
    Change,
    Composition,
    Content,
    Contribution,
    Frame,
    Gap,
    GapChange,
    GroupBlock,
    Initiative,
    ItemAnswers,
    Level,
    Limits,
    Nonresponse,
    Pair,
    PeriodTally,
    Place,
    Reliability,
    Response,
    ResponseRow,
    Round,
    RoundLevel,
    State,
    Tally,
    ThemeBlock,
    Turnover,
)

NO_THEME = "not_a_theme"
"""Verdict of a reliability so low that the theme is shown item by item (method.md 3)."""

Columns = Mapping[str, tuple[Reader, str]]
"""Fields of a record: how each is read, and the mart's column."""

LEVEL: Columns = {
    "n": (count, "n"),
    "raters": (count, "raters"),
    "mean": (number, "mean"),
    "low": (number, "ci_low"),
    "high": (number, "ci_high"),
    "favourable": (number, "favourable"),
    "ahead": (number, "programme_difference"),
    "ahead_low": (number, "programme_difference_low"),
    "ahead_high": (number, "programme_difference_high"),
    "band": (code, "band"),
}
CHANGE: Columns = {
    "status": (text, "status"),
    "magnitude": (code, "magnitude"),
    "reason": (code, "reason"),
    "n_before": (count, "n_from"),
    "n_after": (count, "n_to"),
    "delta": (number, "delta"),
    "low": (number, "ci_low"),
    "high": (number, "ci_high"),
    "q": (number, "q"),
    "g": (number, "hedges_g"),
}
RELIABILITY: Columns = {
    "items": (count, "items"),
    "n": (count, "n"),
    "alpha": (number, "alpha"),
    "omega": (number, "omega"),
    "verdict": (code, "verdict"),
}
RESPONSE: Columns = {
    "invited": (count, "invited"),
    "complete": (count, "complete"),
    "partial": (count, "partial"),
    "rr1": (number, "rr1"),
    "rr2": (number, "rr2"),
    "flag": (code, "flag"),
}
NONRESPONSE: Columns = {"invited": (count, "invited"), "answered": (count, "answered"), "rr2": (number, "rr2")}
COMPOSITION: Columns = {
    "both": (count, "schools_both"),
    "opened": (count, "schools_opened"),
    "closed": (count, "schools_closed"),
    "delta": (number, "delta"),
    "delta_both": (number, "delta_both"),
    "part": (number, "composition"),
}
GAP: Columns = {
    "n_lowest": (count, "n_lowest"),
    "n_highest": (count, "n_highest"),
    "lowest": (number, "mean_lowest"),
    "highest": (number, "mean_highest"),
    "gap": (number, "gap"),
    "low": (number, "ci_low"),
    "high": (number, "ci_high"),
    "unknown": (number, "share_unknown"),
    "reason": (code, "reason"),
}
GAP_CHANGE: Columns = {"delta": (number, "delta"), "low": (number, "ci_low"), "high": (number, "ci_high")}
TURNOVER: Columns = {
    "stayers": (count, "n_stayers"),
    "joined": (count, "n_joiners"),
    "left": (count, "n_leavers"),
    "delta": (number, "delta"),
    "delta_stayers": (number, "delta_stayers"),
    "by_joiners": (number, "joiners"),
    "by_leavers": (number, "leavers"),
}
INITIATIVE: Columns = {
    "with_": (number, "delta_with"),
    "without": (number, "delta_without"),
    "difference": (number, "difference"),
    "low": (number, "ci_low"),
    "high": (number, "ci_high"),
}

R = TypeVar("R")
ContentKind = Literal["programme", "municipality", "school", "daycare"]


@dataclass
class Source:
    """All that the documents of one audience are made from.

    `rounds` are the mappings that have data, in order, or the programme's first where none has; `municipalities` and
    `schools` are in Danish alphabetical order, `schools` those with a document of their own.
    """

    frame: Frame
    slug: str
    marts: Marts
    groups: tuple[Group, ...]
    municipalities: tuple[Place, ...]
    schools: Mapping[str, tuple[Place, ...]]
    """By municipality id, as the programme lists them: those whose figures this audience may see any of in the latest mapping."""
    daycare: frozenset[str]
    """Ids of schools that are day-care institutions."""
    initiatives: Mapping[str, tuple[Said, frozenset[str]]]
    """Name of each initiative and the municipalities that take part."""
    academic: Academic
    """Words for tests and targets; empty where the programme has none."""
    sampled: str | None = None
    """Where only a sample of documents is made: the municipality that has all of its own. None: all have."""

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs of mappings, the latest neighbours first."""
        return pairs_of([held.key for held in self.frame.rounds])

    @property
    def whole(self) -> Place:
        """The programme."""
        return Place(("programme", self.slug), self.frame.programme_label, "programme")

    def sample(self) -> Source:
        """The same with a sample of documents: all but the programme's first municipality with schools have their report only."""
        first = next((one for one, schools in self.schools.items() if schools), next(iter(self.schools)))
        return replace(
            self,
            sampled=first,
            schools={
                one: schools if one == first else tuple(replace(school, document=None) for school in schools)
                for one, schools in self.schools.items()
            },
        )

    @cached_property
    def home(self) -> Mapping[str, Place]:
        """A school's municipality, by the school's id."""
        of = {place.unit[1]: place for place in self.municipalities}
        return {school.unit[1]: of[one] for one, schools in self.schools.items() for school in schools}


def source_of(programme: Programme, marts: Marts, audience: Audience, provenance: Provenance) -> Source:
    """Gather what the documents of one audience share."""
    definition = programme.definition
    held = [mapping for mapping in programme.mappings if mapping.key in marts.mappings] or [programme.mappings[0]]
    public, rules = audience == "public", definition.disclosure
    ids = programme.municipalities["municipality_id"].astype(str).tolist()
    kinds = dict(zip(programme.institutions["institution_id"], programme.institutions["kind"], strict=True))
    schools = _schools(programme, marts, held[-1].key)
    names = document_names(ids, {unit: str(kinds.get(unit, "school")) for unit, _, _ in schools})
    municipalities = [
        Place(("municipality", unit), _same(str(label)), names["municipality", unit])
        for unit, label in zip(ids, programme.municipalities["label"], strict=True)
    ]
    return Source(
        frame=Frame(
            programme_label=said(programme.label),
            about=said(definition.about) if definition.about else None,
            data_source=said(definition.data_source) if definition.data_source else None,
            audience=audience,
            provenance=provenance,
            thresholds=definition.thresholds,
            limits=Limits(
                min_n=rules.public_min_n if public else rules.internal_min_n,
                item_min_n=rules.public_item_min_n if public else rules.internal_item_min_n,
                leaders_min_n=rules.leaders_min_n,
                min_raters=rules.min_raters,
            ),
            rounds=tuple(Round(mapping.key, said(mapping.label), mapping.school_year) for mapping in held),
            base=programme.base.key,
            clusters=clusters_of(programme),
        ),
        slug=programme.slug,
        marts=marts,
        groups=groups_of(programme),
        municipalities=_in_order(municipalities),
        schools={
            one: _in_order(
                Place(("institution", unit), _same(label), names["institution", unit], str(kinds.get(unit, "school")))
                for unit, label, home in schools
                if home == one
            )
            for one in ids
        },
        daycare=frozenset(unit for unit, kind in kinds.items() if kind == "daycare"),
        initiatives=initiatives_of(programme),
        academic=academic_of(programme),
    )


def _same(text_: str) -> Said:
    """A name is the same in every language."""
    return {"da": text_, "en": text_}


def _in_order(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda place: danish_order(place.label["da"])))


def _schools(programme: Programme, marts: Marts, latest: str) -> list[tuple[str, str, str]]:
    """Id, name, municipality of each school that has a document.

    A school has one where its audience may see any of its levels in the latest mapping: a school that has closed, or of which
    everything is hidden, has none; nor has an administration, whose figures are its municipality's. In the public edition these
    are schools with a figure in the public marts.
    """
    lineage = programme.lineage.drop_duplicates("lineage_id")
    heads = programme.lineage.set_index("institution_id")["municipality_id"]
    kinds = dict(zip(programme.institutions["institution_id"], programme.institutions["kind"], strict=True))
    seen = {unit for unit in marts.schools(latest) if kinds.get(unit) != "administration"}
    return [
        (str(unit), str(label), str(heads.get(unit, home)))
        for unit, label, home in zip(
            lineage["lineage_id"], lineage["lineage_label"], lineage["municipality_id"], strict=True
        )
        if str(unit) in seen
    ]


def content_of(source: Source, place: Place, family: str | None = None) -> Content:
    """Everything that the marts hold of a unit, or what they hold of the themes of one family."""
    unit, frame = place.unit, source.frame
    others, members, kind = _surroundings(source, place)
    blocks = [_group(source, group, unit, others, members, family) for group in source.groups]
    is_school = kind in ("school", "daycare")
    groups = tuple(b for b in blocks if (_has_any(b) if is_school else b.themes or family is None))
    return Content(
        frame=frame,
        kind=kind,
        place=place,
        others=others,
        members=members,
        pairs=source.pairs,
        groups=groups,
        responses=tuple(
            _response_row(source, group, unit, others, members)
            for group in source.groups
            if not is_school or group.code in {block.code for block in groups}
        ),
        tally=_tally(groups, 0) if source.pairs else None,
        period=_period(groups, source.pairs, [held.key for held in frame.rounds]),
        initiatives=_initiatives(source, place),
    )


def _surroundings(source: Source, place: Place) -> tuple[tuple[Place, ...], tuple[Place, ...], ContentKind]:
    """Whom a unit is held against, what it is made of, and its kind."""
    level, unit = place.unit
    if level == "programme":
        return (), source.municipalities, "programme"
    # The only municipality of a programme is the programme: there is nothing to hold it against.
    above = () if len(source.municipalities) == 1 else (source.whole,)
    if level == "municipality":
        return above, source.schools.get(unit, ()), "municipality"
    return (source.home[unit], *above), (), "daycare" if unit in source.daycare else "school"


def _has_any(group: GroupBlock) -> bool:
    """Whether a school has anything of a group, be it hidden: a school says nothing of groups that it does not have."""
    return any(
        theme.level.state not in ("no_data", "not_asked") or any(c.status != "no_data" for c in theme.changes)
        for theme in group.themes
    )


def pairs_of(mappings: list[str]) -> tuple[Pair, ...]:
    """All pairs, the latest neighbours first, then the others that end in the latest mapping, then earlier ones."""
    order = {key: position for position, key in enumerate(mappings)}
    pairs = [Pair(before, after) for before, after in combinations(mappings, 2)]
    return tuple(sorted(pairs, key=lambda pair: (-order[pair.after], -order[pair.before])))


def tally_of(statuses: Iterable[str]) -> Tally:
    """Themes by status; every status has a count."""
    counts = Counter(statuses)
    return Tally({status: counts[status] for status in STATUSES})


def _tally(groups: tuple[GroupBlock, ...], pair: int) -> Tally:
    """All groups' themes over the pair of this number."""
    return tally_of(theme.changes[pair].status for group in groups for theme in group.themes)


def _period(groups: tuple[GroupBlock, ...], pairs: tuple[Pair, ...], mappings: list[str]) -> PeriodTally | None:
    """From the first mapping to the latest, unless that is the latest pair itself."""
    whole = Pair(mappings[0], mappings[-1])
    place = pairs.index(whole) if whole in pairs else 0
    return PeriodTally(whole, _tally(groups, place)) if place else None


def _group(
    source: Source,
    group: Group,
    unit: Unit,
    others: tuple[Place, ...],
    members: tuple[Place, ...],
    family: str | None,
) -> GroupBlock:
    """Themes asked in any mapping that has data, of one family or of all."""
    keys = [held.key for held in source.frame.rounds]
    themes = tuple(
        _theme(source, group, theme, unit, others, members)
        for theme in group.themes
        if any(theme.questions[key] for key in keys) and family in (None, theme.family)
    )
    return GroupBlock(
        code=group.code,
        label=group.label,
        in_sentence=group.in_sentence,
        is_rated=group.is_rated,
        themes=themes,
        tallies=tuple(tally_of(theme.changes[k].status for theme in themes) for k in range(len(source.pairs))),
        kind=group.kind,
        place=group.place,
        organisation=group.organisation,
        mode=group.mode,
    )


def _theme(
    source: Source, group: Group, theme: Theme, unit: Unit, others: tuple[Place, ...], members: tuple[Place, ...]
) -> ThemeBlock:
    marts, frame = source.marts, source.frame
    keys, latest = [held.key for held in frame.rounds], frame.latest.key
    by_item = {key for key in keys if _verdict(marts.reliability.get((key, group.code, theme.code))) == NO_THEME}

    def level(of: Unit, mapping: str, form: str) -> Level:
        if not theme.questions[mapping]:
            return Level("not_asked")
        if mapping in by_item:
            return Level("by_item")
        return record(Level, marts.levels(of).get((group.code, theme.code, mapping, form)), "mean", LEVEL)

    row = marts.levels(unit).get((group.code, theme.code, latest, "full"))
    base = None if row is None else code(row, "base_mapping")
    pair = source.pairs[0] if source.pairs else None
    pair_key = () if pair is None else (group.code, theme.code, pair.before, pair.after)
    sustained = marts.sustained(unit).get((group.code, theme.code))
    gap = marts.gaps(unit).get((group.code, theme.code, latest))
    return ThemeBlock(
        code=theme.code,
        family=theme.family,
        label=theme.label,
        description=theme.description,
        level=level(unit, latest, "full"),
        others=tuple(level(other.unit, latest, "full") for other in others),
        members=tuple(level(member.unit, latest, "full") for member in members),
        changes=tuple(change_of(source, group.code, theme.code, unit, one) for one in source.pairs),
        rounds=tuple(
            RoundLevel(key, level(unit, key, "trend"), tuple(level(other.unit, key, "trend") for other in others))
            for key in keys
        ),
        reliability=record(Reliability, marts.reliability.get((latest, group.code, theme.code)), "items", RELIABILITY)
        if theme.questions[latest]
        else Reliability("not_asked"),
        base=None if base == frame.base else base,
        answers=_answer_tables(marts, unit, group.code, theme.questions[latest], latest),
        contribution=Contribution("no_data")
        if pair is None or by_item & {pair.before, pair.after}
        else _contribution(
            marts.contributions(unit, pair.before, pair.after).get((group.code, theme.code), []), theme, latest
        ),
        sustained=None if sustained is None or by_item else text(sustained, "status"),
        composition=record(Composition, marts.composition(unit).get(pair_key), "schools_both", COMPOSITION)
        if not by_item
        else Composition("by_item"),
        gap=None if gap is None or latest in by_item else record(Gap, gap, "gap", GAP),
        gap_change=None
        if gap is None or by_item
        else record(GapChange, marts.gap_changes(unit).get(pair_key), "delta", GAP_CHANGE),
        turnover=None
        if frame.clusters != "persons" or pair is None or by_item & {pair.before, pair.after}
        else record(Turnover, marts.turnover(unit).get(pair_key), "delta", TURNOVER),
    )


def record(kind: Callable[..., R], row: Row | None, main: str, columns: Columns, *before: object) -> R:
    """A row of a mart as a record that begins with its state and reason code.

    Suppressed before anything else; a row without its main figure has no data. `before`: fields before the state.
    """
    state, hidden = state_of(row, main)
    figures = (
        {name: read(row, column) for name, (read, column) in columns.items()}
        if row is not None and state == "shown"
        else {}
    )
    return kind(*before, state, hidden, **figures)


def state_of(row: Row | None, main: str) -> tuple[State, str | None]:
    """Whether a row's figures can be shown, and why disclosure control took them out."""
    if row is None:
        return "no_data", None
    hidden = code(row, "suppressed")
    if hidden is not None:
        return "suppressed", hidden
    return ("no_data" if number(row, main) is None else "shown"), None


def change_of(source: Source, group: str, theme: str, unit: Unit, pair: Pair) -> Change:
    """The change of one theme of any unit."""
    if any(
        _verdict(source.marts.reliability.get((key, group, theme))) == NO_THEME for key in (pair.before, pair.after)
    ):
        return Change(pair, "by_item")
    return _change(source.marts.changes(unit).get((group, theme, pair.before, pair.after)), pair)


def _change(row: Row | None, pair: Pair) -> Change:
    """A row of progression: its status tells the state, and a change without figures still has its reason."""
    if row is None:
        return Change(pair, "no_data")
    hidden = code(row, "suppressed")
    if hidden is not None:
        return Change(pair, "suppressed", reason=hidden)
    status = text(row, "status")
    if status not in STATUSES:
        raise StorageError(
            f"progression.parquet: status {status!r} is none that method.md 5 knows; build the release again"
        )
    return Change(pair, **{name: read(row, column) for name, (read, column) in CHANGE.items()})  # type: ignore[arg-type]


def _verdict(row: Row | None) -> str | None:
    return None if row is None else code(row, "verdict")


def _response_row(
    source: Source, group: Group, unit: Unit, others: tuple[Place, ...], members: tuple[Place, ...]
) -> ResponseRow:
    latest = source.frame.latest.key

    def response(of: Unit, mapping: str) -> Response:
        return record(Response, source.marts.responses(of).get((group.code, mapping)), "complete", RESPONSE)

    return ResponseRow(
        label=group.label,
        limit=group.limit,
        rounds=tuple(response(unit, held.key) for held in source.frame.rounds),
        others=tuple(response(other.unit, latest) for other in others),
        members=tuple(response(member.unit, latest) for member in members),
    )


def nonresponse_of(source: Source, unit: Unit) -> tuple[Nonresponse, ...]:
    """Who answered in the latest mapping by gender and grade, groups in order, grades as numbers."""
    labels = {group.code: (place, group.label) for place, group in enumerate(source.groups)}
    rows = [row for row in source.marts.nonresponse(unit) if text(row, "mapping") == source.frame.latest.key]

    def place(row: Row) -> tuple[int, str, int, str]:
        value = text(row, "breakdown_value")
        return (
            labels[text(row, "respondent_group")][0],
            text(row, "breakdown"),
            int(value) if value.isdigit() else -1,
            value,
        )

    return tuple(
        record(
            Nonresponse,
            row,
            "answered",
            NONRESPONSE,
            labels[text(row, "respondent_group")][1],
            text(row, "breakdown"),
            text(row, "breakdown_value"),
        )
        for row in sorted(rows, key=place)
    )


def _initiatives(source: Source, place: Place) -> tuple[Initiative, ...]:
    """Initiatives that a unit takes part in, or all of them; groups and themes in the instrument's order."""
    level, unit = place.unit
    home = source.home[unit].unit[1] if level == "institution" else unit
    groups = {group.code: (number_, group) for number_, group in enumerate(source.groups)}
    phases = ("before", "during", "after")
    found = []
    for row in source.marts.initiatives:
        name, members = source.initiatives.get(text(row, "initiative"), ({}, frozenset()))
        if not name or (level != "programme" and home not in members):
            continue
        number_, group = groups[text(row, "respondent_group")]
        theme = next((one for one in group.themes if one.code == text(row, "theme")), None)
        if theme is None:
            continue
        pair = Pair(text(row, "mapping_from"), text(row, "mapping_to"))
        entry = record(
            Initiative,
            row,
            "difference",
            INITIATIVE,
            name,
            group.label,
            theme.label,
            (group.code, theme.code),
            text(row, "phase"),
            pair,
        )
        found.append(((name["da"], number_, theme.label["da"], phases.index(entry.phase)), entry))
    return tuple(entry for _, entry in sorted(found, key=lambda one: one[0]))


def _contribution(rows: list[Row], theme: Theme, latest: str) -> Contribution:
    """What each question adds to a change. One hidden part hides them all: they add up."""
    hidden = [found for row in rows if (found := code(row, "suppressed")) is not None]
    if hidden:
        return Contribution("suppressed", hidden[0])
    words = {question.item_id: question.text for question in theme.questions[latest]}
    parts = [
        (words[text(row, "item_id")], part)
        for row in rows
        if (part := number(row, "contribution")) is not None and text(row, "item_id") in words
    ]
    if not parts or len(parts) != len(rows):
        return Contribution("no_data")
    return Contribution(
        "shown", None, number(rows[0], "delta"), number(rows[0], "residual"), tuple(sorted(parts, key=lambda p: -p[1]))
    )


def _answer_tables(
    marts: Marts, unit: Unit, group: str, questions: tuple[Question, ...], mapping: str
) -> tuple[AnswerTable, ...]:
    """The theme's questions, one table for those that share answers."""
    shared: dict[tuple[tuple[int, str], ...], list[Question]] = {}
    for question in questions:
        shared.setdefault(tuple((value, label["da"]) for value, label in question.answers), []).append(question)
    rows = marts.answers(unit, mapping)
    return tuple(
        AnswerTable(
            answers=tuple(label for _, label in alike[0].answers),
            items=tuple(_item(rows.get((group, question.item_id), []), question) for question in alike),
        )
        for alike in shared.values()
    )


def _item(rows: list[Row], question: Question) -> ItemAnswers:
    """Shares in the order of the scale. One hidden share hides them all: they add up to one."""

    def without(state: State, hidden: str | None) -> ItemAnswers:
        return ItemAnswers(
            question.text, question.is_negative, state, hidden, None, *((None,) * len(question.answers),) * 2
        )

    codes = [found for row in rows if (found := code(row, "suppressed")) is not None]
    if codes:
        return without("suppressed", codes[0])
    shares = {count(row, "answer"): number(row, "share") for row in rows}
    limits = {count(row, "answer"): limit(row) for row in rows}
    if not any(share is not None for share in shares.values()):
        return without("no_data", None)
    return ItemAnswers(
        text=question.text,
        is_negative=question.is_negative,
        state="shown",
        code=None,
        n=next((n for row in rows if (n := count(row, "n")) is not None), None),
        shares=tuple(shares.get(value) for value, _ in question.answers),
        limits=tuple(limits.get(value) for value, _ in question.answers),
    )
