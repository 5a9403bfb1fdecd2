"""The marts that a release holds: their names, grain and order of rows.

Belongs here: what every stage after the warehouse must agree on. Does not belong here: columns and their meaning (the
models' own `.yml`) and figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Audience = Literal["public", "internal"]
AUDIENCES: tuple[Audience, ...] = ("public", "internal")

SIMULATED = "Simulerede data"
"""The mark that everything made from simulated extracts bears."""


@dataclass(frozen=True)
class Mart:
    """One mart: key columns (also the order of its rows), and further columns that stay when a row is suppressed."""

    name: str
    key: tuple[str, ...]
    stays: tuple[str, ...] = ()

    @property
    def shown_when_suppressed(self) -> tuple[str, ...]:
        """All columns that a suppressed row keeps, besides the reason."""
        return (*self.key, *self.stays)


_UNIT = ("level", "unit_id", "respondent_group", "theme")
MARTS = (
    Mart(
        "theme_scores",
        ("programme", "mapping", *_UNIT, "form", "breakdown", "breakdown_value"),
        ("base_mapping",),
    ),
    Mart(
        "progression",
        ("programme", "mapping_from", "mapping_to", *_UNIT, "breakdown", "breakdown_value"),
        ("items",),
    ),
    Mart("reliability", ("programme", "mapping", "respondent_group", "theme"), ("items",)),
    Mart("response_rates", ("programme", "mapping", "level", "unit_id", "respondent_group")),
    Mart("item_distributions", ("programme", "mapping", *_UNIT, "item_id", "answer")),
    Mart("extract_reconciliation", ("programme", "mapping", "respondent_group", "content", "file"), ("difference",)),
    Mart("sustained", ("programme", *_UNIT), ("mapping_first", "mapping_second", "mapping_third")),
    Mart("item_contribution", ("programme", "mapping_from", "mapping_to", *_UNIT, "item_id")),
    Mart("composition", ("programme", "mapping_from", "mapping_to", *_UNIT)),
    Mart(
        "item_comparability",
        ("programme", "mapping", "respondent_group", "theme", "item_id"),
        ("mapping_from", "comparability", "is_trend"),
    ),
    Mart(
        "nonresponse",
        ("programme", "mapping", "level", "unit_id", "respondent_group", "breakdown", "breakdown_value"),
    ),
    Mart("social_gap", ("programme", "mapping", *_UNIT)),
    Mart("social_gap_change", ("programme", "mapping_from", "mapping_to", *_UNIT)),
    Mart(
        "initiative_development",
        ("programme", "initiative", "respondent_group", "theme", "phase"),
        ("mapping_from", "mapping_to"),
    ),
    Mart("turnover", ("programme", "mapping_from", "mapping_to", *_UNIT)),
    Mart("nonresponse_weighted", ("programme", "mapping", *_UNIT)),
    Mart(
        "academic_results",
        ("programme", "school_year", "level", "unit_id", "respondent_group", "test", "grade", "background"),
        ("kind", "subject", "series"),
    ),
    Mart(
        "school_year_progression",
        (
            "programme",
            "school_year",
            "level",
            "unit_id",
            "respondent_group",
            "test",
            "breakdown",
            "breakdown_value",
        ),
        ("subject",),
    ),
    Mart(
        "result_targets",
        (
            "programme",
            "school_year",
            "mapping",
            "level",
            "unit_id",
            "target",
            "respondent_group",
            "measure",
            "grade",
            "background",
        ),
        ("mapping_from", "school_year_before", "indicator", "is_national", "direction", "goal"),
    ),
    Mart("base_parameters", ("programme", "respondent_group", "theme", "form"), ("base_mapping",)),
)
