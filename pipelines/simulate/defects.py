"""Simulated extracts with every known kind of defect in them, and a list of what was planted where.

Numbers 1 to 25 are those of domain.md 6.3; from 26 on defects of academic results.

Belongs here: spoiling files that were written whole, and `truth/defects.csv`. Does not belong here: finding defects; the
pipeline never reads the list.

One defect a file, column and reason, so that each can be told from the others. What a programme cannot have (no roster, no
grades, no second delivery) is not planted.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.files import write_atomically
from pipelines.programme import Extract, Programme
from pipelines.simulate.writing import file_name

ENOUGH_ITEMS = 15
"""Items from which giving one answer to all is told."""


@dataclass(frozen=True)
class Planted:
    """One row of `truth/defects.csv`.

    `row` counts as a spreadsheet does. `reason` and `action` are what must be found and done, `found_by` the command that
    tells it.
    """

    number: int
    defect: str
    mapping: str
    file: str
    row: int | None
    column: str
    reason: str
    action: str
    found_by: str = "check"


class Sheet:
    """One delivered text file as cells; `used` are rows that hold a defect already."""

    def __init__(self, programme: Programme, folder: Path, mapping: str, extract: Extract) -> None:
        """Read the file."""
        self.mapping, self.extract, self.name = mapping, extract, file_name(extract)
        self.path = folder / self.name
        dialect = extract.dialect
        lines = io.StringIO(self.path.read_bytes().decode(dialect.encoding), newline="")
        self.cells = list(csv.reader(lines, **self._marks()))
        self.start = dialect.skip_rows
        self.before, self.used, self.reasons = "", {0}, set[str]()
        self.asked = programme.asked(mapping, extract.respondent_group)
        self.variables = [name for name in self.header if name in set(self.asked["variable"])]

    @property
    def header(self) -> list[str]:
        """Column names."""
        return self.cells[self.start]

    def get(self, row: int, column: str) -> str:
        """A cell; rows as a spreadsheet counts."""
        return self.cells[row - 1][self.header.index(column)]

    def set(self, row: int, column: str, value: str) -> None:
        """Change a cell."""
        self.cells[row - 1][self.header.index(column)] = value

    def rows(self) -> range:
        """Numbers of the records."""
        return range(self.start + 2, len(self.cells) + 1)

    def take(self, suits: Callable[[int], bool] = lambda _: True) -> int:
        """The first record that suits and holds no defect yet.

        Raises:
            LookupError: there is none.
        """
        found = next((row for row in self.rows() if row not in self.used and suits(row)), None)
        if found is None:
            raise LookupError(self.name)
        self.used.add(found)
        return found

    def is_whole(self, row: int) -> bool:
        """Whether nearly everything was answered."""
        answered = sum(bool(self.get(row, name)) for name in self.variables)
        return answered >= 0.9 * len(self.variables)

    def write(self) -> None:
        """Write the file back."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n", **self._marks()).writerows(self.cells)
        write_atomically(self.path, (self.before + text.getvalue()).encode(self.extract.dialect.encoding))

    def _marks(self) -> dict[str, Any]:
        """The dialect as the csv module takes it."""
        dialect = self.extract.dialect
        quoting = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
        return {"delimiter": dialect.delimiter, "quotechar": dialect.quote, "quoting": quoting}


def plant_defects(programme: Programme, out: Path) -> list[Planted]:
    """Spoil the files of a simulated programme and write `truth/defects.csv`.

    Args:
        programme: whose files they are.
        out: the folder that `simulate` wrote into.

    Raises:
        ConfigurationError: the programme's answers are not delivered as text files.
    """
    planter = _Planter(programme, out)
    for plant in _PLANTS:
        try:
            plant(planter)
        except LookupError:
            continue  # the programme, or a file of this size, cannot have it
    planter.write()
    return planter.planted


class _Planter:
    """The files, and what was planted so far."""

    def __init__(self, programme: Programme, out: Path) -> None:
        self.programme, self.out = programme, out
        self.planted: list[Planted] = []
        places = [(key, extract) for key in programme.mapping_keys for extract in programme.extracts(key)]
        sheets = [
            Sheet(programme, out / programme.slug / key, key, extract)
            for key, extract in places
            if extract.format == "csv" and not extract.optional
        ]
        self.answers = [sheet for sheet in sheets if sheet.extract.content == "answers"]
        self.rosters = [sheet for sheet in sheets if sheet.extract.content == "roster"]
        self.results = [sheet for sheet in sheets if sheet.extract.content == "results"]
        self.closed: set[Path] = set()
        self.gone: set[Path] = set()
        if not self.answers:
            raise ConfigurationError(f"programme {programme.slug} delivers no text files; defects are planted in these")

    def folder(self, mapping: str) -> Path:
        """Where the files of a mapping lie."""
        return self.out / self.programme.slug / mapping

    def pick(self, reason: str, suits: Callable[[Sheet], bool] = lambda _: True) -> Sheet:
        """The answers file with the fewest defects that suits and has none of this reason."""
        free = [s for s in self.answers if s.path not in self.closed and reason not in s.reasons and suits(s)]
        if not free:
            raise LookupError(reason)
        return min(free, key=lambda sheet: (len(sheet.used), len(sheet.reasons), -len(sheet.cells)))

    def note(
        self,
        number: int,
        defect: str,
        sheet: Sheet,
        row: int | None,
        column: str,
        reason: str,
        action: str,
        by: str = "check",
    ) -> None:
        """Write down what was planted."""
        sheet.reasons.add(reason)
        self.planted.append(Planted(number, defect, sheet.mapping, sheet.name, row, column, reason, action, by))

    def write(self) -> None:
        """Write all files and the list."""
        for sheet in [*self.answers, *self.rosters, *self.results]:
            if sheet.path not in self.gone:
                sheet.write()
        text = io.StringIO()
        writer = csv.DictWriter(text, [field.name for field in fields(Planted)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(one) for one in sorted(self.planted, key=lambda one: one.number))
        write_atomically(self.out / "truth" / "defects.csv", text.getvalue().encode())


def _first(names: Iterable[str | None]) -> str:
    """The first name there is."""
    found = next((name for name in names if name), None)
    if found is None:
        raise LookupError("no such column")
    return found


def _id(sheet: Sheet) -> str:
    """The column of the respondent's number."""
    return sheet.extract.columns.respondent_id[-1]


def _text_column(sheet: Sheet) -> str:
    """A column that may hold text: one that is ignored, else the class."""
    return _first([*sheet.extract.ignored, sheet.extract.columns.class_id])


def _has_text(sheet: Sheet) -> bool:
    return bool(sheet.extract.ignored or sheet.extract.columns.class_id)


def _mojibake(p: _Planter) -> None:
    sheet = p.pick("mojibake", _has_text)
    row, column = sheet.take(), _text_column(sheet)
    sheet.set(row, column, "Vi fik Ã¦bler og pÃ¦rer")
    p.note(1, "mojibake", sheet, row, column, "mojibake", "stop")


def _phantom(p: _Planter) -> None:
    sheet = p.pick("phantom_column", lambda s: not s.extract.dialect.encoding.lower().startswith("utf-16"))
    for line in sheet.cells:
        line.append("")
    sheet.before = b"\xef\xbb\xbf".decode(sheet.extract.dialect.encoding)
    p.note(2, "phantom trailing column", sheet, None, "", "phantom_column", "note")
    p.note(2, "byte order mark in the first header", sheet, sheet.start + 1, "", "byte_order_mark", "note")


def _workbooks(p: _Planter) -> None:
    """A second part with fewer rows (3), and a respondent with two statuses (24)."""
    books = [
        (k, e) for k in p.programme.mapping_keys for e in p.programme.extracts(k) if e.format == "xlsx" and e.optional
    ]
    for (key, extract), number in zip(books, (3, 24), strict=False):
        source = next(
            s for s in p.answers if (s.mapping, s.extract.respondent_group) == (key, extract.respondent_group)
        )
        kept = list(source.rows())[:10]
        statuses = extract.columns.status
        if not isinstance(statuses, tuple):
            raise LookupError("status")
        roles = [name for name in extract.columns.columns() if name not in statuses]
        first = [roles + list(statuses)]
        done = list(extract.values["status"].values()).index("completed")
        for row in kept:
            marks = ["1" if n == done else "0" for n in range(len(statuses))]
            first.append([source.get(row, name) for name in roles] + marks)
        second = [[_id(source), *source.variables]]
        second += [
            [source.get(row, _id(source)), *(source.get(row, name) for name in source.variables)] for row in kept
        ]
        planted = Planted(
            3, "a part of a split dataset has fewer rows", key, file_name(extract), None, "", "unreadable", "stop"
        )
        if number == 3:  # noqa: PLR2004
            second.pop()
        else:
            first[1][len(roles) + 1] = "1"
            planted = Planted(
                24, "two statuses marked", key, file_name(extract), 2, statuses[0], "status_inconsistent", "note"
            )
        _write_workbook(p.folder(key) / file_name(extract), {"Dataset(1)": first, "Dataset(2)": second})
        p.planted.append(planted)


def _write_workbook(path: Path, sheets: dict[str, list[list[str]]]) -> None:
    """A workbook of texts."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, cell)


def _questions(p: _Planter) -> None:
    """Structure and labels beside every dataset that declares them; a new meaning (4) and a turned scale (11) in one each."""
    declared = [s for s in p.answers if s.extract.structure and s.extract.labels]
    items = {(str(i.respondent_group), str(i.item_id)): i.text_da for i in p.programme.items.itertuples(index=False)}
    later = [s for s in declared if s.mapping != p.programme.base.key]
    for sheet in declared:
        structure: list[list[str]] = [
            ["questionName", "variableName", "questionType", "subType", "questionText", "choiceValue", "choiceText", ""]
        ]
        labels: list[list[str]] = []
        group = sheet.extract.respondent_group
        for place, row in enumerate(sheet.asked.itertuples(index=False)):
            text = str(row.text_da or items[group, str(row.item_id)])
            scale = p.programme.scales[p.programme.scales["scale"].eq(str(row.scale))]
            codes = [(str(c.code), str(c.label_da)) for c in scale.itertuples(index=False)]
            if later[:1] == [sheet] and place == 1:
                text = "Hvor mange søskende har du?"
                name = str(sheet.extract.structure)
                what = "a variable's name used for another question"
                p.planted.append(
                    Planted(4, what, sheet.mapping, name, place + 2, str(row.variable), "question_changed", "stop")
                )
            if later[1:2] == [sheet] and place == 0:
                codes = list(zip((c for c, _ in codes), reversed([label for _, label in codes]), strict=True))
                name, what = str(sheet.extract.labels), "a scale turned between rounds"
                p.planted.append(
                    Planted(11, what, sheet.mapping, name, None, str(row.variable), "labels_changed", "stop")
                )
            structure.append([str(row.variable), str(row.variable), "Closed", "Single", text, "", "", ""])
            labels += [[str(row.variable), code, label] for code, label in codes]
        for path, lines in ((sheet.extract.structure, structure), (sheet.extract.labels, labels)):
            dialect = sheet.extract.dialect
            text = "\n".join(dialect.delimiter.join(line) for line in lines) + "\n"
            write_atomically(p.folder(sheet.mapping) / str(path), text.encode(dialect.encoding))


def _columns(p: _Planter) -> None:
    sheet = p.pick("unknown_column")
    for number, line in enumerate(sheet.cells[sheet.start :]):
        line.append("s_777" if number == 0 else "1")
    p.note(5, "a column that the codebook does not have", sheet, None, "s_777", "unknown_column", "set aside")
    # The rest of a file without a declared column cannot be looked at: nothing else is planted there.
    sheet = min((s for s in p.answers if not s.reasons), key=lambda s: len(s.cells), default=None) or p.pick("missing")
    gone = sheet.variables[-1]
    place = sheet.header.index(gone)
    for line in sheet.cells[sheet.start :]:
        del line[place]
    p.note(5, "an item's column is missing", sheet, None, gone, "missing_column", "stop")
    p.closed.add(sheet.path)


def _tests(p: _Planter) -> None:
    sheet = p.pick("test")
    row = sheet.take()
    sheet.set(row, _id(sheet), "TEST0017")
    p.note(6, "a test respondent", sheet, row, _id(sheet), "test", "set aside")
    classes = p.programme.definition.intake.test_classes
    if classes:
        sheet = p.pick("test", lambda s: bool(s.extract.columns.class_id))
        row = sheet.take()
        sheet.set(row, str(sheet.extract.columns.class_id), classes[0])
        p.note(6, "a class that exists only for tests", sheet, row, _id(sheet), "test", "set aside")


def _duplicates(p: _Planter) -> None:
    sheet = p.pick("duplicate", lambda s: len(s.extract.columns.respondent_id) == 1)
    kept, row = sheet.take(sheet.is_whole), sheet.take()
    sheet.set(row, _id(sheet), sheet.get(kept, _id(sheet)))
    for name in sheet.variables:
        sheet.set(row, name, "")
    if isinstance(sheet.extract.columns.status, str):
        codes = {v: k for k, v in sheet.extract.values.get("status", {}).items()}
        sheet.set(row, sheet.extract.columns.status, codes.get("started", "started"))
    p.note(7, "a respondent twice", sheet, row, _id(sheet), "duplicate", "set aside")


def _blanks(p: _Planter) -> None:
    sheet = p.pick("blank_row")
    sheet.cells.append([""] * len(sheet.header))
    sheet.used.add(len(sheet.cells))
    p.note(8, "a blank row", sheet, len(sheet.cells), "", "blank_row", "set aside")
    sheet = p.pick("no_answers", lambda s: isinstance(s.extract.columns.status, str))
    row = sheet.take()
    codes = {v: k for k, v in sheet.extract.values.get("status", {}).items()}
    sheet.set(row, str(sheet.extract.columns.status), codes.get("started", "started"))
    for name in sheet.variables:
        sheet.set(row, name, "")
    p.note(8, "opened, nothing answered", sheet, row, "", "no_answers", "note")


def _codes(p: _Planter) -> None:
    sheet = p.pick("undeclared_code", lambda s: len(s.cells) > 250)  # noqa: PLR2004
    variable = sheet.variables[0]
    row = sheet.take(lambda r: bool(sheet.get(r, variable)))
    sheet.set(row, variable, "x")
    p.note(9, "a code out of range", sheet, row, variable, "undeclared_code", "set aside")
    sheet = p.pick("undeclared_code")
    variable = sheet.variables[0]
    answered = [r for r in sheet.rows() if r not in sheet.used and sheet.get(r, variable)]
    for r in answered[: len(answered) // 20 + 3]:
        sheet.set(r, variable, "99")
        sheet.used.add(r)
    p.note(
        9,
        "a code out of range in more than one answer of a hundred",
        sheet,
        answered[0],
        variable,
        "undeclared_code",
        "stop",
    )


def _declined(p: _Planter) -> None:
    rows = p.programme.scales[p.programme.scales["kind"].eq("declined")]
    codes = dict(zip(rows["scale"], rows["code"], strict=True))

    def of(sheet: Sheet) -> str | None:
        asked = sheet.asked[sheet.asked["scale"].isin(codes)]
        return None if asked.empty else str(asked.iloc[0]["variable"])

    sheet = p.pick("declined", lambda s: of(s) is not None)
    variable = str(of(sheet))
    scale = str(sheet.asked[sheet.asked["variable"].eq(variable)].iloc[0]["scale"])
    row = next(r for r in sheet.rows() if r not in sheet.used)
    sheet.used.add(row)
    sheet.set(row, variable, str(codes[scale]))
    p.note(10, "don't know", sheet, row, "", "declined", "note")


def _reversed(p: _Planter) -> None:
    items = {(str(i.respondent_group), str(i.item_id)): i for i in p.programme.items.itertuples(index=False)}
    themes = p.programme.items.groupby(["respondent_group", "theme"]).size().to_dict()

    def of(sheet: Sheet) -> str | None:
        for row in sheet.asked.itertuples(index=False):
            item = items[sheet.extract.respondent_group, str(row.item_id)]
            wide = themes[sheet.extract.respondent_group, item.theme] > 3  # noqa: PLR2004
            if item.direction == -1 and not row.already_reversed and wide:
                return str(row.variable)
        return None

    sheet = p.pick("negative_item_total", lambda s: len(s.cells) > 150 and of(s) is not None)  # noqa: PLR2004
    variable = str(of(sheet))
    scale = str(sheet.asked[sheet.asked["variable"].eq(variable)].iloc[0]["scale"])
    rows = p.programme.scales[p.programme.scales["scale"].eq(scale) & p.programme.scales["kind"].eq("valid")]
    ordered = [str(code) for code in rows.sort_values("value")["code"]]
    turned = dict(zip(ordered, reversed(ordered), strict=True))
    for row in sheet.rows():
        sheet.set(row, variable, turned.get(sheet.get(row, variable), sheet.get(row, variable)))
    p.note(12, "an item delivered reversed already", sheet, None, variable, "negative_item_total", "block")


def _institutions(p: _Planter) -> None:
    register = p.programme.institutions
    if register.empty or p.programme.definition.ids.institution_scope == "municipality":
        raise LookupError("institutions.csv")
    place = dict(zip(register["institution_id"], register["municipality_id"], strict=True))
    sheet = p.pick("unknown_institution")
    column, row = sheet.extract.columns.institution_id, sheet.take()
    right = sheet.get(row, column)
    typo = next(t for t in (right[:-1] + d for d in "0123456789") if t not in place)
    sheet.set(row, column, typo)
    p.note(13, "a slip in the institution's number", sheet, row, column, "unknown_institution", "set aside")
    sheet = p.pick("other_municipality")
    column, row = sheet.extract.columns.institution_id, sheet.take()
    own = place.get(sheet.get(row, column))
    sheet.set(row, column, next(i for i, m in place.items() if m != own))
    p.note(13, "an institution of another municipality", sheet, row, column, "other_municipality", "set aside")
    steps = p.programme.institution_lineage
    closed = steps[steps["type"].eq("closed")]
    if len(closed):
        step = closed.iloc[0]
        later = p.programme.mapping_keys[p.programme.mapping_keys.index(str(step["mapping"])) :]
        sheet = p.pick("closed_institution", lambda s: s.mapping in later)
        column = sheet.extract.columns.institution_id
        same = place[str(step["from_id"])]
        row = sheet.take(lambda r: place.get(sheet.get(r, column)) == same)
        sheet.set(row, column, str(step["from_id"]))
        p.note(13, "a school that had closed", sheet, row, column, "closed_institution", "set aside")


def _grades(p: _Planter) -> None:
    groups = {group.code: group.grades for group in p.programme.respondent_groups}

    def narrow(sheet: Sheet) -> bool:
        grades = groups[sheet.extract.respondent_group]
        return bool(sheet.extract.columns.grade and grades and grades != (0, 10))

    sheet = p.pick("grade_outside_group", narrow)
    column, row = str(sheet.extract.columns.grade), sheet.take()
    low, high = groups[sheet.extract.respondent_group] or (0, 10)
    sheet.set(row, column, str(high + 1 if high < 10 else low - 1))  # noqa: PLR2004
    p.note(14, "a grade outside the group", sheet, row, column, "grade_outside_group", "set aside")
    sheet = p.pick("grade_not_read", lambda s: bool(s.extract.columns.grade))
    column, row = str(sheet.extract.columns.grade), sheet.take()
    sheet.set(row, column, "syvende")
    p.note(14, "a grade in words", sheet, row, column, "grade_not_read", "set aside")


def _dates(p: _Planter) -> None:
    mappings = {mapping.key: mapping for mapping in p.programme.mappings}

    def dated(sheet: Sheet) -> bool:
        return bool(sheet.extract.columns.submitted_at and mappings[sheet.mapping].closes_on)

    sheet = p.pick("late", dated)
    closes, column = mappings[sheet.mapping].closes_on, str(sheet.extract.columns.submitted_at)
    row = sheet.take(lambda r: bool(sheet.get(r, column)))
    assert closes is not None  # noqa: S101
    sheet.set(row, column, (closes + timedelta(days=3)).strftime(sheet.extract.dialect.date_format))
    p.note(15, "answered after the closing date", sheet, row, column, "late", "set aside")
    sheet = p.pick("test", dated)
    opens, column = mappings[sheet.mapping].opens_on, str(sheet.extract.columns.submitted_at)
    if opens is not None:
        row = sheet.take(lambda r: bool(sheet.get(r, column)))
        sheet.set(row, column, (opens - timedelta(days=365)).strftime(sheet.extract.dialect.date_format))
        p.note(15, "another year", sheet, row, _id(sheet), "test", "set aside")


def _straight(p: _Planter) -> None:
    items = {
        (str(i.respondent_group), str(i.item_id)): int(str(i.direction))
        for i in p.programme.items.itertuples(index=False)
    }

    def suits(sheet: Sheet) -> bool:
        asked = sheet.asked[~sheet.asked["already_reversed"]]
        directions = {items[sheet.extract.respondent_group, str(i)] for i in asked["item_id"]}
        return len(sheet.variables) >= ENOUGH_ITEMS and len(directions) == 2 and sheet.asked["scale"].nunique() == 1  # noqa: PLR2004

    sheet = p.pick("straight_lining", suits)
    row = sheet.take(sheet.is_whole)
    scale = p.programme.scales[p.programme.scales["scale"].eq(sheet.asked.iloc[0]["scale"])]
    code = str(scale[scale["kind"].eq("valid")].iloc[0]["code"])
    for name in sheet.variables:
        sheet.set(row, name, code)
    p.note(16, "the same answer to everything", sheet, row, "", "straight_lining", "note")


def _roster(p: _Planter) -> None:
    """A class deleted from the roster after it had answered."""
    for sheet in p.answers:
        beside = (sheet.mapping, sheet.extract.respondent_group)
        roster = next((r for r in p.rosters if (r.mapping, r.extract.respondent_group) == beside), None)
        column = sheet.extract.columns.institution_id
        if roster is None or sheet.path in p.closed or sheet.extract.columns.class_id is None or sheet.used != {0}:
            continue
        row = sheet.take()
        school = sheet.get(row, column)
        gone = [r for r in roster.rows() if roster.get(r, roster.extract.columns.institution_id) == school]
        roster.cells = [line for number, line in enumerate(roster.cells, start=1) if number not in set(gone)]
        number = _id(sheet)
        p.note(17, "answers of persons who are on no roster", sheet, row, number, "not_on_roster", "note")
        p.note(17, "more answers than the roster lists", sheet, row, column, "above_roster", "note")
        return
    raise LookupError("roster")


def _raters(p: _Planter) -> None:
    kinds = {group.code: group.kind for group in p.programme.respondent_groups}
    register = p.programme.institutions
    place = dict(zip(register["institution_id"], register["municipality_id"], strict=True))

    def rated(sheet: Sheet) -> bool:
        return kinds[sheet.extract.respondent_group] == "rated_pupil"

    sheet = p.pick("duplicate", rated)
    kept, row = sheet.take(sheet.is_whole), sheet.take()
    sheet.cells[row - 1] = list(sheet.cells[kept - 1])
    # The later row stands: the one of the two that comes last.
    p.note(18, "a pupil rated twice", sheet, min(kept, row), _id(sheet), "duplicate", "set aside")
    sheet = p.pick("other_school", rated)
    column, row = sheet.extract.columns.institution_id, sheet.take()
    own = sheet.get(row, column)
    present = {sheet.get(r, column) for r in sheet.rows()}
    other = next((i for i in sorted(present) if i != own and place.get(i) == place.get(own)), None)
    if other is None:
        raise LookupError(own)
    sheet.set(row, column, other)
    p.note(18, "a pupil of another school rated", sheet, row, column, "other_school", "set aside")


def _numbers(p: _Planter) -> None:
    sheet = p.pick("decimal_mark", lambda s: s.extract.dialect.delimiter != "," and s.extract.dialect.decimal == ".")
    variable = next(v for v in sheet.variables if v not in (sheet.variables[0], sheet.variables[-1]))
    row = sheet.take(lambda r: sheet.get(r, variable).isdecimal())
    sheet.set(row, variable, sheet.get(row, variable) + ",0")
    p.note(19, "a decimal comma", sheet, row, variable, "decimal_mark", "stop")
    sheet = p.pick("bad_date", lambda s: bool(s.extract.columns.submitted_at))
    column = str(sheet.extract.columns.submitted_at)
    row = sheet.take(lambda r: bool(sheet.get(r, column)))
    sheet.set(row, column, "09/28/" + re.sub(r"\D", "", sheet.mapping)[:4].rjust(4, "2"))
    p.note(19, "a date in another order", sheet, row, column, "bad_date", "stop")


def _extra_rows(p: _Planter) -> None:
    sheet = p.pick("repeated_header")
    sheet.cells.insert(len(sheet.cells) - 1, list(sheet.header))
    p.note(20, "the header again", sheet, len(sheet.cells) - 1, "", "repeated_header", "set aside")
    sheet = p.pick("totals_row")
    sheet.cells.append(["I alt" if name == _id(sheet) else "" for name in sheet.header])
    p.note(20, "a totals row", sheet, len(sheet.cells), "", "totals_row", "set aside")


def _private(p: _Planter) -> None:
    for what, value, reason in (
        ("a CPR number", "Ring til mor, hun hedder 311299-4321", "private_cpr"),
        ("an e-mail address", "skriv til plantet@example.dk", "private_email"),
        ("a phone number", "ring 20 30 40 50", "private_phone"),
    ):
        sheet = p.pick(reason, _has_text)
        row, column = sheet.take(), _text_column(sheet)
        sheet.set(row, column, value)
        p.note(21, what, sheet, row, column, reason, "stop")
    sheet = p.pick("private_name")
    row = sheet.take()
    for number, line in enumerate(sheet.cells[sheet.start :], start=sheet.start + 1):
        line.append("navn" if number == sheet.start + 1 else "Plantet Navnesen" if number == row else "")
    p.note(21, "a column of names", sheet, row, "navn", "private_name", "stop")


def _redelivered(p: _Planter) -> None:
    """The same content under another name, and a corrected file to be delivered later."""
    sheet = p.pick("unknown_file")
    name = f"kopi_af_{Path(sheet.name).name}"
    shutil.copyfile(sheet.path, sheet.path.with_name(name))
    what = "the same content twice"
    p.planted.append(Planted(22, what, sheet.mapping, name, None, "", "unknown_file", "note"))
    later = p.out / "truth" / "redelivered" / p.programme.slug / sheet.mapping / sheet.name
    lines = sheet.path.read_bytes().decode(sheet.extract.dialect.encoding).splitlines(keepends=True)
    write_atomically(later, "".join(lines[:-1]).encode(sheet.extract.dialect.encoding))
    what = "delivered again with other content: truth/redelivered"
    p.note(22, what, sheet, None, "", "superseded", "superseded", "ledger")


def _gaps(p: _Planter) -> None:
    column = "municipality_id"
    gone = str(p.programme.municipalities.iloc[-1][column])
    sheet = p.pick("gap", lambda s: s.used == {0} and not s.reasons)
    place = getattr(sheet.extract.columns, column)
    sheet.cells = [
        line
        for number, line in enumerate(sheet.cells)
        if number <= sheet.start or line[sheet.header.index(place)] != gone
    ]
    p.note(23, f"nothing from municipality {gone}", sheet, None, place, "gap", "gap", "status")


def _missing_group(p: _Planter) -> None:
    sheet = max((s for s in p.answers if not s.reasons), key=lambda s: p.programme.mapping_keys.index(s.mapping))
    sheet.path.unlink()
    p.gone.add(sheet.path)
    p.closed.add(sheet.path)
    p.note(23, "a group's file has not arrived", sheet, None, "", "missing_extract", "stop", "status")


def _wishes(p: _Planter) -> None:
    sheet = p.pick("forgotten", lambda s: len(s.extract.columns.respondent_id) == 1)
    row = sheet.take(sheet.is_whole)
    text = f"{sheet.extract.respondent_group},{sheet.get(row, _id(sheet))}\n"
    write_atomically(p.out / "truth" / "anonymisation.txt", text.encode())
    p.note(25, "asked to be removed: truth/anonymisation.txt", sheet, row, _id(sheet), "forgotten", "removed", "forget")


def _pupils_results(p: _Planter, *roles: str) -> Sheet:
    """The results of pupils with the fewest defects that have columns for these roles."""
    found = [s for s in p.results if not s.extract.columns.pupils and all(getattr(s.extract.columns, r) for r in roles)]
    if not found:
        raise LookupError("results")
    return min(found, key=lambda sheet: len(sheet.reasons))


def _two_schools(p: _Planter) -> None:
    sheet = _pupils_results(p)
    column, row = sheet.extract.columns.institution_id, sheet.take()
    register = p.programme.institutions
    place = dict(zip(register["institution_id"], register["municipality_id"], strict=True))
    own = sheet.get(row, column)
    other = next((i for i, m in place.items() if i != own and m == place.get(own)), None)
    if other is None:
        raise LookupError(own)
    sheet.cells.append(list(sheet.cells[row - 1]))
    sheet.set(len(sheet.cells), column, other)
    sheet.used.add(len(sheet.cells))
    p.note(26, "the same measurement of a pupil at two schools", sheet, row, column, "two_schools", "set aside")


def _out_of_order(p: _Planter) -> None:
    """The days of a pupil's first two measurements of a test, exchanged."""
    sheet = _pupils_results(p, "measurement", "submitted_at")
    columns = sheet.extract.columns
    number, day = str(columns.measurement), str(columns.submitted_at)
    same = (*columns.respondent_id, str(columns.test), str(columns.school_year))

    def is_first_of_two(row: int) -> bool:
        following = row + 1
        return (
            following in sheet.rows()
            and following not in sheet.used
            and all(sheet.get(row, name) == sheet.get(following, name) for name in same)
            and int(sheet.get(row, number)) < int(sheet.get(following, number))
        )

    row = sheet.take(is_first_of_two)
    sheet.used.add(row + 1)
    earlier, later = sheet.get(row, day), sheet.get(row + 1, day)
    sheet.set(row, day, later)
    sheet.set(row + 1, day, earlier)
    p.note(27, "a later measurement on an earlier day", sheet, row, number, "out_of_order", "set aside")


def _off_scale(p: _Planter) -> None:
    sheet = _pupils_results(p, "score")
    column, row = str(sheet.extract.columns.score), sheet.take()
    sheet.set(row, column, str(int(p.programme.tests["score_max"].max()) + 1))
    p.note(28, "a score off the test's scale", sheet, row, column, "outside_scale", "set aside")


def _other_school_year(p: _Planter) -> None:
    sheet = _pupils_results(p, "submitted_at")
    column, row = str(sheet.extract.columns.submitted_at), sheet.take()
    year = int(sheet.get(row, str(sheet.extract.columns.school_year))[:4])
    sheet.set(row, column, date(year, 7, 31).strftime(sheet.extract.dialect.date_format))
    p.note(29, "a day outside the result's school year", sheet, row, column, "outside_school_year", "set aside")


_PLANTS: tuple[Callable[[_Planter], None], ...] = (
    _missing_group,
    _columns,
    _gaps,
    _roster,
    _questions,
    _workbooks,
    _redelivered,
    _declined,
    _straight,
    _blanks,
    _reversed,
    _codes,
    _mojibake,
    _phantom,
    _tests,
    _duplicates,
    _institutions,
    _grades,
    _dates,
    _raters,
    _numbers,
    _private,
    _wishes,
    _extra_rows,
    _two_schools,
    _out_of_order,
    _off_scale,
    _other_school_year,
)
"""In an order in which the choosy ones find their file first, and lines are added after rows were counted."""
