"""Sections that documents are made of: from the content of a unit to blocks.

Belongs here: which tables and charts a section has, their columns and order. Does not belong here: which sections a document
has (`documents`), words (`reports/texts`), how anything looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipelines.reporting import wording
from pipelines.reporting.cells import Cells, hidden_note, mark
from pipelines.reporting.model import (
    Bar,
    Bars,
    Block,
    Bullets,
    Cell,
    Chart,
    Column,
    Fold,
    Heading,
    Link,
    Links,
    Mark,
    Movement,
    Movements,
    Number,
    Panel,
    Panels,
    Paragraph,
    Part,
    Role,
    Row,
    Said,
    Section,
    Strip,
    Strips,
    Table,
    Terms,
    Tiles,
    Words,
)
from pipelines.reporting.order import by_change, by_level, focus, strengths
from pipelines.reporting.panels import LONGEST_KEY
from pipelines.reporting.records import (
    COMPARABLE,
    STATUSES,
    AnswerTable,
    Change,
    Content,
    Frame,
    GroupBlock,
    ItemAnswers,
    Place,
    Response,
    Tally,
    ThemeBlock,
)
from pipelines.reporting.scales import Extent, bounds_of, change_reach, level_range
from pipelines.reporting.texts import Speaker

LISTED = 10
"""Most themes in a list of strengths or focus areas."""

NAMED = 3
"""Most themes named in a sentence."""

WIDE = 8
"""Columns from which a table stands below its plot and not beside it."""

MOVED = 6
"""Most themes of a group whose change is divided between its questions."""

FEWEST_ROUNDS = 3
"""Mappings from which there is more to see than the one change."""

Found = tuple[GroupBlock, ThemeBlock]


class Sections:
    """Sections of one unit's documents. Every method gives the blocks of one section or a part of one."""

    def __init__(self, say: Speaker, content: Content) -> None:
        self.say, self.content = say, content
        self.frame: Frame = content.frame
        self.cells = Cells(say, content.frame)
        self.kind = content.kind
        self.is_profile = content.kind in ("school", "daycare")
        has_daycare = any(group.place == "daycare" for group in content.groups)
        self.members_word = "institutions" if has_daycare else "schools"
        themes = [theme for group in content.groups for theme in group.themes]
        shown = [one for theme in themes for one in (theme.level, *theme.others, *theme.members)]
        self._levels = level_range(
            [(one.mean, one.low, one.high) for one in shown[: len(shown)] if one.mean is not None]
        )
        deltas: list[Extent] = [
            (theme.changes[0].delta, theme.changes[0].low, theme.changes[0].high)
            for theme in themes
            if theme.changes and theme.changes[0].delta is not None
        ]
        self._reach = change_reach(deltas, self.frame.thresholds.relevant)

    @property
    def pair_values(self) -> dict[str, str]:
        """The latest pair, for texts."""
        pair = self.content.pairs[0]
        return {"before": pair.before, "after": pair.after}

    # Résumé

    def summary(self, *, with_list: bool = True) -> Section:
        """One page: what happened, in a sentence, in numbers, what to do with it, and which themes moved."""
        say, content = self.say, self.content
        blocks: list[Block] = []
        if not content.has_data:
            blocks.append(
                Paragraph(say("summary.no_data", unit=content.place.label, mapping=self.frame.latest.key), "lead")
            )
        pair = content.pairs[0] if content.pairs else None
        blocks.append(Paragraph(wording.summary_line(say, content.tally, pair), "lead"))
        if content.period is not None:
            blocks.append(Paragraph(wording.summary_line(say, content.period.tally, content.period.pair)))
        if content.tally is not None:
            blocks.append(self.questions())
            blocks.append(self._tally_chart(content.tally))
            blocks += self._changed(content.tally) if with_list else []
        return Section("resume", say("summary.heading"), tuple(blocks))

    def questions(self) -> Terms:
        """The three questions that readers ask, answered by rule."""
        say = self.say
        answers = {"real": self._is_it_real(), "moved": self._what_moved(), "use": self._what_to_do()}
        return Terms(tuple((say(f"questions.{key}.term"), answer) for key, answer in answers.items()), "answers")

    def _is_it_real(self) -> Said:
        say, tally = self.say, self.content.tally
        if tally is None or not tally.comparable:
            return say("questions.real.nothing")
        changed = tally.counts["increase"] + tally.counts["decrease"]
        return say.joined(
            [
                say.count("questions.real.changed", changed, alpha=self.frame.thresholds.alpha),
                *(
                    say.count(f"questions.real.{status}", tally.counts[status])
                    for status in ("status_quo", "inconclusive")
                    if tally.counts[status]
                ),
            ]
        )

    def _what_moved(self) -> Said:
        say, sentences = self.say, []
        for status in ("increase", "decrease"):
            found = self._with_status(status)
            if not found:
                continue
            group, theme = found[0]
            delta = theme.changes[0].delta
            if delta is None:
                continue
            sentences.append(
                say(f"questions.moved.{status}", theme=theme.label, group=group.label, delta=Number(delta, "change"))
            )
            parts = theme.contribution.parts
            if parts:
                item, part = parts[0] if status == "increase" else parts[-1]
                sentences.append(say("questions.moved.item", item=item, part=Number(part, "change")))
        return say.joined(sentences) if sentences else say("questions.moved.nothing")

    def _what_to_do(self) -> Said:
        say, found = self.say, self._found()
        sentences = []
        for key, chosen in (("strengths", strengths(found)), ("focus", focus(found))):
            if chosen:
                names = [say("focus.named", theme=t.label, group=g.label) for g, t in chosen[:NAMED]]
                sentences.append(say(f"questions.use.{key}", names=say.joined(names, "; ")))
            else:
                sentences.append(say(f"questions.use.no_{key}"))
        if self.content.tally is not None and self.content.tally.counts["inconclusive"]:
            sentences.append(say("questions.use.inconclusive"))
        return say.joined(sentences)

    def _found(self) -> list[Found]:
        return [(group, theme) for group in self.content.groups for theme in group.themes]

    def _with_status(self, status: str) -> list[Found]:
        """Themes of one status over the latest pair, the largest change first."""
        found = [one for one in self._found() if one[1].changes and one[1].changes[0].status == status]
        return sorted(found, key=lambda one: -abs(one[1].changes[0].delta or 0.0))

    def _tally_chart(self, tally: Tally) -> Block:
        """A tile per theme, and the counts."""
        say, groups = self.say, [group for group in self.content.groups if group.themes]
        present = [status for status in STATUSES if status in COMPARABLE or tally.counts[status]]

        def row(label: Said, counts: Tally, is_strong: bool = False) -> Row:
            cells: list[Cell] = [Number(counts.counts[status], "count", is_strong) for status in present]
            return Row(label, (*cells, Number(counts.total, "count", is_strong)))

        table = Table(
            name="resume",
            caption=say("summary.caption", **self.pair_values),
            columns=(
                Column(say("table.group"), is_number=False),
                *(Column(say(f"status.{status}")) for status in present),
                Column(say("summary.total")),
            ),
            parts=(Part(None, tuple(row(group.label, group.tallies[0]) for group in groups)),),
            foot=row(say("summary.all_groups"), tally),
            note=say("summary.counted"),
        )
        if not tally.total:
            return table
        return Chart(
            name="resume",
            title=say("figure.tally.title", **self.pair_values),
            description=say("figure.tally.describe"),
            read=say("figure.tally.read"),
            plot=Tiles(
                tuple((status, say(f"status.{status}")) for status in present),
                tuple((group.label, tuple(group.tallies[0].counts[s] for s in present)) for group in groups),
            ),
            table=table,
        )

    def _changed(self, tally: Tally) -> list[Block]:
        """Themes that have risen or fallen, by name."""
        say = self.say
        heading = say("summary.changed", **self.pair_values)
        if not tally.counts["increase"] + tally.counts["decrease"]:
            return [Heading(heading), Paragraph(say("summary.nothing_changed"))]
        rows = []
        for group in self.content.groups:
            named = []
            for status in ("increase", "decrease"):
                themes = [t for g, t in self._with_status(status) if g is group]
                parts = [
                    say("summary.named", theme=t.label, delta=Number(d, "change"))
                    for t in themes
                    if (d := t.changes[0].delta) is not None
                ]
                named.append(Words(say.joined(parts, "; ") if parts else say("summary.none_listed")))
            if any(g is group for status in ("increase", "decrease") for g, _ in self._with_status(status)):
                rows.append(Row(group.label, tuple(named)))
        return [
            Heading(heading),
            Table(
                name="resume-temaer",
                caption=heading,
                columns=tuple(Column(say(key), False) for key in ("table.group", "summary.grew", "summary.fell")),
                parts=(Part(None, tuple(rows)),),
                look="lists",
            ),
        ]

    # Strengths and focus areas

    def strengths_and_focus(self, most: int = LISTED) -> Section:
        """Two lists and the rule that chose them."""
        say, found = self.say, self._found()
        has_others = bool(self.content.others)
        rule = "unit" if has_others else "programme" if self.kind == "programme" else "alone"
        blocks: list[Block] = [Paragraph(say(f"focus.rule.{rule}"))]
        for key, chosen in (("strengths", strengths(found)), ("focus", focus(found))):
            blocks.append(Heading(say(f"focus.{key}")))
            if not chosen:
                blocks.append(Paragraph(say(f"focus.no_{key}")))
                continue
            if len(chosen) > most:
                blocks.append(Paragraph(say("focus.more", n=most, of=len(chosen)), "note"))
            blocks.append(
                Table(
                    name=key,
                    caption=say(f"focus.{key}"),
                    columns=(
                        Column(say("table.theme"), False),
                        Column(say("table.group"), False),
                        *([Column(say("table.ahead"))] if has_others else []),
                        *(
                            [Column(say("table.delta")), Column(say("table.status"), False)]
                            if self.content.pairs
                            else []
                        ),
                    ),
                    parts=(Part(None, tuple(self._focus_row(one, has_others) for one in chosen[:most])),),
                    look="lists",
                )
            )
        blocks.append(Paragraph(say("focus.use")))
        return Section("fokus", say("focus.heading"), (*hidden_note(say, blocks), *blocks))

    def _focus_row(self, found: Found, has_others: bool) -> Row:
        group, theme = found
        cells: list[Cell] = [Words(group.label)]
        if has_others:
            cells.append(self.cells.ahead(theme.level))
        if self.content.pairs:
            change = theme.changes[0]
            cells += [self.cells.brief_change(change), self.cells.status(change, with_reason=False)]
        return Row(theme.label, tuple(cells))

    # Response

    def response(self) -> Section:
        """Who was invited and who answered."""
        say, frame, content = self.say, self.frame, self.content
        lead = say(
            "response.lead",
            complete=Number(frame.thresholds.complete_share, "share"),
            partial=Number(frame.thresholds.partial_share, "share"),
        )
        table = self._response_table()
        charted = self._response_chart(table)
        flags = sorted({row.rounds[-1].flag for row in content.responses if row.rounds[-1].flag is not None})
        is_wide = isinstance(charted, Chart) and len(table.columns) > WIDE
        blocks: tuple[Block, ...] = (
            Paragraph(lead),
            *((replace(charted, table=None), table) if is_wide and isinstance(charted, Chart) else (charted,)),
            *hidden_note(say, [table]),
            *(Paragraph(say(f"response.flag_notes.{flag}"), "note") for flag in flags),
        )
        return Section("svar", say("response.heading"), blocks)

    def response_in_short(self) -> Section:
        """The response rate alone."""
        say, cells = self.say, self.cells
        rows = []
        for row in self.content.responses:
            now = row.rounds[-1]
            numbers = (cells.number(now.invited, "count"), cells.number(now.rr2, "rate", is_strong=True))
            rows.append(Row(row.label, cells.figures(now.state, now.code, numbers)))
        table = Table(
            name="svarprocent-kort",
            caption=say("response.caption", mapping=self.frame.latest.label),
            columns=(
                Column(say("table.group"), False),
                Column(say("response.invited")),
                Column(say("response.rate", mapping=self.frame.latest.key)),
            ),
            parts=(Part(None, tuple(rows)),),
        )
        return Section("svar", say("response.heading"), (*hidden_note(say, [table]), table))

    def _response_table(self) -> Table:
        say, frame, content = self.say, self.frame, self.content
        cells = self.cells

        def figures(one: Response) -> tuple[Cell, ...]:
            numbers = (
                *(cells.number(v, "count") for v in (one.invited, one.complete, one.partial)),
                cells.number(one.rr1, "rate"),
            )
            return cells.figures(one.state, one.code, numbers)

        def rate(one: Response, is_strong: bool = False) -> Cell:
            return cells.figures(one.state, one.code, (cells.number(one.rr2, "rate", is_strong),))[0]

        rows = []
        for row in content.responses:
            now = row.rounds[-1]
            flag = (
                Words(say(f"response.flags.{now.flag}", limit=Number(row.limit, "share")))
                if now.flag is not None
                else Words({"da": "", "en": ""})
            )
            rounds = [rate(one, number == 0) for number, one in enumerate(reversed(row.rounds))]
            rows.append(Row(row.label, (*figures(now), *rounds, *(rate(one) for one in row.others), flag)))
        return Table(
            name="svar",
            caption=say("response.caption", mapping=frame.latest.label),
            columns=(
                Column(say("table.group"), False),
                *(Column(say(f"response.{key}")) for key in ("invited", "complete", "partial", "strict")),
                *(Column(say("response.rate", mapping=held.key)) for held in reversed(frame.rounds)),
                *(Column(say(f"response.{_role(other)}", mapping=frame.latest.key)) for other in content.others),
                Column(say("response.flag"), False),
            ),
            parts=(Part(None, tuple(rows)),),
        )

    def _response_chart(self, table: Table) -> Block:
        say, content = self.say, self.content
        roles: list[Role] = [_role(other) for other in content.others]
        rows = []
        for row in content.responses:
            now = row.rounds[-1]
            marks = [] if now.rr2 is None else [Mark("unit", now.rr2)]
            marks += [Mark(r, one.rr2) for r, one in zip(roles, row.others, strict=True) if one.rr2 is not None]
            if len(row.rounds) > 1 and row.rounds[-2].rr2 is not None:
                marks.append(Mark("before", row.rounds[-2].rr2))
            if now.rr2 is None:
                rows.append(
                    Strip(row.label, None, (), absent=say(f"state.{now.state if now.state != 'shown' else 'no_data'}"))
                )
            else:
                beside = {k: v.number.write("rate", now.rr2) for k, v in say.voices.items()}
                rows.append(Strip(row.label, beside, tuple(marks)))
        if not any(row.marks for row in rows):
            return table
        key: list[tuple[Role, Said]] = [("unit", say(f"figure.key.short.{self.kind}"))]
        key += [(role, say(f"figure.key.short.{role}")) for role in roles]
        if len(self.frame.rounds) > 1:
            key.append(("before", say("figure.key.before", mapping=self.frame.rounds[-2].key)))
        return Chart(
            name="svarprocent",
            title=say("figure.response.title", mapping=self.frame.latest.label),
            description=say("figure.response.describe"),
            read=say("figure.response.read"),
            plot=Strips("share", 0.0, 1.0, None, tuple(rows), tuple(key)),
            table=table,
        )

    # A respondent group

    def group(self, group: GroupBlock, number: int, *, with_answers: bool = True) -> Section:
        """Levels, changes, rounds, questions that moved, spread, answers."""
        say, name = self.say, f"gruppe-{number}"
        hidden = self.hidden_group(group, name)
        if hidden is not None:
            return hidden
        blocks: list[Block] = []
        if group.mode != "reading":
            blocks.append(Paragraph(say(f"group.mode.{group.mode}"), "note"))
        if self.content.pairs and group.themes:
            blocks.append(Paragraph(wording.summary_line(say, group.tally, self.content.pairs[0])))
        inner: list[Block] = [*self.levels(group, name)]
        if self.content.pairs and group.themes:
            inner += self.changes(group, name)
            inner += self.moved(group, name)
            inner += self.rounds(group, name)
            inner += self.other_pairs(group, name) if not self.is_profile else []
        if with_answers and group.themes:
            inner += self.answers(group, name)
        return Section(name, group.label, (*blocks, *hidden_note(say, inner), *inner))

    @staticmethod
    def _is_all_hidden(group: GroupBlock) -> bool:
        """Whether a group has figures, but none that may be shown."""
        levels = [
            one for theme in group.themes for one in (theme.level, *(r.unit for r in theme.rounds), *theme.members)
        ]
        return (
            any(one.state == "suppressed" for one in levels)
            and not any(one.mean is not None for one in levels)
            and not any(change.delta is not None for theme in group.themes for change in theme.changes)
            and not any(item.state == "shown" for t in group.themes for a in t.answers for item in a.items)
        )

    def hidden_group(self, group: GroupBlock, name: str) -> Section | None:
        """A sentence instead of tables that would hold nothing but the sign; None where something is shown."""
        if not self._is_all_hidden(group):
            return None
        codes = {theme.level.code for theme in group.themes if theme.level.state == "suppressed"}
        codes |= {one.unit.code for t in group.themes for one in t.rounds if one.unit.state == "suppressed"}
        reasons = {r["da"]: r for r in (wording.hidden_reason(self.say, code, self.frame) for code in codes)}
        told = self.say.joined([reasons[key] for key in sorted(reasons)], "; ")
        return Section(name, group.label, (Paragraph(self.say("group.all_hidden", reasons=told)),))

    def levels(self, group: GroupBlock, name: str) -> list[Block]:
        """Where the unit stands, against the nearest units above it, with those that it is made of."""
        say, mapping = self.say, self.frame.latest
        blocks: list[Block] = [Heading(say("group.levels", mapping=mapping.key))]
        table = self._level_table(group, name)
        if not any(theme.level.state == "shown" for theme in group.themes):
            blocks.append(Paragraph(say("group.no_levels", mapping=mapping.key)))
            if group.themes:
                blocks.append(table)
        else:
            blocks.append(Paragraph(say(f"group.levels_lead.{'unit' if self.content.others else 'programme'}")))
            blocks.append(self._level_chart(group, name, table))
        notes = self._reservations(group)
        if notes:
            blocks.append(Bullets(tuple(notes), say("group.notes"), "note"))
        if self.content.members and any(one.mean is not None for t in group.themes for one in t.members):
            blocks += self._spread(group, name)
        return blocks

    def _level_table(self, group: GroupBlock, name: str) -> Table:
        say, content, cells = self.say, self.content, self.cells
        rows = [
            Row(
                theme.label,
                (
                    *cells.level(theme.level, group.is_rated),
                    *(cells.mean(other) for other in theme.others),
                    *([cells.ahead(theme.level)] if content.others else []),
                ),
            )
            for theme in by_level(group.themes)
        ]
        return Table(
            name=f"{name}-niveau",
            caption=say("caption.levels", group=group.label, mapping=self.frame.latest.label),
            columns=(
                Column(say("table.theme"), False),
                *(Column(say(f"table.{key}")) for key in ("mean", "interval", "n")),
                *([Column(say("table.raters"))] if group.is_rated else []),
                Column(say("table.favourable")),
                *(Column(say(f"table.{_role(other)}")) for other in content.others),
                *([Column(say("table.ahead"))] if content.others else []),
            ),
            parts=(Part(None, tuple(rows)),),
        )

    def _level_chart(self, group: GroupBlock, name: str, table: Table) -> Chart:
        say, content = self.say, self.content
        roles: list[Role] = [_role(other) for other in content.others]
        rows = []
        for theme in by_level(group.themes):
            own = mark("unit", theme.level)
            if own is None:
                rows.append(Strip(theme.label, None, (), absent=say(f"state.{theme.level.state}")))
                continue
            held = [mark(role, other) for role, other in zip(roles, theme.others, strict=True)]
            rows.append(
                Strip(
                    theme.label,
                    {k: v.number.write("points", own.value) for k, v in say.voices.items()},
                    (own, *(one for one in held if one is not None)),
                    ticks=tuple(one.mean for one in theme.members if one.mean is not None),
                )
            )
        shown = sum(bool(row.marks) for row in rows)
        key: list[tuple[Role, Said]] = [("unit", say(f"figure.key.{self.kind}"))]
        key += [(role, say(f"figure.key.{role}_too")) for role in roles]
        has_ticks = any(row.ticks for row in rows)
        if has_ticks:
            each = "daycare" if self.kind == "municipality" and group.place == "daycare" else self.kind
            key.append(("other", say(f"figure.key.each.{each}")))
        return Chart(
            name=f"{name}-niveau",
            title=say("figure.levels.title", group=group.label, mapping=self.frame.latest.label),
            description=say("figure.levels.describe", n=shown, of=len(rows)),
            read=say("figure.levels.read"),
            plot=Strips("points", *self._levels, 500.0, tuple(rows), tuple(key)),
            table=table,
        )

    def _reservations(self, group: GroupBlock) -> list[Said]:
        """Reservations on a group's themes, each said once: weak reliability, a later base."""
        found: dict[str, tuple[Said, list[Said]]] = {}
        for theme in group.themes:
            note = wording.verdict_note(self.say, theme.reliability)
            later = None if theme.base is None else self.say("group.base", mapping=theme.base)
            for text in (note, later):
                if text is not None:
                    found.setdefault(text["da"], (text, []))[1].append(theme.label)
        return [
            self.say("group.note", themes=self.say.joined(names, "; "), note=text) for text, names in found.values()
        ]

    def _spread(self, group: GroupBlock, name: str) -> list[Block]:
        """How far the units that this one is made of lie apart: fewest figures first, all of them folded."""
        say, of_daycare = self.say, group.place == "daycare"
        kind = "programme" if self.kind == "programme" else "daycare" if of_daycare else "municipality"
        # A school is no member of a group that only day-care has.
        there = [
            place
            for place, member in enumerate(self.content.members)
            if group.place is None or member.kind in (None, group.place)
        ]
        members = [self.content.members[place] for place in there]
        rows, every = [], []
        for theme in group.themes:
            shown = [one.mean for one in theme.members if one.mean is not None]
            cells: tuple[Cell, ...] = (
                (Number(len(shown), "count"), Number(min(shown), "points"), Number(max(shown), "points"))
                if shown
                else (Number(0, "count"), self.cells.none, self.cells.none)
            )
            rows.append(Row(theme.label, cells))
            levels = (theme.members[place] for place in there)
            every.append(Row(theme.label, tuple(self.cells.mean(one, with_interval=False) for one in levels)))
        caption = say(f"caption.spread.{kind}", group=group.label, mapping=self.frame.latest.label)
        return [
            Fold(
                say(f"group.spread.{kind}"),
                (
                    Paragraph(say("group.spread.lead")),
                    Table(
                        name=f"{name}-spredning",
                        caption=say(f"caption.range.{kind}", group=group.label, mapping=self.frame.latest.label),
                        columns=(
                            Column(say("table.theme"), False),
                            Column(say(f"table.members.{kind}")),
                            Column(say("table.lowest")),
                            Column(say("table.highest")),
                        ),
                        parts=(Part(None, tuple(rows)),),
                    ),
                ),
            ),
            Fold(
                say(f"group.every.{kind}"),
                (
                    Table(
                        name=f"{name}-alle",
                        caption=caption,
                        columns=(Column(say("table.theme"), False), *(Column(member.label) for member in members)),
                        parts=(Part(None, tuple(every)),),
                    ),
                ),
                is_printed=False,
            ),
        ]

    def changes(self, group: GroupBlock, name: str) -> list[Block]:
        """The change over the latest pair."""
        say = self.say
        blocks: list[Block] = [Heading(say("group.changes", **self.pair_values))]
        themes = by_change(group.themes)
        table = Table(
            name=f"{name}-udvikling",
            caption=say("caption.changes", group=group.label, **self.pair_values),
            columns=self._change_columns(),
            parts=(Part(None, tuple(Row(theme.label, self.cells.change(theme.changes[0])) for theme in themes)),),
        )
        if not any(theme.changes[0].delta is not None for theme in themes):
            return [*blocks, Paragraph(say("group.no_changes", **self.pair_values)), table]
        relevant = self.frame.thresholds.relevant
        counts = group.tallies[0].counts
        tally = say.joined(
            [
                say("figure.changes.counted", status=say(f"status.{status}"), n=counts[status])
                for status in STATUSES
                if counts[status]
            ],
            "; ",
        )
        chart = Chart(
            name=f"{name}-udvikling",
            title=say("figure.changes.title", group=group.label, **self.pair_values),
            description=say("figure.changes.describe", relevant=relevant, tally=tally),
            read=say("figure.changes.read"),
            plot=Strips(
                "change",
                -self._reach,
                self._reach,
                0.0,
                tuple(self._change_strip(theme.label, theme.changes[0]) for theme in themes),
                (),
                band=relevant,
                band_label=say("figure.changes.band", relevant=relevant),
            ),
            table=table,
        )
        return [*blocks, Paragraph(say("group.changes_lead")), chart]

    def _change_columns(self) -> tuple[Column, ...]:
        keys = ("theme", "delta", "interval", "q", "g")
        return (
            *(Column(self.say(f"table.{key}"), key != "theme") for key in keys),
            Column(self.say("table.status"), False),
        )

    def _change_strip(self, label: Said, change: Change) -> Strip:
        say = self.say
        if change.delta is None:
            return Strip(label, None, (), absent=wording.absent_word(say, change))
        beside = say(
            "figure.changes.beside", status=wording.status_word(say, change), delta=Number(change.delta, "change")
        )
        return Strip(label, beside, (Mark("unit", change.delta, change.low, change.high, change.status),))

    def moved(self, group: GroupBlock, name: str) -> list[Block]:
        """Which questions carry the change of the themes that have risen or fallen most."""
        say = self.say
        found = [theme for g, theme in self._moved_most() if g is group]
        blocks: list[Block] = [Heading(say("group.moved"))]
        if not found:
            return [*blocks, Paragraph(say("group.moved_none", **self.pair_values))]
        shown = [theme for theme in found if theme.contribution.state == "shown"][:MOVED]
        rows = [
            Movement(theme.label, theme.contribution.delta, theme.contribution.parts)
            for theme in shown
            if theme.contribution.delta is not None
        ]
        parts = [self._moved_part(theme) for theme in found[:MOVED]]
        table = Table(
            name=f"{name}-spoergsmaal",
            caption=say("caption.moved", group=group.label, **self.pair_values),
            columns=(Column(say("table.question"), False), Column(say("table.part"))),
            parts=tuple(parts),
        )
        blocks.append(Paragraph(say("group.moved_lead")))
        if not rows:
            return [*blocks, table]
        reach = max(10.0, *(abs(value) for row in rows for _, value in row.parts))
        return [
            *blocks,
            Chart(
                name=f"{name}-spoergsmaal",
                title=say("figure.moved.title", group=group.label, **self.pair_values),
                description=say("figure.moved.describe", n=len(rows)),
                read=say("figure.moved.read"),
                plot=Movements(reach, tuple(rows)),
                table=table,
            ),
        ]

    def _moved_most(self) -> list[Found]:
        found = [one for status in ("increase", "decrease") for one in self._with_status(status)]
        return sorted(found, key=lambda one: -abs(one[1].changes[0].delta or 0.0))

    def _moved_part(self, theme: ThemeBlock) -> Part:
        say, found, cells = self.say, theme.contribution, self.cells
        if found.state != "shown":
            return Part(
                theme.label, (Row(say("group.moved_total"), cells.figures(found.state, found.code, (cells.none,))),)
            )
        rows = [Row(label, (Number(value, "change"),)) for label, value in found.parts]
        rows.append(Row(say("group.moved_rest"), (cells.number(found.residual, "change"),)))
        rows.append(Row(say("group.moved_total"), (cells.number(found.delta, "change", is_strong=True),)))
        return Part(theme.label, tuple(rows))

    def rounds(self, group: GroupBlock, name: str) -> list[Block]:
        """Every mapping's mean, where there are more than the latest pair tells."""
        say, frame, content = self.say, self.frame, self.content
        if len(frame.rounds) < FEWEST_ROUNDS:
            return []
        table = Table(
            name=f"{name}-kortlaegninger",
            caption=say("caption.rounds", group=group.label),
            columns=(
                Column(say("table.theme"), False),
                *(Column({"da": held.key, "en": held.key}) for held in frame.rounds),
                *(
                    Column(say(f"response.{_role(other)}", mapping=held.key))
                    for other in content.others
                    for held in frame.rounds
                ),
            ),
            parts=(
                Part(
                    None,
                    tuple(
                        Row(
                            theme.label,
                            (
                                *(self.cells.mean(one.unit, is_strong=True) for one in theme.rounds),
                                *(
                                    self.cells.mean(one.others[place], with_interval=False)
                                    for place in range(len(content.others))
                                    for one in theme.rounds
                                ),
                            ),
                        )
                        for theme in group.themes
                    ),
                ),
            ),
        )
        blocks: list[Block] = [Heading(say("group.rounds")), Paragraph(say("group.rounds_lead"))]
        themes = [t for t in group.themes if any(r.unit.mean is not None for r in t.rounds)]
        if not themes:
            return [*blocks, table]
        keys = tuple(held.key for held in frame.rounds)
        read = say("figure.rounds.read")
        if max(map(len, keys)) > LONGEST_KEY:
            read = say.joined([read, say("figure.rounds.numbered", names=", ".join(keys))])
        levels: list[Extent] = [
            (one.mean, one.low, one.high)
            for theme in themes
            for r in theme.rounds
            for one in (r.unit, *r.others)
            if one.mean is not None
        ]
        low, high = bounds_of(levels, least=(480, 520), most=(440, 560), step=10)
        roles: list[Role] = [_role(other) for other in content.others]
        chart = Chart(
            name=f"{name}-kortlaegninger",
            title=say("figure.rounds.title", group=group.label),
            description=say("figure.rounds.describe", n=len(themes)),
            read=read,
            plot=Panels(
                low,
                high,
                500.0,
                keys,
                tuple(
                    Panel(
                        theme.label,
                        tuple(mark("unit", r.unit) for r in theme.rounds),
                        tuple(r.unit.state == "suppressed" for r in theme.rounds),
                        tuple(
                            (role, tuple(r.others[place].mean for r in theme.rounds))
                            for place, role in enumerate(roles)
                        ),
                    )
                    for theme in themes
                ),
                (
                    ("unit", say(f"figure.key.short.{self.kind}")),
                    *((role, say(f"figure.key.short.{role}")) for role in roles),
                ),
            ),
            table=table,
        )
        return [*blocks, chart]

    def other_pairs(self, group: GroupBlock, name: str) -> list[Block]:
        """Changes over the other pairs of mappings, folded."""
        say, pairs = self.say, self.content.pairs
        if len(pairs) < 2:  # noqa: PLR2004 - the latest pair has its own table
            return []
        table = Table(
            name=f"{name}-oevrige",
            caption=say("caption.other_pairs", group=group.label),
            columns=self._change_columns(),
            parts=tuple(
                Part(
                    say("table.pair", before=pair.before, after=pair.after),
                    tuple(Row(theme.label, self.cells.change(theme.changes[k])) for theme in group.themes),
                )
                for k, pair in enumerate(pairs)
                if k
            ),
        )
        return [Fold(say("group.other_pairs"), (table,), is_printed=self.kind in ("programme", "municipality"))]

    def answers(self, group: GroupBlock, name: str) -> list[Block]:
        """What was answered to each question, a fold per theme."""
        say = self.say
        folds: list[Block] = []
        for number, theme in enumerate(group.themes, 1):
            if theme.answers:
                inner: list[Block] = [Paragraph(theme.description)] if theme.description["da"] else []
                inner += [
                    self.answer_chart(theme.label, shared, f"{name}-svar-{number}-{k}")
                    for k, shared in enumerate(theme.answers, 1)
                ]
                is_open = theme.level.state == "by_item"
                folds.append(Fold(theme.label, tuple(inner), is_open=is_open, is_printed=is_open))
        if not folds:
            return []
        return [Heading(say("group.answers")), Paragraph(say("group.answers_lead")), *folds]

    def answer_chart(self, theme: Said, shared: AnswerTable, name: str) -> Block:
        """Diverging bars and the shares of questions that share one scale; a profile has the shares with bars in the table."""
        say = self.say
        caption = say("caption.answers", theme=theme, mapping=self.frame.latest.label)
        table = Table(
            name=name,
            caption=caption,
            columns=(
                Column(say("table.question"), False),
                *(Column(answer) for answer in shared.answers),
                Column(say("table.n")),
            ),
            parts=(Part(None, tuple(self._answer_row(item) for item in shared.items)),),
            look="shares" if self.is_profile else "figures",
        )
        if self.is_profile or not any(_is_whole(item) for item in shared.items):
            return table
        return Chart(
            name=name,
            title=caption,
            description=say("figure.answers.describe", n=len(shared.items)),
            read=say("figure.answers.read"),
            plot=Bars(
                shared.answers,
                tuple(
                    Bar(self._question(item), tuple(share for share in item.shares if share is not None))
                    if _is_whole(item)
                    else Bar(
                        self._question(item),
                        (),
                        say(f"state.{item.state if item.state != 'shown' else 'suppressed'}"),
                    )
                    for item in shared.items
                ),
            ),
            table=table,
        )

    def _question(self, item: ItemAnswers) -> Said:
        if not item.is_negative:
            return item.text
        return self.say("figure.answers.negative", question=item.text)

    def _answer_row(self, item: ItemAnswers) -> Row:
        cells = self.cells
        shares = zip(item.shares, item.limits, strict=True)
        numbers = (
            *(cells.number(share, "share", limit=limit) for share, limit in shares),
            cells.number(item.n, "count"),
        )
        remark = self.say("table.negative") if item.is_negative else None
        return Row(item.text, cells.figures(item.state, item.code, numbers), remark)

    # Social background, initiatives

    def social_gap(self) -> Section | None:
        """How far apart themes lie between pupils whose parents have most and least education; None without the mart."""
        say = self.say
        groups = [(g, [t for t in g.themes if t.gap is not None]) for g in self.content.groups]
        groups = [
            (group, themes) for group, themes in groups if any(t.gap and t.gap.state != "no_data" for t in themes)
        ]
        if not groups:
            return None
        blocks: list[Block] = [Paragraph(say("gap.lead"))]
        for number, (group, themes) in enumerate(groups, 1):
            blocks.append(Heading(group.label))
            blocks.append(self._gap_chart(group, themes, f"baggrund-{number}"))
        return Section("baggrund", say("gap.heading"), (*hidden_note(say, blocks), *blocks))

    def _gap_chart(self, group: GroupBlock, themes: Sequence[ThemeBlock], name: str) -> Block:
        say, cells = self.say, self.cells
        ordered = sorted(themes, key=lambda t: (t.gap is None or t.gap.gap is None, -((t.gap and t.gap.gap) or 0.0)))
        rows, strips = [], []
        levels: list[Extent] = []
        for theme in ordered:
            gap, change = theme.gap, theme.gap_change
            if gap is None:
                continue
            figures = (
                cells.number(gap.lowest, "points"),
                cells.number(gap.highest, "points"),
                cells.number(gap.gap, "change", True, gap.low, gap.high),
                cells.number(gap.unknown, "share"),
            )
            moved: Cell = cells.none
            if change is not None:
                moved = cells.figures(
                    change.state, change.code, (cells.number(change.delta, "change", low=change.low, high=change.high),)
                )[0]
            rows.append(Row(theme.label, (*cells.figures(gap.state, gap.code, figures), moved)))
            if gap.lowest is None or gap.highest is None or gap.gap is None:
                strips.append(Strip(theme.label, None, (), absent=say(f"state.{gap.state}")))
            else:
                levels += [(gap.lowest, None, None), (gap.highest, None, None)]
                beside = say("gap.beside", gap=Number(gap.gap, "change"))
                strips.append(Strip(theme.label, beside, (Mark("unit", gap.highest), Mark("before", gap.lowest))))
        table = Table(
            name=name,
            caption=say("gap.caption", group=group.label, mapping=self.frame.latest.label),
            columns=(
                Column(say("table.theme"), False),
                *(Column(say(f"gap.{key}")) for key in ("lowest", "highest", "gap", "unknown", "change")),
            ),
            parts=(Part(None, tuple(rows)),),
        )
        if not levels:
            return table
        return Chart(
            name=name,
            title=say("gap.title", group=group.label, mapping=self.frame.latest.label),
            description=say("gap.describe", n=len(strips)),
            read=say("gap.read"),
            plot=Strips(
                "points",
                *level_range(levels),
                500.0,
                tuple(strips),
                (("unit", say("gap.key_highest")), ("before", say("gap.key_lowest"))),
            ),
            table=table,
        )

    def initiatives(self) -> Section | None:
        """What happened on the themes of initiatives, against schools without; None where there is none."""
        say, cells = self.say, self.cells
        if not self.content.initiatives:
            return None
        parts: dict[str, tuple[Said, list[Row]]] = {}
        for one in self.content.initiatives:
            figures = (
                cells.number(one.with_, "change"),
                cells.number(one.without, "change"),
                cells.number(one.difference, "change", True, one.low, one.high),
            )
            when = say(f"initiatives.phases.{one.phase}", before=one.pair.before, after=one.pair.after)
            row = Row(one.theme, (Words(one.group), Words(when), *cells.figures(one.state, one.code, figures)))
            parts.setdefault(one.label["da"], (one.label, []))[1].append(row)
        keys = ("group", "phase", "with", "without", "difference")
        table = Table(
            name="indsatser",
            caption=say("initiatives.caption"),
            columns=(
                Column(say("table.theme"), False),
                *(Column(say(f"initiatives.{key}"), key not in ("group", "phase")) for key in keys),
            ),
            parts=tuple(Part(label, tuple(rows)) for label, rows in parts.values()),
        )
        blocks: tuple[Block, ...] = (Paragraph(say("initiatives.lead")), *hidden_note(say, [table]), table)
        return Section("indsatser", say("initiatives.heading"), blocks)

    # Reading guide

    def guide(self, *, is_short: bool = False, with_reliability: bool = True) -> Section:
        """How to read it, what is hidden, how it was calculated."""
        say, thresholds, limits = self.say, self.frame.thresholds, self.frame.limits
        settings: dict[str, str | float] = {
            "base": self.frame.base,
            "trivial": thresholds.trivial,
            "relevant": thresholds.relevant,
            "marked": thresholds.marked,
            "alpha": thresholds.alpha,
        }
        keys = say.listed("guide.entries")
        if is_short:
            keys = [key for key in keys if key in ("scale", "interval", *COMPARABLE, "suppressed", "development")]
        entries = tuple((say(f"guide.entries.{k}.term"), say(f"guide.entries.{k}.text", **settings)) for k in keys)
        hidden = say(
            f"disclosure.text.{self.frame.audience}",
            n=limits.min_n,
            leaders=limits.leaders_min_n,
            raters=limits.min_raters,
            items=limits.item_min_n,
        )
        blocks: list[Block] = [
            Terms(entries),
            Heading(say("disclosure.heading")),
            Paragraph(say("disclosure.legend")),
            Paragraph(hidden),
            Paragraph(say("disclosure.secondary")),
        ]
        if not is_short:
            method = tuple(
                say(
                    f"method.entries.{key}.{self.frame.clusters}" if key == "cluster" else f"method.entries.{key}",
                    valid=Number(thresholds.min_valid_share, "share"),
                    alpha=thresholds.alpha,
                )
                for key in say.listed("method.entries")
            )
            blocks += [Heading(say("method.heading")), Bullets(method)]
        if with_reliability and not is_short:
            blocks += self._reliability()
        return Section("laesevejledning", say("guide.heading"), tuple(blocks))

    def _reliability(self) -> list[Block]:
        say, cells = self.say, self.cells
        caption = say("reliability.caption", mapping=self.frame.latest.label)
        parts = []
        for group in self.content.groups:
            rows = []
            for theme in group.themes:
                r = theme.reliability
                verdict = Words(say(f"reliability.verdicts.{r.verdict}")) if r.verdict is not None else cells.none
                numbers = (
                    cells.number(r.items, "count"),
                    cells.number(r.n, "count"),
                    cells.number(r.alpha, "coefficient"),
                    cells.number(r.omega, "coefficient"),
                    verdict,
                )
                rows.append(Row(theme.label, cells.figures(r.state, r.code, numbers)))
            if rows:
                parts.append(Part(group.label, tuple(rows)))
        keys = ("items", "n", "alpha", "omega", "verdict")
        table = Table(
            name="paalidelighed",
            caption=caption,
            columns=(
                Column(say("table.theme"), False),
                *(Column(say(f"reliability.{key}"), key != "verdict") for key in keys),
            ),
            parts=tuple(parts),
        )
        return [Heading(say("reliability.heading")), Paragraph(say("reliability.lead")), Fold(caption, (table,))]

    def links(self, places: Sequence[Place], heading: Said, lead: Said, anchor: str) -> Section | None:
        """The documents of other units."""
        entries = tuple(Link(place.label, place.document) for place in places if place.document is not None)
        if not entries:
            return None
        return Section(anchor, heading, (Paragraph(lead), Links(entries)))


def _role(place: Place) -> Role:
    """Whose figures a unit is held against."""
    return "municipality" if place.unit[0] == "municipality" else "programme"


def _is_whole(item: ItemAnswers) -> bool:
    """Whether all shares of a question are shown."""
    return item.state == "shown" and all(share is not None for share in item.shares)
