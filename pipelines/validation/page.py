"""The page that an auditor reads: self-contained, offline, Danish first and English beside.

Belongs here: bringing results into the page's shape. Does not belong here: what counts as passed (`evidence`). Great
Expectations' own pages load scripts from the internet and show values; this one does neither.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import jinja2

from pipelines import __version__
from pipelines.marts import SIMULATED
from pipelines.programme import Label
from pipelines.settings import CHECKOUT
from pipelines.validation.overview import example_figure, reconciliation, suppressed_rows
from pipelines.validation.results import CheckResult
from pipelines.validation.suites import OWNERS
from pipelines.validation.verdict import About, Verdict

GUIDES = CHECKOUT / "reports" / "audit"

SHOWN = 200
"""Failing keys that the page shows of one check and context; the Parquet file has all."""

OUTCOMES = {
    "passed": Label(da="bestået", en="passed"),
    "failed": Label(da="ikke bestået", en="failed"),
    "could_not_run": Label(da="kunne ikke køre", en="could not run"),
}
SEVERITIES = {"error": Label(da="fejl", en="error"), "warning": Label(da="advarsel", en="warning")}


@dataclass(frozen=True)
class Row:
    """One check over all its contexts, as the page shows it."""

    check_id: str
    outcome: str
    severity: str
    owner: Label
    why: Label
    contexts: int
    n_checked: int | None
    n_failed: int
    not_passed: tuple[CheckResult, ...]


def render(
    results: Sequence[CheckResult],
    verdict: Verdict,
    *,
    marts: Mapping[str, str],
    marts_dir: Path,
    about: About | None,
    programme: str,
    is_simulated: bool,
) -> str:
    """The page as HTML.

    Args:
        results: in the order of the evidence.
        verdict: over them.
        marts: SHA-256 of each mart's file.
        marts_dir: where they lie.
        about: the run.
        programme: slug.
        is_simulated: puts the mark on the page.
    """
    return _template().render(
        verdict=verdict,
        tables=list(_tables(results)),
        marts=marts,
        inputs=() if about is None else about.inputs,
        about=about,
        reconciliation=reconciliation(marts_dir),
        suppressed=suppressed_rows(marts_dir),
        programme=programme,
        is_simulated=is_simulated,
        outcomes=OUTCOMES,
        severities=SEVERITIES,
        shown=SHOWN,
        version=__version__,
        great_expectations=importlib.metadata.version("great_expectations"),
    )


def render_guides(about: About, marts_dir: Path, programme: str, is_simulated: bool) -> dict[str, str]:
    """The auditor's guide in Danish and English, by file name."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(GUIDES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    content = {
        "release_id": about.release_id,
        "programme": programme,
        "example": example_figure(marts_dir),
        "is_simulated": is_simulated,
        "simulated": SIMULATED,
    }
    return {
        name: environment.get_template(f"guide.{language}.html.j2").render(**content)
        for name, language in (("vejledning.html", "da"), ("guide.html", "en"))
    }


def _tables(results: Sequence[CheckResult]) -> Iterator[tuple[str, list[Row]]]:
    """Tables with their checks; what did not pass comes first, tables and within them checks."""
    worst = {"could_not_run": 0, "failed": 1, "passed": 2}
    not_passed = {r.table for r in results if r.verdict != "passed"}
    ordered = sorted(results, key=lambda r: (r.table not in not_passed, r.table, r.check_id))
    for table, of_table in groupby(ordered, key=lambda r: r.table):
        rows = [_row(list(group)) for _, group in groupby(of_table, key=lambda r: r.check_id)]
        yield table, sorted(rows, key=lambda row: (worst[row.outcome], row.severity, row.check_id))


def _row(results: Sequence[CheckResult]) -> Row:
    """One check; its outcome is the worst of its contexts."""
    outcomes = {r.verdict for r in results}
    first = results[0]
    return Row(
        check_id=first.check_id,
        outcome=next(o for o in ("could_not_run", "failed", "passed") if o in outcomes),
        severity=first.severity,
        owner=OWNERS.get(first.owner, Label(da=first.owner, en=first.owner)),
        why=Label(da=first.why_da, en=first.why),
        contexts=len(results),
        # dbt tells how many rows fail, not how many it looked at.
        n_checked=None if first.source == "dbt" else sum(r.n_checked for r in results),
        n_failed=sum(r.n_failed for r in results),
        not_passed=tuple(r for r in results if r.verdict != "passed"),
    )


def _number(value: object) -> str:
    """A whole number as Danish readers write it; a dash where there is none."""
    return f"{value:,}".replace(",", ".") if isinstance(value, int) else "–"


def _keys(result: CheckResult) -> list[str]:
    """The first failing keys of a result, as text."""
    rows = result.failing_keys.head(SHOWN)
    return [
        ", ".join(f"{n} {v}" for n, v in zip(rows.columns, row, strict=True))
        for row in rows.itertuples(index=False, name=None)
    ]


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    """The page's template, beside this module."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipelines.validation", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "keys": _keys}
    return environment.get_template("page.html.j2")
