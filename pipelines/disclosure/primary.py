"""Primary rules: which rows may not be shown to an audience, by what they hold themselves (method.md 10).

Belongs here: rules that look at one row. Does not belong here: rules over totals, and the writing of tables.

Each function takes a mart as a frame and gives a reason code per row, or null where the row may be shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.marts import Audience
from pipelines.programme.definition import Definition

CONFIDENTIAL_LEVELS = ("institution", "municipality")
"""Levels whose test results are nobody's business but the administration's (method.md 8 and 10)."""


@dataclass(frozen=True)
class Rules:
    """The figures of method.md 10 for one audience, and which groups they treat in a way of their own."""

    min_n: int
    item_min_n: int
    leaders_min_n: int
    min_raters: int
    leaders: frozenset[str]
    rated: frozenset[str]
    is_public: bool

    @classmethod
    def of(cls, definition: Definition, audience: Audience) -> Rules:
        """The programme's rules for an audience."""
        settings = definition.disclosure
        public = audience == "public"
        return cls(
            min_n=settings.public_min_n if public else settings.internal_min_n,
            item_min_n=settings.public_item_min_n if public else settings.internal_item_min_n,
            leaders_min_n=settings.leaders_min_n,
            min_raters=settings.min_raters,
            leaders=frozenset(g.code for g in definition.respondent_groups if g.kind == "leader"),
            rated=frozenset(g.code for g in definition.respondent_groups if g.kind == "rated_pupil"),
            is_public=public,
        )


def theme_score_reasons(scores: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns is_institution, respondent_group, n, raters."""
    return _first_reason(
        scores,
        leader_level=_is_leader(scores, rules) & scores["is_institution"],
        n_lt_min=scores["n"] < _least(scores, rules),
        rater_lt_min=_few_raters(scores["raters"], scores, rules, scores["n"].notna()),
    )


def item_figure_reasons(figures: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns is_institution, respondent_group, n, raters: figures of single items, which need more respondents."""
    return _first_reason(
        figures,
        leader_level=_is_leader(figures, rules) & figures["is_institution"],
        n_lt_min=figures["n"] < rules.item_min_n,
        rater_lt_min=_few_raters(figures["raters"], figures, rules),
    )


def invited_reasons(figures: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns is_institution, respondent_group, n: those who answered, of everyone invited.

    Raters do not matter: nobody is rated by an invitation.
    """
    return _first_reason(
        figures,
        leader_level=_is_leader(figures, rules) & figures["is_institution"],
        n_lt_min=figures["n"] < _least(figures, rules),
    )


def progression_reasons(changes: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns is_institution, respondent_group, n_from, n_to, raters_from, raters_to.

    A round without data has nothing to hide.
    """
    least = _least(changes, rules)
    has_data = changes["n_from"].notna() | changes["n_to"].notna()
    return _first_reason(
        changes,
        leader_level=_is_leader(changes, rules) & changes["is_institution"] & has_data,
        n_lt_min=(changes["n_from"] < least) | (changes["n_to"] < least),
        rater_lt_min=_few_raters(changes["raters_from"], changes, rules, changes["n_from"].notna())
        | _few_raters(changes["raters_to"], changes, rules, changes["n_to"].notna()),
    )


def reliability_reasons(reliability: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns respondent_group, n."""
    return _first_reason(reliability, n_lt_min=reliability["n"] < _least(reliability, rules))


def response_rate_reasons(rates: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns is_institution, respondent_group, invited, complete, partial.

    The number who answered is the n of the unit's figures: where that may not be known, neither may the rate.
    """
    least = _least(rates, rules)
    answered = rates["complete"].fillna(0) + rates["partial"].fillna(0)
    return _first_reason(
        rates,
        leader_level=_is_leader(rates, rules) & rates["is_institution"],
        n_lt_min=(rates["invited"].fillna(0) < least) | (answered < least),
    )


def response_reasons(units: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns is_institution, respondent_group, n (answered), invited: the same for everyone of a unit or a part of them."""
    least = _least(units, rules)
    return _first_reason(
        units,
        leader_level=_is_leader(units, rules) & units["is_institution"],
        n_lt_min=(units["invited"] < least) | (units["n"] < least),
    )


def item_shift_reasons(items: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns respondent_group, n (of the round with fewer answers)."""
    return _first_reason(items, n_lt_min=items["n"] < rules.item_min_n)


def extract_reconciliation_reasons(files: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns respondent_group, n: respondents of a file whose answers count; none is nothing to hide."""
    return _first_reason(files, n_lt_min=(files["n"] > 0) & (files["n"] < _least(files, rules)))


def result_reasons(figures: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns level, respondent_group, n, is_result (of a test, or of a theme where a target is about one).

    Results of tests below the whole programme are confidential: the public never sees them, whatever n is.
    """
    is_unit = figures["level"].isin(CONFIDENTIAL_LEVELS)
    return _first_reason(
        figures,
        confidential=is_unit & figures["is_result"].astype(bool) & rules.is_public,
        leader_level=_is_leader(figures, rules) & figures["level"].eq("institution"),
        n_lt_min=figures["n"] < _least(figures, rules),
    )


def item_distribution_reasons(distributions: pd.DataFrame, rules: Rules) -> pd.Series:
    """Columns is_institution, respondent_group, n, raters, largest_share (of the item's answers).

    All answers of an item share one fate.
    """
    return _first_reason(
        distributions,
        leader_level=_is_leader(distributions, rules) & distributions["is_institution"],
        n_lt_min=distributions["n"] < rules.item_min_n,
        rater_lt_min=_few_raters(distributions["raters"], distributions, rules),
        unanimous=distributions["largest_share"] >= 1,
    )


def _first_reason(frame: pd.DataFrame, **conditions: pd.Series) -> pd.Series:
    """The name of the first condition that holds, else null."""
    masks = [condition.fillna(False).to_numpy(dtype=bool) for condition in conditions.values()]
    chosen = np.select(masks, list(conditions), default="")
    return pd.Series(chosen, index=frame.index, dtype="object").replace("", None)


def _is_leader(frame: pd.DataFrame, rules: Rules) -> pd.Series:
    """Rows of leaders."""
    return frame["respondent_group"].isin(rules.leaders)


def _least(frame: pd.DataFrame, rules: Rules) -> pd.Series:
    """Respondents that a figure needs: leaders have a number of their own."""
    return pd.Series(np.where(_is_leader(frame, rules), rules.leaders_min_n, rules.min_n), index=frame.index)


def _few_raters(raters: pd.Series, frame: pd.DataFrame, rules: Rules, with_data: pd.Series | bool = True) -> pd.Series:
    """Rows of a rated group that fewer raters than needed stand behind; a rater nobody knows does not count."""
    return frame["respondent_group"].isin(rules.rated) & with_data & (raters.fillna(0) < rules.min_raters)
