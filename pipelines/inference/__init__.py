"""Estimates to statements, on small tables: what SQL cannot do (t quantiles, q-values, factor models).

Belongs here: reading a candidate's estimates and writing `inference/*.parquet` beside them. Does not belong here: anything
that reads respondents or answers, and anything about disclosure.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.inference.contrasts import initiative_changes, social_gap_changes, social_gaps
from pipelines.inference.gains import gain_intervals
from pipelines.inference.levels import level_intervals
from pipelines.inference.progression import change_statements
from pipelines.inference.reliability import reliabilities
from pipelines.inference.sustained import sustained_development
from pipelines.programme.definition import Thresholds
from pipelines.workers import Workers

SOURCES = {
    "theme_scores": ("int_level_estimates",),
    "progression": ("int_change_estimates",),
    "reliability": ("int_item_moments", "int_theme_forms"),
    "sustained": ("int_change_estimates",),
    "social_gap": ("int_social_gaps",),
    "social_gap_change": ("int_social_gap_changes",),
    "initiative_development": ("int_initiative_changes",),
    "school_year_progression": ("int_gain_estimates",),
}
"""What `infer` writes, and the models each table is made from."""
TABLES = tuple(SOURCES)


def infer(database: duckdb.DuckDBPyConnection, folder: Path, thresholds: Thresholds, hands: Workers) -> dict[str, int]:
    """Read the estimates of a candidate and write what may be said of them.

    Args:
        database: the candidate's warehouse after the step `estimates`.
        folder: receives one Parquet file per table of `TABLES`.
        thresholds: the programme's.
        hands: one of them fits the factor models, half of the work.

    Returns:
        Rows per table.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def read(name: str, where: str = "true") -> pd.DataFrame:
        return database.execute(f"select * from {name} where {where}").df()

    asked = database.execute(
        "select mapping, respondent_group, theme, n_items from int_theme_forms order by mapping, respondent_group, theme"
    ).df()
    reliability = hands.give(reliabilities, read("int_item_moments"), asked)
    # Levels by background are what the social gap is made of, and no figures of their own.
    levels = read("int_level_estimates", "breakdown <> 'background'")
    mappings = [key for (key,) in database.execute("select mapping from raw.mappings order by position").fetchall()]
    changes = change_statements(read("int_change_estimates"), thresholds)
    tables = {
        "theme_scores": level_intervals(levels, thresholds),
        "progression": changes,
        "sustained": sustained_development(changes, mappings),
        "social_gap": social_gaps(read("int_social_gaps"), thresholds),
        "social_gap_change": social_gap_changes(read("int_social_gap_changes"), thresholds),
        "initiative_development": initiative_changes(read("int_initiative_changes"), thresholds),
        "school_year_progression": gain_intervals(read("int_gain_estimates"), thresholds),
        "reliability": reliability.result(),
    }
    for name, frame in tables.items():
        # NaN of pandas is null in Parquet: a figure that does not exist is absent, not a number.
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet")
    return {name: len(frame) for name, frame in tables.items()}
