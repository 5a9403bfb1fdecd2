"""Estimates to statements, on small tables: what SQL cannot do (t quantiles, q-values, factor models).

Belongs here: reading a candidate's estimates and writing `inference/*.parquet` beside them. Does not belong here: anything
that reads respondents or answers, and anything about disclosure.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.inference.levels import level_intervals
from pipelines.inference.progression import change_statements
from pipelines.inference.reliability import reliabilities
from pipelines.inference.sustained import sustained_development
from pipelines.programme.definition import Thresholds

SOURCES = {
    "theme_scores": ("int_level_estimates",),
    "progression": ("int_change_estimates",),
    "reliability": ("int_item_moments", "int_theme_forms"),
    "sustained": ("int_change_estimates",),
}
"""What `infer` writes, and the models each table is made from."""
TABLES = tuple(SOURCES)


def infer(database: duckdb.DuckDBPyConnection, folder: Path, thresholds: Thresholds) -> dict[str, int]:
    """Read the estimates of a candidate and write what may be said of them.

    Args:
        database: the candidate's warehouse after the step `estimates`.
        folder: receives one Parquet file per table of `TABLES`.
        thresholds: the programme's.

    Returns:
        Rows per table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    read = {
        name: database.execute(f"select * from {name}").df() for name in ("int_level_estimates", "int_change_estimates")
    }
    moments = database.execute("select * from int_item_moments").df()
    asked = database.execute(
        "select mapping, respondent_group, theme, n_items from int_theme_forms order by mapping, respondent_group, theme"
    ).df()
    mappings = [key for (key,) in database.execute("select mapping from raw.mappings order by position").fetchall()]
    changes = change_statements(read["int_change_estimates"], thresholds)
    tables = {
        "theme_scores": level_intervals(read["int_level_estimates"], thresholds),
        "progression": changes,
        "reliability": reliabilities(moments, asked),
        "sustained": sustained_development(changes, mappings),
    }
    for name, frame in tables.items():
        # NaN of pandas is null in Parquet: a figure that does not exist is absent, not a number.
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet")
    return {name: len(frame) for name, frame in tables.items()}
