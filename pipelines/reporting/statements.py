"""Sections that say in sentences what a mapping tells of a municipality: progress, potential, and in which order it came.

Belongs here: the rules that choose the sentences, and the tables that show what they stand on. Does not belong here: words
(`reports/texts`), single themes (`sections`), and any claim of a cause: the order in which groups changed is shown as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pipelines.reporting.cells import hidden_note
from pipelines.reporting.model import (
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    Number,
    Paragraph,
    Part,
    Row,
    Said,
    Section,
    Table,
    Words,
)
from pipelines.reporting.names import uncapitalised
from pipelines.reporting.order import Found, focus
from pipelines.reporting.records import COMPARABLE, Change, Content, GroupBlock, Pair, ThemeBlock
from pipelines.reporting.sections import FEWEST_ROUNDS, Sections
from pipelines.reporting.texts import Speaker

VOICES = {"staff": "staff", "leader": "staff", "pupil": "pupils", "rated_pupil": "pupils", "parent": "parents"}
"""Whose voice a kind of respondent group is; what contact teachers say of each pupil is about the pupils."""

ORDER = ("staff", "pupils", "parents")

FEWEST_RISES = 2
"""Rises from which a group's progress is called special."""

POTENTIAL = 6
"""Most themes that are named as potential."""


def progress(sections: Sections) -> Section | None:
    """Progress and potential in sentences, and when which group changed; None where there is but one mapping."""
    say, content = sections.say, sections.content
    if not content.pairs or content.tally is None or not content.tally.comparable:
        return None
    told = [*_progress(say, content), *_voices(say, content), *_potential(say, content)]
    blocks: list[Block] = [Bullets(tuple(told)), Paragraph(say("told.rule"), "note"), *_timing(sections)]
    return Section("fremgang", say("told.heading"), tuple(blocks))


def risen(group: GroupBlock, pair: int) -> list[ThemeBlock]:
    """Themes of a group that show an increase over a pair of mappings, the largest first."""
    found = [theme for theme in group.themes if theme.changes[pair].status == "increase"]
    return sorted(found, key=lambda theme: -(theme.changes[pair].delta or 0.0))


def _progress(say: Speaker, content: Content) -> list[Said]:
    """The group with most of its themes risen by itself, then the others, then what has fallen."""
    when = {"before": content.pairs[0].before, "after": content.pairs[0].after}
    grown = sorted(
        ((group, themes) for group in content.groups if (themes := risen(group, 0))),
        key=lambda one: -len(one[1]) / len(one[0].themes),
    )
    told = []
    for number, (group, themes) in enumerate(grown):
        key = "first" if not number and len(themes) >= FEWEST_RISES else "also" if number else "some"
        told.append(say(f"told.progress.{key}", group=group.in_sentence, themes=_names(say, themes), **when))
    for group in content.groups:
        fallen = [theme for theme in group.themes if theme.changes[0].status == "decrease"]
        if fallen:
            told.append(say("told.progress.fell", group=group.in_sentence, themes=_names(say, fallen), **when))
    return told or [say("told.progress.none", **when)]


def _names(say: Speaker, themes: Sequence[ThemeBlock]) -> Said:
    return say.joined([theme.label for theme in themes], "; ")


def _voices(say: Speaker, content: Content) -> list[Said]:
    """Whether the increases are seen among staff, pupils, or both."""
    rises = Counter[str]()
    for group in content.groups:
        rises[VOICES[group.kind]] += len(risen(group, 0))
    # Nothing is said of a voice whose changes are hidden or cannot be compared.
    heard = {VOICES[group.kind] for group in content.groups if group.tallies[0].comparable}
    if not {"staff", "pupils"} <= heard or not rises["staff"] + rises["pupils"]:
        return []
    key = "both" if rises["staff"] and rises["pupils"] else "staff" if rises["staff"] else "pupils"
    pair = content.pairs[0]
    return [
        say(f"told.voices.{key}", before=pair.before, after=pair.after, staff=rises["staff"], pupils=rises["pupils"])
    ]


def _potential(say: Speaker, content: Content) -> list[Said]:
    """Focus areas, the same theme told once with all groups that are asked it."""
    names = [
        say("focus.named", theme=label, group=say.joined(groups, ", ")) for label, groups in potential(content).values()
    ]
    if not names:
        return [say("told.potential.none")]
    return [say("told.potential.some", themes=say.joined(names[:POTENTIAL], "; "))]


def potential(content: Content) -> dict[str, tuple[Said, list[Said]]]:
    """Focus areas of a unit by theme: its name and the groups, the weakest first."""
    found: dict[str, tuple[Said, list[Said]]] = {}
    for group, theme in focus(_every(content)):
        found.setdefault(theme.code, (theme.label, []))[1].append(uncapitalised(group.label))
    return found


def _every(content: Content) -> list[Found]:
    return [(group, theme) for group in content.groups for theme in group.themes]


# Timing: which groups' themes changed in which round


def neighbours(content: Content) -> list[Pair]:
    """Pairs of neighbouring mappings in order of time."""
    keys = [held.key for held in content.frame.rounds]
    return [Pair(before, after) for before, after in pairwise(keys)]


def first_rise(theme: ThemeBlock, pairs: Sequence[Pair]) -> int | str:
    """Position of the pair in which a theme first shows an increase; `never`; `unknown` where not every pair can be judged."""
    by_pair = {change.pair: change.status for change in theme.changes}
    statuses = [by_pair.get(pair, "no_data") for pair in pairs]
    for place, status in enumerate(statuses):
        if status == "increase":
            return place
        if status not in COMPARABLE:
            return "unknown"
    return "never"


def _timing(sections: Sections) -> list[Block]:
    """Themes by the period in which they first rose, a row per voice. It takes three mappings."""
    say, content = sections.say, sections.content
    if len(content.frame.rounds) < FEWEST_ROUNDS:
        return []
    pairs = neighbours(content)
    rows = []
    for voice in ORDER:
        themes = [theme for group in content.groups if VOICES[group.kind] == voice for theme in group.themes]
        if not themes:
            continue
        places = Counter(first_rise(theme, pairs) for theme in themes)
        cells: list[Cell] = [Number(places[place], "count") for place in (*range(len(pairs)), "never", "unknown")]
        rows.append(Row(say(f"told.voice.{voice}"), (*cells, Number(len(themes), "count", is_strong=True))))
    table = Table(
        name="raekkefoelge",
        caption=say("told.timing.caption"),
        columns=(
            Column(say("told.timing.voice"), False),
            *(Column(say("table.pair", before=pair.before, after=pair.after)) for pair in pairs),
            Column(say("told.timing.never")),
            Column(say("told.timing.unknown")),
            Column(say("summary.total")),
        ),
        parts=(Part(None, tuple(rows)),),
        note=say("summary.counted"),
    )
    return [Heading(say("told.timing.heading")), Paragraph(say("told.timing.lead")), table]


# What followed on the themes of initiatives


def followed(sections: Sections) -> list[Block]:
    """The unit's own development on the themes of its initiatives, period by period; staff first, then pupils, then parents."""
    say, content, cells = sections.say, sections.content, sections.cells
    if content.kind == "programme" or not content.pairs or not content.initiatives:
        return []
    places = {(group.code, theme.code): (group, theme) for group, theme in _every(content)}
    pairs = neighbours(content)
    parts: dict[str, tuple[Said, dict[tuple[str, str], Row]]] = {}
    for one in sorted(content.initiatives, key=lambda one: (one.label["da"], _voice_place(places, one.found))):
        if one.found not in places:
            continue
        group, theme = places[one.found]
        by_pair = {change.pair: change for change in theme.changes}
        shown = [by_pair.get(pair, Change(pair, "no_data")) for pair in pairs]
        told = [cell for change in shown for cell in cells.moved(change, False)]
        row = Row(theme.label, (Words(group.label), *told))
        parts.setdefault(one.label["da"], (one.label, {}))[1].setdefault(one.found, row)
    if not parts:
        return []
    table = Table(
        name="indsatser-egne",
        caption=say("initiatives.own.caption", unit=content.place.label),
        columns=(
            Column(say("table.theme"), False),
            Column(say("initiatives.group"), False),
            *(
                column
                for pair in pairs
                for column in (
                    Column(say("table.pair", before=pair.before, after=pair.after)),
                    Column(say("table.status"), False),
                )
            ),
        ),
        parts=tuple(Part(label, tuple(rows.values())) for label, rows in parts.values()),
    )
    heading = say("initiatives.own.heading", unit=content.place.label)
    return [Heading(heading), Paragraph(say("initiatives.own.lead")), *hidden_note(say, [table]), table]


def _voice_place(places: dict[tuple[str, str], Found], found: tuple[str, str]) -> tuple[int, str, str]:
    group = places[found][0] if found in places else None
    return (ORDER.index(VOICES[group.kind]) if group is not None else len(ORDER), *found)
