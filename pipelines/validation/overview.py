"""What an auditor sees at a glance of a candidate's marts: where each row of a file ended, and how much is suppressed and why.

Belongs here: counting. Does not belong here: a figure; of suppressed rows only their number and reason are told, and the
counts of a file are those of the public audience.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.marts import AUDIENCES

RECONCILED = (
    "mapping",
    "file",
    "rows_read",
    "rows_scored",
    "rows_not_scored",
    "rows_superseded",
    "rows_set_aside",
    "difference",
)


def suppressed_rows(marts_dir: Path) -> list[dict[str, object]]:
    """One entry per mart and audience: its rows, and how many of them are suppressed, by reason code."""
    found = []
    for audience in AUDIENCES:
        for path in sorted((marts_dir / audience).glob("*.parquet")):
            table = _read(path, ("suppressed",))
            if table is None:
                continue
            reasons = table["suppressed"].drop_null().value_counts().to_pylist()
            found.append(
                {
                    "mart": path.stem,
                    "audience": audience,
                    "rows": table.num_rows,
                    "reasons": dict(sorted((reason["values"], reason["counts"]) for reason in reasons)),
                }
            )
    return sorted(found, key=lambda entry: (str(entry["mart"]), str(entry["audience"])))


def reconciliation(marts_dir: Path) -> list[dict[str, object]]:
    """One entry per file: rows read, and where they ended; none where the mart is not there."""
    table = _read(marts_dir / "public" / "extract_reconciliation.parquet", RECONCILED)
    return [] if table is None else table.to_pylist()


def example_figure(marts_dir: Path) -> str:
    """The first public figure that is not suppressed, as `trace` takes it; empty where there is none."""
    columns = ("mapping", "level", "unit_id", "respondent_group", "theme", "form", "breakdown", "breakdown_value")
    table = _read(marts_dir / "public" / "theme_scores.parquet", (*columns, "suppressed"))
    if table is None:
        return ""
    for row in table.slice(0, 1000).to_pylist():
        if row["suppressed"] is None:
            return "'theme_scores:" + ",".join(f"{name}={row[name]}" for name in columns) + "'"
    return ""


def _read(path: Path, columns: Sequence[str]) -> pa.Table | None:
    """Columns of a mart; none where it cannot be read or lacks one: that is a check's to say."""
    try:
        return pq.read_table(path, columns=list(columns))
    except (OSError, pa.ArrowException):
        return None
