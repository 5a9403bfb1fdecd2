"""Disclosure control: from the marts to one suppressed set of marts per audience, which feeds every output.

Belongs here: the rules of method.md 10 and the writing of what they leave. Does not belong here: pages, spreadsheets and
deliveries; they read what is written here and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.disclosure import primary
from pipelines.disclosure.primary import Rules
from pipelines.marts import AUDIENCES, MARTS, SIMULATED, Mart
from pipelines.programme.definition import Definition

__all__ = ["REASONS", "Rules", "disclose"]

REASONS: dict[str, Callable[[pd.DataFrame, Rules], pd.Series]] = {
    "theme_scores": primary.theme_score_reasons,
    "progression": primary.progression_reasons,
    "reliability": primary.reliability_reasons,
    "response_rates": primary.response_rate_reasons,
    "item_distributions": primary.item_distribution_reasons,
    "extract_reconciliation": primary.extract_reconciliation_reasons,
    "sustained": primary.theme_score_reasons,
    "item_contribution": primary.item_figure_reasons,
    "composition": primary.theme_score_reasons,
    "item_comparability": primary.reliability_reasons,
    "nonresponse": primary.invited_reasons,
    "base_parameters": primary.reliability_reasons,
    "social_gap": primary.theme_score_reasons,
    "social_gap_change": primary.theme_score_reasons,
    "initiative_development": primary.theme_score_reasons,
}
"""The rule of each mart."""

LOOKED_AT = {
    "theme_scores": "select is_institution, respondent_group, n, raters from mart",
    "progression": "select is_institution, respondent_group, n_from, n_to, raters_from, raters_to from mart",
    "extract_reconciliation": "select respondent_group, rows_scored as n from mart",
    "reliability": "select false as is_institution, respondent_group, n from mart",
    "response_rates": "select is_institution, respondent_group, invited, complete, partial from mart",
    "sustained": "select is_institution, respondent_group, n_least as n, raters_least as raters from mart",
    "item_contribution": "select is_institution, respondent_group, n_least as n, raters_least as raters from mart",
    "composition": "select is_institution, respondent_group, n_least as n, raters_least as raters from mart",
    "item_comparability": "select is_institution, respondent_group, least(n, n_from) as n from mart",
    "nonresponse": "select is_institution, respondent_group, answered as n from mart",
    "base_parameters": "select is_institution, respondent_group, n from mart",
    "social_gap": "select is_institution, respondent_group, n_least as n, raters_least as raters from mart",
    "social_gap_change": "select is_institution, respondent_group, n_least as n, raters_least as raters from mart",
    "initiative_development": "select is_institution, respondent_group, n_least as n, raters_least as raters from mart",
    # The raters of an item are those of its theme.
    "item_distributions": """
        select is_institution, respondent_group, n, raters.raters,
            max(share) over (partition by mapping, level, unit_id, respondent_group, item_id) as largest_share
        from mart
        left join (
            select mapping, level, unit_id, respondent_group, theme, raters
            from theme_scores
            where form = 'full' and breakdown = 'all'
        ) as raters using (mapping, level, unit_id, respondent_group, theme)
    """,
}
"""What the rules read of each mart."""


def disclose(
    database: duckdb.DuckDBPyConnection, definition: Definition, out: Path, simulated: bool
) -> dict[str, dict[str, int]]:
    """Write every mart once per audience, rows in key order, with what may not be shown taken out.

    Args:
        database: the candidate's warehouse after the step `marts`.
        definition: the programme's.
        out: receives `<audience>/<mart>.parquet`.
        simulated: whether the figures come from simulated extracts; it is written into each file.

    Returns:
        Per audience and mart, the number of suppressed rows.
    """
    counts: dict[str, dict[str, int]] = {audience: {} for audience in AUDIENCES}
    for mart in MARTS:
        order = ", ".join(mart.key)
        table = database.sql(f"select * from {mart.name} order by {order}").to_arrow_table()
        looked_at = _looked_at(database, mart, definition)
        for audience in AUDIENCES:
            reasons = REASONS[mart.name](looked_at, Rules.of(definition, audience))
            path = out / audience / f"{mart.name}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            about = {
                "kortlaegning.programme": definition.slug,
                "kortlaegning.mart": mart.name,
                "kortlaegning.audience": audience,
                "kortlaegning.data": SIMULATED if simulated else "data",
            }
            pq.write_table(suppress(table, mart, reasons).replace_schema_metadata(about), path, compression="zstd")
            counts[audience][mart.name] = int(reasons.notna().sum())
    return counts


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


def _looked_at(database: duckdb.DuckDBPyConnection, mart: Mart, definition: Definition) -> pd.DataFrame:
    """What the rules of a mart read, rows in the same order as the mart."""
    groups = ", ".join(f"'{group.code}'" for group in definition.respondent_groups)
    is_institution = "level = 'institution'" if "level" in mart.key else "false"
    place = f"row_number() over (order by {', '.join(mart.key)})"
    looked_at = LOOKED_AT[mart.name].replace(" from mart", f", {place} as place from mart", 1)
    found: pd.DataFrame = database.sql(
        f"""
        with mart as (select *, {is_institution} as is_institution from {mart.name})
        select * exclude (respondent_group, place), cast(respondent_group as enum ({groups})) as respondent_group
        from ({looked_at})
        order by place
        """
    ).df()
    return found
