"""The CSV tables of a programme folder: their columns, what each means, and the checks that they hold together.

Belongs here: one specification per file (it is also the documentation, see `programmes/README.md`), reading, and checks
within and between files. Does not belong here: `programme.yaml` (`definition`) and what is derived from the tables.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipelines.errors import ConfigurationError


@dataclass(frozen=True)
class Column:
    """One column: what it holds and which values it takes.

    `required` means never empty; `allowed` lists the only values; `kind` is the type it is read as.
    """

    name: str
    description: str
    required: bool = True
    allowed: tuple[str, ...] = ()
    kind: str = "text"  # text | integer | integers | number | flag | date | school_year
    default: str | None = None  # the column itself may be left out; then every row has this value


@dataclass(frozen=True)
class Table:
    """One file: its grain, key and columns."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = True

    @property
    def file(self) -> str:
        """File name in the programme folder."""
        return f"{self.name}.csv"


SHOWN = 20
"""Problems told at once."""

RANGE = re.compile(r"(?P<first>-?\d+)\.\.(?P<last>-?\d+)")
LONGEST_RANGE = 10_000
"""Numbers of a range of codes; each is an answer of its own in the distributions."""
SCHOOL_YEAR = re.compile(r"(\d{4})/(\d{2})")
TEST_KINDS = ("national_test", "exam", "measurement")
INDICATORS = ("share_good", "share_best", "share_poor", "mean_score", "added_value", "theme", "social_gap")
"""What a target can be about: the first five of results, the others of themes."""
DIRECTIONS = ("at_least", "at_most", "rises", "falls")

COMPARABILITY = ("new", "identical", "minor", "changed", "dropped")

TABLES = (
    Table(
        "municipalities",
        "one row per municipality that takes part",
        ("municipality_id",),
        (
            Column("municipality_id", "municipality code as extracts write it"),
            Column("label", "name that readers see"),
        ),
    ),
    Table(
        "institutions",
        "one row per school, day-care institution or administration that ever took part; no rows without a register",
        ("institution_id",),
        (
            Column("institution_id", "institution number as extracts write it, leading zeros kept"),
            Column("label", "name that readers see"),
            Column("municipality_id", "municipality it belongs to"),
            Column(
                "kind",
                "school, day-care institution, or the municipality's administration as a place of work",
                allowed=("school", "daycare", "administration"),
                default="school",
            ),
        ),
        required=False,
    ),
    Table(
        "institution_lineage",
        "one row per step from one institution to another",
        ("from_id", "to_id", "mapping"),
        (
            Column("from_id", "institution before; empty when opened", required=False),
            Column("to_id", "institution after; empty when closed", required=False),
            Column("mapping", "first mapping in which the step holds"),
            Column("type", "what happened", allowed=("renumbered", "merged", "split", "closed", "opened")),
            Column("note", "remark for readers", required=False, default=""),
        ),
        required=False,
    ),
    Table(
        "themes",
        "one row per respondent group and theme",
        ("respondent_group", "theme"),
        (
            Column("respondent_group", "group that is asked"),
            Column("theme", "code of the theme, the same for all groups that are asked about it"),
            Column("label_da", "name in Danish; higher is always better, so name the good side"),
            Column("label_en", "name in English"),
            Column("description_da", "one sentence in Danish: what the theme tells", required=False, default=""),
            Column("description_en", "the same in English", required=False, default=""),
            Column("family", "joins one theme over informants; default: the theme's own code", False, default=""),
            Column("position", "order in reports", kind="integer"),
        ),
    ),
    Table(
        "items",
        "one row per respondent group and item ever asked",
        ("respondent_group", "item_id"),
        (
            Column("respondent_group", "group that is asked"),
            Column("item_id", "code of the item, the same in all mappings"),
            Column("theme", "theme that it belongs to"),
            Column(
                "direction",
                "1, or -1 when agreeing is the bad side (before any reversal)",
                allowed=("1", "-1"),
                kind="integer",
            ),
            Column("text_da", "the question in Danish"),
            Column("text_en", "the question in English"),
            Column("position", "order within the theme", kind="integer"),
        ),
    ),
    Table(
        "scales",
        "one row per answer scale and code",
        ("scale", "code"),
        (
            Column("scale", "code of the answer scale"),
            Column(
                "code",
                "the code exactly as extracts write it, blanks around it apart; "
                "or a range like 200..1000: every whole number in it is a valid code, its own value and label",
            ),
            Column(
                "value",
                "whole number on the item's own scale; empty unless valid, and for a range",
                required=False,
                kind="integer",
            ),
            Column(
                "kind",
                "valid: scored; declined: answered but not scored (don't know); missing: not answered",
                allowed=("valid", "declined", "missing"),
            ),
            Column("label_da", "the answer in Danish"),
            Column("label_en", "the answer in English"),
        ),
    ),
    Table(
        "codebook",
        "one row per mapping, respondent group and item: how that round's extract carries it",
        ("mapping", "respondent_group", "item_id"),
        (
            Column("mapping", "mapping"),
            Column("respondent_group", "group that is asked"),
            Column("variable", "column in the extract; empty when dropped", required=False),
            Column("item_id", "item of items.csv"),
            Column("scale", "scale of scales.csv; empty when dropped", required=False),
            Column(
                "already_reversed",
                "true when the delivery has reversed an item of direction -1 already",
                allowed=("true", "false"),
                kind="flag",
                default="false",
            ),
            Column("comparability", "against the mapping before: decided by people", allowed=COMPARABILITY),
            Column("reason", "why it was so decided; needed for minor, changed and dropped", False, default=""),
            Column("decided_on", "when (YYYY-MM-DD); needed with a reason", False, kind="date", default=""),
            Column("text_da", "wording of this mapping where it differs from items.csv", False, default=""),
            Column("text_en", "the same in English", False, default=""),
        ),
    ),
    Table(
        "initiatives",
        "one row per initiative, theme and unit that takes part: a municipality, or one school of it",
        ("initiative", "theme", "respondent_group", "municipality_id", "institution_id"),
        (
            Column("initiative", "code of the initiative; units with one code are looked at together"),
            Column("label_da", "name in Danish"),
            Column("label_en", "name in English"),
            Column("theme", "theme that it is meant for"),
            Column(
                "respondent_group", "only this group's theme; empty: all groups that are asked it", False, default=""
            ),
            Column("municipality_id", "municipality that takes part, or that the school belongs to"),
            Column("institution_id", "school that takes part; empty: the whole municipality", False, default=""),
            Column("mapping_from", "last mapping before the initiative"),
            Column("mapping_to", "first mapping after it"),
        ),
        required=False,
    ),
    Table(
        "tests",
        "one row per test and unbroken series of its results",
        ("test", "from_year"),
        (
            Column("test", "code of the test, the same in all its rows"),
            Column("from_year", "first school year of the series (2015/16)", kind="school_year"),
            Column(
                "kind",
                "national_test: six steps; exam: grades; measurement: taken two or more times within a school year",
                allowed=TEST_KINDS,
            ),
            Column("subject", "code of the subject"),
            Column("label_da", "name in Danish"),
            Column("label_en", "name in English"),
            Column(
                "score_min",
                "lowest score that there is; needed where scores are delivered",
                False,
                kind="number",
                default="",
            ),
            Column("score_max", "highest score that there is; likewise", False, kind="number", default=""),
            Column(
                "grades",
                "grades that take the test, with blanks between (2 4 6 8); empty: not said",
                False,
                kind="integers",
                default="",
            ),
            Column(
                "reliability",
                "of the score, above 0 and below 1; needed for a measurement",
                False,
                kind="number",
                default="",
            ),
            Column(
                "reason_da",
                "why results before are not comparable; needed from a test's second row on",
                False,
                default="",
            ),
            Column("reason_en", "the same in English", False, default=""),
        ),
        required=False,
    ),
    Table(
        "targets",
        "one row per target and municipality that has set it",
        ("target", "municipality_id"),
        (
            Column("target", "code of the target"),
            Column("label_da", "the target in Danish, as a sentence that readers see"),
            Column("label_en", "the same in English"),
            Column("municipality_id", "municipality that has set it; empty: the whole programme", False, default=""),
            Column(
                "indicator",
                "what is looked at: shares of the national tests' steps, mean grade, added value, mean of a theme, or its "
                "social gap",
                allowed=INDICATORS,
            ),
            Column("test", "only this test; empty: every test that has the indicator", required=False, default=""),
            Column("subject", "only tests of this subject; empty: of every subject", required=False, default=""),
            Column("grade", "only this grade; empty: every grade", required=False, kind="integer", default=""),
            Column("respondent_group", "of a theme: only this group; empty: all that are asked it", False, default=""),
            Column("theme", "theme; needed for theme and social_gap", required=False, default=""),
            Column("direction", "at_least or at_most the goal, or rises or falls year by year", allowed=DIRECTIONS),
            Column("goal", "figure of at_least and at_most; a share is 0.8, not 80", False, kind="number", default=""),
            Column("school_year", "only in this school year; empty: every year", False, kind="school_year", default=""),
            Column(
                "serves",
                "code of the national result target that it serves (1.1, 1.2, 2.1, 3.1); empty: none",
                required=False,
                default="",
            ),
        ),
        required=False,
    ),
    Table(
        "corrections",
        "one row per known error of a delivered file",
        ("mapping", "file", "row", "column", "expected"),
        (
            Column("mapping", "mapping that the file belongs to"),
            Column("file", "name of the file in the folder of its mapping"),
            Column("row", "row as a spreadsheet counts; empty: every row that holds the value", False, kind="integer"),
            Column("column", "column of the file"),
            Column("expected", "what the cell holds before; if it does not, the run stops", required=False),
            Column("action", "what is done", allowed=("replace", "set_aside")),
            Column("value", "what the cell holds after; empty for set_aside", required=False, default=""),
            Column("reason", "why, in a sentence that everybody may read"),
            Column("decided_by", "who decided it"),
            Column("decided_on", "when (YYYY-MM-DD)", kind="date"),
        ),
        required=False,
    ),
)


class Problems:
    """Collects what is wrong in a programme folder, so that one look shows all of it."""

    def __init__(self) -> None:
        """Start empty."""
        self.lines: list[str] = []

    def add(self, file: str, row: int | None, column: str | None, message: str) -> None:
        """Note one problem; rows are counted as a spreadsheet does, the header being row 1."""
        where = ", ".join(
            part for part in (file, f"row {row}" if row else "", f"column {column}" if column else "") if part
        )
        self.lines.append(f"{where}: {message}")

    def raise_if_any(self) -> None:
        """Raise what was found.

        Raises:
            ConfigurationError: one line a problem, twenty at the most.
        """
        if self.lines:
            more = [f"… and {len(self.lines) - SHOWN} more"] if len(self.lines) > SHOWN else []
            raise ConfigurationError("\n".join(self.lines[:SHOWN] + more))


def read_table(folder: Path, table: Table, problems: Problems) -> pd.DataFrame:
    """Read one file into a frame with exactly the specified columns, as text, blanks trimmed.

    An absent optional file gives an empty frame. What does not fit the specification is noted in `problems`.
    """
    names = [column.name for column in table.columns]
    path = folder / table.file
    if not path.is_file():
        if table.required:
            problems.add(table.file, None, None, f"is missing in {folder}; it holds {table.grain}")
        return pd.DataFrame(columns=names, dtype="object")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
    except UnicodeDecodeError as error:
        problems.add(table.file, None, None, f"is not UTF-8 at byte {error.start}; save it as UTF-8")
        return pd.DataFrame(columns=names, dtype="object")
    except (OSError, csv.Error) as error:
        problems.add(table.file, None, None, f"cannot be read: {error}")
        return pd.DataFrame(columns=names, dtype="object")
    header = [name.strip() for name in rows[0]] if rows else []
    for column in table.columns:
        if column.name not in header and column.default is None:
            problems.add(table.file, 1, column.name, f"is missing; it holds {column.description}")
    for name in header:
        if name not in names:
            problems.add(table.file, 1, name, f"is not a column of {table.file}; known are {', '.join(names)}")
    records, numbers = [], []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            problems.add(table.file, number, None, f"has {len(row)} cells, the header has {len(header)}")
            continue
        cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
        records.append([cells.get(column.name, column.default or "") for column in table.columns])
        numbers.append(number)
    frame = pd.DataFrame(records, columns=names, index=pd.Index(numbers, name="row"), dtype="object")
    _check_cells(frame, table, problems)
    return frame


def _check_cells(frame: pd.DataFrame, table: Table, problems: Problems) -> None:
    """Required cells, allowed values, types and the key."""
    for column in table.columns:
        for number, value in frame[column.name].items():
            row = int(str(number))
            if value == "":
                if column.required:
                    problems.add(table.file, row, column.name, f"is empty; it holds {column.description}")
            elif column.allowed and value not in column.allowed:
                problems.add(table.file, row, column.name, f"{value!r} is not one of {', '.join(column.allowed)}")
            elif column.kind == "integer" and not value.removeprefix("-").isdecimal():
                problems.add(table.file, row, column.name, f"{value!r} is not a whole number")
            elif column.kind == "number" and not is_number(value):
                problems.add(table.file, row, column.name, f"{value!r} is not a number like 0.8")
            elif column.kind == "integers" and not re.fullmatch(r"\d+( \d+)*", value):
                problems.add(
                    table.file, row, column.name, f"{value!r} is not whole numbers with blanks between, like 2 4 6"
                )
            elif column.kind == "school_year" and not is_school_year(value):
                problems.add(table.file, row, column.name, f"{value!r} is not a school year like 2015/16")
            elif column.kind == "date" and pd.isna(pd.to_datetime(value, format="%Y-%m-%d", errors="coerce")):
                problems.add(table.file, row, column.name, f"{value!r} is not a date like 2017-09-01")
    for number in frame.index[frame.duplicated(list(table.key))]:
        key = ", ".join(f"{name}={frame.at[number, name]!s}" for name in table.key)
        problems.add(table.file, int(number), None, f"stands twice ({key})")


def with_ranges(scales: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """Scales with one row per number where the file gives a range.

    Args:
        scales: as `read_table` gives them; the index is the row of the file, and is that of each number too.
        problems: receives ranges that are none.
    """
    parts: list[pd.DataFrame] = []
    for number, row in scales.iterrows():
        where, found = int(str(number)), RANGE.fullmatch(str(row["code"]))
        if not found:
            parts.append(scales.loc[[number]])
            continue
        first, last = int(found["first"]), int(found["last"])
        if row["kind"] != "valid" or row["value"]:
            problems.add(
                "scales.csv", where, "code", "a range is of kind valid and has no value: each number is its own"
            )
        elif not 0 < last - first < LONGEST_RANGE:
            problems.add("scales.csv", where, "code", f"a range is of 2 to {LONGEST_RANGE} numbers, the smallest first")
        else:
            texts = [str(value) for value in range(first, last + 1)]
            same = pd.DataFrame([row] * len(texts), index=pd.Index([number] * len(texts), name="row"))
            parts.append(same.assign(code=texts, value=texts, label_da=texts, label_en=texts))
    result = pd.concat([scales.iloc[:0], *parts])
    twice = result.duplicated(["scale", "code"]) & ~result.index.isin(
        scales.index[scales.duplicated(["scale", "code"])]
    )
    for number in result.index[twice].unique():
        problems.add("scales.csv", int(number), "code", "stands in another row of the scale already")
    return result


def is_number(text: str) -> bool:
    """Whether a cell is a finite number with a point."""
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def is_school_year(text: str) -> bool:
    """Whether a cell is a school year: 2015/16."""
    found = SCHOOL_YEAR.fullmatch(text)
    return found is not None and (int(found[1]) + 1) % 100 == int(found[2])


def typed(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame with integers and flags as such, once it is free of problems; the row numbers are dropped."""
    result = frame.reset_index(drop=True)
    for column in table.columns:
        if column.kind == "integer":
            result[column.name] = pd.to_numeric(result[column.name].replace("", None)).astype("Int64")
        elif column.kind == "number":
            result[column.name] = pd.to_numeric(result[column.name].replace("", None)).astype("Float64")
        elif column.kind == "flag":
            result[column.name] = result[column.name].eq("true")
        else:
            result[column.name] = result[column.name].astype("str")
    return result


def check_reference(
    frame: pd.DataFrame, file: str, column: str, known: Iterable[str], target: str, problems: Problems
) -> None:
    """Every non-empty value of `column` must be one of `known`."""
    values = set(known)
    for number, value in frame[column].items():
        if value != "" and value not in values:
            problems.add(file, int(str(number)), column, f"{value!r} is not in {target}")


def check_pairs(
    frame: pd.DataFrame,
    file: str,
    columns: Sequence[str],
    known: Iterable[tuple[str, ...]],
    target: str,
    problems: Problems,
) -> None:
    """Every combination of `columns` must be one of `known`."""
    values = set(known)
    for number, pair in zip(frame.index, frame[list(columns)].itertuples(index=False, name=None), strict=True):
        if pair not in values:
            problems.add(file, int(number), columns[-1], f"{' / '.join(pair)!r} is not in {target}")
