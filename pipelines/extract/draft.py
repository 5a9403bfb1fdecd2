"""A codebook drafted from a file that carries its own: rows for people to finish.

Belongs here: from what a file says of its questions to rows of `codebook.csv` and `scales.csv`. Does not belong here: any
decision; which theme an item belongs to, its direction and how it compares are people's to say.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ConfigurationError, InputError
from pipelines.extract.formats import read_extract
from pipelines.extract.questionnaire import (
    STRUCTURE_COLUMNS,
    Questionnaire,
    Variable,
    read_inside,
    read_questionnaire,
)
from pipelines.programme import Extract
from pipelines.programme.tables import TABLES

_DECLINED = re.compile(
    r"(?i)\b(ved ikke|ønsker ikke|vil ikke svare|don.?t know|not sure|prefer not|refus|keine angabe|weiß nicht|vet ikke)"
)
_MISSING = re.compile(
    r"(?i)\b(omitted|invalid|missing|not administered|not applicable|not reached|skipped|uoplyst|ubesvaret|ikke besvaret)"
)
_SHEETS = {"structure": "Structure", "labels": "Labels"}
_DIALECTS = (("utf-16", "\t"), ("utf-8", ";"), ("utf-8", ","), ("cp1252", ";"), ("cp1252", ","), ("cp1252", "\t"))
"""In which SurveyXact delivers. A draft may try them; a run never does: there the dialect is declared."""


@dataclass(frozen=True)
class Draft:
    """Texts of `codebook.csv` and `scales.csv`."""

    codebook: str
    scales: str
    variables: int

    def write(self, folder: Path) -> list[Path]:
        """Write both; an existing file is left alone.

        Raises:
            ConfigurationError: one of them exists.
        """
        folder.mkdir(parents=True, exist_ok=True)
        paths = {folder / "codebook.csv": self.codebook, folder / "scales.csv": self.scales}
        for path in paths:
            if path.exists():
                raise ConfigurationError(f"{path} exists and is not written over; give another --out")
        for path, text in paths.items():
            path.write_text(text, encoding="utf-8")
        return list(paths)


def draft_codebook(path: Path, mapping: str, group: str, language: str) -> Draft:
    """Draft from a SurveyXact structure (labels beside it), a workbook with both, a .sav or a .dta file.

    Args:
        path: the file.
        mapping: written into every row.
        group: likewise.
        language: `da` or `en`: the column that the wording is written into.

    Raises:
        ConfigurationError: the file is of no kind that carries a codebook.
        InputError: it cannot be read.
    """
    if not path.is_file():
        raise ConfigurationError(f"{path}: does not exist; name a structure, .xlsx, .sav or .dta file")
    found = _read(path)
    closed = [variable for variable in found.values() if len(variable.codes) > 1]
    scales: dict[tuple[tuple[str, str], ...], str] = {}
    for variable in closed:
        key = _scale_key(variable)
        scales.setdefault(key, "valg01" if variable.is_choice else f"skala{len(scales) + 1}")
    rows = [_codebook_row(variable, scales[_scale_key(variable)], mapping, group, language) for variable in closed]
    lines = [row for variable in closed for row in _scale_rows(variable, scales)]
    return Draft(
        _as_csv("codebook", rows), _as_csv("scales", list({tuple(r.items()): r for r in lines}.values())), len(rows)
    )


REGISTER = {"institution_id": ("INST_NR", 6), "municipality_id": ("KOMMUNE_NR", 3)}
"""Columns of the Danish register of institutions that hold numbers, and how many digits these have."""


def draft_institutions(path: Path, municipalities: tuple[str, ...] = ()) -> str:
    """Text of `institutions.csv` from an extract of the Danish register of institutions, as CSV or workbook.

    Numbers keep the zeros that a spreadsheet takes from their front: they have six digits, municipalities three.

    Args:
        path: the extract.
        municipalities: only these; left out: all.

    Raises:
        ConfigurationError: the file does not exist.
        InputError: it cannot be read, or is no extract of the register.
    """
    if not path.is_file():
        raise ConfigurationError(f"{path}: does not exist; name an extract of the register of institutions")
    is_book = path.suffix.lower() == ".xlsx"
    dialect = {} if is_book else {"dialect": {"encoding": "cp1252", "delimiter": ";"}}
    table = read_extract(path, path.name, _extract("xlsx" if is_book else "csv", dialect)).table
    needed = ["INST_NR", "KOMMUNE_NR", "INST_NAVN", "INST_TYPE_NAVN"]
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        raise InputError(
            f"{path.name}: is no extract of the register of institutions: column {missing[0]} is not there"
        )
    rows = []
    for record in table.select(needed).to_pylist():
        row = {name: record[column].strip().zfill(digits) for name, (column, digits) in REGISTER.items()}
        is_daycare = re.search(r"(?i)dagtilbud|børnehave(?!klasse)|vuggestue|dagpleje", record["INST_TYPE_NAVN"])
        if record["INST_NR"].strip() and (not municipalities or row["municipality_id"] in municipalities):
            rows.append(row | {"label": record["INST_NAVN"].strip(), "kind": "daycare" if is_daycare else "school"})
    return _as_csv("institutions", sorted(rows, key=lambda row: row["institution_id"]))


def _read(path: Path) -> Questionnaire:
    """What the file, or the pair of files, says of its questions."""
    kind = path.suffix.lower().lstrip(".")
    if kind in ("sav", "dta"):
        return read_inside(path, path.name, kind)
    if kind == "xlsx":
        return read_questionnaire(_extract("xlsx", _SHEETS), path.name, path, path)
    if kind not in ("csv", "txt", "tsv") or "structure" not in path.name:
        raise ConfigurationError(
            f"{path}: carries no codebook; give SurveyXact's structure (labels are taken from beside it), .xlsx, .sav or .dta"
        )
    labels = path.with_name(path.name.replace("structure", "labels"))
    for encoding, delimiter in _DIALECTS:
        try:
            header = path.read_bytes().decode(encoding).splitlines()[0]
        except (UnicodeError, IndexError):
            continue
        if all(name in header.replace('"', "").split(delimiter) for name in STRUCTURE_COLUMNS):
            extract = _extract("csv", {"dialect": {"encoding": encoding, "delimiter": delimiter}})
            return read_questionnaire(extract, path.name, path, labels if labels.is_file() else None)
    raise InputError(f"{path.name}: is no structure that SurveyXact writes: its columns are not there in any dialect")


def _extract(format: str, more: Mapping[str, object]) -> Extract:
    """An extract that is only read for its questions."""
    roles = {"respondent_id": "-", "municipality_id": "-", "institution_id": "-"}
    return Extract.model_validate(
        {"respondent_group": "draft", "path": "-", "format": format, "columns": roles, **more}
    )


def _scale_key(variable: Variable) -> tuple[tuple[str, str], ...]:
    """Variables with the same codes and labels share a scale."""
    return tuple(sorted(variable.codes.items()))


def _codebook_row(variable: Variable, scale: str, mapping: str, group: str, language: str) -> dict[str, str]:
    """One row, in the project's columns."""
    text = f"{variable.text}: {variable.choice}" if variable.choice else variable.text
    return {
        "mapping": mapping,
        "respondent_group": group,
        "variable": variable.name,
        "item_id": re.sub(r"\W+", "_", variable.name.lower()),
        "scale": scale,
        "already_reversed": "false",
        "comparability": "new",
        f"text_{language}": text,
    }


def _scale_rows(variable: Variable, scales: dict[tuple[tuple[str, str], ...], str]) -> list[dict[str, str]]:
    """The codes of a variable's scale, each with what it most likely is."""
    rows = []
    for code, label in variable.codes.items():
        kind = "valid"
        if _DECLINED.search(label):
            kind = "declined"
        elif code in variable.missing or _MISSING.search(label):
            kind = "missing"
        value = code if kind == "valid" and re.fullmatch(r"-?\d+", code) else ""
        row = {"scale": scales[_scale_key(variable)], "code": code, "value": value, "kind": kind}
        rows.append(row | {"label_da": label, "label_en": label})
    return rows


def _as_csv(table: str, rows: list[dict[str, str]]) -> str:
    """Rows in the columns of a programme's table."""
    columns = next([column.name for column in one.columns] for one in TABLES if one.name == table)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
