"""What happened in a home over time: differences from release to release, the ledger for people, results of all runs.

Belongs here: the folder `history/`. It lies beside the releases and not in them: a release follows from its inputs alone and
has the same bytes in every home, what came before it does not. Does not belong here: comparing (`difference`), and any
proof: that is the ledger.

`history/`
  `index.html`                             the ledger as a table
  `validation_results.parquet`             one row per run, check and context; also of runs that were blocked
  `<line>-<release>/{public,internal}/`    difference from the release before: `index.html`, `difference.json`, `.parquet`
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import StorageError
from pipelines.files import empty_folder, write_atomically
from pipelines.marts import AUDIENCES, SIMULATED
from pipelines.release.difference import Change, causes, compare
from pipelines.release.ledger import GIVEN_TO_READERS, Line, in_force, read_ledger
from pipelines.release.manifest import read_manifest
from pipelines.release.places import HISTORY, LEDGER, RELEASES, storage

if TYPE_CHECKING:
    import jinja2
    import pyarrow as pa

VALIDATION_RESULTS = "validation_results.parquet"
SHOWN = 100
"""Rows that a page shows of one mart; the Parquet file has all."""


def causes_of_next(home: Path, candidate: Path) -> dict[str, object]:
    """What the ledger says of where a release comes from: the release before it, and why it differs."""
    before = in_force(read_ledger(home))
    if before is None:
        return {"previous_release": None, "causes": []}
    try:
        found = causes(read_manifest(home / RELEASES / before.release_id), read_manifest(candidate))
    except StorageError:
        return {"previous_release": before.release_id, "causes": ["unknown: its manifest cannot be read"]}
    return {"previous_release": before.release_id, "causes": [str(cause) for cause in found]}


def catch_up(home: Path) -> list[Path]:
    """Write the differences that are not there yet, and the page of the ledger. The caller holds the lock.

    Returns:
        Folders that were written.

    Raises:
        StorageError: disk full, permission.
    """
    with storage(home, "the release stands, but its history was not written; the next run writes it"):
        written = []
        for old, new, folder in _lacking(home):
            write_difference(old, new, folder)
            written.append(folder)
        lines = read_ledger(home)
        if lines:
            differences = {line.number for line in lines if _folder(home, line).is_dir()}
            page = _page("history", lines=_shown_lines(lines, differences), ledger=LEDGER)
            write_atomically(home / HISTORY / "index.html", page.encode())
        return written


def is_caught_up(home: Path) -> bool:
    """Whether every difference that can be told has been written; only looks."""
    return not _lacking(home)


def write_difference(old: Path, new: Path, out: Path) -> list[Change]:
    """Compare two releases and write, per audience, counts, all rows that differ, and a page. Whole or not at all.

    Returns:
        The public changes by mart.
    """
    manifests = [read_manifest(release) for release in (old, new)]
    why = [asdict(cause) for cause in causes(*manifests)]
    temporary = empty_folder(out.with_name(f".{out.name}.part"))
    public: list[Change] = []
    for audience in AUDIENCES:
        folder = temporary / audience
        folder.mkdir(mode=0o755 if audience == "public" else 0o700)
        changes = compare(old, new, audience, folder / "difference.parquet")
        public = changes if audience == "public" else public
        content = {
            "from": old.name,
            "to": new.name,
            "audience": audience,
            "data": manifests[1].get("data"),
            "causes": why,
            "marts": [asdict(change) for change in changes],
        }
        text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        write_atomically(folder / "difference.json", text.encode())
        rows = _rows(folder / "difference.parquet", [change.mart for change in changes if change.is_any])
        shown = {"from_": old.name, "changes": changes, "rows": rows, "shown": SHOWN, "simulated": SIMULATED}
        page = _page("difference", **(content | shown))
        write_atomically(folder / "index.html", page.encode())
    shutil.rmtree(out, ignore_errors=True)
    temporary.rename(out)
    return public


def note_validation(home: Path, table: pa.Table, run: Mapping[str, object]) -> None:
    """Add a run's results to `validation_results.parquet`: the mart of all runs, also of those that were blocked.

    Args:
        home: the home folder.
        table: one row per check and context.
        run: `run`, `at`, `release_id` and `outcome` of the run; they become the first columns. A run that is there already
            is replaced.

    Raises:
        StorageError: disk full, permission.
    """
    import io

    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = home / HISTORY / VALIDATION_RESULTS
    columns = [pa.array([value] * table.num_rows, pa.string()) for value in run.values()]
    own = pa.table([*columns, *table.columns], names=[*run, *table.column_names])
    with storage(home, "the results of this run were not added to the history"):
        before = pq.ParquetFile(path) if path.exists() else None
        schema = own.schema if before is None else pa.unify_schemas([before.schema_arrow, own.schema])
        buffer = io.BytesIO()
        # Run by run: years of nightly runs must not make a run need more memory than the first did.
        runs = () if before is None else (before.read_row_group(place) for place in range(before.num_row_groups))
        with pq.ParquetWriter(buffer, schema, compression="zstd") as writer:
            for earlier in runs:
                kept = earlier.filter(pc.not_equal(earlier["run"], pa.scalar(str(run["run"]))))
                if kept.num_rows:
                    writer.write_table(_with_columns(kept, schema))
            writer.write_table(_with_columns(own, schema))
        write_atomically(path, buffer.getvalue(), mode=0o600)


def _with_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with all columns of a schema; those that its version did not have yet are empty."""
    import pyarrow as pa

    held = {name: table.column(name) for name in table.column_names}
    return pa.table([held.get(f.name, pa.nulls(table.num_rows, f.type)) for f in schema], schema=schema)


def _lacking(home: Path) -> list[tuple[Path, Path, Path]]:
    """Differences that are not there yet: the release before, the release, the folder. What retention took is not told."""
    told = [line for line in read_ledger(home) if line.event in GIVEN_TO_READERS]
    pairs = [
        (home / RELEASES / before.release_id, home / RELEASES / line.release_id, _folder(home, line))
        for before, line in pairwise(told)
    ]
    return [(old, new, out) for old, new, out in pairs if not out.exists() and old.is_dir() and new.is_dir()]


def _folder(home: Path, line: Line) -> Path:
    """Where the difference that a line made is told."""
    return home / HISTORY / f"{line.number:05}-{line.release_id}"


def _shown_lines(lines: Sequence[Line], differences: set[int]) -> list[dict[str, Any]]:
    """Lines as the page shows them, the newest first."""
    return [
        {
            "number": line.number,
            "fault": line.fault,
            "event": line.event,
            "release_id": line.release_id,
            "has_difference": line.number in differences,
            **{name: line.content.get(name) for name in ("time", "actor", "trigger", "verdict", "reason", "sha256")},
            "causes": line.content.get("causes") or [],
        }
        for line in reversed(lines)
    ]


def _rows(path: Path, marts: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The first rows that differ, by mart."""
    import duckdb

    if not path.exists():
        return {}
    with duckdb.connect() as con:
        found = {}
        for mart in marts:
            cursor = con.execute(
                "select change, key, figures, before, after, is_withheld, cause from read_parquet($path) where mart = $mart "
                f"order by key limit {SHOWN}",
                {"path": str(path), "mart": mart},
            )
            names = [column[0] for column in cursor.description or []]
            found[mart] = [
                {name: _parsed(name, value) for name, value in zip(names, row, strict=True)}
                for row in cursor.fetchall()
            ]
        return found


def _parsed(name: str, value: str) -> object:
    """JSON columns as what they hold."""
    return json.loads(value) if name in ("key", "before", "after") else value


def _page(name: str, **content: object) -> str:
    """A page of this package."""
    return _templates().get_template(f"{name}.html.j2").render(**content)


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    """The templates beside this module."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("pipelines.release", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
