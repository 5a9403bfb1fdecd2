"""What must hold of a damaged file: one clear line or a right reading, soon, in little memory.

Belongs here: extracting one file as a run does and looking at what came of it, with a reader of its own to compare. Does not
belong here: damage (`damage`).
"""

from __future__ import annotations

import csv
import io
import re
import resource
import shutil
import time
from pathlib import Path

import duckdb

from pipelines.errors import InputError
from pipelines.extract import open_session
from pipelines.extract.deliveries import look_at_landing
from pipelines.extract.raw import FileReader
from pipelines.programme import Programme
from pipelines.programme.definition import Dialect
from pipelines.settings import load_settings
from tests.fuzz.programme import COLUMNS, ENDINGS, MAPPING

LONGEST_SECONDS = 10.0
MOST_MEMORY = 2 << 30
LONGEST_MESSAGE = 700


class Judge:
    """Extracts files one after the other in one home."""

    def __init__(self, programme: Programme, home: Path) -> None:
        """Prepare a home."""
        self.programme, self.home = programme, home
        self.settings = load_settings({}, home=home, pseudonym_key="not a secret, only a test")
        self.session = open_session(programme, self.settings)

    def __call__(self, group: str, odd: str, content: bytes) -> list[str]:
        """What is wrong with how a file was treated; nothing: all is well."""
        folder = self.settings.landing_dir / "fuzz" / MAPPING
        shutil.rmtree(self.settings.landing_dir, ignore_errors=True)
        folder.mkdir(parents=True)
        name = (f"{group}{odd.replace('/', '')}")[:180].encode()[:200].decode("utf-8", "ignore")
        path = folder / f"{name}.{ENDINGS.get(group, 'csv')}"
        path.write_bytes(content)
        self._to_compare: tuple[Dialect, int] | None = None
        self.message = ""
        began = time.process_time()
        try:
            problems = self._extract(group, path)
        except InputError as error:
            self.message = str(error)
            problems = said_badly(str(error))
        except BaseException as error:
            problems = [f"raised {type(error).__name__}: {str(error)[:300]}"]
            self.session = open_session(self.programme, self.settings)
        seconds = time.process_time() - began  # of the processor: others may use the machine
        if not problems and self._to_compare is not None:
            problems = self._compare(content, *self._to_compare)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if seconds > LONGEST_SECONDS:
            problems.append(f"took {seconds:.1f} s")
        if memory > MOST_MEMORY:
            problems.append(f"took {memory >> 20} MiB")
        strangers = [p for p in (Path("/tmp/outside"), self.home.parent / "outside") if p.exists()]  # noqa: S108
        return problems + [f"wrote {p}" for p in strangers]

    def _extract(self, group: str, path: Path) -> list[str]:
        """Extract as a run does; look at what was kept."""
        landing = look_at_landing(self.programme, self.settings.landing_dir, MAPPING)
        mine = landing.of_group(group)
        if not mine:
            return [] if any(f.reason == "unknown_file" for f in landing.findings) else ["the file was not seen"]
        raw = self.home / "raw"
        shutil.rmtree(raw, ignore_errors=True)
        self.session.forget_roster()
        with FileReader(self.session, mine[0]) as reader:
            problems = [line for f in reader.result.findings for line in said_badly(str(f))]
            if reader.result.stops:
                self.message = str(reader.result.stops[0])
                return problems
            reader.write(raw, self.home / "quarantine")
            result = reader.result
        if result.rows_read != result.rows_kept + result.rows_superseded + result.rows_set_aside:
            problems.append(f"rows lost: {result}")
        if mine[0].extract.format == "csv":
            self._to_compare = mine[0].extract.dialect, result.rows_read
        return problems

    def _compare(self, content: bytes, dialect: Dialect, rows_read: int) -> list[str]:
        """The answers in Parquet against another reader's; every line of the file must have been counted."""
        raw, text = self.home / "raw", content.decode(dialect.encoding)
        # A quote that is not closed must not swallow rows: every line that is whole was counted.
        whole = sum(
            bool(re.match(r'"?70000\d\d', line)) and line.count(dialect.delimiter) == COLUMNS - 1
            for line in re.split(r"\r\n|\r|\n", text)
        )
        problems = [] if rows_read >= whole else [f"{rows_read} rows read of {whole} whole lines"]
        csv.field_size_limit(1 << 30)
        rows = list(
            csv.reader(
                io.StringIO(text, newline=""),
                delimiter=dialect.delimiter,
                quotechar=dialect.quote,
                quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            )
        )
        with duckdb.connect() as con:
            kept = con.execute(
                f"select file_row, respondent_key from read_parquet('{raw}/respondents/*.parquet')"
            ).fetchall()
            query = f"select respondent_key, variable, code from read_parquet('{raw}/answers/*.parquet')"
            found = set(con.execute(query).fetchall())
        header = [name.strip().strip('"') for name in rows[0]]
        expected = set()
        for row, key in kept:
            if row > len(rows) or len(rows[row - 1]) < len(header):
                return [*problems, f"row {row} was kept and is not there"]
            for name, cell in zip(header, rows[row - 1], strict=False):
                if re.fullmatch("q_[1-8]", name) and cell.strip() in ("1", "2", "3", "4", "5", "9"):
                    expected.add((key, name, cell.strip()))
        return problems + ([f"{len(expected ^ found)} answers differ"] if expected != found else [])


def said_badly(message: str) -> list[str]:
    """What is wrong with a message: not one short line, or it holds something of the file."""
    problems = []
    if "Traceback" in message or len(message) > LONGEST_MESSAGE:
        problems.append(f"is no clear line: {message[:200]!r}")
    if re.search(r"700000\d|70000[1-3]\d", message):
        problems.append(f"tells a respondent's number: {message[:200]!r}")
    return problems
