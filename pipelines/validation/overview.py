"""What an auditor sees at a glance of a candidate's marts: where each row of a file ended, and how much is suppressed and why.

Belongs here: counting. Does not belong here: a figure; of suppressed rows only their number and reason are told, and the
counts of a file are those of the public audience.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

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
            file = pq.ParquetFile(path)
            if "suppressed" not in file.schema_arrow.names:
                continue
            reasons = Counter(file.read(columns=["suppressed"])["suppressed"].drop_null().to_pylist())
            found.append(
                {
                    "mart": path.stem,
                    "audience": audience,
                    "rows": file.metadata.num_rows,
                    "reasons": dict(sorted(reasons.items())),
                }
            )
    return sorted(found, key=lambda entry: (str(entry["mart"]), str(entry["audience"])))


def reconciliation(marts_dir: Path) -> list[dict[str, object]]:
    """One entry per file: rows read, and where they ended; none where the mart is not there."""
    path = marts_dir / "public" / "extract_reconciliation.parquet"
    if not path.exists():
        return []
    rows: list[dict[str, object]] = pq.read_table(path, columns=list(RECONCILED)).to_pylist()
    return rows


def example_figure(marts_dir: Path) -> str:
    """The first public figure that is not suppressed, as `trace` takes it; empty where there is none."""
    path = marts_dir / "public" / "theme_scores.parquet"
    if not path.exists():
        return ""
    columns = ("mapping", "level", "unit_id", "respondent_group", "theme", "form", "breakdown", "breakdown_value")
    table = pq.read_table(path, columns=[*columns, "suppressed"])
    for row in table.slice(0, 1000).to_pylist():
        if row["suppressed"] is None:
            return "'theme_scores:" + ",".join(f"{name}={row[name]}" for name in columns) + "'"
    return ""
