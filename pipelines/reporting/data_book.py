"""The data book: every mart, column, code, theme, question and answer scale of a release.

Belongs here: the data dictionary and the programme's tables as a document. Does not belong here: descriptions (`dictionary`),
sentences (`reports/texts`), figures: there are none in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.dictionary import MartEntry, data_dictionary
from pipelines.reporting.catalogue import clusters_of, said
from pipelines.reporting.method import DATA_BOOK, Appendix, TableRow, both, items_by_theme, same, words
from pipelines.reporting.model import (
    Block,
    Column,
    Document,
    Fold,
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
from pipelines.reporting.texts import Value


def data_book(given: Appendix) -> Document:
    """The data book of one edition."""
    text = given.text
    return given.document(
        "data_book",
        DATA_BOOK,
        (
            Section(
                "marts",
                text("data_book.marts"),
                (
                    Paragraph(text("data_book.lead"), "lead"),
                    Paragraph(text("data_book.hidden")),
                    *(block for mart in data_dictionary() for block in _mart(given, mart)),
                ),
            ),
            Section("codes", text("data_book.codes"), tuple(_codes(given))),
            Section("themes", text("data_book.themes"), (_themes(given),)),
            Section("items", text("data_book.items"), tuple(_items(given))),
            Section("scales", text("data_book.scales"), (_scales(given),)),
        ),
    )


def _columns(given: Appendix, *keys: str) -> tuple[Column, ...]:
    return tuple(Column(given.text(f"data_book.{key}"), is_number=False) for key in keys)


def _mart(given: Appendix, mart: MartEntry) -> list[Block]:
    key = given.text("data_book.key")
    rows = tuple(
        Row(
            same(column.name),
            (words(given.text(f"data_book.types.{column.type}")), words(column.description)),
            key if column.is_key else None,
        )
        for column in mart.columns
    )
    table = Table(
        f"mart-{mart.name}",
        same(mart.name),
        _columns(given, "column", "type", "meaning"),
        (Part(None, rows),),
        look="lists",
    )
    return [Heading(same(mart.name)), Paragraph(mart.description), table]


def _codes(given: Appendix) -> list[Block]:
    """What the codes in the tables mean, a table per kind of code."""
    programme = given.programme
    towns = programme.municipalities.to_dict("records")
    listed: dict[str, Iterable[tuple[str, Said]]] = {
        "programme": [(programme.slug, said(programme.label))],
        "mappings": [(mapping.key, said(mapping.label)) for mapping in programme.mappings],
        "groups": list(given.group_names.items()),
        "municipalities": [(str(row["municipality_id"]), same(row["label"])) for row in towns],
        "status": _worded(given, "status"),
        "reasons": _worded(given, "reason"),
        "suppressed": _worded(given, "hidden"),
    }
    return [
        Table(
            f"codes-{name}",
            given.text(f"data_book.{name}"),
            _columns(given, "code", "name"),
            (Part(None, tuple(Row(same(code), (words(meaning),)) for code, meaning in entries)),),
        )
        for name, entries in listed.items()
    ]


def _worded(given: Appendix, key: str) -> list[tuple[str, Said]]:
    """Codes that the reports have words for, with the settings that the words name."""
    definition = given.programme.definition
    limits, rules = definition.thresholds, definition.disclosure
    units = f"clusters.{clusters_of(given.programme)}"
    values: dict[str, Value] = {
        "clusters": limits.min_clusters,
        "trivial": limits.trivial,
        "relevant": limits.relevant,
        "raters": rules.min_raters,
        "before": "mapping_from",
        "after": "mapping_to",
    }
    codes = given.voices["da"].listed(key)
    return [
        (code, given.filled(f"{key}.{code}", lambda voice: {**values, "units": voice(units)}))
        for code in codes
        if code != "other"
    ]


def _themes(given: Appendix) -> Table:
    """One row per group and theme."""
    rows = given.programme.themes.sort_values(["position", "theme"], kind="stable").to_dict("records")
    parts = [
        Part(
            label,
            tuple(
                Row(same(row["theme"]), (words(both(row, "label")), words(both(row, "description"))))
                for row in rows
                if row["respondent_group"] == group
            ),
        )
        for group, label in given.group_names.items()
    ]
    return Table(
        "themes",
        given.text("data_book.themes"),
        _columns(given, "code", "theme", "description"),
        tuple(part for part in parts if part.rows),
    )


def _items(given: Appendix) -> list[Block]:
    """A folded table per group: code, wording, direction, scale, and the extract's column in each mapping."""
    carried = {
        (str(row["mapping"]), str(row["respondent_group"]), str(row["item_id"])): row
        for row in given.programme.codebook.to_dict("records")
    }
    names = given.theme_names
    blocks: list[Block] = []
    for group, label in given.group_names.items():
        parts = [
            Part(names[group, theme], tuple(_item(given, group, row, carried) for row in rows))
            for (owner, theme), rows in items_by_theme(given.programme).items()
            if owner == group and rows
        ]
        if parts:
            heads = (
                *_columns(given, "code", "question", "direction", "scale"),
                *(Column(same(key), is_number=False) for key in given.rounds),
            )
            table = Table(
                f"items-{group}", label, heads, tuple(parts), look="lists", note=given.text("data_book.variables_note")
            )
            blocks.append(Fold(label, (table,)))
    return blocks


def _item(given: Appendix, group: str, row: TableRow, carried: Mapping[tuple[str, str, str], TableRow]) -> Row:
    item = str(row["item_id"])
    entries = [carried.get((mapping, group, item)) for mapping in given.rounds]
    scale = next((str(entry["scale"]) for entry in reversed(entries) if entry and entry["scale"]), "")
    direction = given.text(f"data_book.{'negative' if str(row['direction']) == '-1' else 'positive'}")
    variables = [
        words(str(entry["variable"])) if entry and entry["variable"] else Words(given.text("sign.none"), is_faint=True)
        for entry in entries
    ]
    return Row(same(item), (words(both(row, "text")), words(direction), words(scale), *variables))


def _scales(given: Appendix) -> Table:
    """One row per code of each scale."""
    parts = []
    for scale, rows in given.programme.scales.groupby("scale", sort=True):
        entries = [
            Row(
                same(row["code"]),
                (
                    words(both(row, "label")),
                    Words(given.text("data_book.no_value"), is_faint=True)
                    if row["kind"] != "valid"
                    else Number(float(str(row["value"])), "count"),
                ),
            )
            for row in rows.to_dict("records")
        ]
        parts.append(Part(same(scale), tuple(entries)))
    heads = (*_columns(given, "code", "answer"), Column(given.text("data_book.value")))
    return Table("scales", given.text("data_book.scales"), heads, tuple(parts))
