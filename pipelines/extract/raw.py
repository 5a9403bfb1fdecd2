"""One delivered file to raw Parquet: respondents, their answers one a row, the roster.

The last place that sees numbers of persons; what leaves it bears pseudonyms.

Belongs here: the shape of raw Parquet. Does not belong here: scoring or any judgement on answers (dbt).

Raw tables (Parquet, one part a file of theirs):

* `respondents`: one row per accepted record of an answers extract.
* `answers`: one row per record and answered variable: mapping, respondent_group, respondent_key,
  variable, code as delivered.
* `roster`: one row per person invited.
* `results`: one row per accepted result of a test: of a pupil, or a school's figure (`results`).
* `deliveries`: one row per file: how many rows it holds.
* `set_aside`: one row per row of a file that is not kept, with the reason; also in quarantine.
* `answers_set_aside`: one row per answer whose code the codebook does not declare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.extract.columns import Column, columns_of, row_numbers
from pipelines.extract.content import ROW
from pipelines.extract.contract import (
    check_codes,
    check_columns,
    check_encoding,
    check_quotes,
    check_roles,
    check_roster,
)
from pipelines.extract.corrections import apply_corrections
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Finding
from pipelines.extract.formats import read_extract
from pipelines.extract.matrix import Codes, Matrix, make_matrix, write_answers, write_table
from pipelines.extract.placing import DUPLICATE, FORGOTTEN, GRADE, NOT_A_RECORD, SUPERSEDED, reason_sql, shapes
from pipelines.extract.privacy import find_private
from pipelines.extract.results import RESULT_COLUMNS, SERIES, check_results, place_results, record_parts
from pipelines.extract.screening import against_theme, straight_lined
from pipelines.extract.session import PERSON_NAMESPACE, RATERS, Session, empty_column
from pipelines.extract.wording import check_inside
from pipelines.programme import Extract

NO_VIEWS = ("missing_column", "no_header")
"""Findings without whose columns the rest of a file cannot be looked at."""


@dataclass
class ExtractedFile:
    """What became of one file; rows_read = rows_kept + rows_superseded + rows_set_aside."""

    mapping: str
    respondent_group: str
    content: str
    file: str
    sha256: str
    rows_read: int = 0
    rows_kept: int = 0
    rows_superseded: int = 0
    rows_set_aside: int = 0
    answers: int = 0
    answers_set_aside: int = 0
    simulated: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def stops(self) -> list[Finding]:
        """Findings that block the run."""
        return [finding for finding in self.findings if finding.action == "stop"]


class FileReader:
    """Reads one delivery: its records as table `respondent` of the session's database, its answers as a matrix."""

    def __init__(self, session: Session, delivery: Delivery) -> None:
        """Read the file and check it; the table exists only when the columns are as declared."""
        programme = session.programme
        self.programme, self.delivery, self.session, self.con = programme, delivery, session, session.con
        self.group = programme.group(delivery.extract.respondent_group)
        self.result = ExtractedFile(
            delivery.mapping, self.group.code, delivery.extract.content, delivery.name, delivery.sha256
        )
        content = read_extract(delivery.path, f"{delivery.mapping}/{delivery.name}", delivery.extract)
        self._notes = content.notes
        self.result.rows_read = content.rows
        asked = session.asked(delivery.mapping, self.group.code) if delivery.extract.content == "answers" else {}
        columns, rows = columns_of(content.table), row_numbers(content.table)
        findings = find_private(delivery, columns, rows)
        findings += find_private(delivery, columns_of(self._notes), row_numbers(self._notes))
        findings += check_encoding(delivery, columns, rows)
        if delivery.extract.format == "csv" and delivery.extract.dialect.quote:
            findings += check_quotes(delivery, columns, rows)
            findings += check_quotes(delivery, columns_of(self._notes), row_numbers(self._notes))
        findings += check_columns(programme, delivery, content, asked)
        findings += check_inside(programme, delivery)
        table, self._corrected_away, corrected = apply_corrections(programme, delivery, content.table)
        findings += corrected
        self.result.findings = findings
        self._matrix: Matrix | None = None
        if any(finding.reason in NO_VIEWS for finding in self.result.stops):
            return
        if table is not content.table:
            columns = columns_of(table)
        self._rows = rows
        if delivery.extract.content == "answers":
            decimal = delivery.extract.dialect.decimal
            declared = {variable: frozenset(codes) for variable, codes in asked.items()}
            self._matrix = make_matrix(columns, declared, len(rows), decimal)
        self._make_respondents(table, columns, asked)
        findings += check_roles(delivery, self.con)
        if delivery.extract.content == "results":
            findings += check_results(programme, delivery, self.con)
        if delivery.extract.content == "roster":
            session.keep_roster()
        if self._matrix is not None:
            kept = self._kept()
            findings += check_codes(programme, delivery, self._matrix, kept, rows)
            findings += self._check_directions(self._matrix, kept)
            if session.has_roster:
                findings += check_roster(delivery, self.con)

    def __enter__(self) -> FileReader:
        """Use as a context so that nothing of the file stays in the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        for name in ("file", "person", "note", "tally", "institutions", "tests"):
            self.con.unregister(name)
        self.con.execute("drop table if exists respondent")

    def _check_directions(self, matrix: Matrix, kept: NDArray[np.bool_]) -> list[Finding]:
        """Items that run against their theme."""
        session, place = self.session, (self.result.mapping, self.group.code)
        directions = session.directions(*place)
        message = (
            "runs against the other items of its theme: was it delivered reversed already, or reversed twice? Correct "
            "already_reversed in codebook.csv"
        )
        return [
            Finding(self.result.mapping, self.result.file, "negative_item_total", message, "block", column=name)
            for name in against_theme(matrix, session.values(*place), directions, session.themes(*place), kept)
        ]

    def _kept(self) -> NDArray[np.bool_]:
        """Which records are kept, in the order of the file."""
        found = self.con.execute(
            f"select reason is null as kept from respondent where reason is distinct from '{NOT_A_RECORD}' order by file_row"
        ).fetchnumpy()
        return np.asarray(found["kept"], dtype=bool)

    def write(self, folder: Path, quarantine: Path) -> None:
        """Write the file's parts below `folder` (one folder a raw table) and what was set aside below `quarantine`.

        Existing parts of the same content are replaced; each appears whole or not at all.
        """
        result, stem = self.result, f"{self.result.respondent_group}-{self.result.sha256[:16]}"
        superseded = ", ".join(f"'{reason}'" for reason in SUPERSEDED)
        [(result.rows_kept, result.rows_superseded, result.rows_set_aside)] = self.con.execute(
            f"select count(*) filter (reason is null), count(*) filter (reason in ({superseded})), "
            f"count(*) filter (reason not in ({superseded})) from respondent"
        ).fetchall()
        listed = ", ".join(RESULT_COLUMNS if result.content == "results" else RESPONDENT_COLUMNS)
        kept = f"select {listed} from respondent where reason is null order by respondent_key"
        if result.content == "answers":
            # Most of the time of both is spent outside Python.
            with ThreadPoolExecutor(1) as beside:
                answers = beside.submit(self._write_answers, folder, stem, self._kept())
                self._copy(kept, folder / "respondents" / f"{stem}.parquet")
                answers.result()
        else:
            self._copy(kept, folder / result.content / f"{stem}.parquet")
        write_table(self._delivery(), folder / "deliveries" / f"{stem}-{result.content}.parquet")
        if result.rows_superseded + result.rows_set_aside:
            for place in (folder / "set_aside", quarantine):
                self._copy(
                    f"select mapping, respondent_group, '{result.content}' as content, file_id, file_row, reason, "
                    f"case when reason in ({superseded}) then 'superseded' else 'set_aside' end as place, kept_row "
                    "from respondent where reason is not null order by file_row",
                    place / f"{stem}-{result.content}.parquet",
                )

        columns = [finding for finding in result.findings if finding.reason == "unknown_column"]
        if columns:
            # Their cells stay in the landing folder: nobody knows what they are.
            places = {"file": [result.file] * len(columns), "column": [finding.column for finding in columns]}
            reasons = {"reason": [finding.reason for finding in columns]}
            write_table(pa.table(places | reasons), quarantine / f"{stem}-{result.content}-columns.parquet")

    def _write_answers(self, folder: Path, stem: str, kept: NDArray[np.bool_]) -> None:
        """The answers of kept rows; those with a code that nobody declared apart, without the code."""
        matrix, result, rows = self._matrix, self.result, self._rows
        assert matrix is not None  # noqa: S101
        place = [("mapping", result.mapping), ("respondent_group", result.respondent_group)]
        keys = rows + (self._file_key << 32)
        result.answers = write_answers(folder / "answers" / f"{stem}.parquet", matrix, keys, kept, place)
        if any(finding.reason == "undeclared_code" for finding in result.findings):
            row, variable = np.nonzero(matrix.undeclared(kept))
            names = np.array(matrix.variables, dtype=object)
            constants = {**dict(place), "file_id": result.sha256[:16]}
            cells: dict[str, object] = {name: [value] * len(row) for name, value in constants.items()}
            cells |= {"file_row": rows[row], "variable": names[variable], "reason": ["undeclared_code"] * len(row)}
            write_table(pa.table(cells), folder / "answers_set_aside" / f"{stem}.parquet")
            result.answers_set_aside = len(row)

    def _delivery(self) -> pa.Table:
        """One row: the file and how many rows it holds."""
        result = self.result
        return pa.table(
            {
                "mapping": [result.mapping],
                "respondent_group": [result.respondent_group],
                "content": [result.content],
                "file": [result.file],
                "file_id": [result.sha256[:16]],
                "rows_read": pa.array([result.rows_read], pa.int64()),
            }
        )

    def _copy(self, query: str, path: Path) -> int:
        """Write a query as Parquet under a temporary name, then rename. Returns the number of rows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        copy = f"copy ({query}) to '{_quoted(temporary)}' (format parquet, compression zstd)"
        [(rows,)] = self.con.execute(copy).fetchall()
        temporary.replace(path)
        return int(rows)

    @property
    def _file_key(self) -> int:
        """The half of a respondent_key that says which file."""
        return int(self.delivery.sha256[:8], 16) & 0x7FFFFFFF

    def _make_respondents(self, table: pa.Table, columns: dict[str, Column], asked: Codes) -> None:
        """Table `respondent`: one row per record and note of the file, with the reason why it is set aside."""
        delivery, group, con, roles = self.delivery, self.group, self.con, self.delivery.extract.columns
        named = [name for name in roles.columns() if name in columns]
        # As distinct cells and their places: DuckDB then works on the distinct cells only.
        cells = {n: pa.DictionaryArray.from_arrays(columns[n].place, columns[n].values) for n in named}
        con.register("file", pa.table({**cells, ROW: table.column(ROW)}))
        con.register("institutions", self.session.register(delivery.mapping))
        con.register("tests", self.session.tests)
        con.register("person", self._persons(table, columns))
        con.register("note", self._notes)
        con.register("tally", self._tally(asked))
        mapping = next(m for m in self.programme.mappings if m.key == delivery.mapping)
        reason = reason_sql(self.programme, delivery.extract, group, mapping)
        con.execute(
            f"""
            create or replace temp table respondent as
            with record as (
                select
                    {self._record_columns(set(named))}
                from file join person using ({ROW}) left join tally using ({ROW})
            )
            select record.*, {reason} as reason, cast(null as bigint) as kept_row
            from record
            left join institutions as known on record.institution_id = known.institution_id
            left join listed on record.respondent_id = listed.respondent_id
            {SERIES if delivery.extract.content == "results" else ""}
            """
        )
        if self._notes.num_rows:
            con.execute(
                f"insert into respondent by name select '{self.programme.slug}' as programme, "
                f"'{delivery.mapping}' as mapping, '{group.code}' as respondent_group, "
                f"'{delivery.sha256[:16]}' as file_id, {ROW} as file_row, ({self._file_key}::bigint << 32) + {ROW} as "
                f"respondent_key, false as is_simulated, '{NOT_A_RECORD}' as reason from note"
            )
        [(self.result.simulated,)] = con.execute(
            "select coalesce(bool_or(is_simulated), false) from respondent"
        ).fetchall()
        if delivery.extract.content == "results":
            place_results(con)
        else:
            self._supersede()

    def _record_columns(self, present: set[str]) -> str:
        """The select list of a record, columns as in raw with those that checks need."""
        programme, delivery, extract = self.programme, self.delivery, self.delivery.extract
        roles = extract.columns

        def column(name: str | None) -> str:
            return f"nullif(trim(file.{_name(name)}), '')" if name in present else "null::varchar"

        def recoded(role: Literal["gender", "background"], name: str | None) -> str:
            recode = extract.values.get(role)
            if recode is None or name is None:
                return column(name)
            cases = " ".join(f"when {_text(code)} then {_text(value)}" for code, value in recode.items())
            return f"case {column(name)} {cases} end"

        institution = column(roles.institution_id)
        if programme.definition.ids.institution_numeric:
            number = f"try_cast({institution} as double)"
            institution = (
                f"case when abs({number}) < 1e15 and {number} = floor({number}) "
                f"then cast(cast({number} as bigint) as varchar) end"
            )
        if programme.definition.ids.institution_scope == "municipality":
            institution = f"{column(roles.municipality_id)} || '-' || {institution}"
        status, marks = _status(extract, column)
        parts = {
            "programme": _text(programme.slug),
            "mapping": _text(delivery.mapping),
            "respondent_group": _text(self.group.code),
            "respondent_key": f"({self._file_key}::bigint << 32) + file.{ROW}",
            "respondent_id": "person.respondent_id",
            "respondent_number": "person.respondent_id",
            "rater_id": "person.rater_id",
            "municipality_id": column(roles.municipality_id),
            "institution_id": institution,
            "class_id": column(roles.class_id),
            "grade_code": column(roles.grade),
            "grade": GRADE.format(code=column(roles.grade)),
            "gender_code": column(roles.gender),
            "gender": recoded("gender", roles.gender),
            "background_code": column(roles.background),
            "background": recoded("background", roles.background),
            "status_code": column(roles.status) if isinstance(roles.status, str) else "null::varchar",
            "status": status,
            "status_marks": marks,
            "submitted_code": column(roles.submitted_at),
            "submitted_on": f"cast(try_strptime({column(roles.submitted_at)}, {_text(extract.dialect.date_format)}) as date)",
            "is_simulated": f"coalesce({column(roles.simulated)} = '1', false)",
            "is_straight_lined": "coalesce(tally.is_straight_lined, false)",
            "n_answers": "tally.n_answers",
            "n_declined": "tally.n_declined",
            "file_id": _text(delivery.sha256[:16]),
            "file_row": f"file.{ROW}",
            "shape": "person.shape",
        }
        if extract.content == "results":
            parts |= record_parts(extract, column)
        return ", ".join(f"{expression} as {name}" for name, expression in parts.items())

    def _tally(self, asked: Codes) -> pa.Table:
        """Per record: answers, those declined, whether all are the same though questions of both directions were asked."""
        matrix = self._matrix
        if matrix is None:
            nothing = {"n_answers": pa.array([], pa.int64()), "n_declined": pa.array([], pa.int64())}
            return pa.table({ROW: pa.array([], pa.int64()), **nothing, "is_straight_lined": pa.array([], pa.bool_())})
        least = self.programme.definition.intake.straight_line_items
        directions = self.session.directions(self.result.mapping, self.group.code)
        return pa.table(
            {
                ROW: self._rows,
                "n_answers": matrix.answered().sum(axis=1, dtype=np.int64),
                "n_declined": matrix.of_kind(asked, "declined").sum(axis=1, dtype=np.int64),
                "is_straight_lined": straight_lined(matrix, asked, directions, least),
            }
        )

    def _supersede(self) -> None:
        """Of several kept rows of one respondent, leave one: completed before partial, then the latest, then the last."""
        twice = "select respondent_id from respondent where reason is null group by respondent_id having count(*) > 1"
        if not self.con.execute(f"select 1 from ({twice}) limit 1").fetchall():
            return
        asked = len(self._matrix.variables) if self._matrix is not None else 0
        complete = self.programme.definition.thresholds.complete_share * max(asked, 1)
        self.con.execute(
            f"""
            update respondent set reason = '{DUPLICATE}', kept_row = ranked.kept
            from (
                select
                    file_row,
                    row_number() over best as place,
                    first_value(file_row) over best as kept
                from respondent
                where reason is null and respondent_id in ({twice})
                window best as (
                    partition by respondent_id
                    order by
                        coalesce(status = 'completed', coalesce(n_answers, 0) >= {complete}, false) desc,
                        submitted_on desc nulls last,
                        file_row desc
                )
            ) as ranked
            where ranked.place > 1 and ranked.file_row = respondent.file_row
            """
        )

    def _persons(self, table: pa.Table, columns: dict[str, Column]) -> pa.Table:
        """Table `person`: record number, pseudonyms of respondent and rater, and the shape of a row that is no respondent."""
        roles = self.delivery.extract.columns
        parts = [columns[name] for name in roles.respondent_id]
        is_test = re.compile(self.programme.definition.intake.test_respondents)
        shape = shapes(table, columns, roles.respondent_id, is_test)
        if self._corrected_away:
            pairs = zip(self._rows.tolist(), shape, strict=True)
            shape = ["correction" if row in self._corrected_away else one for row, one in pairs]
        number = parts[0] if len(parts) == 1 else _joined(parts)
        rater = columns[roles.rater_id] if roles.rater_id else empty_column(table.num_rows)
        kind, is_roster = PERSON_NAMESPACE[self.group.kind], self.result.content == "roster"
        respondents, raters = self.session.pseudonyms(kind, number), self.session.pseudonyms(RATERS, rater)
        gone = self.session.is_forgotten(kind, respondents)
        gone_raters = self.session.is_forgotten(RATERS, raters)
        for row in np.flatnonzero(gone if is_roster else gone | gone_raters).tolist():
            shape[row] = shape[row] or FORGOTTEN
        return pa.table(
            {
                ROW: table.column(ROW),
                "respondent_id": respondents,
                "rater_id": pc.if_else(pa.array(gone_raters), None, raters) if gone_raters.any() else raters,
                "shape": pa.array(shape, pa.string()),
            }
        )


RESPONDENT_COLUMNS = (
    "programme",
    "mapping",
    "respondent_group",
    "respondent_key",
    "respondent_id",
    "rater_id",
    "municipality_id",
    "institution_id",
    "class_id",
    "grade",
    "gender",
    "background",
    "status",
    "submitted_on",
    "is_simulated",
    "file_id",
    "file_row",
)
"""Columns of the raw tables `respondents` and `roster`."""


def _name(column: str | None) -> str:
    """A column name quoted for SQL."""
    return '"' + (column or "").replace('"', '""') + '"'


def _text(value: str) -> str:
    """A text quoted for SQL."""
    return "'" + value.replace("'", "''") + "'"


def _quoted(path: Path) -> str:
    """A path for a SQL string."""
    return str(path).replace("'", "''")


def _status(extract: Extract, column: Callable[[str | None], str]) -> tuple[str, str]:
    """SQL of a record's status, and of how many status columns are marked (1 where there is one column of codes)."""
    status, recode = extract.columns.status, extract.values.get("status")
    if isinstance(status, tuple) and recode is not None:
        marked = [f"coalesce({column(name)} = '1', false)" for name in status]
        marks = " + ".join(f"cast({one} as integer)" for one in marked)
        cases = " ".join(f"when {one} then {_text(recode[name])}" for one, name in zip(marked, status, strict=True))
        return f"case when {marks} <> 1 then null {cases} end", marks
    name = status if isinstance(status, str) else None
    if recode is None or name is None:
        return column(name), "1"
    return f"case {column(name)} {' '.join(f'when {_text(k)} then {_text(v)}' for k, v in recode.items())} end", "1"


def _joined(parts: Sequence[Column]) -> Column:
    """Numbers of several columns as one, `/` between them; blank where one of them is."""
    cells = [np.array(part.trimmed(), dtype=object)[part.place] for part in parts]
    whole = ["/".join(row) if all(row) else "" for row in zip(*cells, strict=True)]
    return columns_of(pa.table({"number": pa.array(whole, pa.string())}))["number"]
