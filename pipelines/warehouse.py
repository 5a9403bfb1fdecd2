"""The warehouse of one candidate: a DuckDB file of its own, its sources, and dbt run on it in process.

Belongs here: all that knows of dbt and of the engine. Does not belong here: SQL that means something (dbt_project), and
what is done with the tables.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from pipelines.errors import KortlaegningError
from pipelines.files import sha256_file, sha256_text, sha256_tree
from pipelines.programme import Programme
from pipelines.settings import CHECKOUT, Settings

DBT_PROJECT = CHECKOUT / "dbt_project"
DATABASE = "warehouse.duckdb"
"""File name of every warehouse: dbt's relations bear its stem, so it is the same for every candidate."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt model or test."""

    unique_id: str
    name: str
    kind: str  # model | test
    status: str  # success | pass | warn | fail | error | skipped
    seconds: float
    failures: int | None
    message: str
    depends_on: tuple[str, ...]
    failing_rows: str | None  # query of a test for the rows that fail it

    @property
    def is_good(self) -> bool:
        """Built, or passed."""
        return self.status in ("success", "pass", "warn")


class Warehouse:
    """The DuckDB file in `folder` and the dbt runs on it."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Bind the folder; nothing is opened."""
        self.folder = folder
        self.path = folder / DATABASE
        self._settings = settings

    def connect(self, read_only: bool = True) -> duckdb.DuckDBPyConnection:
        """A connection of the caller's, to be closed before dbt runs."""
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": self._settings.threads,
            "memory_limit": self._settings.memory_limit,
        }
        return duckdb.connect(str(self.path), read_only=read_only, config=config)

    def register_sources(self, programme: Programme, raw_folders: Sequence[Path]) -> None:
        """Make the schemas `raw` (views over raw Parquet, tables of the programme) and `inference` (views over Parquet).

        Args:
            programme: its tables become `raw.<table>`.
            raw_folders: folders with the raw tables (`respondents/`, `answers/`, …), one a mapping and respondent group.
        """
        with self.connect(read_only=False) as con:
            con.execute("create schema if not exists raw")
            con.execute("create schema if not exists inference")
            for name, frame in programme_tables(programme).items():
                con.register("frame", pa.Table.from_pandas(frame, preserve_index=False))
                con.execute(f"create or replace table raw.{name} as select * from frame")
                con.unregister("frame")
            for name in EMPTY:
                files = [str(path) for folder in raw_folders for path in sorted((folder / name).glob("*.parquet"))]
                con.execute(f"create or replace view raw.{name} as {_parquet_view(name, files)}")

    def register_inference(self, tables: Sequence[str]) -> None:
        """Take `inference/<table>.parquet` of the warehouse's folder into the schema `inference`."""
        with self.connect(read_only=False) as con:
            for name in tables:
                path = self.folder / "inference" / f"{name}.parquet"
                con.execute(f"create or replace table inference.{name} as {_parquet_view(name, [str(path)])}")

    def build(
        self,
        select: str,
        programme: Programme,
        progress: Callable[[str], None] = lambda _: None,
    ) -> list[NodeResult]:
        """Run the dbt models and tests that `select` names.

        Returns:
            What became of each, in the order in which they ended: a model after those that it reads, else by chance.

        Raises:
            KortlaegningError: dbt could not start at all. Failed models and tests are results, not errors.
        """
        parsed = _parse(_variables(programme))
        # Its own files of results and logs would repeat what the results and the evidence say; unit tests of the models are
        # about the models, not about a run's data.
        arguments = ["build", "--select", select, "--indirect-selection", "buildable"]
        arguments += ["--exclude-resource-type", "unit_test", "--no-write-json"]
        arguments += ["--vars", json.dumps(_variables(programme))]
        outcome = _invoke(arguments, self.folder, self._environment(), progress, parsed)
        if outcome.result is None:
            raise KortlaegningError(f"dbt could not start: {' '.join(str(outcome.exception).split())}")
        return [_node_result(result) for result in outcome.result.results]

    def row_counts(self, names: Sequence[str]) -> dict[str, int]:
        """Rows of models; a view is not counted and has none."""
        with self.connect() as con:
            tables = dict(con.execute("select table_name, estimated_size from duckdb_tables()").fetchall())
        return {name: int(tables.get(name, 0)) for name in names}

    def failing_keys(self, result: NodeResult, key: Sequence[str]) -> pd.DataFrame:
        """Keys of all rows that a dbt test found wrong, in order; those columns of the key that the test selects."""
        with self.connect() as con:
            found = [row[0] for row in con.execute(f"describe {result.failing_rows}").fetchall()]
            names = [name for name in key if name in found]
            if not names:
                return pd.DataFrame()
            columns = ", ".join(names)
            return con.execute(f"select {columns} from ({result.failing_rows}) order by {columns}").df()

    def mark(self, release_id: str) -> None:
        """Write down which release the warehouse is that of."""
        with self.connect(read_only=False) as con:
            con.execute("create or replace table raw.built_for as select ? as release_id", [release_id])

    def is_simulated(self) -> bool:
        """Whether any record bears the mark of simulated data."""
        with self.connect() as con:
            [(found,)] = con.execute(
                "select coalesce(bool_or(is_simulated), false) from (select is_simulated from raw.respondents "
                "union all select is_simulated from raw.results)"
            ).fetchall()
        return bool(found)

    def _environment(self) -> dict[str, str]:
        """What `profiles.yml` reads."""
        return {
            "DBT_KORTLAEGNING_DATABASE": str(self.path),
            "DBT_KORTLAEGNING_THREADS": str(self._settings.threads),
            "DBT_KORTLAEGNING_MEMORY": self._settings.memory_limit,
            "DBT_KORTLAEGNING_SPILL": str(self.folder / "spill"),
        }


def programme_tables(programme: Programme) -> dict[str, pd.DataFrame]:
    """The tables of the schema `raw` that come from the programme and not from extracts."""
    groups = pd.DataFrame(
        [(g.code, g.kind, g.roster) for g in programme.respondent_groups],
        columns=["respondent_group", "kind", "roster"],
    )
    mappings = pd.DataFrame(
        [(m.key, position, m.base, m.school_year) for position, m in enumerate(programme.mappings, start=1)],
        columns=["mapping", "position", "is_base", "school_year"],
    )
    return {
        "mappings": mappings,
        "respondent_groups": groups,
        "municipalities": programme.municipalities,
        "lineage": programme.lineage,
        "items": programme.items,
        "scales": programme.scales,
        "codebook": programme.codebook,
        "initiatives": programme.initiatives,
        "tests": programme.tests,
        "targets": programme.targets,
    }


def manifest(programme: Programme) -> dict[str, Any]:
    """Give dbt's manifest of the project as plain data; parsed again only when the project or its variables have changed."""
    variables = _variables(programme)
    path = _parsed_folder(variables) / "manifest.json"
    if not path.exists():
        _parse(variables)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def prepare(programme: Programme) -> None:
    """Import dbt and take up the parsed project in a thread: three seconds that this process waits for others anyway.

    What goes wrong there goes wrong again where it is needed, and is told then.
    """

    def work() -> None:
        with suppress(Exception):
            import_module("dbt.cli.main")
            _parse(_variables(programme))

    Thread(target=work, daemon=True).start()


def model_versions(parsed: Mapping[str, Any]) -> dict[str, dict[str, object]]:
    """What each model was made from: a hash over its SQL and all macros of the project that it uses, and what it reads.

    Args:
        parsed: dbt's manifest.

    Returns:
        By model: `sha256`, and `depends_on` with names of models and `schema.table` of sources.
    """
    versions: dict[str, dict[str, object]] = {}
    for node in parsed["nodes"].values():
        if node["resource_type"] != "model":
            continue
        used: dict[str, str] = {}
        waiting = list(node["depends_on"]["macros"])
        while waiting:
            macro = parsed["macros"].get(waiting.pop())
            if macro and macro["package_name"] == node["package_name"] and macro["unique_id"] not in used:
                used[macro["unique_id"]] = macro["macro_sql"]
                waiting += macro["depends_on"]["macros"]
        reads = [
            parsed["nodes"][uid]["name"]
            if uid in parsed["nodes"]
            else "{source_name}.{name}".format(**parsed["sources"][uid])
            for uid in node["depends_on"]["nodes"]
        ]
        macros = (part for uid in sorted(used) for part in (uid, used[uid]))
        versions[node["name"]] = {"sha256": sha256_text(node["raw_code"], *macros), "depends_on": sorted(reads)}
    return versions


def model_keys(parsed: Mapping[str, Any]) -> dict[str, list[str]]:
    """The columns that name a row of each model, from its test `key`; numbers of persons are left out.

    Args:
        parsed: dbt's manifest.
    """
    return {
        node["attached_node"].split(".")[-1]: [
            name for name in node["test_metadata"]["kwargs"]["columns"] if name not in PERSONS
        ]
        for node in parsed["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "key"
    }


PERSONS = ("respondent_id", "rater_id")
"""Pseudonyms: they are in no evidence."""

_PARSED: dict[Path, Any] = {}
"""Manifests of this process, by folder: dbt takes three seconds to parse and none to be given one."""

_PARSING = Lock()
"""Held while a manifest is taken up."""


def _parse(variables: dict[str, object]) -> Any:
    """The parsed project, for dbt to build from.

    What an earlier process parsed is taken up as it is: dbt itself would first compare every file, two seconds a process;
    the folder's name is the state of all of them already.
    """
    from dbt.constants import PARTIAL_PARSE_FILE_NAME
    from dbt.contracts.graph.manifest import Manifest

    folder = _parsed_folder(variables)
    with _PARSING:
        if folder not in _PARSED:
            parsed = folder / PARTIAL_PARSE_FILE_NAME
            if not parsed.exists():
                outcome = _invoke(["parse", "--vars", json.dumps(variables)], folder, {}, lambda _: None, target=folder)
                if not outcome.success:
                    raise KortlaegningError(
                        f"dbt cannot parse {DBT_PROJECT.name}: {' '.join(str(outcome.exception).split())}"
                    )
            found: Any = Manifest.from_msgpack(parsed.read_bytes())
            found.build_flat_graph()
            _PARSED[folder] = found
    return _PARSED[folder]


def _parsed_folder(variables: dict[str, object]) -> Path:
    """Where this state of the project is kept parsed: in dbt's own place beside the project, so that every home has it.

    Where the checkout cannot be written it is a folder of this process. A state never takes up the parse of another.
    """
    target = DBT_PROJECT / "target"
    sources = [sha256_tree(DBT_PROJECT / top, [".sql", ".yml"]) for top in ("models", "macros", "tests")]
    settled = [sha256_file(DBT_PROJECT / name) for name in ("dbt_project.yml", "profiles.yml")]
    state = sha256_text(*sources, *settled, version("dbt-core"), json.dumps(variables, sort_keys=True))[:16]
    if os.access(target if target.exists() else DBT_PROJECT, os.W_OK):
        return target / state
    return Path(tempfile.gettempdir()) / f"kortlaegning-{os.getuid()}-{os.getpid()}" / state


def _variables(programme: Programme) -> dict[str, object]:
    """What the models are told of the programme."""
    thresholds = programme.definition.thresholds
    levels = [level.code for level in programme.definition.background]
    named = (
        "min_valid_share",
        "min_classes",
        "trend_min_items",
        "trend_min_items_short",
        "trend_min_share",
        "trend_includes_minor",
        "complete_share",
        "partial_share",
        "drift_limit",
        "low_response",
        "low_response_parents",
    )
    return {
        "programme": programme.slug,
        "max_items": int(programme.items.groupby(["respondent_group", "theme"]).size().max()),
        "institutions_stable": programme.definition.ids.institutions_stable,
        "respondents_linked": programme.definition.ids.respondents_linked,
        # A class that could not even be shown to its own school has no figures.
        "min_class_n": programme.definition.disclosure.internal_min_n,
        "lowest_background": levels[0] if levels else "",
        "highest_background": levels[-1] if levels else "",
        **{name: getattr(thresholds, name) for name in named},
    }


def _parquet_view(name: str, files: Sequence[str]) -> str:
    """Query over the Parquet files of one raw table; without files an empty table of its columns."""
    if files:
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        return f"select * from read_parquet([{listed}])"
    columns = EMPTY[name]
    return "select " + ", ".join(f"null::{kind} as {column}" for column, kind in columns.items()) + " where false"


_RESPONDENT = {
    "mapping": "varchar",
    "respondent_group": "varchar",
    "respondent_key": "bigint",
    "respondent_id": "varchar",
    "rater_id": "varchar",
    "municipality_id": "varchar",
    "institution_id": "varchar",
    "class_id": "varchar",
    "grade": "integer",
    "gender": "varchar",
    "background": "varchar",
    "status": "varchar",
    "submitted_on": "date",
    "is_simulated": "boolean",
    "file_id": "varchar",
    "file_row": "bigint",
}
EMPTY = {
    "respondents": _RESPONDENT,
    "roster": _RESPONDENT,
    "results": {
        "mapping": "varchar",
        "respondent_group": "varchar",
        "respondent_key": "bigint",
        "respondent_id": "varchar",
        "municipality_id": "varchar",
        "institution_id": "varchar",
        "class_id": "varchar",
        "grade": "integer",
        "background": "varchar",
        "submitted_on": "date",
        "is_simulated": "boolean",
        "file_id": "varchar",
        "file_row": "bigint",
        "test": "varchar",
        "school_year": "varchar",
        "measurement": "integer",
        "score": "double",
        "step": "integer",
        "percentile": "double",
        "expected": "double",
        "is_significant": "boolean",
        "pupils": "double",
        "is_figure": "boolean",
    },
    "answers": {
        "mapping": "varchar",
        "respondent_group": "varchar",
        "respondent_key": "bigint",
        "variable": "varchar",
        "code": "varchar",
    },
    "deliveries": {
        "mapping": "varchar",
        "respondent_group": "varchar",
        "content": "varchar",
        "file": "varchar",
        "file_id": "varchar",
        "rows_read": "bigint",
    },
    "set_aside": {
        "mapping": "varchar",
        "respondent_group": "varchar",
        "content": "varchar",
        "file_id": "varchar",
        "file_row": "bigint",
        "reason": "varchar",
        "place": "varchar",
        "kept_row": "bigint",
    },
}
"""Columns that the models read of each raw table, for a programme that delivers none of a kind."""


def _node_result(result: Any) -> NodeResult:
    """The part of dbt's result that we keep."""
    node = result.node
    return NodeResult(
        unique_id=node.unique_id,
        name=node.name,
        kind=str(node.resource_type),
        status=str(result.status),
        seconds=float(result.execution_time),
        failures=result.failures,
        message=" ".join((result.message or "").split()),
        depends_on=tuple(node.depends_on.nodes),
        failing_rows=node.compiled_code if str(node.resource_type) == "test" else None,
    )


def _invoke(
    arguments: Sequence[str],
    folder: Path,
    environment: dict[str, str],
    progress: Callable[[str], None],
    parsed: Any = None,
    target: Path | None = None,
) -> Any:
    """Run dbt in this process; its target and logs go below `folder`, and the database is let go of afterwards."""
    from dbt.cli.main import dbtRunner

    def on_event(event: Any) -> None:
        if event.info.name == "LogStartLine":
            progress(event.data.node_info.node_name)

    fixed = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    fixed += ["--target-path", str(target or folder / "dbt"), "--log-path", str(folder / "dbt" / "logs")]
    fixed += ["--quiet", "--log-level", "none", "--log-level-file", "none", "--no-use-colors", "--no-version-check"]
    with _environment_set(environment | {"DO_NOT_TRACK": "1"}):
        try:
            return dbtRunner(manifest=parsed, callbacks=[on_event]).invoke([*arguments, *fixed])
        finally:
            _let_go()


def _let_go() -> None:
    """Close dbt-duckdb's connection, so that others can open the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    reset_adapters()  # type: ignore[no-untyped-call]
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


@contextmanager
def _environment_set(values: dict[str, str]) -> Iterator[None]:
    """Environment variables for the time of a dbt run."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
