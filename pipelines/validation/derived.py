"""Columns that an expectation needs and a table does not have: what Great Expectations cannot say by itself.

Belongs here: one pure function a derived column, documented, a row of the table giving a value. Does not belong here: a
judgement; Great Expectations judges the column. An empty value means that the row is not the check's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.programme import Programme

NOT_FINITE = "not_finite"
"""Filled in by the reader of a mart, because pandas cannot tell NaN from empty."""

CLAIMS = ("increase", "decrease", "status_quo", "inconclusive")
ROUNDING = 1e-9
"""Figures that differ by less are equal: a share of four in five is 80 %."""
DISPOSITIONS = ("complete", "partial", "break_off", "refusal", "not_answered", "other")


@dataclass(frozen=True)
class Scope:
    """What a derived column may look at besides the rows."""

    programme: Programme
    key: tuple[str, ...]
    stays: tuple[str, ...]
    context: Mapping[str, str]


Derive = Callable[[pd.DataFrame, Scope], pd.Series]


def key_parts_missing(frame: pd.DataFrame, scope: Scope) -> pd.Series:
    """How many columns of the key are empty."""
    return frame[list(scope.key)].isna().sum(axis=1)


def not_finite(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """How many numbers are NaN or infinite. A frame only tells the infinite ones; the reader of marts knows both."""
    numbers = frame[[name for name, kind in frame.dtypes.items() if pd.api.types.is_float_dtype(kind)]]
    return pd.Series(np.isinf(numbers.to_numpy(dtype="float64", na_value=np.nan)).sum(axis=1), index=frame.index)


def figures_left(frame: pd.DataFrame, scope: Scope) -> pd.Series:
    """How many columns hold something besides the key, what a suppressed row keeps, and the reason."""
    kept = {*scope.key, *scope.stays, "suppressed", NOT_FINITE}
    return frame[[column for column in frame.columns if column not in kept]].notna().sum(axis=1)


def respondent_kind(frame: pd.DataFrame, scope: Scope) -> pd.Series:
    """Kind of the respondent group (leader, rated_pupil, …); empty for a group that the programme does not declare."""
    kinds = {group.code: group.kind for group in scope.programme.respondent_groups}
    # Each group is looked up once, not once a row.
    number, groups = pd.factorize(frame["respondent_group"])
    return pd.Series(groups).map(kinds).reindex(number).set_axis(frame.index)


def theme_declared(frame: pd.DataFrame, scope: Scope) -> pd.Series:
    """Whether the programme declares the theme for the group."""
    themes = scope.programme.themes
    declared = set(themes["respondent_group"] + "\0" + themes["theme"])
    return (frame["respondent_group"] + "\0" + frame["theme"]).isin(declared)


def base_mean_gap(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance of the mean from 500, for the whole programme in a theme's base mapping (method.md 1.5); else empty."""
    return (frame["mean"] - 500).abs().where(_is_base(frame))


def base_sd_gap(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance of the SD from 100, for the same rows."""
    return (frame["sd"] - 100).abs().where(_is_base(frame))


def raters_counted(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Raters behind a level; none where they are not known."""
    return frame["raters"].fillna(0)


def raters_least_counted(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Fewest raters of any mapping; none where they are not known."""
    return frame["raters_least"].fillna(0)


def contribution_gap(frame: pd.DataFrame, scope: Scope) -> pd.Series:
    """Distance between a theme's change and its items' contributions with the residual; empty where suppressed."""
    theme = frame.groupby([c for c in scope.key if c != "item_id"], sort=False, observed=True, dropna=False)
    explained = theme["contribution"].transform("sum") + frame["residual"]
    return (explained - frame["delta"]).abs()


def raters_from_counted(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Raters in the earlier round; empty where there was no round, none where they are not known."""
    return frame["raters_from"].fillna(0).where(frame["n_from"].notna())


def raters_to_counted(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Raters in the later round; likewise."""
    return frame["raters_to"].fillna(0).where(frame["n_to"].notna())


def has_data(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Whether anybody answered in one of the rounds."""
    return frame["n_from"].notna() | frame["n_to"].notna()


def n_least(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """The smaller n of the two rounds; empty where one is."""
    return frame[["n_from", "n_to"]].min(axis=1, skipna=False)


def delta_gap(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance between the change and the difference of the two means."""
    return (frame["mean_to"] - frame["mean_from"] - frame["delta"]).abs()


def delta_in_direction(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """The change, counted in the direction that its status claims; empty where no direction is claimed."""
    return frame["delta"] * frame["status"].map({"increase": 1.0, "decrease": -1.0}).astype("float64")


def gap_distance(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance between a social gap and the difference of its two means."""
    return (frame["mean_highest"] - frame["mean_lowest"] - frame["gap"]).abs()


def gap_change_distance(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance between the change of a social gap and the difference of the two gaps."""
    return (frame["gap_to"] - frame["gap_from"] - frame["delta"]).abs()


def initiative_distance(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance between a difference in development and that of the two developments."""
    return (frame["delta_with"] - frame["delta_without"] - frame["difference"]).abs()


def largest_result_share(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """The share furthest from the middle of those by steps of a test: beyond 0 to 1 if any of them is."""
    shares = frame[["share_good", "share_best", "share_poor"]]
    low, high = shares.min(axis=1), shares.max(axis=1)
    return high.where(high - 0.5 >= 0.5 - low, low)


def gain_distance(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance between a mean gain and the difference of the two measurements' means."""
    return (frame["mean_last"] - frame["mean_first"] - frame["gain"]).abs()


def reliable_shares(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """The shares of pupils with a reliable gain and a reliable fall together."""
    return frame["share_reliable_gain"] + frame["share_reliable_fall"]


def target_judged_rightly(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Whether met or not met follows from value, goal and the value before; empty for another status."""
    value, goal, before = (frame[name].astype("float64") for name in ("value", "goal", "value_before"))
    conditions = [frame["direction"].eq(name) for name in ("at_least", "at_most", "rises", "falls")]
    tests = [value >= goal - ROUNDING, value <= goal + ROUNDING, value > before + ROUNDING, value < before - ROUNDING]
    is_met = pd.Series(np.select(conditions, tests, default=False), index=frame.index)
    judged = frame["status"].isin(["met", "not_met"])
    return is_met.eq(frame["status"].eq("met")).astype(object).where(judged, None)


def turnover_gap(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance between a change and its parts by stayers, joiners and leavers."""
    return (frame["delta_stayers"] + frame["joiners"] + frame["leavers"] - frame["delta"]).abs()


def turnover_count_gap(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance of the counts of both rounds from those of stayers, leavers and joiners."""
    before = (frame["n_stayers"] + frame["n_leavers"] - frame["n_from"]).abs()
    return before + (frame["n_stayers"] + frame["n_joiners"] - frame["n_to"]).abs()


def weighted_gap(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance between the difference that weights make and that of the two means."""
    return (frame["mean_weighted"] - frame["mean"] - frame["difference"]).abs()


def ci_reach(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """How far the interval of a change reaches from zero."""
    return frame[["ci_low", "ci_high"]].abs().max(axis=1, skipna=False)


def share_gap(frame: pd.DataFrame, scope: Scope) -> pd.Series:
    """Distance from 1 of the shares of an item's answers taken together; empty where they are suppressed."""
    item = frame.groupby(
        [column for column in scope.key if column != "answer"], sort=False, observed=True, dropna=False
    )
    return (item["share"].transform("sum") - 1).abs().where(frame["share"].notna())


def answered(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Respondents who answered: complete and partial."""
    return frame["complete"] + frame["partial"]


def disposition_gap(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Distance between the persons invited and all dispositions together."""
    return (frame[list(DISPOSITIONS)].sum(axis=1, skipna=False) - frame["invited"]).abs()


def rate_gap(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Largest distance of the two response rates from their counts over the persons invited."""
    first = (frame["rr1"] - frame["complete"] / frame["invited"]).abs()
    second = (frame["rr2"] - (frame["complete"] + frame["partial"]) / frame["invited"]).abs()
    return pd.concat([first, second], axis=1).max(axis=1)


def grade_in_group(frame: pd.DataFrame, scope: Scope) -> pd.Series:
    """Whether the grade belongs to the respondent group; empty without a grade or where the group has no range."""
    grades = scope.programme.group(scope.context["respondent_group"]).grades
    known = frame["grade"].notna()
    if grades is None:
        return pd.Series(np.nan, index=frame.index)
    return frame["grade"].between(*grades).where(known)


def unmarked(frame: pd.DataFrame, _: Scope) -> pd.Series:
    """Whether a record does not bear the mark of simulated data in an extract where others do."""
    return ~frame["is_simulated"] & bool(frame["is_simulated"].any())


def _is_base(frame: pd.DataFrame) -> pd.Series:
    """Rows of the whole programme in the theme's base mapping."""
    return frame["level"].eq("programme") & frame["breakdown"].eq("all") & frame["mapping"].eq(frame["base_mapping"])


DERIVED: dict[str, Derive] = {
    function.__name__: function
    for function in (
        key_parts_missing,
        not_finite,
        figures_left,
        respondent_kind,
        theme_declared,
        base_mean_gap,
        base_sd_gap,
        raters_counted,
        raters_least_counted,
        contribution_gap,
        raters_from_counted,
        raters_to_counted,
        has_data,
        n_least,
        delta_gap,
        delta_in_direction,
        gap_distance,
        gap_change_distance,
        initiative_distance,
        largest_result_share,
        gain_distance,
        reliable_shares,
        target_judged_rightly,
        turnover_gap,
        turnover_count_gap,
        weighted_gap,
        ci_reach,
        share_gap,
        answered,
        disposition_gap,
        rate_gap,
        grade_in_group,
        unmarked,
    )
}
"""Derived columns by name. A column of the table itself goes before one of the same name here."""
