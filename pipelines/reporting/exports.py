"""Charts and tables of a document as files, for people who write their own documents.

Belongs here: SVG and PNG of a chart, CSV of a table, and the archive beside a page. Does not belong here: what stands in them.

Beside each læringsrapport lies an archive with its charts as SVG and its tables as CSV. Pictures (PNG) and the other documents'
charts and tables are made on demand (`kortlaegning figures`): a picture costs far more than its SVG, and a release would hold a
hundred thousand files that hardly anybody opens.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping

from pipelines.marts import SIMULATED
from pipelines.reporting.canvas import Drawing
from pipelines.reporting.model import LANGUAGES, Cell, Document, Hidden, Interval, Number, Row, Said, Table, Words
from pipelines.reporting.numbers import LIMIT_SIGNS
from pipelines.reporting.texts import Voice

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A name that begins like this would be calculated by a spreadsheet."""


def archive(document: Document, drawings: Mapping[str, Drawing], voice: Voice) -> bytes:
    """Charts as SVG and tables as CSV in a ZIP file; the same document gives the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, content in chart_and_table_files(document, drawings, voice):
            entry = zipfile.ZipInfo(f"{folder_name(document)}/{name}")  # dated 1980, on every machine and day
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content, compresslevel=1)
    return stream.getvalue()


def table_csv(table: Table, voice: Voice) -> str:
    """A table as CSV in the language's own numbers (Danish: semicolon and decimal comma), figures as exact as the mart's.

    An interval takes two columns of its own; a suppressed figure is the sign, as on the page.
    """
    language, wide, bare = voice.language, _with_interval(table), _bare_intervals(table)
    fields = [1 if k not in wide else 2 if k in bare else 3 for k in range(len(table.columns) - 1)]
    head = [table.columns[0].words[language]]
    for number, column in enumerate(table.columns[1:]):
        name = column.words[language]
        if number in wide:
            name_low, name_high = voice("export.low", column=name), voice("export.high", column=name)
            head += [name_low, name_high] if number in bare else [name, name_low, name_high]
        else:
            head.append(name)
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";" if voice.number.decimal_mark == "," else ",", lineterminator="\r\n")
    part_label = any(part.label is not None for part in table.parts)
    writer.writerow([_safe(name) for name in (["", *head] if part_label else head)])
    for part in table.parts:
        for row in part.rows:
            lead = [_safe(part.label[language] if part.label is not None else "")] if part_label else []
            writer.writerow([*lead, *_row(row, fields, voice)])
    return "\ufeff" + stream.getvalue()


def folder_name(document: Document) -> str:
    """The folder that the files stand in; it says so where the figures are simulated, because a table of numbers cannot."""
    return (
        f"{document.entry.name}-{SIMULATED.lower().replace(' ', '-')}"
        if document.provenance.simulated
        else document.entry.name
    )


def source_line(document: Document) -> Said:
    """What stands below a figure that leaves its page."""
    simulated = {"da": SIMULATED, "en": "Simulated data"} if document.provenance.simulated else {"da": "", "en": ""}
    parts = (document.entry.title, document.subtitle, simulated)
    return {language: " · ".join(part[language] for part in parts if part[language]) for language in LANGUAGES}


def chart_and_table_files(
    document: Document, drawings: Mapping[str, Drawing], voice: Voice
) -> Iterator[tuple[str, str]]:
    """Names and contents: charts as SVG, tables as CSV."""
    line = source_line(document)
    for chart in document.charts:
        yield f"{chart.name}.svg", drawings[chart.name].standalone(voice.language, line)
    for table in document.tables:
        yield f"{table.name}.csv", table_csv(table, voice)


def _row(row: Row, fields: list[int], voice: Voice) -> list[str]:
    """A row's fields: of each column one, or more where it holds intervals."""
    written, place = [_safe(row.label[voice.language])], 0
    for cell in row.cells:
        span = cell.span if isinstance(cell, Words) else 1
        for columns in fields[place : place + span]:
            written += _cell(cell, columns, voice)
        place += span
    return written


def _cell(cell: Cell, columns: int, voice: Voice) -> list[str]:
    """One to three fields: a figure, and the ends of its interval."""

    def number(value: float | None) -> str:
        return "" if value is None else f"{value:.12g}".replace(".", voice.number.decimal_mark)

    if isinstance(cell, Number):
        sign = "" if cell.limit is None else LIMIT_SIGNS[cell.limit]
        fields = [sign + number(cell.value), number(cell.low), number(cell.high)]
    elif isinstance(cell, Interval):
        fields = [number(cell.low), number(cell.high), ""]
    else:
        words = voice("sign.suppressed") if isinstance(cell, Hidden) else _safe(cell.words[voice.language])
        fields = [words] * 3
    return fields[:columns]


def _with_interval(table: Table) -> set[int]:
    """Columns (without the first) that hold intervals."""
    return {
        number
        for row in table.rows
        for number, cell in _placed(row)
        if isinstance(cell, Interval) or (isinstance(cell, Number) and cell.low is not None)
    }


def _bare_intervals(table: Table) -> set[int]:
    """Columns that hold nothing but intervals."""
    return {number for row in table.rows for number, cell in _placed(row) if isinstance(cell, Interval)}


def _placed(row: Row) -> Iterator[tuple[int, Cell]]:
    place = 0
    for cell in row.cells:
        yield place, cell
        place += cell.span if isinstance(cell, Words) else 1


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
