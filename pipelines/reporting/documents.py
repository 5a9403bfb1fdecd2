"""Which documents there are and which sections each has.

Belongs here: one function per document. Does not belong here: what stands in a section (`sections`), figures (`content`).

| document | of | what it is for |
|---|---|---|
| `programme`, `municipality` | the programme, each municipality | læringsrapport: everything, for those who work with it |
| `school-…`, `daycare-…` | each school or day-care institution | profile against municipality and programme |
| `progression-…` | programme, municipality | what happened from the first mapping to the last |
| `theme-…` | each theme | all informants who were asked about it |
| `summary-…` | programme, municipality | two pages for politicians |
| `quality-…` | municipality | appendix to the municipality's kvalitetsrapport |
| `response-…` | programme, municipality | who answered and who did not |

A school's document exists for an audience that may see any of the school's levels in the latest mapping: all of them for the
administration but the very smallest, and for the public those with a figure in the public marts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipelines.files import safe_names
from pipelines.reporting import academic, wording
from pipelines.reporting.answers import answer_chart
from pipelines.reporting.cells import condensed, hidden_note, mark
from pipelines.reporting.changes import change_blocks, moved_blocks, other_pairs, round_blocks
from pipelines.reporting.content import Source, change_of, content_of, nonresponse_of
from pipelines.reporting.contrasts import initiatives, social_gap
from pipelines.reporting.groups import group_section, hidden_group
from pipelines.reporting.guide import guide, links
from pipelines.reporting.model import (
    REPORTS,
    Block,
    Bullets,
    Cell,
    Chart,
    Column,
    Document,
    DocumentKind,
    Entry,
    Heading,
    Number,
    Paragraph,
    Part,
    Row,
    Said,
    Section,
    Strip,
    Strips,
    Table,
    Words,
)
from pipelines.reporting.organisation import competence, levels_compared, same_persons, sectors
from pipelines.reporting.other_sources import other_sources, results_of
from pipelines.reporting.overview import strengths_and_focus, summary
from pipelines.reporting.participation import response, response_in_short
from pipelines.reporting.records import Content, GroupBlock, Level, Pair, Place, ThemeBlock
from pipelines.reporting.scales import level_range
from pipelines.reporting.sections import FEWEST_ROUNDS, Sections
from pipelines.reporting.statements import followed, progress
from pipelines.reporting.targets import targets
from pipelines.reporting.texts import Speaker

SUSTAINED = ("sustained_increase", "late_increase", "stable", "inconclusive", "relapse", "sustained_decrease")
"""Statuses over three mappings in the order of tables; others are words for why there is none."""


def entries(source: Source, say: Speaker) -> list[Entry]:
    """Every document of an edition, in the order in which a list shows them."""
    found = [entry for place in (source.whole, *source.municipalities) for entry in _entries_of(source, say, place)]
    found += [_theme_entry(source, family) for family in families(source)]
    found += [
        entry
        for place in source.municipalities
        for school in source.schools[place.unit[1]]
        if school.document is not None
        for entry in _entries_of(source, say, school)
    ]
    return found


def documents_of(source: Source, say: Speaker, place: Place) -> list[Document]:
    """All documents of the programme, a municipality or a school, in the order of `entries`."""
    content = content_of(source, place)
    sections = Sections(say, content)
    makers = {
        "programme": _learning_report,
        "municipality": _learning_report,
        "school": _profile,
        "daycare": _profile,
        "progression": _progression,
        "summary": _political_summary,
        "quality": _quality,
        "response": _response,
    }
    return [
        _document(source, say, entry, makers[entry.kind](source, sections), is_short=entry.kind == "summary")
        for entry in _entries_of(source, say, place)
    ]


def families(source: Source) -> dict[str, Said]:
    """Themes that documents of their own tell about: family and name, in the instrument's order."""
    found: dict[str, Said] = {}
    asked = [held.key for held in source.frame.rounds]
    for group in source.groups:
        for theme in group.themes:
            if any(theme.questions[key] for key in asked) and (theme.family not in found or theme.code == theme.family):
                found[theme.family] = theme.label
    return found if source.sampled is None else dict(list(found.items())[:1])


def theme_document(source: Source, say: Speaker, family: str) -> Document:
    """One theme over all informants who were asked about it."""
    content = content_of(source, source.whole, family)
    sections = Sections(say, content)
    parts = [
        Section("resume", say("theme.heading"), tuple(_theme_summary(sections))),
        *(
            _informants(source, sections, group, theme, f"{number}-{place}")
            for number, group in enumerate(content.groups, 1)
            for place, theme in enumerate(group.themes, 1)
        ),
        guide(sections, is_short=True),
    ]
    return _document(source, say, _theme_entry(source, family), parts)


def _entries_of(source: Source, say: Speaker, place: Place) -> list[Entry]:
    """Documents of one unit."""
    level, unit = place.unit
    if level == "institution":
        kind: DocumentKind = "daycare" if unit in source.daycare else "school"
        return [Entry(kind, str(place.document), place.label, source.home[unit].label)]
    kinds: list[DocumentKind] = ["programme" if level == "programme" else "municipality", "summary", "response"]
    if source.pairs:
        kinds.append("progression")
    if level == "municipality":
        kinds.append("quality")
    is_whole = level == "programme" or source.sampled in (None, unit)
    names = {"programme": "programme", "municipality": str(place.document)}
    return [
        Entry(kind, names.get(kind, f"{kind}-{place.document}"), place.label, has_archive=is_whole and kind in REPORTS)
        for kind in (kinds if is_whole else kinds[:1])
    ]


def _theme_entry(source: Source, family: str) -> Entry:
    known = families(source)
    return Entry("theme", f"theme-{safe_names(known)[family]}", known[family])


def _document(
    source: Source, say: Speaker, entry: Entry, sections: list[Section], *, is_short: bool = False
) -> Document:
    frame = source.frame
    subtitle: list[Said] = [frame.latest.label]
    if entry.kind != "programme":
        subtitle = [frame.programme_label, *subtitle]
    if entry.place is not None:
        subtitle = [entry.place, *subtitle]
    return Document(
        entry=entry,
        audience=frame.audience,
        series=say(f"series.{entry.kind}"),
        subtitle=say.joined(subtitle, " · "),
        edition=say(f"audience.{frame.audience}"),
        about=frame.about,
        data_source=frame.data_source,
        provenance=frame.provenance,
        sections=tuple(replace(section, blocks=condensed(say, section.blocks)) for section in sections),
        is_short=is_short,
    )


def _present(*sections: Section | None) -> list[Section]:
    return [section for section in sections if section is not None]


def _learning_report(source: Source, sections: Sections) -> list[Section]:
    content, say = sections.content, sections.say
    is_whole = content.kind == "programme"
    lead = say("links.municipalities" if is_whole else f"links.{sections.members_word}.{source.frame.audience}")
    return _present(
        summary(sections),
        progress(sections),
        strengths_and_focus(sections),
        competence(source, sections),
        response(sections),
        *(group_section(sections, group, number) for number, group in enumerate(content.groups, 1)),
        levels_compared(sections),
        same_persons(sections),
        social_gap(sections),
        _initiatives(sections),
        other_sources(source, sections),
        academic.school_year(source, sections),
        academic.beside(source, sections),
        targets(source, sections),
        links(sections, content.members, say("links.heading"), lead, "flere"),
        guide(sections),
    )


def _initiatives(sections: Sections) -> Section | None:
    """Schools with an initiative against schools without, and what became of its themes in the unit itself."""
    found = initiatives(sections)
    return None if found is None else replace(found, blocks=(*found.blocks, *followed(sections)))


def _profile(source: Source, sections: Sections) -> list[Section]:
    content = sections.content
    return _present(
        summary(sections),
        strengths_and_focus(sections),
        response(sections),
        *(group_section(sections, group, number) for number, group in enumerate(content.groups, 1)),
        social_gap(sections),
        _initiatives(sections),
        other_sources(source, sections),
        academic.school_year(source, sections),
        targets(source, sections),
        guide(sections, with_reliability=False),
    )


def _political_summary(_source: Source, sections: Sections) -> list[Section]:
    """What fits two pages."""
    return [
        summary(sections, with_list=False),
        strengths_and_focus(sections, most=5),
        response_in_short(sections),
        guide(sections, is_short=True),
    ]


def _progression(_source: Source, sections: Sections) -> list[Section]:
    """From the first mapping to the last, per respondent group."""
    say, content = sections.say, sections.content
    parts = [_progression_summary(sections)]
    for number, group in enumerate(content.groups, 1):
        if not group.themes:
            continue
        name = f"gruppe-{number}"
        hidden = hidden_group(sections, group, name)
        if hidden is not None:
            parts.append(hidden)
            continue
        blocks: list[Block] = [
            *round_blocks(sections, group, name),
            *_sustained(sections, group, name),
            *change_blocks(sections, group, name),
            *other_pairs(sections, group, name),
            *moved_blocks(sections, group, name),
            *_composition(sections, group, name),
        ]
        parts.append(Section(name, group.label, (*hidden_note(say, blocks), *blocks)))
    return [*parts, guide(sections, is_short=True)]


def _progression_summary(sections: Sections) -> Section:
    """Every pair of mappings in a sentence and in numbers."""
    say, content = sections.say, sections.content
    tallies = [_pair_tally(content, number) for number in range(len(content.pairs))]
    statuses = ("increase", "status_quo", "inconclusive", "decrease")
    rows = [
        Row(
            say("table.pair", before=pair.before, after=pair.after),
            (*(Number(counts[s], "count") for s in statuses), Number(sum(counts[s] for s in statuses), "count", True)),
        )
        for pair, counts in zip(content.pairs, tallies, strict=True)
    ]
    table = Table(
        name="par",
        caption=say("progression.caption"),
        columns=(
            Column(say("progression.period"), False),
            *(Column(say(f"status.{s}")) for s in statuses),
            Column(say("progression.comparable")),
        ),
        parts=(Part(None, tuple(rows)),),
        note=say("summary.counted"),
    )
    period = content.period
    lead = (
        wording.summary_line(say, period.tally, period.pair)
        if period is not None
        else wording.summary_line(say, content.tally, content.pairs[0] if content.pairs else None)
    )
    blocks: list[Block] = [Paragraph(lead, "lead"), table]
    if len(sections.frame.rounds) >= FEWEST_ROUNDS:
        blocks += [Heading(say("sustained.heading")), Paragraph(say("sustained.lead")), _sustained_tally(sections)]
    return Section("resume", say("summary.heading"), tuple(blocks))


def _pair_tally(content: Content, number: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in content.groups:
        for status, count in group.tallies[number].counts.items():
            counts[status] = counts.get(status, 0) + count
    return counts


def _sustained_tally(sections: Sections) -> Table:
    """Themes by what became of them at the third mapping."""
    say = sections.say
    rows = []
    for group in sections.content.groups:
        found = [theme.sustained for theme in group.themes]
        if group.themes:
            rows.append(Row(group.label, tuple(Number(found.count(status), "count") for status in SUSTAINED)))
    return Table(
        name="vedvarende",
        caption=say("sustained.caption"),
        columns=(
            Column(say("table.group"), False),
            *(Column(say(f"sustained.status.{status}")) for status in SUSTAINED),
        ),
        parts=(Part(None, tuple(rows)),),
    )


def _sustained(sections: Sections, group: GroupBlock, name: str) -> list[Block]:
    """What became of each theme at the third mapping."""
    say = sections.say
    order = {status: place for place, status in enumerate(SUSTAINED)}
    themes = [theme for theme in group.themes if theme.sustained is not None]
    if not themes:
        return []
    rows = []
    for theme in sorted(themes, key=lambda one: order.get(str(one.sustained), len(order))):
        status = str(theme.sustained)
        cell: Cell = (
            sections.cells.hidden(theme.changes[0].reason)
            if status == "suppressed"
            else Words(say(f"sustained.status.{status}"))
        )
        rows.append(Row(theme.label, (cell,)))
    return [
        Table(
            name=f"{name}-vedvarende",
            caption=say("sustained.caption_group", group=group.label),
            columns=(Column(say("table.theme"), False), Column(say("sustained.heading"), False)),
            parts=(Part(None, tuple(rows)),),
        )
    ]


def _composition(sections: Sections, group: GroupBlock, name: str) -> list[Block]:
    """What schools that came or went do to a change."""
    say, cells = sections.say, sections.cells
    found = [theme for theme in group.themes if theme.composition.opened or theme.composition.closed]
    if not found:
        return []
    rows = []
    for theme in found:
        one = theme.composition
        numbers = (
            *(cells.number(v, "count") for v in (one.both, one.opened, one.closed)),
            *(cells.number(v, "change") for v in (one.delta, one.delta_both, one.part)),
        )
        rows.append(Row(theme.label, cells.figures(one.state, one.code, numbers)))
    keys = ("both", "opened", "closed", "delta", "delta_both", "part")
    return [
        Heading(say("composition.heading")),
        Paragraph(say("composition.lead")),
        Table(
            name=f"{name}-skoler",
            caption=say("composition.caption", group=group.label, **sections.pair_values),
            columns=(Column(say("table.theme"), False), *(Column(say(f"composition.{key}")) for key in keys)),
            parts=(Part(None, tuple(rows)),),
        ),
    ]


def _response(source: Source, sections: Sections) -> list[Section]:
    """Who answered and who did not: by group, by unit, by gender and grade."""
    say, content, cells = sections.say, sections.content, sections.cells
    kind = "programme" if content.kind == "programme" else sections.members_word
    rows = [
        Row(
            member.label,
            tuple(
                cells.figures(one.state, one.code, (cells.number(one.rr2, "rate"),))[0]
                for one in (row.members[place] for row in content.responses)
            ),
        )
        for place, member in enumerate(content.members)
    ]
    members = Table(
        name="enheder",
        caption=say(f"nonresponse.members.{kind}", mapping=source.frame.latest.label),
        columns=(Column(say(f"nonresponse.unit.{kind}"), False), *(Column(row.label) for row in content.responses)),
        parts=(Part(None, tuple(rows)),),
    )
    parts: dict[str, tuple[Said, list[Row]]] = {}
    for one in nonresponse_of(source, content.place.unit):
        numbers = (
            cells.number(one.invited, "count"),
            cells.number(one.answered, "count"),
            cells.number(one.rr2, "rate", is_strong=True),
        )
        key = f"nonresponse.value.{one.breakdown}.{one.value}"
        label = say(key) if say.has(key) else say(f"nonresponse.value.{one.breakdown}.other", value=one.value)
        part = parts.setdefault(one.group["da"], (one.group, []))
        part[1].append(Row(label, cells.figures(one.state, one.code, numbers)))
    background = Table(
        name="bortfald",
        caption=say("nonresponse.caption", mapping=source.frame.latest.label),
        columns=(
            Column(say("nonresponse.value.heading"), False),
            *(Column(say(f"nonresponse.{key}")) for key in ("invited", "answered", "rate")),
        ),
        parts=tuple(Part(label, tuple(found)) for label, found in parts.values()),
    )
    blocks: list[Block] = [Paragraph(say("nonresponse.lead"))]
    blocks += [*hidden_note(say, [background]), background] if parts else [Paragraph(say("nonresponse.none"))]
    found = [response(sections)]
    if rows:
        lead = Paragraph(say(f"nonresponse.members_lead.{kind}"))
        found.append(
            Section("enheder", say(f"nonresponse.heading.{kind}"), (lead, *hidden_note(say, [members]), members))
        )
    found.append(Section("bortfald", say("nonresponse.heading.background"), tuple(blocks)))
    return [*found, guide(sections, is_short=True)]


def _quality(source: Source, sections: Sections) -> list[Section]:
    """What a kvalitetsrapport can take from the mapping, and what it has to fetch elsewhere (domain.md 3.3)."""
    say, content = sections.say, sections.content
    return _present(
        replace(summary(sections, with_list=False), heading=say("quality.whole")),
        sectors(sections),
        strengths_and_focus(sections),
        competence(source, sections),
        _follow_up(sections),
        every_theme(sections),
        other_sources(source, sections),
        targets(source, sections),
        _every_school(source, sections) if content.members else None,
        response_in_short(sections),
        Section(
            "ikke-med",
            say("quality.outside.heading"),
            (
                Paragraph(say("quality.outside.lead")),
                Bullets(
                    tuple(
                        say(f"quality.outside.items.{key}")
                        for key in say.listed("quality.outside.items")
                        if key not in _covered(source, content)
                    )
                ),
            ),
        ),
        guide(sections, is_short=True),
    )


def _covered(source: Source, content: Content) -> set[str]:
    """What belongs to a kvalitetsrapport, comes from other sources, and stands on the page all the same."""
    kinds = {str(row["kind"]) for row in results_of(source, content.place.unit)}
    return {key for key, kind in (("tests", "national_test"), ("grades", "exam")) if kind in kinds}


def _follow_up(sections: Sections) -> Section | None:
    """What became of the focus areas of the mapping before."""
    say, content, frame = sections.say, sections.content, sections.frame
    if len(frame.rounds) < 2:  # noqa: PLR2004 - nothing came before
        return None
    before, earlier = frame.rounds[-2].key, frame.rounds[-3].key if len(frame.rounds) >= FEWEST_ROUNDS else None
    then = content.pairs.index(Pair(earlier, before)) if earlier is not None else None
    rows = []
    for group in content.groups:
        for theme in group.themes:
            fell = then is not None and theme.changes[then].status == "decrease"
            if not (theme.rounds[-2].unit.is_below or fell):
                continue
            key = ("both" if fell else "below") if theme.rounds[-2].unit.is_below else "fell"
            change = theme.changes[0]
            rows.append(
                Row(
                    theme.label,
                    (
                        Words(group.label),
                        Words(say(f"quality.follow.{key}")),
                        *sections.cells.moved(change, with_reason=False),
                    ),
                )
            )
    heading = say("quality.follow.heading", mapping=before)
    if not rows:
        return Section("opfoelgning", heading, (Paragraph(say("quality.follow.none", mapping=before)),))
    table = Table(
        name="opfoelgning",
        caption=heading,
        columns=(
            Column(say("table.theme"), False),
            Column(say("table.group"), False),
            Column(say("quality.follow.why"), False),
            Column(say("table.delta")),
            Column(say("table.status"), False),
        ),
        parts=(Part(None, tuple(rows)),),
    )
    lead = Paragraph(say("quality.follow.lead", mapping=before))
    return Section("opfoelgning", heading, (lead, *hidden_note(say, [table]), table))


def every_theme(sections: Sections) -> Section:
    """Level and change of every theme in one table."""
    say, content, cells = sections.say, sections.content, sections.cells
    has_others = bool(content.others)
    parts = []
    for group in content.groups:
        rows = []
        for theme in group.themes:
            change: tuple[Cell, ...] = ()
            if content.pairs:
                one = theme.changes[0]
                change = cells.moved(one, with_reason=False)
            ahead = (cells.ahead(theme.level),) if has_others else ()
            rows.append(Row(theme.label, (cells.mean(theme.level, is_strong=True), *ahead, *change)))
        if rows:
            parts.append(Part(group.label, tuple(rows)))
    table = Table(
        name="temaer",
        caption=say("quality.themes.caption", mapping=sections.frame.latest.label),
        columns=(
            Column(say("table.theme"), False),
            Column(say("table.mean")),
            *([Column(say("table.ahead"))] if has_others else []),
            *sections.change_columns,
        ),
        parts=tuple(parts),
    )
    lead = say(f"quality.themes.lead.{sections.members_word}")
    told = Paragraph(say.joined([lead, say("quality.themes.held")]) if has_others else lead)
    return Section("temaer", say("quality.themes.heading"), (told, *hidden_note(say, [table]), table))


def _every_school(source: Source, sections: Sections) -> Section:
    """How many themes of each institution lie above, around and below the programme, and what changed."""
    say, content, word = sections.say, sections.content, f"quality.{sections.members_word}"
    statuses = ("increase", "status_quo", "inconclusive", "decrease") if content.pairs else ()
    rows = []
    for place, school in enumerate(content.members):
        levels = [theme.members[place] for group in content.groups for theme in group.themes]
        shown = [one for one in levels if one.ahead is not None]
        above, below = sum(one.is_above for one in shown), sum(one.is_below for one in shown)
        changes = [
            change_of(source, group.code, theme.code, school.unit, content.pairs[0]).status
            for group in content.groups
            for theme in group.themes
            if content.pairs
        ]
        counts = (above, len(shown) - above - below, below, *(changes.count(status) for status in statuses))
        rows.append(Row(school.label, tuple(Number(count, "count") for count in counts)))
    table = Table(
        name="skoler",
        caption=say(f"{word}.caption", mapping=sections.frame.latest.label),
        columns=(
            Column(say(f"{word}.school"), False),
            *(Column(say(f"quality.schools.{key}")) for key in ("above", "around", "below")),
            *(Column(say(f"status.{status}")) for status in statuses),
        ),
        parts=(Part(None, tuple(rows)),),
    )
    return Section("skoler", say(f"{word}.heading"), (Paragraph(say(f"{word}.lead")), table))


def _theme_summary(sections: Sections) -> list[Block]:
    """The theme in every group: level and change of the programme."""
    say, content, cells = sections.say, sections.content, sections.cells
    rows = []
    for group in content.groups:
        for theme in group.themes:
            change: tuple[Cell, ...] = ()
            if content.pairs:
                one = theme.changes[0]
                change = cells.moved(one)
            rows.append(
                Row(say("theme.asked", group=group.label, theme=theme.label), (cells.mean(theme.level, True), *change))
            )
    table = Table(
        name="informanter",
        caption=say("theme.caption", mapping=sections.frame.latest.label),
        columns=(
            Column(say("theme.informants"), False),
            Column(say("table.mean")),
            *sections.change_columns,
        ),
        parts=(Part(None, tuple(rows)),),
    )
    return [Paragraph(say.count("theme.lead", len(content.groups)), "lead"), Paragraph(say("theme.apart")), table]


def _informants(source: Source, sections: Sections, group: GroupBlock, theme: ThemeBlock, place: str) -> Section:
    """What one group says of the theme: every municipality, every mapping, every question."""
    say, name = sections.say, f"informant-{place}"
    alone = replace(group, themes=(theme,))
    blocks: list[Block] = [Paragraph(theme.description)] if theme.description["da"] else []
    inner: list[Block] = [
        Heading(say("theme.municipalities", mapping=source.frame.latest.key)),
        _municipalities(source, sections, group, theme, name),
        *round_blocks(sections, alone, name),
    ]
    if sections.content.pairs:
        inner += moved_blocks(sections, alone, name)
    if theme.answers:
        inner.append(Heading(say("group.answers")))
        inner += [
            answer_chart(sections, theme.label, shared, f"{name}-svar-{k}") for k, shared in enumerate(theme.answers, 1)
        ]
    heading = say("theme.asked", group=group.label, theme=theme.label)
    return Section(name, heading, (*blocks, *hidden_note(say, inner), *inner))


def _municipalities(source: Source, sections: Sections, group: GroupBlock, theme: ThemeBlock, name: str) -> Block:
    """Every municipality's level and change, in alphabetical order: the list is no ranking."""
    say, cells, content = sections.say, sections.cells, sections.content
    places = (source.whole, *content.members)
    levels: list[Level] = [theme.level, *theme.members]
    rows, strips = [], []
    for place, level in zip(places, levels, strict=True):
        change: tuple[Cell, ...] = ()
        if content.pairs:
            one = change_of(source, group.code, theme.code, place.unit, content.pairs[0])
            change = cells.moved(one, with_reason=False)
        rows.append(Row(place.label, (*cells.level(level, group.is_rated), *change)))
        own = mark("unit", level)
        if own is None:
            strips.append(Strip(place.label, None, (), absent=say(f"state.{level.state}")))
        else:
            beside = {k: v.number.write("points", own.value) for k, v in say.voices.items()}
            strips.append(Strip(place.label, beside, (own,)))
    table = Table(
        name=f"{name}-kommuner",
        caption=say("theme.levels", group=group.label, mapping=source.frame.latest.label),
        columns=(
            Column(say("table.municipality_name"), False),
            *(Column(say(f"table.{key}")) for key in ("mean", "interval", "n")),
            *([Column(say("table.raters"))] if group.is_rated else []),
            Column(say("table.favourable")),
            *sections.change_columns,
        ),
        parts=(Part(None, tuple(rows)),),
    )
    if not any(strip.marks for strip in strips):
        return table
    shown = [(one.mean, one.low, one.high) for one in levels if one.mean is not None]
    return Chart(
        name=f"{name}-kommuner",
        title=say("theme.levels", group=group.label, mapping=source.frame.latest.label),
        description=say("theme.describe", n=len(strips)),
        read=sections.read("levels", shown, *level_range(shown)),
        plot=Strips("points", *level_range(shown), 500.0, tuple(strips), (("unit", say("theme.key")),)),
        table=table,
    )


def all_places(source: Source) -> Iterator[Place]:
    """Every unit that has documents, the largest first."""
    yield source.whole
    yield from source.municipalities
    for place in source.municipalities:
        yield from (school for school in source.schools[place.unit[1]] if school.document is not None)
