"""The methods page for readers: what was done, with this programme's settings, questions and decisions.

Belongs here: method.md's definitions as a document, filled with what the programme and its marts say. Does not belong here:
sentences (`reports/texts/method.*.yml`), layout. Every setting that the figures depend on is listed; a test holds the list whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from pydantic import BaseModel

from pipelines.programme import Programme
from pipelines.reporting.catalogue import said
from pipelines.reporting.model import (
    LANGUAGES,
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Entry,
    Fold,
    Link,
    Links,
    Number,
    Paragraph,
    Part,
    Provenance,
    Row,
    Said,
    Section,
    Table,
    Words,
)
from pipelines.reporting.texts import Value, Voice, Voices, in_each, text_in_each

MartRow = Mapping[str, object]
TableRow = Mapping[Hashable, object]

NAME, DATA_BOOK = "method", "data-book"
"""Names of the two documents about a release itself, without ending."""

LADDER = ("suppressed", "no_data", "not_comparable", "increase", "decrease", "status_quo", "inconclusive")
"""Statuses in the order in which they are tried (method.md 5)."""

DECIDED = ("minor", "changed", "dropped")
"""Decisions on an item that have a reason and a date."""


@dataclass(frozen=True)
class Appendix:
    """What a document about the programme itself is made from.

    Args:
        programme: its definition and tables.
        rounds: keys of the mappings that have data, in order.
        provenance: where its figures come from.
        voices: words in both languages.
        reliability, comparability: rows of the public marts `reliability` and `item_comparability`: these documents are the
            same in every edition.
    """

    programme: Programme
    rounds: tuple[str, ...]
    provenance: Provenance
    voices: Voices
    reliability: Sequence[MartRow]
    comparability: Sequence[MartRow]

    def text(self, key: str, **values: Value) -> Said:
        """A text in each language."""
        return text_in_each(self.voices, key, **values)

    def filled(self, key: str, values: Callable[[Voice], dict[str, Value]]) -> Said:
        """A text in each language whose values are words of the language."""
        return in_each(self.voices, lambda voice: voice(key, **values(voice)))

    def document(self, kind: str, name: str, sections: tuple[Section, ...]) -> Document:
        """The document around its sections."""
        definition = self.programme.definition
        return Document(
            entry=next(entry for entry in appendix_entries(self.voices) if entry.name == name),
            audience="public",
            series=self.text(f"{kind}.series"),
            subtitle=said(self.programme.label),
            edition=self.text("method_page.edition"),
            about=said(definition.about) if definition.about else None,
            data_source=said(definition.data_source) if definition.data_source else None,
            provenance=self.provenance,
            sections=sections,
        )

    @property
    def group_names(self) -> dict[str, Said]:
        """Name of each respondent group."""
        return {group.code: said(group.label) for group in self.programme.respondent_groups}

    @property
    def theme_names(self) -> dict[tuple[str, str], Said]:
        """Name of each theme by group and theme."""
        return {
            (str(row["respondent_group"]), str(row["theme"])): both(row, "label")
            for row in self.programme.themes.to_dict("records")
        }


def appendix_entries(voices: Voices) -> tuple[Entry, Entry]:
    """The two documents in the list of all documents."""
    return (
        Entry("method", NAME, text_in_each(voices, "method_page.title")),
        Entry("data_book", DATA_BOOK, text_in_each(voices, "data_book.title")),
    )


def both(row: TableRow, name: str) -> Said:
    """Danish and English column of a programme's table."""
    return {"da": str(row[f"{name}_da"]), "en": str(row[f"{name}_en"])}


def same(text: object) -> Said:
    """A code or a name that is the same in every language."""
    return dict.fromkeys(LANGUAGES, str(text))


def words(text: Said | str) -> Words:
    """A cell of words."""
    return Words(same(text) if isinstance(text, str) else text)


def method_document(given: Appendix) -> Document:
    """The methods page."""
    text = given.text
    definition = given.programme.definition
    base = said(given.programme.base.label)
    brief = [in_each(given.voices, lambda voice: voice("method_page.brief.lead", base=base[voice.language]))]
    brief += [text(f"method_page.brief.{key}") for key in ("unsure", "cause", "hidden")]
    limits = definition.thresholds
    return given.document(
        "method_page",
        NAME,
        (
            _section(given, "brief", Paragraph(brief[0], "lead"), Bullets(tuple(brief[1:]))),
            _section(given, "who", _mappings(given), _groups(given)),
            _section(given, "score", _score(given, base)),
            _section(given, "forms", *_forms(given)),
            _section(given, "level", _levels(given)),
            _section(given, "reliability", *_reliability(given)),
            _section(given, "change", *_change(given)),
            _section(
                given,
                "response",
                Paragraph(
                    given.filled(
                        "method_page.response.text",
                        lambda voice: {
                            "complete": voice.number.share(limits.complete_share),
                            "partial": voice.number.share(limits.partial_share),
                            "low": voice.number.share(limits.low_response),
                            "parents": voice.number.share(limits.low_response_parents),
                        },
                    )
                ),
            ),
            *_further(given),
            _section(given, "disclosure", *_disclosure(given)),
            _section(given, "settings", Paragraph(text("method_page.settings.text")), _settings(given)),
            _section(
                given,
                "items",
                Paragraph(text("method_page.items.text")),
                *_items(given),
                Links((Link(text("method_page.items.more"), DATA_BOOK),)),
            ),
        ),
    )


def _section(given: Appendix, name: str, *blocks: Block) -> Section:
    return Section(name, given.text(f"method_page.{name}.heading"), tuple(blocks))


def _columns(given: Appendix, *keys: str) -> tuple[Column, ...]:
    """Headings of words."""
    return tuple(Column(given.text(f"method_page.{key}"), is_number=False) for key in keys)


def _mappings(given: Appendix) -> Table:
    rows = []
    for mapping in given.programme.mappings:
        if mapping.key in given.rounds:
            dates = [
                given.text("method_page.who.no_date") if date is None else _date(given, date.isoformat())
                for date in (mapping.opens_on, mapping.closes_on)
            ]
            is_base = given.text(f"method_page.who.{'is_base' if mapping.base else 'is_no_base'}")
            rows.append(Row(said(mapping.label), (words(dates[0]), words(dates[1]), words(is_base))))
    return Table(
        "mappings",
        given.text("method_page.who.mappings"),
        _columns(given, "who.mapping", "who.opens", "who.closes", "who.base"),
        (Part(None, tuple(rows)),),
    )


def _groups(given: Appendix) -> Table:
    """Questions of each group in each mapping."""

    def asked(mapping: str, group: str) -> Cell:
        count = len(given.programme.asked(mapping, group))
        return Number(count, "count") if count else Words(given.text("method_page.who.not_asked"), is_faint=True)

    rows = [Row(name, tuple(asked(key, code) for key in given.rounds)) for code, name in given.group_names.items()]
    return Table(
        "groups",
        given.text("method_page.who.groups"),
        (*_columns(given, "who.group"), *(Column(same(key)) for key in given.rounds)),
        (Part(None, tuple(rows)),),
    )


def _score(given: Appendix, base: Said) -> Bullets:
    share = given.programme.definition.thresholds.min_valid_share
    return _bullets(
        given,
        "score",
        ("codes", "reverse", "valid", "scale", "later", "pooled", "favourable"),
        lambda voice: {"valid": voice.number.share(share), "base": base[voice.language]},
    )


def _bullets(
    given: Appendix, section: str, keys: Iterable[str], values: Callable[[Voice], dict[str, Value]]
) -> Bullets:
    """A section's sentences, all with the same values at hand."""
    return Bullets(tuple(given.filled(f"method_page.{section}.items.{key}", values) for key in keys))


def _forms(given: Appendix) -> list[Block]:
    """Common questions, decisions of people, and the drift screen."""
    limits, text = given.programme.definition.thresholds, given.text
    rule = given.filled(
        "method_page.forms.text",
        lambda voice: {
            "items": limits.trend_min_items,
            "short": limits.trend_min_items_short,
            "share": voice.number.share(limits.trend_min_share),
        },
    )
    minor = text(f"method_page.forms.minor.{'included' if limits.trend_includes_minor else 'excluded'}")
    return [
        Paragraph(rule),
        Bullets((minor, text("method_page.forms.decided"), text("method_page.forms.drift", drift=limits.drift_limit))),
        *_decisions(given),
        *_flagged(given),
    ]


def _decisions(given: Appendix) -> list[Block]:
    """Questions that people found to be changed, with reason and date, in the order of the mappings."""
    book = given.programme.codebook
    found = book[book["comparability"].isin(DECIDED) & book["mapping"].isin(given.rounds)]
    if found.empty:
        return [Paragraph(given.text("method_page.forms.no_decisions"))]
    items = _item_rows(given)
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in found.to_dict("records"):
        key = str(row["respondent_group"]), str(row["item_id"])
        rows.setdefault((str(row["mapping"]), key[0]), []).append(
            Row(
                both(items[key], "text"),
                (
                    words(given.text(f"method_page.forms.codes.{row['comparability']}")),
                    words(str(row["reason"])),
                    words(_date(given, str(row["decided_on"]))),
                ),
            )
        )
    order = {group: place for place, group in enumerate(given.group_names)}
    parts = [
        Part({language: f"{mapping} · {given.group_names[group][language]}" for language in LANGUAGES}, tuple(entries))
        for (mapping, group), entries in sorted(
            rows.items(), key=lambda entry: (given.rounds.index(entry[0][0]), order[entry[0][1]])
        )
    ]
    heads = _columns(given, "forms.question", "forms.decision", "forms.reason", "forms.decided_on")
    return [Table("decisions", given.text("method_page.forms.decisions"), heads, tuple(parts))]


def _flagged(given: Appendix) -> list[Block]:
    """Questions that the drift screen tells of."""
    items, names = _item_rows(given), given.theme_names
    parts = []
    for mapping in given.rounds:
        rows = []
        for row in given.comparability:
            if row["mapping"] == mapping and row["is_flagged"] and row["suppressed"] is None:
                key = str(row["respondent_group"]), str(row["item_id"])
                theme = names[key[0], str(row["theme"])]
                rows.append(
                    Row(
                        both(items[key], "text"),
                        (
                            words({lang: f"{theme[lang]} ({given.group_names[key[0]][lang]})" for lang in LANGUAGES}),
                            Number(_number(row["drift"]), "effect"),
                        ),
                    )
                )
        if rows:
            parts.append(Part(same(mapping), tuple(rows)))
    if not parts:
        return [Paragraph(given.text("method_page.forms.not_flagged"))]
    heads = (
        *_columns(given, "forms.question", "forms.theme"),
        Column(given.text("method_page.forms.drift_column")),
    )
    return [Table("flagged", given.text("method_page.forms.flagged"), heads, tuple(parts))]


def _levels(given: Appendix) -> Bullets:
    limits = given.programme.definition.thresholds
    listed = _bullets(given, "level", ("interval", "cluster", "band"), lambda _: {"classes": limits.min_classes})
    return Bullets((*listed.items, given.text(f"method_page.level.df.{limits.degrees_of_freedom}")))


def _reliability(given: Appendix) -> list[Block]:
    """The rule, and which of the programme's themes it has consequences for in the latest mapping."""
    blocks: list[Block] = [Paragraph(given.text("method_page.reliability.text"))]
    if not given.rounds:
        return blocks
    latest = given.rounds[-1]
    found = 0
    for verdict, key in (("weak", "weak"), ("not_a_theme", "by_item")):
        concerned = [
            (str(row["respondent_group"]), str(row["theme"]))
            for row in given.reliability
            if row["mapping"] == latest and row["verdict"] == verdict and row["suppressed"] is None
        ]
        if concerned:
            found += len(concerned)
            blocks.append(Paragraph(_named(given, f"method_page.reliability.{key}", latest, concerned)))
    if not found:
        blocks.append(Paragraph(given.text("method_page.reliability.all_good", mapping=latest)))
    return blocks


def _named(given: Appendix, key: str, mapping: str, themes: list[tuple[str, str]]) -> Said:
    """A sentence that lists themes with their groups."""
    names, groups = given.theme_names, given.group_names

    def say(voice: Voice) -> str:
        listed = [
            voice(
                "method_page.reliability.name",
                theme=names[group, theme][voice.language],
                group=groups[group][voice.language],
            )
            for group, theme in themes
        ]
        return voice(key, mapping=mapping, names="; ".join(listed))

    return in_each(given.voices, say)


def _change(given: Appendix) -> list[Block]:
    definition = given.programme.definition
    limits, ids = definition.thresholds, definition.ids
    cluster = "linked" if ids.respondents_linked else "cluster" if ids.institutions_stable else "unstable"
    settings: dict[str, Value] = {
        "alpha": limits.alpha,
        "trivial": limits.trivial,
        "relevant": limits.relevant,
        "marked": limits.marked,
        "clusters": limits.min_clusters,
    }
    rows = [
        Row(given.text(f"status.{status}"), (words(given.text(f"method_page.change.statuses.{status}", **settings)),))
        for status in LADDER
    ]
    ladder = Table(
        "ladder",
        given.text("method_page.change.ladder"),
        _columns(given, "change.status", "change.when"),
        (Part(None, tuple(rows)),),
    )
    more = tuple(Paragraph(given.text(f"method_page.change.{key}")) for key in ("sustained", "parts"))
    return [_bullets(given, "change", ("delta", cluster, "few", "q", "g"), lambda _: settings), ladder, *more]


def _further(given: Appendix) -> list[Section]:
    """Social background and initiatives, where the programme has any."""
    programme = given.programme
    sections = []
    if programme.definition.background:
        levels = tuple(said(level.label) for level in programme.definition.background)
        blocks = (
            Paragraph(given.text("method_page.social.text")),
            Bullets(levels, given.text("method_page.social.levels")),
        )
        sections.append(_section(given, "social", *blocks))
    if len(programme.initiatives):
        sections.append(_section(given, "initiatives", Paragraph(given.text("method_page.initiatives.text"))))
    if len(programme.tests):
        sections.append(_section(given, "results", *_results(given)))
    if len(programme.targets):
        sections.append(_section(given, "targets", Paragraph(given.text("method_page.targets.text"))))
    return sections


def _results(given: Appendix) -> list[Block]:
    """How results of tests are counted, and the tests with their series."""
    programme = given.programme
    rows = []
    for test in programme.tests.to_dict("records"):
        name = {language: str(test[f"label_{language}"]) for language in LANGUAGES}
        why = {language: str(test[f"reason_{language}"]) for language in LANGUAGES}
        kind = given.text(f"method_page.results.kinds.{test['kind']}")
        since = dict.fromkeys(LANGUAGES, str(test["from_year"]))
        reliability: Cell = words(given.text("sign.none"))
        if pd.notna(test["reliability"]):
            reliability = Number(float(str(test["reliability"])), "coefficient")
        rows.append(Row(name, (words(kind), words(since), reliability, words(why))))
    heads = _columns(given, "results.test", "results.kind", "results.since", "results.reliability", "results.reason")
    table = Table("tests", given.text("method_page.results.caption"), heads, (Part(None, tuple(rows)),))
    texts = ["text", *(["gain", "reliable"] if programme.tests["kind"].eq("measurement").any() else []), "confidential"]
    return [*(Paragraph(given.text(f"method_page.results.{key}")) for key in texts), table]


def _disclosure(given: Appendix) -> list[Block]:
    rules = given.programme.definition.disclosure
    numbers = {
        "n": (rules.public_min_n, rules.internal_min_n),
        "raters": (rules.min_raters, rules.min_raters),
        "leaders": (rules.leaders_min_n, rules.leaders_min_n),
        "items": (rules.public_item_min_n, rules.internal_item_min_n),
    }
    rows = [
        Row(given.text(f"method_page.disclosure.rules.{rule}"), tuple(Number(least, "count") for least in both_least))
        for rule, both_least in numbers.items()
    ]
    heads = (
        *_columns(given, "disclosure.rule"),
        *(Column(given.text(f"method_page.disclosure.{audience}")) for audience in ("public", "internal")),
    )
    return [
        Paragraph(given.text("method_page.disclosure.text")),
        Table("disclosure", given.text("method_page.disclosure.caption"), heads, (Part(None, tuple(rows)),)),
        Bullets(tuple(given.text(f"method_page.disclosure.{key}") for key in ("change", "secondary"))),
    ]


def _settings(given: Appendix) -> Table:
    """Every field of the thresholds and the disclosure rules, with the method's own value."""
    definition = given.programme.definition
    rows = []
    for part in (definition.thresholds, definition.disclosure):
        defaults = type(part)()
        for name in type(part).model_fields:
            chosen, default = (_setting(given, model, name) for model in (part, defaults))
            rows.append(Row(given.text(f"method_page.settings.names.{name}"), (chosen, default)))
    heads = _columns(given, "settings.setting", "settings.value", "settings.default")
    return Table("settings", given.text("method_page.settings.caption"), heads, (Part(None, tuple(rows)),))


def _setting(given: Appendix, model: BaseModel, name: str) -> Cell:
    value = getattr(model, name)
    if isinstance(value, bool):
        return words(given.text(f"method_page.settings.{'yes' if value else 'no'}"))
    if isinstance(value, str):
        return words(given.text(f"method_page.settings.values.{value}"))
    return words(in_each(given.voices, lambda voice: voice.number.plain(value)))


def _items(given: Appendix) -> list[Block]:
    """A folded table per group: its questions by theme, what was decided in each mapping, and whether they are in the trend."""
    decided = {
        (str(row["mapping"]), str(row["respondent_group"]), str(row["item_id"])): str(row["comparability"])
        for row in given.programme.codebook.to_dict("records")
    }
    in_trend = {
        (str(row["respondent_group"]), str(row["item_id"])): bool(row["is_trend"])
        for row in given.comparability
        if row["suppressed"] is None
    }
    names, by_theme = given.theme_names, items_by_theme(given.programme)
    blocks: list[Block] = []
    for group, label in given.group_names.items():
        parts = []
        for (owner, theme), rows in by_theme.items():
            if owner == group:
                entries = tuple(_item(given, group, row, decided, in_trend) for row in rows)
                parts.append(Part(names[group, theme], entries))
        if parts:
            heads = (
                *_columns(given, "forms.question"),
                *(Column(same(key), is_number=False) for key in given.rounds),
                *_columns(given, "items.trend"),
            )
            blocks.append(
                Fold(label, (Table(f"items-{group}", label, heads, tuple(parts), look="lists"),), is_printed=False)
            )
    return blocks


def _item(
    given: Appendix,
    group: str,
    row: TableRow,
    decided: Mapping[tuple[str, str, str], str],
    in_trend: Mapping[tuple[str, str], bool],
) -> Row:
    item = str(row["item_id"])
    codes = [decided.get((mapping, group, item)) for mapping in given.rounds]
    cells = [
        words(given.text(f"method_page.forms.codes.{code}"))
        if code
        else Words(given.text("method_page.who.not_asked"), is_faint=True)
        for code in codes
    ]
    known = in_trend.get((group, item))
    trend: Cell = (
        Words(given.text("sign.none"), is_faint=True)
        if known is None
        else words(given.text(f"method_page.items.{'yes' if known else 'no'}"))
    )
    return Row(both(row, "text"), (*cells, trend), same("−") if str(row["direction"]) == "-1" else None)


def _date(given: Appendix, iso: str) -> Said:
    """A day as readers write it."""
    year, month, day = iso[:10].split("-")
    return given.text("method_page.who.date", year=year, month=month.lstrip("0"), day=day.lstrip("0"))


def items_by_theme(programme: Programme) -> dict[tuple[str, str], list[TableRow]]:
    """Items of each group and theme in the instrument's order."""
    items = programme.items.sort_values(["position", "item_id"], kind="stable").to_dict("records")
    themes = programme.themes.sort_values(["position", "theme"], kind="stable").to_dict("records")
    found: dict[tuple[str, str], list[TableRow]] = {
        (str(theme["respondent_group"]), str(theme["theme"])): [] for theme in themes
    }
    for item in items:
        found[str(item["respondent_group"]), str(item["theme"])].append(item)
    return found


def _item_rows(given: Appendix) -> dict[tuple[str, str], TableRow]:
    return {
        (str(row["respondent_group"]), str(row["item_id"])): row for row in given.programme.items.to_dict("records")
    }


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
