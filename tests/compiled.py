"""The project's own SQL on small data in seconds: dbt compiles the models once, DuckDB runs them in memory as often as wanted.

Belongs here: the way from frames of respondents and answers to marts, without files, dbt runs or dbt tests. Does not belong here:
assertions, and anything about extracts (`tests/warehouses.py` goes the whole way).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from pipelines import warehouse
from pipelines.inference import TABLES, infer
from pipelines.programme import Programme
from pipelines.warehouse import DATABASE, EMPTY, programme_tables
from pipelines.workers import Workers

NAME = DATABASE.removesuffix(".duckdb")


@dataclass(frozen=True)
class Model:
    """One dbt model after compilation."""

    name: str
    tag: str
    is_view: bool
    reads: tuple[str, ...]
    sql: str


def compiled_models(programme: Programme) -> tuple[Model, ...]:
    """The models for a programme's settings, each after those it reads."""
    return _compiled(json.dumps(warehouse._variables(programme), sort_keys=True))


@cache
def _compiled(variables: str) -> tuple[Model, ...]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = {
            "DBT_KORTLAEGNING_DATABASE": str(folder / DATABASE),
            "DBT_KORTLAEGNING_THREADS": "1",
            "DBT_KORTLAEGNING_MEMORY": "1GB",
            "DBT_KORTLAEGNING_SPILL": scratch,
        }
        outcome = warehouse._invoke(
            ["compile", "--vars", variables],
            folder,
            environment,
            lambda _: None,
            warehouse._parse(json.loads(variables)),
        )
        assert outcome.success, outcome.exception
        nodes = {r.node.unique_id: r.node for r in outcome.result.results if r.node.resource_type == "model"}
    done: list[str] = []
    while len(done) < len(nodes):
        done += [
            key
            for key, node in nodes.items()
            if key not in done and all(parent in done or parent not in nodes for parent in node.depends_on.nodes)
        ]
    return tuple(
        Model(
            node.name,
            "marts" if "marts" in node.tags else "estimates",
            node.config.materialized == "view",
            tuple(nodes[parent].name for parent in node.depends_on.nodes if parent in nodes),
            node.compiled_code,
        )
        for node in (nodes[key] for key in done)
    )


@contextmanager
def measured(
    programme: Programme,
    respondents: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    deliveries: pd.DataFrame | None = None,
    set_aside: pd.DataFrame | None = None,
    results: pd.DataFrame | None = None,
    until: tuple[str, ...] | None = None,
    change: Callable[[Model], str] = lambda model: model.sql,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with every model built.

    Args:
        programme: its tables and settings.
        respondents: columns of `EMPTY["respondents"]` that are known; the others are empty.
        answers: columns mapping, respondent_group, respondent_key, variable, code.
        deliveries: what the extracts tell of files, where a test looks at the reconciliation.
        set_aside: the rows of them that were not kept.
        results: academic results, columns of `EMPTY["results"]` that are known.
        until: models to build with all that they need, without inference between; left out: everything.
        change: what is done to each model's SQL first.
    """
    with tempfile.TemporaryDirectory() as scratch, duckdb.connect() as con:
        con.execute(f"attach ':memory:' as {NAME}")
        con.execute(f"use {NAME}")
        con.execute("set threads = 1")
        con.execute("create schema raw")
        con.execute("create schema inference")
        frames = {"respondents": respondents, "answers": answers, "deliveries": deliveries, "set_aside": set_aside}
        frames["results"] = results
        for name, frame in programme_tables(programme).items():
            _table(con, f"raw.{name}", frame)
        for name, columns in EMPTY.items():
            types = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            con.execute(f"create table raw.{name} ({types})")
            found = frames.get(name)
            if found is not None and len(found):
                con.register("frame", pa.Table.from_pandas(found, preserve_index=False))
                con.execute(f"insert into raw.{name} by name select * from frame")
                con.unregister("frame")
        models = compiled_models(programme)
        needed = ancestors(models, until or ())
        for model in models:
            if model.name in needed or (until is None and model.tag == "estimates"):
                _build(con, model, change)
        if until is None:
            infer(con, Path(scratch), programme.definition.thresholds, Workers(0))
            for name in TABLES:
                con.execute(f"create table inference.{name} as select * from read_parquet('{scratch}/{name}.parquet')")
            for model in models:
                if model.tag == "marts":
                    _build(con, model, change)
        yield con


def ancestors(models: tuple[Model, ...], names: tuple[str, ...]) -> set[str]:
    """The models of these names and all that they read."""
    found = set(names)
    for model in reversed(models):
        if model.name in found:
            found |= set(model.reads)
    return found


def _build(con: duckdb.DuckDBPyConnection, model: Model, change: Callable[[Model], str]) -> None:
    """One model, as dbt would."""
    con.execute(f"create {'view' if model.is_view else 'table'} {model.name} as {change(model)}")


def _table(con: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    """A frame as a table."""
    con.register("frame", pa.Table.from_pandas(frame, preserve_index=False))
    con.execute(f"create table {name} as select * from frame")
    con.unregister("frame")
