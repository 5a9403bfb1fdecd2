"""Extracts written as the programme declares them: path, dialect, columns, codes.

Belongs here: from persons and answers to the bytes of a file. Does not belong here: what they say.

Each file is a plain text file that is complete when it appears; defects can be planted in it afterwards.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from pipelines.errors import ConfigurationError, StorageError
from pipelines.programme import Extract, Programme
from pipelines.simulate.answers import DECLINED, MISSING, STATUS, Answers
from pipelines.simulate.plan import Column
from pipelines.simulate.population import MAX_CLASSES, Persons, mapping_years
from pipelines.simulate.randomness import stream
from pipelines.simulate.schools import Ints
from pipelines.simulate.world import World

ROWS_AT_ONCE = 20_000
FEMALE_MALE = ("female", "male")


@dataclass(frozen=True)
class WrittenFile:
    """One extract: where it is and what it holds."""

    path: Path
    mapping: str
    respondent_group: str
    content: str
    rows: int
    answers: int
    bytes: int


def field_period(programme: Programme, mapping: int) -> tuple[date, int]:
    """First day of a mapping's field period and its length in working days."""
    declared = programme.mappings[mapping]
    opens = declared.opens_on or date(mapping_years(programme)[mapping], 9, 1)
    closes = declared.closes_on or date(opens.year, 10, 31)
    return opens, max(int(np.busday_count(opens, closes)) + 1, 1)


def write_extract(
    world: World, extract: Extract, mapping: int, folder: Path, *, persons: Persons, answers: Answers | None
) -> WrittenFile:
    """Write one extract below `folder`; `answers` is None for a roster.

    Raises:
        ConfigurationError: the pattern of the path or a text cannot be written.
        StorageError: the folder cannot be written.
    """
    columns = role_columns(world, extract, mapping, persons, answers)
    answered = 0
    if answers is not None:
        for number, item in enumerate(answers.items):
            column, n = _answer_column(answers.category[:, number], item.codes, item.declined)
            columns[item.variable] = column
            answered += n
    key = world.programme.mapping_keys[mapping]
    for name in extract.ignored:
        random = stream(world.seed, "ignored", extract.respondent_group, key, name)
        plan = world.plan.ignored_columns.get(extract.respondent_group, {}).get(name)
        columns[name] = _ignored_column(plan, answers, len(persons), random)
    return write_file(pa.table(columns), extract, key, folder, answered)


def write_file(table: pa.Table, extract: Extract, mapping: str, folder: Path, answered: int = 0) -> WrittenFile:
    """Write a table as the extract declares its files.

    Raises:
        ConfigurationError, StorageError: as `write_extract`.
    """
    path = folder / file_name(extract)
    try:
        size = _write_csv(table, path, extract)
    except OSError as error:
        reason = f"{path}: cannot be written: {error.strerror}; free space or choose another folder"
        raise StorageError(reason) from None
    return WrittenFile(path, mapping, extract.respondent_group, extract.content, table.num_rows, answered, size)


def file_name(extract: Extract) -> str:
    """A name that the extract's pattern matches."""
    name = extract.path.replace("**/", "").replace("*", "1").replace("?", "1")
    if "[" in name:
        raise ConfigurationError(
            f"programme.yaml: extracts.path {extract.path!r} holds a bracket pattern; simulate cannot make a name of it"
        )
    return name


def role_columns(
    world: World,
    extract: Extract,
    mapping: int,
    persons: Persons,
    answers: Answers | None,
    more: dict[str, pa.Array] | None = None,
) -> dict[str, pa.Array]:
    """Columns of the roles, in the order in which the programme's documentation lists roles.

    `more`: roles that are filled in already, as results of tests are.
    """
    roles, n = extract.columns, len(persons)
    places = world.programme.municipalities["municipality_id"].tolist()
    codes: dict[str, dict[str, str]] = {}
    for recoded, recode in extract.values.items():
        codes[recoded] = {value: code for code, value in reversed(recode.items())}

    def coded(role: str, values: Iterable[str]) -> list[str | None]:
        """What the file writes for each canonical value: its code, or the value itself where no codes are declared."""
        return [codes[role].get(value) if role in codes else value for value in values]

    institutions = list(world.schools.ids)
    if world.programme.definition.ids.institution_scope == "municipality":
        prefixes = [f"{places[number]}-" for number in world.schools.municipality]
        institutions = [name.removeprefix(prefix) for name, prefix in zip(institutions, prefixes, strict=True)]
    background = persons.background if answers is None else answers.background
    levels = [str(level + 1) for level in range(len(world.plan.sizes.background))]
    nothing = np.full(n, -1, dtype=np.int64)
    made: dict[str, Callable[[], pa.Array]] = {
        "respondent_id": lambda: pa.array(persons.number),
        "municipality_id": lambda: _chosen(world.schools.municipality[persons.school], places),
        "institution_id": lambda: _chosen(persons.school, institutions),
        "rater_id": lambda: _numbers(persons.rater),
        "class_id": lambda: _class_labels(persons),
        "grade": lambda: _numbers(persons.grade),
        "gender": lambda: _chosen(persons.gender, coded("gender", FEMALE_MALE)),
        "background": lambda: _chosen(background, coded("background", levels)),
        "status": lambda: _chosen(nothing if answers is None else answers.status, coded("status", STATUS)),
        "submitted_at": lambda: _dates(
            nothing if answers is None else answers.day, field_period(world.programme, mapping)[0], extract
        ),
        "simulated": lambda: pa.array(np.ones(n, dtype=np.int8)),
    }
    made |= {role: lambda column=column: column for role, column in (more or {}).items()}  # type: ignore[misc]
    # A column that plays two parts (a composite number begins with the school's) holds the part that is not a number.
    columns: dict[str, pa.Array] = {}
    for name in roles.columns():
        parts = [role for role, value in roles if value == name and role != "respondent_id"]
        columns[name] = made[parts[0] if parts else "respondent_id"]()
    if isinstance(roles.status, tuple):
        marked = [STATUS.index(extract.values["status"][name]) for name in roles.status]
        for name, place in zip(roles.status, marked, strict=True):
            columns[name] = pa.array((nothing if answers is None else answers.status) == place).cast(pa.int8())
    return columns


def _numbers(values: Ints) -> pa.Array:
    """Whole numbers, blank where negative."""
    return pa.array(values, mask=values < 0)


def _chosen(position: NDArray[np.integer], names: list[str | None] | list[str]) -> pa.Array:
    """The name at each position; blank where the position is negative or the name None."""
    column = pa.array(position.astype(np.int32), mask=position < 0)
    return pa.array(names, pa.string()).take(column)


def _class_labels(persons: Persons) -> pa.Array:
    """Classes as schools write them: 3.B."""
    code = persons.grade * MAX_CLASSES + persons.letter
    names = [
        f"{number // MAX_CLASSES}.{chr(ord('A') + number % MAX_CLASSES)}"
        for number in range(int(code.max(initial=0)) + 1)
    ]
    return _chosen(np.where(persons.grade < 0, -1, code), names)


def _dates(day: Ints, opens: date, extract: Extract) -> pa.Array:
    """The day of each answer, in the layout of the file; blank without one."""
    offsets = np.arange(int(day.max(initial=0)) + 1)
    days = np.busday_offset(np.datetime64(opens), offsets, roll="forward")
    return _chosen(day, [one.strftime(extract.dialect.date_format) for one in days.astype(object)])


def _answer_column(category: NDArray[np.int8], codes: tuple[str, ...], declined: str | None) -> tuple[pa.Array, int]:
    """Codes of one item, and how many answers there are."""
    position = np.where(category == DECLINED, np.int8(len(codes)), category)
    blank = category == MISSING
    return _chosen(np.where(blank, np.int8(-1), position), [*codes, declined]), int((~blank).sum())


def _ignored_column(plan: Column | None, answers: Answers | None, n: int, random: np.random.Generator) -> pa.Array:
    """What stands in a column that is never loaded: blank unless the plan says what, and for who did not answer."""
    if plan is None:
        return pa.nulls(n, pa.string())
    position = random.integers(0, len(plan.values), n)
    position[random.random(n) >= plan.share] = -1
    if answers is not None:
        position[answers.day < 0] = -1
    return _chosen(position, list(plan.values))


def _write_csv(table: pa.Table, path: Path, extract: Extract) -> int:
    """Write a table in the extract's dialect, without quotes where none are needed. Returns the size in bytes."""
    dialect = extract.dialect
    marks = (dialect.delimiter, "\n", "\r", *(dialect.quote or ""))
    # pyarrow writes fast and quotes all texts or none; the csv module quotes where needed and is ten times slower.
    plain = not any(mark in text for text in _texts(table) for mark in marks)
    encoder = codecs.getincrementalencoder(dialect.encoding)()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(encoder.encode("\n" * dialect.skip_rows + _with_quotes([table.column_names], extract)))
            for start in range(0, table.num_rows, ROWS_AT_ONCE):
                part = table.slice(start, ROWS_AT_ONCE)
                file.write(encoder.encode(_without_quotes(part, extract) if plain else _rows(part, extract)))
        size = temporary.stat().st_size
        temporary.replace(path)
    except UnicodeEncodeError:
        raise ConfigurationError(
            f"{path.name}: a name or text of the programme cannot be written in {dialect.encoding}; change the dialect"
        ) from None
    except csv.Error:
        raise ConfigurationError(
            f"{path.name}: a text holds the delimiter and the dialect has no quotes; change the text or the dialect"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    return size


def _texts(table: pa.Table) -> set[str]:
    """The different texts in a table, its column names included."""
    found = set(table.column_names)
    for column in table.columns:
        if pa.types.is_string(column.type):
            found.update(text for text in column.unique().to_pylist() if text is not None)
    return found


def _without_quotes(part: pa.Table, extract: Extract) -> str:
    """Rows of a table in which nothing needs quotes."""
    text = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, delimiter=extract.dialect.delimiter, quoting_style="none")
    pa_csv.write_csv(part, text, options)
    return text.getvalue().decode("utf-8")


def _rows(part: pa.Table, extract: Extract) -> str:
    """Rows of a table in which something needs quotes."""
    return _with_quotes(zip(*(column.to_pylist() for column in part.columns), strict=True), extract)


def _with_quotes(rows: Iterable[Iterable[object]], extract: Extract) -> str:
    """Rows as the csv module writes them, with quotes where they are needed."""
    dialect, text = extract.dialect, io.StringIO()
    quoting: Literal[0, 3] = csv.QUOTE_NONE if dialect.quote is None else csv.QUOTE_MINIMAL
    writer = csv.writer(
        text, delimiter=dialect.delimiter, quotechar=dialect.quote, quoting=quoting, lineterminator="\n"
    )
    writer.writerows(rows)
    return text.getvalue()
