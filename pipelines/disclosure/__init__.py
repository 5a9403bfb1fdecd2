"""Disclosure control: from the marts to one suppressed set of marts per audience, which feeds every output (method.md 10).

Belongs here: the rules of method.md 10 and the writing of what they leave. Does not belong here: pages, spreadsheets and
deliveries; they read what is written here and nothing else.

How it works. `ground` reads the cells: populations of respondents, each one cell in whatever mart, form, round or report it is
told of, and ties every row of every mart to the cells it stands on. `relations` finds what adds up to what. `primary` says
which cells and rows are hidden by themselves, `secondary` which others must be, so that no subtraction tells them, `attack`
tries to work them out all the same, and `choice` repairs what fell. A row is shown when its own rule allows it and all its
cells are shown: so a change needs both its rounds, Δ(1→3) tells no more than Δ(1→2) and Δ(2→3), and the items of a theme whose
score is hidden are hidden too. `coding` top-codes shares. The release is attacked once more as it lies on disk (`attacked`),
and that is part of the verdict. What the administration does not see the public does not see either (`within`), so that both
together tell no more than the administration's.

What is not claimed. Standard errors of a unit with two hidden schools, which are a quadratic equation in them, are not among
the attacker's equations, nor is what somebody knows who is one of the respondents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.disclosure.attack import Findings
from pipelines.disclosure.choice import Choice, choose, weak, within
from pipelines.disclosure.coding import top_coded
from pipelines.disclosure.ground import GUARDS, Ground, in_key_order, looked_at, read_ground
from pipelines.disclosure.primary import Rules
from pipelines.disclosure.relations import KEY, Flags
from pipelines.errors import KortlaegningError
from pipelines.marts import AUDIENCES, MARTS, SIMULATED, Audience, Mart
from pipelines.programme.definition import Definition

__all__ = ["GUARDS", "Disclosed", "Ground", "Helper", "Rules", "attacked", "disclose", "read_ground", "suppress"]

Counts = dict[str, dict[str, dict[str, int]]]

OUTER: Audience = "public"
INNER: Audience = "internal"
"""Whoever gets what is internal can read what is public too: together they tell no more than the inner one alone."""


@dataclass(frozen=True)
class Disclosed:
    """What came of disclosure control.

    Attributes:
        ground: cells and places, for the attack on what was written.
        choices: per audience and domain.
        counts: per audience and mart, rows by reason code; the key "" holds the rows that are shown.
    """

    ground: Ground
    choices: Mapping[str, Mapping[str, Choice]]
    counts: Counts


class Given(Protocol):
    """A call that was given out."""

    def result(self) -> Any:
        """What it gave."""


@dataclass(frozen=True)
class Helper:
    """Another process that does half of the work.

    Attributes:
        give: gives it a call.
        connect: opens the same warehouse for reading; travels to it.
    """

    give: Callable[..., Given]
    connect: Callable[[], duckdb.DuckDBPyConnection]


def disclose(
    database: duckdb.DuckDBPyConnection,
    definition: Definition,
    out: Path,
    simulated: bool,
    helper: Helper | None = None,
) -> Disclosed:
    """Write every mart once per audience, rows in key order, with what may not be shown taken out.

    Args:
        database: the candidate's warehouse after the step `marts`.
        definition: the programme's.
        out: receives `<audience>/<mart>.parquet`.
        simulated: whether the figures come from simulated extracts; it is written into each file.
        helper: decides for one audience while this process decides for the other, and writes half of the marts.

    Raises:
        KortlaegningError: a mart without a guard, or figures that do not add up.
    """
    ground = read_ground(database, definition)
    inner_rules, outer_rules = (Rules.of(definition, audience) for audience in (INNER, OUTER))
    given = helper.give(choose, ground, inner_rules) if helper else None
    outer = choose(ground, outer_rules)
    inner: dict[str, Choice] = given.result() if given else choose(ground, inner_rules)
    choices: dict[str, dict[str, Choice]] = {OUTER: within(ground, outer, inner), INNER: inner}
    writer = _Writer(ground, choices, out, simulated)
    *others, largest = sorted(MARTS, key=lambda mart: len(ground.orders[mart.name]))
    rest = helper.give(_write_elsewhere, writer, helper.connect, others) if helper else None
    counts = writer.write(database, [largest])
    for audience, found in (rest.result() if rest else writer.write(database, others)).items():
        counts[audience] |= found
    return Disclosed(ground, choices, counts)


def _write_elsewhere(
    writer: _Writer, connect: Callable[[], duckdb.DuckDBPyConnection], marts: Sequence[Mart]
) -> Counts:
    """Let the helper write marts."""
    with connect() as database:
        return writer.write(database, marts)


@dataclass(frozen=True)
class _Writer:
    """Writes marts as the choices leave them."""

    ground: Ground
    choices: Mapping[str, Mapping[str, Choice]]
    out: Path
    simulated: bool

    def write(self, database: duckdb.DuckDBPyConnection, marts: Sequence[Mart]) -> Counts:
        """Write some marts for every audience; gives their rows by reason."""
        counts: Counts = {audience: {} for audience in AUDIENCES}
        for mart in marts:
            table = in_key_order(database, mart, self.ground.orders[mart.name])
            for audience, reasons in self._reasons(database, mart).items():
                self._write(mart, audience, table, reasons)
                counts[audience][mart.name] = {
                    str(code): int(number) for code, number in reasons.fillna("").value_counts().sort_index().items()
                }
        return counts

    def _reasons(self, database: duckdb.DuckDBPyConnection, mart: Mart) -> dict[Audience, pd.Series]:
        """The reason of each row by audience."""
        definition = self.ground.definition
        seen = looked_at(database, mart, definition, self.ground.orders[mart.name])
        reasons_of = {
            audience: _row_reasons(
                self.ground,
                self.choices[audience],
                mart,
                GUARDS[mart.name].rule(seen, Rules.of(definition, audience)),
            )
            for audience in AUDIENCES
        }
        # Its own code would tell the administration of a neighbour that is hidden from it how few it has.
        tells = reasons_of[OUTER].eq("n_lt_min") & reasons_of[INNER].eq("secondary")
        reasons_of[OUTER] = reasons_of[OUTER].mask(tells, "secondary")
        return reasons_of

    def _write(self, mart: Mart, audience: Audience, table: pa.Table, reasons: pd.Series) -> None:
        """One mart for one audience."""
        ground = self.ground
        left = _without_dependent(suppress(table, mart, reasons), ground, self.choices[audience], mart)
        if mart.name == "item_distributions" and audience == "public":
            left = top_coded(left, ground.systems["items"], ground.places[mart.name][0])
        path = self.out / audience / f"{mart.name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {
            "kortlaegning.programme": ground.definition.slug,
            "kortlaegning.mart": mart.name,
            "kortlaegning.audience": audience,
            "kortlaegning.data": SIMULATED if self.simulated else "data",
        }
        pq.write_table(left.replace_schema_metadata(about), path, compression="zstd")


def suppress(table: pa.Table, mart: Mart, reasons: pd.Series) -> pa.Table:
    """The table with every figure of the rows that have a reason taken out, and the reason in `suppressed`.

    A suppressed change has the status `suppressed`.
    """
    hidden = pa.array(reasons.notna().to_numpy(dtype=bool))
    codes = pa.array(reasons.tolist(), pa.string())
    columns = []
    for field in table.schema:
        column = table.column(field.name)
        if field.name == "suppressed":
            column = codes
        elif field.name == "status":
            column = pc.if_else(hidden, pa.scalar("suppressed", field.type), column)
        elif field.name == "reason":
            column = pc.if_else(hidden, codes, column)
        elif field.name not in mart.shown_when_suppressed:
            column = pc.if_else(hidden, pa.scalar(None, field.type), column)
        columns.append(column)
    return pa.table(columns, schema=table.schema)


def attacked(disclosed: Disclosed, folder: Path, audience: Audience) -> dict[str, pd.DataFrame]:
    """Attack one audience's marts as they lie on disk.

    Args:
        disclosed: cells and their truth; what is hidden is found in the files.
        folder: `<audience>/<mart>.parquet` below it.
        audience: whose.

    Returns:
        Per question (determined, narrow, near), and for what should be hidden and is not (shown), the keys of the cells. To the
        public nothing may be shown that the administration does not see.

    Raises:
        KortlaegningError: a file has not the rows of its mart.
    """
    ground = disclosed.ground
    shown = {domain: np.zeros(len(system.cells), dtype=bool) for domain, system in ground.systems.items()}
    for mart in MARTS:
        table = pq.read_table(folder / audience / f"{mart.name}.parquet")
        for on, places in zip(GUARDS[mart.name].on, ground.places[mart.name], strict=True):
            if table.num_rows != len(places):
                raise KortlaegningError(f"{audience}/{mart.name}.parquet has not the rows of its mart; run again")
            figures = on.columns or [n for n in table.column_names if n not in (*mart.shown_when_suppressed, *_WORDS)]
            visible = np.zeros(table.num_rows, dtype=bool)
            for name in figures:
                visible |= table.column(name).is_valid().to_numpy()
            numbers = places[visible]
            shown[on.domain][numbers[numbers >= 0]] = True
    found: dict[str, list[pd.DataFrame]] = {"determined": [], "narrow": [], "near": [], "shown": []}
    for domain, system in ground.systems.items():
        choice = disclosed.choices[audience][domain]
        # What no mart tells of is only in an attacker's equations, as the choice counted on it.
        told = system.cells["is_told"].to_numpy(dtype=bool)
        hidden: Flags = np.where(told, ~shown[domain], choice.hidden)
        findings: Findings = weak(system, choice, hidden)
        for question, cells in (
            # A cell that may be shown needs no protection where no row happens to show it.
            ("determined", findings.determined & choice.hidden),
            ("narrow", findings.narrow & choice.hidden),
            ("near", findings.near & choice.hidden),
            ("shown", (choice.primary | disclosed.choices[INNER][domain].hidden & told) & ~hidden),
        ):
            found[question].append(system.cells.loc[cells, KEY])
    return {question: pd.concat(frames, ignore_index=True) for question, frames in found.items()}


_WORDS = ("suppressed", "status", "reason", "file_id", "coded")
"""Columns that hold no figure."""


def _row_reasons(ground: Ground, choices: Mapping[str, Choice], mart: Mart, own: pd.Series) -> pd.Series:
    """The reason of each row: its own, or that of the first of its cells that has one."""
    guard = GUARDS[mart.name]
    reasons = own.astype("object").where(own.notna(), None)
    for on, places in zip(guard.on, ground.places[mart.name], strict=True):
        if not on.columns:
            codes = choices[on.domain].reasons.to_numpy(dtype=object)
            of_cell = pd.Series(_at(codes, places, None), index=reasons.index, dtype="object")
            reasons = reasons.mask(reasons.isna().to_numpy(), of_cell)
    return reasons.where(reasons.notna(), None)


def _at(values: npt.NDArray[Any], places: npt.NDArray[np.int64], absent: object) -> npt.NDArray[Any]:
    """The value of each row's cell; `absent` for a row that stands on none (−1): a domain may have no cell at all."""
    found = np.full(len(places), absent, dtype=values.dtype)
    found[places >= 0] = values[places[places >= 0]]
    return found


def _without_dependent(table: pa.Table, ground: Ground, choices: Mapping[str, Choice], mart: Mart) -> pa.Table:
    """Figures that stand on a further cell are taken out by themselves where that one is hidden."""
    for on, places in zip(GUARDS[mart.name].on, ground.places[mart.name], strict=True):
        hidden = pa.array(_at(choices[on.domain].hidden, places, False))
        for name in on.columns:
            position = table.schema.get_field_index(name)
            kept = pc.if_else(hidden, pa.scalar(None, table.schema.field(name).type), table.column(name))
            table = table.set_column(position, table.schema.field(name), kept)
    return table
