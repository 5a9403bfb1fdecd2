"""From marts to what a page says: pure functions, no files, no words, no layout.

Belongs here: choosing rows, telling shown from suppressed from absent, counting themes by status (method.md 5). Does not
belong here: any figure that is not in the marts; what is counted here are rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from pipelines.errors import StorageError
from pipelines.marts import Audience
from pipelines.programme import Programme
from pipelines.reporting import reading
from pipelines.reporting.catalogue import Group, Question, Theme, groups_of, said
from pipelines.reporting.model import Provenance
from pipelines.reporting.names import danish_order
from pipelines.reporting.reading import Marts, Row, Unit
from pipelines.reporting.records import (
    STATUSES,
    AnswerTable,
    Change,
    Frame,
    GroupBlock,
    ItemAnswers,
    Level,
    LevelState,
    Limits,
    Page,
    Pair,
    PeriodTally,
    Reliability,
    Response,
    ResponseRow,
    Round,
    RoundLevel,
    Tally,
    ThemeBlock,
)

NO_THEME = "not_a_theme"
"""Verdict of a reliability so low that the theme is shown item by item (method.md 3)."""


@dataclass(frozen=True)
class Source:
    """All that pages are made from; small enough to be sent to a worker process.

    `rounds` are the mappings that have data, in order, or the programme's first where none has; `municipalities` maps id to
    name in Danish alphabetical order.
    """

    frame: Frame
    slug: str
    marts: Marts
    groups: tuple[Group, ...]
    municipalities: dict[str, str]


def source_of(programme: Programme, marts: Marts, audience: Audience, provenance: Provenance) -> Source:
    """Gather what the pages of one audience share."""
    definition = programme.definition
    held = [mapping for mapping in programme.mappings if mapping.key in marts.mappings] or [programme.mappings[0]]
    public, rules = audience == "public", definition.disclosure
    names = zip(programme.municipalities["municipality_id"], programme.municipalities["label"], strict=True)
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
            rounds=tuple(Round(mapping.key, said(mapping.label)) for mapping in held),
            base=programme.base.key,
        ),
        slug=programme.slug,
        marts=marts,
        groups=groups_of(programme),
        municipalities={
            str(unit): str(label) for unit, label in sorted(names, key=lambda entry: danish_order(str(entry[1])))
        },
    )


def page_of(source: Source, municipality: str | None) -> Page:
    """The page of a municipality, or of the whole programme."""
    kind: Literal["programme", "municipality"] = "programme" if municipality is None else "municipality"
    unit = (kind, source.slug if municipality is None else municipality)
    frame = source.frame
    pairs = pairs_of([held.key for held in frame.rounds])
    groups = tuple(_group(source, group, unit, pairs) for group in source.groups)
    name = "" if municipality is None else source.municipalities[municipality]
    return Page(
        frame=frame,
        kind=kind,
        label=frame.programme_label if municipality is None else {"da": name, "en": name},
        latest=frame.rounds[-1],
        pairs=pairs,
        municipalities=tuple(source.municipalities.values()) if municipality is None else (),
        groups=groups,
        responses=tuple(_response_row(source, group, unit) for group in source.groups),
        tally=_tally(groups, 0) if pairs else None,
        period=_period(groups, pairs, [held.key for held in frame.rounds]),
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
    number = pairs.index(whole) if whole in pairs else 0
    return PeriodTally(whole, _tally(groups, number)) if number else None


def _group(source: Source, group: Group, unit: Unit, pairs: tuple[Pair, ...]) -> GroupBlock:
    """Themes asked in any mapping that has data."""
    keys = [held.key for held in source.frame.rounds]
    themes = tuple(
        _theme(source, group, theme, unit, pairs) for theme in group.themes if any(theme.questions[key] for key in keys)
    )
    return GroupBlock(
        code=group.code,
        label=group.label,
        is_rated=group.is_rated,
        themes=themes,
        tally=tally_of(theme.changes[0].status for theme in themes) if pairs else None,
    )


def _theme(source: Source, group: Group, theme: Theme, unit: Unit, pairs: tuple[Pair, ...]) -> ThemeBlock:
    marts, frame = source.marts, source.frame
    keys, latest = [held.key for held in frame.rounds], frame.rounds[-1].key
    whole: Unit = ("programme", source.slug)
    is_whole = unit == whole
    by_item = {key for key in keys if _verdict(marts.reliability.get((key, group.code, theme.code))) == NO_THEME}

    def level(of: Unit, mapping: str, form: str) -> Level:
        if not theme.questions[mapping]:
            return Level("not_asked")
        return (
            Level("by_item")
            if mapping in by_item
            else _level(marts.levels.get((of, group.code, theme.code, mapping, form)))
        )

    row = marts.levels.get((unit, group.code, theme.code, latest, "full"))
    base = None if row is None else reading.code(row, "base_mapping")
    return ThemeBlock(
        label=theme.label,
        description=theme.description,
        level=level(unit, latest, "full"),
        programme=None if is_whole else level(whole, latest, "full"),
        spread=tuple(level(("municipality", one), latest, "full") for one in source.municipalities) if is_whole else (),
        changes=tuple(
            Change(pair, "by_item")
            if by_item & {pair.before, pair.after}
            else _change(marts.changes.get((unit, group.code, theme.code, pair.before, pair.after)), pair)
            for pair in pairs
        ),
        rounds=tuple(
            RoundLevel(key, level(unit, key, "trend"), None if is_whole else level(whole, key, "trend")) for key in keys
        ),
        reliability=_reliability(
            marts.reliability.get((latest, group.code, theme.code)), bool(theme.questions[latest])
        ),
        base=None if base == frame.base else base,
        answers=_answer_tables(marts, unit, group.code, theme.questions[latest], latest),
    )


def _level(row: Row | None) -> Level:
    """A row of theme_scores."""
    state, code = _state(row, "mean")
    if row is None or state != "shown":
        return Level(state, code)
    return Level(
        state="shown",
        n=reading.count(row, "n"),
        raters=reading.count(row, "raters"),
        mean=reading.number(row, "mean"),
        low=reading.number(row, "ci_low"),
        high=reading.number(row, "ci_high"),
        favourable=reading.number(row, "favourable"),
    )


def _change(row: Row | None, pair: Pair) -> Change:
    """A row of progression."""
    if row is None:
        return Change(pair, "no_data")
    hidden = reading.code(row, "suppressed")
    if hidden is not None:
        return Change(pair, "suppressed", reason=hidden)
    status = reading.text(row, "status")
    if status not in STATUSES:
        raise StorageError(
            f"progression.parquet: status {status!r} is none that method.md 5 knows; build the release again"
        )
    return Change(
        pair=pair,
        status=status,
        magnitude=reading.code(row, "magnitude"),
        reason=reading.code(row, "reason"),
        n_before=reading.count(row, "n_from"),
        n_after=reading.count(row, "n_to"),
        delta=reading.number(row, "delta"),
        low=reading.number(row, "ci_low"),
        high=reading.number(row, "ci_high"),
        q=reading.number(row, "q"),
        g=reading.number(row, "hedges_g"),
    )


def _verdict(row: Row | None) -> str | None:
    return None if row is None else reading.code(row, "verdict")


def _reliability(row: Row | None, is_asked: bool) -> Reliability:
    """A row of reliability; alpha may be missing where too few answered everything."""
    if not is_asked:
        return Reliability("not_asked")
    state, code = _state(row, "items")
    if row is None or state != "shown":
        return Reliability(state, code)
    return Reliability(
        state="shown",
        items=reading.count(row, "items"),
        n=reading.count(row, "n"),
        alpha=reading.number(row, "alpha"),
        omega=reading.number(row, "omega"),
        verdict=reading.code(row, "verdict"),
    )


def _response_row(source: Source, group: Group, unit: Unit) -> ResponseRow:
    marts, keys = source.marts, [held.key for held in source.frame.rounds]
    whole: Unit = ("programme", source.slug)
    return ResponseRow(
        label=group.label,
        limit=group.limit,
        rounds=tuple(_response(marts.responses.get((unit, group.code, key))) for key in keys),
        programme=None if unit == whole else _response(marts.responses.get((whole, group.code, keys[-1]))),
    )


def _response(row: Row | None) -> Response:
    """A row of response_rates; without a roster it has answers but nobody invited."""
    state, code = _state(row, "complete")
    if row is None or state != "shown":
        return Response(state, code)
    return Response(
        state="shown",
        invited=reading.count(row, "invited"),
        complete=reading.count(row, "complete"),
        partial=reading.count(row, "partial"),
        rr1=reading.number(row, "rr1"),
        rr2=reading.number(row, "rr2"),
        flag=reading.code(row, "flag"),
    )


def _answer_tables(
    marts: Marts, unit: Unit, group: str, questions: tuple[Question, ...], mapping: str
) -> tuple[AnswerTable, ...]:
    """The theme's questions, one table for those that share answers."""
    shared: dict[tuple[tuple[int, str], ...], list[Question]] = {}
    for question in questions:
        shared.setdefault(tuple((value, label["da"]) for value, label in question.answers), []).append(question)
    return tuple(
        AnswerTable(
            answers=tuple(label for _, label in alike[0].answers),
            items=tuple(_item(marts.answers.get((unit, group, q.item_id, mapping), []), q) for q in alike),
        )
        for alike in shared.values()
    )


def _item(rows: list[Row], question: Question) -> ItemAnswers:
    """Shares in the order of the scale. One hidden share hides them all: they add up to one."""

    def without(state: LevelState, code: str | None) -> ItemAnswers:
        return ItemAnswers(question.text, question.is_negative, state, code, None, (None,) * len(question.answers))

    codes = [code for row in rows if (code := reading.code(row, "suppressed")) is not None]
    if codes:
        return without("suppressed", codes[0])
    shares = {reading.count(row, "answer"): reading.number(row, "share") for row in rows}
    if not any(share is not None for share in shares.values()):
        return without("no_data", None)
    return ItemAnswers(
        text=question.text,
        is_negative=question.is_negative,
        state="shown",
        code=None,
        n=next((n for row in rows if (n := reading.count(row, "n")) is not None), None),
        shares=tuple(shares.get(value) for value, _ in question.answers),
    )


def _state(row: Row | None, figure: str) -> tuple[LevelState, str | None]:
    """Suppressed before anything else; a row without its main figure has no data."""
    if row is None:
        return "no_data", None
    code = reading.code(row, "suppressed")
    if code is not None:
        return "suppressed", code
    return ("no_data" if reading.number(row, figure) is None else "shown"), None
