"""What a delivery says of its own questions: SurveyXact's structure and labels, the labels inside .sav and .dta files.

Belongs here: reading them, whatever carries them, as variables with wording and codes. Does not belong here: holding them
against the codebook (`wording`), drafting one (`draft`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.errors import InputError
from pipelines.extract.content import PHANTOM, ROW, Content, as_text
from pipelines.extract.delimited import read_delimited
from pipelines.extract.formats import read_extract
from pipelines.programme import Extract

INSIDE = "inside"
STRUCTURE_COLUMNS = ("variableName", "questionText", "choiceText", "questionType", "subType")
LABEL_COLUMNS = ["variable", "value", "label"]


@dataclass
class Variable:
    """One variable: its wording, and its codes with their labels.

    `is_choice`: one of several 0/1 columns of a question with several answers; `choice` is then the answer it stands for.
    `missing`: codes that the file itself declares missing. `row` is where the wording stands, as a spreadsheet counts.
    """

    name: str
    text: str = ""
    choice: str = ""
    is_closed: bool = True
    is_choice: bool = False
    codes: dict[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    row: int | None = None


Questionnaire = dict[str, Variable]
"""Variables by name, in the order of the file."""


def read_questionnaire(extract: Extract, name: str, structure: Path | None, labels: Path | None) -> Questionnaire:
    """SurveyXact's structure and labels, either or both.

    Args:
        extract: its dialect; of a workbook, `structure` and `labels` are names of sheets.
        name: how messages call the file.
        structure: the file; of a workbook the workbook itself.
        labels: likewise.

    Raises:
        InputError: a file cannot be read, or is no structure or labels.
    """
    found: Questionnaire = {}
    is_book = extract.format == "xlsx"
    if structure is not None:
        _add_structure(_part(structure, name, extract, extract.structure if is_book else None), name, found)
    if labels is not None:
        _add_labels(_labels(labels, name, extract, extract.labels if is_book else None), found)
    return found


def read_inside(path: Path, name: str, format: str) -> Questionnaire:
    """The labels that a .sav or .dta file carries; codes are written as answers are.

    Raises:
        InputError: the file cannot be read.
    """
    import pyreadstat

    read = pyreadstat.read_sav if format == "sav" else pyreadstat.read_dta
    try:
        _, meta = read(str(path), metadataonly=True, user_missing=True)
    except Exception as error:
        # The reader raises many kinds; their texts can hold a cell.
        raise InputError(f"{name}: cannot be read as {format} ({type(error).__name__}); is it damaged?") from None
    found: Questionnaire = {}
    for number, variable in enumerate(meta.column_names, start=1):
        codes = {
            as_text(code, "%Y-%m-%d"): " ".join(str(label).split())
            for code, label in meta.variable_value_labels.get(variable, {}).items()
        }
        text = " ".join((meta.column_names_to_labels.get(variable) or "").split())
        missing = _declared_missing(meta, variable, codes)
        found[variable] = Variable(variable, text, is_closed=bool(codes), codes=codes, missing=missing, row=number)
    return found


def _declared_missing(meta: Any, variable: str, codes: Mapping[str, str]) -> frozenset[str]:
    """Codes that the file declares missing, as values or as ranges."""
    declared = {as_text(value, "%Y-%m-%d") for value in meta.missing_user_values.get(variable, ())}
    for span in meta.missing_ranges.get(variable, ()):
        low, high = span["lo"], span["hi"]
        if low == high:
            declared.add(as_text(low, "%Y-%m-%d"))
            continue
        for code in codes:
            if re.fullmatch(r"-?\d+(\.\d+)?", code) and float(low) <= float(code) <= float(high):
                declared.add(code)
    return frozenset(declared)


def _part(path: Path, name: str, extract: Extract, sheet: str | None) -> Content:
    """A structure as a table: a text file of its own in the extract's dialect, or a sheet of the workbook."""
    dialect = extract.dialect.model_copy(
        update={"skip_rows": 0, "skip_after_header": 0, "sheet": re.escape(sheet) if sheet else None}
    )
    return read_extract(path, name, extract.model_copy(update={"dialect": dialect}))


def _labels(path: Path, name: str, extract: Extract, sheet: str | None) -> list[list[str]]:
    """Rows of the labels, which have no header: variable, code, label."""
    if extract.format == "xlsx":
        content = _part(path, name, extract, sheet)
        names = [column for column in content.table.column_names if column != ROW]
        # The first row was read as the header; some workbooks have one, and then it says so.
        first = [] if names[:1] == ["variableName"] else [names]
    else:
        dialect = extract.dialect.model_copy(update={"skip_rows": 0, "skip_after_header": 0})
        declared = extract.model_copy(update={"dialect": dialect})
        try:
            content = read_delimited(path, name, declared, LABEL_COLUMNS)
        except InputError:
            content = read_delimited(path, name, declared, [*LABEL_COLUMNS, PHANTOM])
        first = []
    rows = [list(row.values())[: len(LABEL_COLUMNS)] for row in content.table.drop_columns([ROW]).to_pylist()]
    if any(len(row) != len(LABEL_COLUMNS) for row in [*first, *rows]):
        raise InputError(f"{name}: labels have three columns (variable, code, label); this has another number")
    return [[str(cell).strip().removeprefix("\ufeff") for cell in row] for row in [*first, *rows]]


def _add_structure(content: Content, name: str, found: Questionnaire) -> None:
    """Variables of a structure, one row a variable."""
    table: pa.Table = content.table
    missing = [column for column in STRUCTURE_COLUMNS if column not in table.column_names]
    if missing:
        raise InputError(f"{name}: is no structure: column {missing[0]} is not there; is the dialect another?")
    for row in table.to_pylist():
        variable = str(row["variableName"]).strip()
        if variable:
            text, choice = (" ".join(str(row[column]).split()) for column in ("questionText", "choiceText"))
            is_choice = row["subType"].strip() == "Multiple"
            closed = row["questionType"].strip() == "Closed"
            found[variable] = Variable(variable, text, choice, closed, is_choice, row=int(row[ROW]))


def _add_labels(rows: list[list[str]], found: Questionnaire) -> None:
    """Codes of variables. Variables that the structure does not name are added."""
    for variable, code, label in rows:
        if variable and variable != "variableName":
            found.setdefault(variable, Variable(variable)).codes[code] = " ".join(label.split())
