"""One delivered file to raw Parquet: respondents, their answers one a row, the roster.

The last place that sees numbers of persons; what leaves it bears pseudonyms.

Belongs here: the shape of raw Parquet. Does not belong here: scoring or any judgement on answers (dbt).

Raw tables (Parquet, one part a file of theirs):

* `respondents`: one row per accepted record of an answers extract.
* `answers`: one row per record and answered variable: mapping, respondent_group, respondent_key,
  variable, code as delivered.
* `roster`: one row per person invited.
* `deliveries`: one row per file: how many rows it holds.
* `set_aside`: one row per row of a file that is not kept, with the reason; also in quarantine.
* `answers_set_aside`: one row per answer whose code the codebook does not declare.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines.extract.content import ROW
from pipelines.extract.contract import check_codes, check_columns, check_roles
from pipelines.extract.corrections import apply_corrections
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Finding
from pipelines.extract.formats import read_extract
from pipelines.extract.placing import DUPLICATE, GRADE, NOT_A_RECORD, SUPERSEDED, reason_sql, register, shapes
from pipelines.extract.privacy import find_private
from pipelines.extract.pseudonyms import Pseudonymiser
from pipelines.files import sync_folder
from pipelines.programme import Programme

PERSON_NAMESPACE = {"pupil": "pupil", "rated_pupil": "pupil", "staff": "staff", "parent": "pupil", "leader": "leader"}
"""Whose number a respondent number is: contact teachers and parents answer about a pupil."""

NO_VIEWS = ("missing_column", "unknown_column", "no_header")
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
    """Reads one delivery into views of an in-memory DuckDB: `respondent`, and for answers `answer`."""

    def __init__(self, programme: Programme, delivery: Delivery, key: str, threads: int, memory_limit: str) -> None:
        """Read the file and check its columns; the views exist only when the columns are as declared."""
        self.programme, self.delivery = programme, delivery
        group = programme.group(delivery.extract.respondent_group)
        self.result = ExtractedFile(
            delivery.mapping, group.code, delivery.extract.content, delivery.name, delivery.sha256
        )
        self._key = key
        content = read_extract(delivery.path, f"{delivery.mapping}/{delivery.name}", delivery.extract)
        self._notes, table = content.notes, content.table
        self.result.rows_read = content.rows
        self.result.findings += find_private(delivery, table) + find_private(delivery, content.notes)
        self.result.findings += check_columns(programme, delivery, table)
        self.con = duckdb.connect(config={"threads": threads, "memory_limit": memory_limit})
        table, self._corrected_away, corrected = apply_corrections(programme, delivery, table)
        self.result.findings += corrected
        if not any(finding.reason in NO_VIEWS for finding in self.result.stops):
            self._make_views(table)
            self.result.findings += check_roles(programme, delivery, self.con)
            if delivery.extract.content == "answers":
                self.result.findings += check_codes(programme, delivery, self.con)

    def __enter__(self) -> FileReader:
        """Use as a context so that the connection is closed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.con.close()

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
        kept = f"select {', '.join(RESPONDENT_COLUMNS)} from respondent where reason is null order by respondent_key"
        if result.content == "answers":
            self._copy(kept, folder / "respondents" / f"{stem}.parquet")
            answers = (
                "select mapping, respondent_group, respondent_key, variable, code "
                "from answer join respondent using (file_row) where reason is null"
            )
            if any(finding.reason == "undeclared_code" for finding in result.findings):
                # The codes themselves are left behind: nobody knows what they are.
                undeclared = (
                    "select mapping, respondent_group, file_id, file_row, variable, 'undeclared_code' as reason "
                    "from answer anti join declared_code using (variable, code) join respondent using (file_row) "
                    "order by file_row, variable"
                )
                result.answers_set_aside = self._copy(undeclared, folder / "answers_set_aside" / f"{stem}.parquet")
                answers += " and (variable, code) in (select (variable, code) from declared_code)"
            result.answers = self._copy(answers, folder / "answers" / f"{stem}.parquet")
        else:
            self._copy(kept, folder / "roster" / f"{stem}.parquet")
        self.con.register("delivery", self._delivery())
        self._copy("select * from delivery", folder / "deliveries" / f"{stem}-{result.content}.parquet")
        if result.rows_superseded + result.rows_set_aside:
            for place in (folder / "set_aside", quarantine):
                self._copy(
                    f"select mapping, respondent_group, '{result.content}' as content, file_id, file_row, reason, "
                    f"case when reason in ({superseded}) then 'superseded' else 'set_aside' end as place "
                    "from respondent where reason is not null order by file_row",
                    place / f"{stem}-{result.content}.parquet",
                )

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
        sync_folder(path.parent)
        return int(rows)

    def _make_views(self, table: pa.Table) -> None:
        """Register the file and the programme's tables, and define `respondent` and `answer` over them."""
        programme, delivery, con = self.programme, self.delivery, self.con
        extract, group = delivery.extract, programme.group(delivery.extract.respondent_group)
        roles = extract.columns
        con.register("file", table)
        con.register("municipalities", pa.Table.from_pandas(programme.municipalities))
        con.register("institutions", register(programme, delivery.mapping))
        con.register("person", self._pseudonyms(table, group.kind))
        con.register("note", self._notes)
        for role, recode in extract.values.items():
            con.register(f"{role}_values", pa.table({"code": list(recode), "value": list(recode.values())}))

        def column(role: str | None) -> str:
            return f"nullif(trim(file.{_name(role)}), '')" if role else "null::varchar"

        def recoded(role: str, name: str | None) -> str:
            if role not in extract.values or name is None:
                return column(name)
            return f"(select value from {role}_values where code = {column(name)})"

        institution = column(roles.institution_id)
        if programme.definition.ids.institution_numeric:
            number = f"try_cast({institution} as double)"
            institution = f"case when {number} = floor({number}) then cast(cast({number} as bigint) as varchar) end"
        if programme.definition.ids.institution_scope == "municipality":
            institution = f"{column(roles.municipality_id)} || '-' || {institution}"
        file_key = int(delivery.sha256[:8], 16) & 0x7FFFFFFF
        simulated = column(roles.simulated if roles.simulated in table.column_names else None)
        mapping = next(m for m in programme.mappings if m.key == delivery.mapping)
        reason = reason_sql(programme, extract, group, mapping)
        date_format = extract.dialect.date_format.replace("'", "''")
        con.execute(
            f"""
            create temp table respondent as
            with record as (
                select
                    '{programme.slug}' as programme,
                    '{delivery.mapping}' as mapping,
                    '{group.code}' as respondent_group,
                    ({file_key}::bigint << 32) + file.{ROW} as respondent_key,
                    person.respondent_id,
                    person.respondent_id as respondent_number,
                    person.rater_id,
                    {column(roles.municipality_id)} as municipality_id,
                    {institution} as institution_id,
                    {column(roles.class_id)} as class_id,
                    {column(roles.grade)} as grade_code,
                    {GRADE.format(code=column(roles.grade))} as grade,
                    {column(roles.gender)} as gender_code,
                    {recoded("gender", roles.gender)} as gender,
                    {column(roles.background)} as background_code,
                    {recoded("background", roles.background)} as background,
                    {column(roles.status)} as status_code,
                    {recoded("status", roles.status)} as status,
                    {column(roles.submitted_at)} as submitted_code,
                    cast(try_strptime({column(roles.submitted_at)}, '{date_format}') as date) as submitted_on,
                    coalesce({simulated} = '1', false) as is_simulated,
                    '{delivery.sha256[:16]}' as file_id,
                    file.{ROW} as file_row,
                    person.shape
                from file join person using ({ROW})
            )
            select record.*, {reason} as reason
            from record left join institutions as known on record.institution_id = known.institution_id
            """
        )
        con.execute(
            f"insert into respondent by name select '{programme.slug}' as programme, '{delivery.mapping}' as mapping, "
            f"'{group.code}' as respondent_group, '{delivery.sha256[:16]}' as file_id, {ROW} as file_row, "
            f"({file_key}::bigint << 32) + {ROW} as respondent_key, false as is_simulated, '{NOT_A_RECORD}' as reason from note"
        )
        [(self.result.simulated,)] = con.execute(
            "select coalesce(bool_or(is_simulated), false) from respondent"
        ).fetchall()
        if extract.content == "answers":
            self._make_answers(table)
        self._supersede()

    def _supersede(self) -> None:
        """Of several kept rows of one respondent, leave one: completed before partial, then the latest, then the last."""
        twice = "select respondent_id from respondent where reason is null group by respondent_id having count(*) > 1"
        asked = len(self.programme.asked(self.delivery.mapping, self.result.respondent_group))
        complete = self.programme.definition.thresholds.complete_share * max(asked, 1)
        answered = "select file_row, count(*) as n_answers from answer group by file_row"
        if self.result.content == "roster":
            answered = "select 0 as file_row, 0 as n_answers"
        elif not self.con.execute(f"select 1 from ({twice}) limit 1").fetchall():
            return
        self.con.execute(
            f"""
            update respondent set reason = '{DUPLICATE}'
            from (
                select file_row, row_number() over (
                    partition by respondent_id
                    order by
                        coalesce(status = 'completed', n_answers >= {complete}, false) desc, submitted_on desc nulls last,
                        file_row desc
                ) as place
                from respondent left join ({answered}) as answered using (file_row)
                where reason is null and respondent_id in ({twice})
            ) as ranked
            where ranked.place > 1 and ranked.file_row = respondent.file_row
            """
        )

    def _make_answers(self, table: pa.Table) -> None:
        """View `answer`: item columns of kept rows one a row, blanks left out; table `declared_code`: what they may hold."""
        asked = self.programme.asked(self.delivery.mapping, self.result.respondent_group)
        declared = asked[["variable", "scale"]].merge(self.programme.scales[["scale", "code"]], on="scale")
        self.con.register("declared_code", pa.Table.from_pandas(declared[["variable", "code"]], preserve_index=False))
        variables = [name for name in table.column_names if name in set(asked["variable"])]
        items = table.select([*variables, ROW])
        self.con.register("items", items)
        self.con.execute(
            f"""
            create temp view answer as
            select {ROW} as file_row, variable, trim(code) as code
            from (unpivot items on {", ".join(_name(v) for v in variables)} into name variable value code)
            where trim(code) <> '' and file_row not in (select file_row from respondent where reason is not null)
            """
        )

    def _pseudonyms(self, table: pa.Table, kind: str) -> pa.Table:
        """Table `person`: record number, pseudonyms of respondent and rater, and the shape of a row that is no respondent."""
        roles = self.delivery.extract.columns
        parts = [[value.strip() for value in table.column(name).to_pylist()] for name in roles.respondent_id]
        is_test = re.compile(self.programme.definition.intake.test_respondents)
        shape = shapes(table, roles.respondent_id, parts, is_test)
        if self._corrected_away:
            rows = table.column(ROW).to_pylist()
            shape = ["correction" if row in self._corrected_away else one for row, one in zip(rows, shape, strict=True)]
        numbers = parts[0] if len(parts) == 1 else ["/".join(p) if all(p) else "" for p in zip(*parts, strict=True)]
        namespace = f"{self.programme.slug}/{PERSON_NAMESPACE[kind]}"
        respondents = Pseudonymiser(self._key, namespace)(numbers)
        raters: list[str | None] = [None] * len(numbers)
        if roles.rater_id:
            rater = Pseudonymiser(self._key, f"{self.programme.slug}/staff")
            raters = rater(value.strip() for value in table.column(roles.rater_id).to_pylist())
        return pa.table(
            {
                ROW: table.column(ROW),
                "respondent_id": pa.array(respondents, pa.string()),
                "rater_id": pa.array(raters, pa.string()),
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


def _quoted(path: Path) -> str:
    """A path for a SQL string."""
    return str(path).replace("'", "''")
