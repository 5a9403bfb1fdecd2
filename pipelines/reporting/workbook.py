"""The figures behind a municipality's reports as an Excel workbook: levels, changes, charts, notes with the data dictionary.

Belongs here: rows of the internal marts into sheets. Does not belong here: what figures mean (`dictionary`), sentences
(`reports/texts`), disclosure: it is over when the marts are read. Nothing from data can become a formula: every text is written
as text, and one that begins like a formula bears Excel's own mark for text.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.dictionary import dictionary_of
from pipelines.programme import Programme
from pipelines.reporting import style
from pipelines.reporting.catalogue import clusters_of
from pipelines.reporting.model import Provenance
from pipelines.reporting.reading import read_columns, records
from pipelines.reporting.texts import Voice

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MARTS = {"levels": "theme_scores", "changes": "progression"}
"""Sheets of rows and the marts that they hold."""

COLUMNS = {
    "theme_scores": "mapping level unit_id respondent_group theme breakdown breakdown_value n mean ci_low ci_high sd favourable"
    " programme_difference programme_difference_low programme_difference_high band suppressed",
    "progression": "mapping_from mapping_to level unit_id respondent_group theme breakdown breakdown_value n_from n_to mean_from"
    " mean_to delta ci_low ci_high q hedges_g status magnitude reason suppressed",
}
"""Columns of each mart that the workbook shows; all of them are in the delivered files."""

FORMATS = {
    **dict.fromkeys(("mean", "ci_low", "ci_high", "mean_from", "mean_to", "df", "sd"), "0.0"),
    **dict.fromkeys(("programme_difference", "programme_difference_low", "programme_difference_high"), "+0.0;−0.0;0.0"),
    **dict.fromkeys(("se", "mean_raw"), "0.00"),
    "delta": "+0.0;−0.0;0.0",
    "hedges_g": "+0.00;−0.00;0.00",
    "favourable": "0%",
    "p": "0.000",
    "q": "0.000",
}
"""Number formats by column; whole numbers where there is none. Excel writes the marks of the reader's own language."""

UNIT = "unit"
"""The column of units' names; it stands before their ids and in no mart."""

CODES = {"status": "status", "suppressed": "hidden", "reason": "reason"}
"""Where the words of a column's codes stand; all others are among the workbook's own."""

IDS = ("unit_id", "mapping", "mapping_from", "mapping_to")

WIDE = {UNIT: 38, "theme": 38, "unit_id": 14, "respondent_group": 30, "reason": 34, "status": 20, "band": 20}
WIDTH = 12
HEAD = 2
"""Row of the headings, counted from 0: above it stand the title and the mark."""

SOME_DAY = datetime(1980, 1, 1, tzinfo=UTC)
"""Every workbook says that it was made on this day: the same release gives the same bytes."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")


Filter = tuple[str, str, object]

Entry = tuple[str, float | None, float | None, float | None, bool]
"""Theme, figure, ends of its interval, and whether it is suppressed."""


@dataclass(frozen=True)
class Office:
    """What all workbooks of a release share.

    Args:
        programme: names of units, groups and themes.
        rounds: keys of the mappings that have data, in order.
        marts: folder of the internal marts.
        provenance: where the figures come from.
    """

    programme: Programme
    rounds: tuple[str, ...]
    marts: Path
    provenance: Provenance

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """Names that are the same in every language: municipalities and institutions by id."""
        towns, schools = self.programme.municipalities, self.programme.lineage
        return {
            "municipality": dict(zip(towns["municipality_id"].astype(str), towns["label"].astype(str), strict=True)),
            "institution": dict(
                zip(schools["lineage_id"].astype(str), schools["lineage_label"].astype(str), strict=True)
            ),
        }

    def schools_of(self, municipality: str) -> list[str]:
        """Ids of the institutions (lineages) that lie in a municipality."""
        lineage = self.programme.lineage
        return sorted(
            set(lineage.loc[lineage["municipality_id"].astype(str).eq(municipality), "lineage_id"].astype(str))
        )

    @cached_property
    def tables(self) -> dict[str, pa.Table]:
        """Rows of all municipalities with all breakdowns, and of schools in the latest mapping without any; read once.

        Of levels only those of all questions: the trend form stands behind the changes. A school's theme that was not asked or
        has no data has no row.

        Raises:
            StorageError: a mart is missing, damaged or lacks a column.
        """
        full: list[Filter] = [("form", "=", "full")]
        latest: list[Filter] = [("mapping", "=", self.rounds[-1])]
        newest: list[Filter] = [
            ("mapping_to", "=", self.rounds[-1]),
            ("mapping_from", "=", self.rounds[-2:][0]),
            ("status", "not in", ["no_data", "not_comparable"]),
        ]
        town: list[Filter] = [("level", "=", "municipality")]
        school: list[Filter] = [("level", "=", "institution"), ("breakdown", "=", "all")]
        chosen = {
            "theme_scores": [[*town, *full], [*school, *full, *latest]],
            "progression": [town, [*school, *newest]],
        }
        return {
            mart: read_columns(self.marts / f"{mart}.parquet", COLUMNS[mart].split(), filters)
            for mart, filters in chosen.items()
        }

    def rows(self, mart: str, municipality: str) -> Sequence[Mapping[str, Any]]:
        """A mart's rows of a municipality and of its schools."""
        table = self.tables[mart]
        level, unit = table["level"], table["unit_id"]
        own = pc.and_(pc.equal(level, "municipality"), pc.equal(unit, municipality))
        schools = pa.array(self.schools_of(municipality), pa.string())
        return records(table.filter(pc.or_(own, pc.and_(pc.equal(level, "institution"), pc.is_in(unit, schools)))))


def workbook(office: Office, municipality: str, voice: Voice) -> bytes:
    """One municipality's workbook in one language; the same release gives the same bytes.

    Raises:
        StorageError: a mart is missing or damaged.
    """
    from xlsxwriter import Workbook

    from pipelines.reporting.sheet import Sheet

    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with Workbook(stream, options) as book:
        book.worksheet_class = Sheet
        _Writer(book, office, municipality, voice).write()
    return stream.getvalue()


class _Writer:
    """One workbook being written."""

    def __init__(self, book: Workbook, office: Office, municipality: str, voice: Voice) -> None:
        self._book, self._office, self._unit, self._voice = book, office, municipality, voice
        self._label = office.names["municipality"][municipality]
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}
        definition = office.programme
        self._groups = {group.code: group.label.get(voice.language) for group in definition.respondent_groups}
        self._themes = {
            (str(row["respondent_group"]), str(row["theme"])): str(row[f"label_{voice.language}"])
            for row in definition.themes.sort_values(["position", "theme"], kind="stable").to_dict("records")
        }
        groups = list(self._groups)
        ordered = sorted(self._themes, key=lambda theme: groups.index(theme[0]))
        self._places = {theme: place for place, theme in enumerate(ordered)}

    def write(self) -> None:
        """All sheets: notes first, charts, then the rows."""
        voice = self._voice
        title = voice("workbook.title", unit=self._label)
        self._book.set_properties(
            {
                "title": title,
                "subject": self._office.programme.label.get(voice.language),
                "comments": self._mark or "",
                "keywords": self._office.provenance.release_id,
                "created": SOME_DAY,
            }
        )
        sheets = {
            name: self._book.add_worksheet(voice(f"workbook.sheets.{name}")) for name in ("notes", "figures", *MARTS)
        }
        rows = {name: self._office.rows(mart, self._unit) for name, mart in MARTS.items()}
        self._notes(sheets["notes"], title)
        self._figures(sheets["figures"], title, rows)
        for name, mart in MARTS.items():
            self._rows(sheets[name], title, mart, rows[name])

    @cached_property
    def _plain(self) -> Format:
        return self._format()

    @property
    def _mark(self) -> str | None:
        voice = self._voice
        return voice("simulated.banner") if self._office.provenance.simulated else None

    def _format(self, **looks: object) -> Format:
        """A format, made once."""
        key = tuple(sorted(looks.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(
                {"font_name": "Calibri", "font_size": 10, "valign": "top", **looks}
            )
        return self._formats[key]

    def _text(self, sheet: Worksheet, row: int, column: int, text: str, **looks: object) -> None:
        """A text, never a formula, link or number."""
        if text.startswith(FORMULA):
            looks["quote_prefix"] = True
        sheet.write_string(row, column, text, self._format(**looks) if looks else self._plain)

    def _heading(self, sheet: Worksheet, title: str) -> None:
        """The sheet's first two rows, what is printed above it, and the mark of simulated data."""
        self._text(sheet, 0, 0, title, bold=True, font_size=14)
        beside = f"{self._voice('workbook.internal')}"
        marked = f"{self._mark} ({self._voice('simulated.beside')}). {beside}" if self._mark else beside
        self._text(sheet, 1, 0, marked, font_color=style.STATUS_COLOURS["decrease"], bold=True)
        sheet.set_header(f"&L{_printed(title)}&R{_printed(self._mark or '')}")
        sheet.set_footer(f"&L{_printed(self._office.provenance.release_id)}&R&P / &N")
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)

    def _notes(self, sheet: Worksheet, title: str) -> None:
        """What the workbook holds, where it comes from, and what every column means."""
        voice, provenance = self._voice, self._office.provenance
        self._heading(sheet, title)
        sheet.set_column(0, 0, 20)
        sheet.set_column(1, 2, 30)
        sheet.set_column(3, 3, 100)
        place = 3
        for text in (
            voice("workbook.lead", unit=self._label),
            voice("workbook.how"),
            voice("workbook.hidden"),
            *([voice("simulated.explain")] if self._mark else []),
        ):
            self._text(sheet, place, 0, text)
            place += 1
        place += 1
        facts = [(voice("about.release"), provenance.release_id), (voice("about.version"), provenance.code_version)]
        for name, value in facts:
            self._text(sheet, place, 0, name, bold=True)
            self._text(sheet, place, 1, value)
            place += 1
        place += 1
        for column, key in enumerate(("sheet", "heading", "column", "meaning")):
            self._text(sheet, place, column, voice(f"workbook.{key}"), bold=True, bottom=1)
        for name, mart in MARTS.items():
            entry = dictionary_of(mart)
            place += 1
            self._text(sheet, place, 0, voice(f"workbook.sheets.{name}"), bold=True)
            self._text(sheet, place, 2, mart, bold=True)
            self._text(sheet, place, 3, entry.description[voice.language], text_wrap=True)
            for shown in COLUMNS[mart].split():
                place += 1
                self._text(sheet, place, 0, voice(f"workbook.sheets.{name}"))
                self._text(sheet, place, 1, self._head(shown))
                self._text(sheet, place, 2, shown)
                self._text(sheet, place, 3, entry.column(shown).description[voice.language], text_wrap=True)
        sheet.activate()

    def _head(self, column: str) -> str:
        """A column's heading."""
        return self._voice(f"workbook.columns.{column}")

    def _rows(self, sheet: Worksheet, title: str, mart: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """A mart's rows: frozen headings, filters, number formats; a suppressed figure is the sign."""
        self._heading(sheet, f"{title}: {sheet.get_name()}")
        columns = COLUMNS[mart].split()
        place = columns.index("unit_id")
        heads = [*columns[:place], UNIT, *columns[place:]]
        for number, name in enumerate(heads):
            self._text(sheet, HEAD, number, self._head(name), bold=True, text_wrap=True, bottom=1, bg_color=style.BAND)
            sheet.set_column(number, number, WIDE.get(name, WIDTH))
        sheet.set_row(HEAD, 30)
        ordered = sorted(rows, key=self._order)
        kinds = {column.name: column.type for column in dictionary_of(mart).columns}
        for column, name in enumerate(heads):
            if kinds.get(name) in ("integer", "number"):
                self._numbers(sheet, column, name, ordered)
            else:
                self._words(sheet, column, name, ordered)
        sheet.freeze_panes(HEAD + 1, place + 1)
        sheet.autofilter(HEAD, 0, HEAD + max(1, len(ordered)), len(heads) - 1)
        sheet.repeat_rows(HEAD)

    def _numbers(self, sheet: Worksheet, column: int, name: str, ordered: Sequence[Mapping[str, Any]]) -> None:
        """A column of figures."""
        sign, faint = self._voice("sign.suppressed"), self._format(align="right", font_color=style.MUTED)
        look = self._format(num_format=FORMATS.get(name, "#,##0"))
        for row, record in enumerate(ordered, HEAD + 1):
            value = record[name]
            if record["suppressed"] is not None:
                sheet.write_string(row, column, sign, faint)
            elif value is not None and math.isfinite(value):
                sheet.write_number(row, column, value, look)

    def _words(self, sheet: Worksheet, column: int, name: str, ordered: Sequence[Mapping[str, Any]]) -> None:
        """A column of names and of codes as readers know them."""
        told: dict[tuple[object, ...], str] = {}
        for row, record in enumerate(ordered, HEAD + 1):
            key = (record["level"], record["unit_id"]) if name == UNIT else (record[name], *self._context(name, record))
            if key not in told:
                told[key] = self._unit_name(record) if name == UNIT else self._word(name, record)
            if told[key]:
                self._text(sheet, row, column, told[key])

    def _context(self, name: str, record: Mapping[str, Any]) -> tuple[object, ...]:
        """What else the word of a code depends on."""
        if name == "theme":
            return (record["respondent_group"],)
        return (record["mapping_from"], record["mapping_to"], record["suppressed"]) if name == "reason" else ()

    def _word(self, name: str, record: Mapping[str, Any]) -> str:
        """A code as readers know it; ids and codes without a word stay as they are."""
        voice, value = self._voice, str(record[name] or "")
        if name == "respondent_group":
            return self._groups.get(value, value)
        if name == "theme":
            return self._themes.get((str(record["respondent_group"]), value), value)
        definition = self._office.programme.definition
        limits, rules = definition.thresholds, definition.disclosure
        key = f"{CODES.get(name, 'workbook.values')}.{value}"
        if name == "reason" and record["suppressed"] is not None:
            key = f"{CODES['suppressed']}.{value}"
        if name in IDS or not voice.has(key):
            return value
        return voice(
            key,
            before=str(record.get("mapping_from", "")),
            after=str(record.get("mapping_to", "")),
            clusters=limits.min_clusters,
            units=voice(f"clusters.{clusters_of(self._office.programme)}"),
            trivial=limits.trivial,
            relevant=limits.relevant,
            raters=rules.min_raters,
        )

    def _unit_name(self, record: Mapping[str, Any]) -> str:
        if record["level"] == "programme":
            return self._office.programme.label.get(self._voice.language)
        return self._office.names[record["level"]].get(str(record["unit_id"]), str(record["unit_id"]))

    def _order(self, record: Mapping[str, Any]) -> tuple[object, ...]:
        """The municipality, then its schools by name; groups and themes in the instrument's order."""
        key = (record["respondent_group"], record["theme"])
        return (
            record["level"] != "municipality",
            self._unit_name(record),
            record["unit_id"],
            *(str(record.get(name, "")) for name in ("mapping", "mapping_from", "mapping_to")),
            self._places.get(key, len(self._places)),
            key,
            record["breakdown"],
            record["breakdown_value"],
        )

    def _figures(self, sheet: Worksheet, title: str, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Excel's own charts, one row of them a group, beside the few rows that they are drawn from."""
        voice = self._voice
        self._heading(sheet, f"{title}: {sheet.get_name()}")
        sheet.set_column(0, 0, WIDE["theme"])
        sheet.set_column(1, 5, WIDTH)
        place = HEAD
        levels, changes = (_whole(rows[name], self._unit) for name in MARTS)
        for group, label in self._groups.items():
            blocks = self._level_block(group, label, levels), self._change_block(group, label, changes)
            for block in blocks:
                if block is not None:
                    place = self._block(sheet, place, block)
        if place == HEAD:
            self._text(sheet, place, 0, voice("state.no_data"))

    def _level_block(self, group: str, label: str, rows: Sequence[Mapping[str, Any]]) -> _Block | None:
        """The latest mapping's levels."""
        own = [row for row in rows if row["respondent_group"] == group]
        if not own:
            return None
        latest = max(row["mapping"] for row in own)
        return _Block(
            title=self._voice("workbook.chart_levels", group=label, mapping=latest),
            head=self._voice("workbook.columns.mean"),
            rows=self._entries(group, [row for row in own if row["mapping"] == latest], "mean"),
            crossing=500,
            number_format=FORMATS["mean"],
        )

    def _change_block(self, group: str, label: str, rows: Sequence[Mapping[str, Any]]) -> _Block | None:
        """The latest pair of neighbouring mappings."""
        own = [row for row in rows if row["respondent_group"] == group]
        if not own:
            return None
        after = max(row["mapping_to"] for row in own)
        before = max(row["mapping_from"] for row in own if row["mapping_to"] == after)
        chosen = [row for row in own if (row["mapping_from"], row["mapping_to"]) == (before, after)]
        return _Block(
            title=self._voice("workbook.chart_changes", group=label, before=before, after=after),
            head=self._voice("workbook.columns.delta"),
            rows=self._entries(group, chosen, "delta"),
            crossing=0,
            number_format=FORMATS["delta"],
        )

    def _entries(self, group: str, rows: Iterable[Mapping[str, Any]], figure: str) -> list[Entry]:
        """Entries of a chart in the instrument's order."""
        order = list(self._themes)
        chosen = sorted(
            rows, key=lambda row: order.index((group, row["theme"])) if (group, row["theme"]) in order else 0
        )
        return [self._entry(group, row, figure) for row in chosen]

    def _entry(self, group: str, row: Mapping[str, Any], figure: str) -> Entry:
        name = self._themes.get((group, row["theme"]), row["theme"])
        if row["suppressed"] is not None:
            return name, None, None, None, True
        value, low, high = (
            one if one is not None and math.isfinite(one) else None
            for one in (row[figure], row["ci_low"], row["ci_high"])
        )
        return name, value, low, high, False

    def _block(self, sheet: Worksheet, place: int, block: _Block) -> int:
        """Rows of a chart and the chart beside them; what is not shown stands below, outside the chart's rows."""
        shown = [entry for entry in block.rows if entry[1] is not None]
        others = [entry for entry in block.rows if entry[1] is None]
        self._text(sheet, place, 0, block.title, bold=True)
        heads = ("table.theme", None, "workbook.low", "workbook.high")
        for column, key in enumerate(heads):
            text = block.head if key is None else self._voice(key)
            self._text(sheet, place + 1, column, text, bold=True, bottom=1)
        self._text(sheet, place + 1, 4, "−", bold=True, bottom=1, align="right")
        self._text(sheet, place + 1, 5, "+", bold=True, bottom=1, align="right")
        first = place + 2
        number = self._format(num_format=block.number_format)
        plain = self._format(num_format="0.0", font_color=style.MUTED)
        for row, (theme, value, low, high, _) in enumerate(shown, first):
            self._text(sheet, row, 0, theme)
            for column, figure in enumerate((value, low, high), 1):
                if figure is not None:
                    sheet.write_number(row, column, figure, number)
            if value is not None and low is not None and high is not None:
                sheet.write_number(row, 4, value - low, plain)
                sheet.write_number(row, 5, high - value, plain)
        for row, (theme, _, _, _, is_hidden) in enumerate(others, first + len(shown)):
            self._text(sheet, row, 0, theme, font_color=style.MUTED)
            key = "sign.suppressed" if is_hidden else "sign.none"
            self._text(sheet, row, 1, self._voice(key), align="right", font_color=style.MUTED)
        rows = len(shown) + len(others)
        if shown:
            self._chart(sheet, place, block, first, first + len(shown) - 1)
        return first + max(rows, len(shown) + 6 if shown else 0) + 2

    def _chart(self, sheet: Worksheet, place: int, block: _Block, first: int, last: int) -> None:
        """Dots or bars with their intervals; names to the left, the first theme on top."""
        name = sheet.get_name()
        chart = self._book.add_chart({"type": "bar"})
        colour = style.UNIT
        chart.add_series(
            {
                "name": block.head,
                "categories": [name, first, 0, last, 0],
                "values": [name, first, 1, last, 1],
                "fill": {"color": "#c3d7ea"},
                "border": {"color": colour},
                "gap": 60,
                "y_error_bars": {
                    "type": "custom",
                    "plus_values": _range(name, first, last, 5),
                    "minus_values": _range(name, first, last, 4),
                    "line": {"color": style.INK, "width": 1},
                },
            }
        )
        font = {"size": 9, "color": style.INK}
        chart.set_title({"name": block.title, "name_font": {"size": 11, "bold": True}, "overlay": False})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True, "num_font": font, "label_position": "low", "line": {"color": style.FAINT}})
        chart.set_x_axis(
            {
                "num_font": font,
                "num_format": "0",
                "crossing": block.crossing,
                "major_gridlines": {"visible": True, "line": {"color": style.BAND}},
                "name": self._voice("workbook.interval"),
                "name_font": {"size": 9, "bold": False, "color": style.MUTED},
            }
        )
        height = 110 + 24 * (last - first + 1)
        chart.set_size({"width": 640, "height": height})
        description = f"{block.title}. {self._voice('workbook.interval')}."
        sheet.insert_chart(place, 7, chart, {"description": description, "object_position": 1})
        for row in range(place, last + 1):
            sheet.set_row(row, max(18.0, 0.78 * height / (last - place + 3)))


@dataclass(frozen=True)
class _Block:
    """What a chart is drawn from. `crossing`: the value that bars start from."""

    title: str
    head: str
    rows: list[Entry]
    crossing: float
    number_format: str


def _whole(rows: Sequence[Mapping[str, Any]], unit: str) -> list[Mapping[str, Any]]:
    """The municipality's own rows without breakdown."""
    return [
        row for row in rows if row["level"] == "municipality" and row["unit_id"] == unit and row["breakdown"] == "all"
    ]


def _range(sheet: str, first: int, last: int, column: int) -> str:
    """A range as charts name it."""
    letter = "ABCDEF"[column]
    quoted = sheet.replace("'", "''")
    return f"='{quoted}'!${letter}${first + 1}:${letter}${last + 1}"


def _printed(text: str) -> str:
    """A text in a printed header, where `&` begins a code."""
    return text.replace("&", "&&")
