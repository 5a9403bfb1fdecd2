"""What a check says: one record for Great Expectations and for dbt.

Belongs here: the record, and dbt's results in its form. Does not belong here: how an expectation is run (`run`) and
what all records together mean (`evidence`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

import pandas as pd

Source = Literal["great_expectations", "dbt", "disclosure"]
Severity = Literal["error", "warning"]
Outcome = Literal["passed", "failed", "could_not_run"]


@dataclass(frozen=True, eq=False)
class CheckResult:
    """One row per check and context (an extract, a mart of an audience, a dbt test).

    `failing_keys` holds the business keys of the rows that failed, for extracts file_id and file_row: never a
    respondent number and never a value. `n_checked` counts the rows the check looked at: those of its condition,
    without empty values where empty values are not its business. `seconds` is for the run's own metadata and is not
    part of the evidence, which is the same for the same data. `parameters` is JSON: what was expected, as declared.
    """

    check_id: str
    table: str
    context: str
    source: Source
    severity: Severity
    owner: str
    why: str
    why_da: str
    verdict: Outcome
    n_checked: int = 0
    n_failed: int = 0
    failing_keys: pd.DataFrame = field(default_factory=pd.DataFrame)
    seconds: float = 0.0
    message: str = ""
    parameters: str = ""

    @property
    def blocks(self) -> bool:
        """Whether nothing may be released because of it."""
        return self.verdict == "could_not_run" or (self.verdict == "failed" and self.severity == "error")

    def __str__(self) -> str:
        """One line: which check, where, what."""
        where = f" ({self.context})" if self.context else ""
        return f"{self.check_id}{where}: {self.message or self.verdict}"


def keys_shown(result: CheckResult, most: int) -> list[str]:
    """The first failing keys of a check as text: `mapping=2009, theme=trivsel`."""
    rows = result.failing_keys.head(most).to_dict("records")
    return [", ".join(f"{name}={value}" for name, value in row.items()) for row in rows]


def context_text(context: Mapping[str, str]) -> str:
    """A context as it is written in the evidence: `2015/elev_0_3` for an extract, `public` for a mart."""
    return "/".join(context.values())


class DbtResult(Protocol):
    """What is read of a dbt result; `pipelines.warehouse.NodeResult` has it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def unique_id(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def failures(self) -> int | None: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102
    @property
    def depends_on(self) -> tuple[str, ...]: ...  # noqa: D102


OUTCOMES: dict[str, tuple[Outcome, Severity]] = {
    "pass": ("passed", "error"),
    "success": ("passed", "error"),
    "fail": ("failed", "error"),
    "warn": ("failed", "warning"),
}
"""dbt's status to ours; any other status (error, skipped, …) is a check that could not run."""


D = TypeVar("D", bound=DbtResult)


def from_dbt(results: Iterable[D], keys_of: Callable[[D], pd.DataFrame] | None = None) -> list[CheckResult]:
    """Tests of dbt as checks; a model that was not built is a check that could not run, since its tests did not either.

    Args:
        results: models and tests of one or more dbt runs.
        keys_of: business keys of all rows that a failed test found, asked for failed tests only.
    """
    kept = [r for r in results if r.kind == "test" or r.status not in ("success", "pass")]
    times = Counter(result.name for result in kept)
    checks = []
    for result in kept:
        verdict, severity = OUTCOMES.get(result.status, ("could_not_run", "error"))
        table = _table(result)
        failed = int(result.failures or 0)
        message = {
            "passed": "",
            "failed": f"{failed} rows fail",
            # dbt's own message can quote a row; its log has it.
            "could_not_run": f"dbt says {result.status}; see dbt/logs of the candidate",
        }[verdict]
        name = result.name if times[result.name] == 1 else result.unique_id
        checks.append(
            CheckResult(
                check_id=f"dbt.{name}",
                table=table,
                context="warehouse",
                source="dbt",
                severity=severity,
                owner="engineering",
                why=f"Guards the structure of {table} in the warehouse (dbt_project).",
                why_da=f"Vogter strukturen af {table} i datavarehuset (dbt_project).",
                verdict=verdict,
                n_failed=failed if verdict == "failed" else 0,
                failing_keys=keys_of(result) if keys_of and verdict == "failed" else pd.DataFrame(),
                seconds=result.seconds,
                message=message,
            )
        )
    return checks


def _table(result: DbtResult) -> str:
    """The model that a result is about: itself, or the first one that a test reads."""
    if result.kind != "test":
        return result.name
    return next((node.split(".")[-1] for node in result.depends_on if not node.startswith("macro.")), result.name)
