"""One respondent in several files of a mapping and group: a corrected delivery beside the old one, or one file a municipality.

Belongs here: leaving one row a respondent when the parts are written. Does not belong here: duplicates within a file (`raw`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.extract.placing import DUPLICATE
from pipelines.extract.raw import ExtractedFile


def supersede_between_files(folder: Path, files: list[ExtractedFile]) -> None:
    """Keep the completed row before a partial one, then the latest, then that of the file last by name.

    Rewrites the parts of files that lose rows, adds these to `set_aside`, and corrects the counts in `files`.
    """
    answers = [file for file in files if file.content == "answers"]
    order = {file.sha256[:16]: place for place, file in enumerate(answers)}
    with duckdb.connect() as con:
        con.execute("create table place_of (file_id varchar, place integer)")
        con.executemany("insert into place_of values (?, ?)", list(order.items()))
        con.execute(
            f"""
            create table lost as
            select respondent_key, mapping, respondent_group, file_id, file_row
            from (
                select *, row_number() over (
                    partition by respondent_id
                    order by coalesce(status = 'completed', false) desc, submitted_on desc nulls last, place desc
                ) as number
                from read_parquet('{_quoted(folder)}/respondents/*.parquet') join place_of using (file_id)
            )
            where number > 1
            """
        )
        for file in answers:
            file_id, stem = file.sha256[:16], f"{file.respondent_group}-{file.sha256[:16]}"
            [(lost,)] = con.execute("select count(*) from lost where file_id = ?", [file_id]).fetchall()
            if not lost:
                continue
            for table, order_by in (("respondents", "order by respondent_key"), ("answers", "")):
                part = folder / table / f"{stem}.parquet"
                kept = (
                    f"select * from read_parquet('{_quoted(part)}') "
                    f"where respondent_key not in (select respondent_key from lost) {order_by}"
                )
                rows = _replace(con, kept, part)
            file.answers, file.rows_kept, file.rows_superseded = (
                rows,
                file.rows_kept - lost,
                file.rows_superseded + lost,
            )
            part = folder / "set_aside" / f"{stem}-answers.parquet"
            part.parent.mkdir(exist_ok=True)
            before = f"select * from read_parquet('{_quoted(part)}') union all by name " if part.exists() else ""
            gone = (
                "select mapping, respondent_group, 'answers' as content, file_id, file_row, "
                f"'{DUPLICATE}' as reason, 'superseded' as place, cast(null as bigint) as kept_row "
                f"from lost where file_id = '{file_id}'"
            )
            _replace(con, f"select * from ({before}{gone}) order by file_row", part)


def _replace(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write a query over a part. Returns the number of rows."""
    temporary = path.with_suffix(".tmp")
    [(rows,)] = con.execute(f"copy ({query}) to '{_quoted(temporary)}' (format parquet, compression zstd)").fetchall()
    temporary.replace(path)
    return int(rows)


def _quoted(path: Path) -> str:
    """A path for a SQL string."""
    return str(path).replace("'", "''")
