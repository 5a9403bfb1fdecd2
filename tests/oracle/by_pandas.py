"""The marts of method.md 1 to 7 and 9 a second time, in plain pandas and scipy.

Belongs here: what method.md says, written from method.md and not from the models, in the most literal way; slow is fine.
Does not belong here: anything of `pipelines` but the programme's own files.

Where method.md leaves something open the reading is said here: one trend form per theme over all rounds that ask it (so that
changes add up); k is the longest form of those rounds; the clusters of a change in a school are classes of one round each,
because a class of the one round is not the class of that name in the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import optimize, stats

from pipelines.programme import Programme
from tests.oracle import results_by_pandas

UNIT = ["level", "unit_id"]
CELL = ["respondent_group", "theme", "form", "breakdown", "breakdown_value", *UNIT]
BANDS = ((0, 3, "0-3"), (4, 6, "4-6"), (7, 10, "7-10"))


@dataclass(frozen=True)
class Oracle:
    """The marts as frames."""

    theme_scores: pd.DataFrame
    progression: pd.DataFrame
    reliability: pd.DataFrame
    response_rates: pd.DataFrame
    nonresponse: pd.DataFrame
    social_gap: pd.DataFrame
    social_gap_change: pd.DataFrame
    initiative_development: pd.DataFrame
    nonresponse_weighted: pd.DataFrame
    composition: pd.DataFrame
    item_contribution: pd.DataFrame
    sustained: pd.DataFrame
    item_comparability: pd.DataFrame
    base_parameters: pd.DataFrame
    item_distributions: pd.DataFrame
    academic_results: pd.DataFrame
    school_year_progression: pd.DataFrame
    result_targets: pd.DataFrame


def compute(programme: Programme, raw: Path) -> Oracle:
    """All marts from the raw Parquet below `raw`, but `turnover`, which is about programmes that link their respondents."""
    people, answers, roster, results = (read(raw, name) for name in ("respondents", "answers", "roster", "results"))
    people, roster = (with_school(programme, frame) for frame in (people, roster))
    asked = asked_items(programme)
    scored = score_answers(asked, programme, answers, people)
    scores = with_500(programme, theme_means(programme, asked, scored).merge(people, on="respondent_key"))
    long = in_units(programme, scores)
    levels = theme_scores(programme, long)
    came = dispositions(programme, asked, answers, people, roster)
    changed = progression(programme, long, levels)
    academic = results_by_pandas.academic_results(programme, results)
    gaps = social_gaps(programme, scores), social_gap_changes(programme, scores)
    return Oracle(
        academic_results=academic,
        school_year_progression=results_by_pandas.gains(programme, results),
        result_targets=results_by_pandas.result_targets(programme, academic, levels, changed, gaps),
        theme_scores=levels,
        progression=changed,
        reliability=reliability(asked, scored).merge(
            intra_class(scores), on=["mapping", "respondent_group", "theme"], how="left"
        ),
        item_comparability=item_drift(programme, asked, scored),
        base_parameters=base_parameters(scores),
        item_distributions=item_distributions(
            programme, scored.merge(people.drop(columns=["mapping", "respondent_group"]), on="respondent_key")
        ),
        response_rates=response_rates(programme, came),
        nonresponse=nonresponse(programme, came),
        social_gap=gaps[0],
        social_gap_change=gaps[1],
        initiative_development=initiatives(programme, scores),
        nonresponse_weighted=weighted(programme, scores, people, roster),
        composition=composition(programme, scores),
        item_contribution=item_contributions(
            programme,
            scored.merge(people.drop(columns=["mapping", "respondent_group"]), on="respondent_key"),
            scores,
            changed,
        ),
        sustained=sustained(programme, changed),
    )


def with_school(programme: Programme, people: pd.DataFrame) -> pd.DataFrame:
    """Add `school`: what an institution is the same as in other rounds."""
    lineage = dict(zip(programme.lineage["institution_id"], programme.lineage["lineage_id"], strict=True))
    return people.assign(school=people["institution_id"].map(lambda i: lineage.get(i, i)))


def read(raw: Path, name: str) -> pd.DataFrame:
    """One raw table; only the respondents carry mapping and group, so that joins on the key stay simple."""
    files = sorted(raw.rglob(f"{name}/*.parquet"))
    if name == "results" and not files:
        return pd.DataFrame()
    frame = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    return frame.drop(columns=["mapping", "respondent_group"]) if name == "answers" else frame


def asked_items(programme: Programme) -> pd.DataFrame:
    """One row per mapping, group and item asked: variable, scale, theme, direction, lowest, highest, top, is_trend."""
    valid = programme.scales[programme.scales["kind"].eq("valid")].groupby("scale")["value"]
    scales = pd.DataFrame({"low": valid.min(), "high": valid.max(), "steps": valid.nunique()})
    asked = programme.codebook[programme.codebook["variable"].ne("")]
    asked = asked.merge(programme.items[["respondent_group", "item_id", "theme", "direction"]])
    asked = asked.merge(scales, left_on="scale", right_index=True)
    asked["top"] = np.where(asked["steps"] <= 3, asked["high"], asked["high"] - 1).astype(float)
    trend: set[tuple[str, str]] = set()
    for (group, _), theme in asked.groupby(["respondent_group", "theme"]):
        rounds = sorted(theme["mapping"].unique(), key=programme.mapping_keys.index)
        k = theme.groupby("mapping")["item_id"].nunique().max()
        common = [
            item
            for item, rows in theme.groupby("item_id")
            if len(rows) == len(rounds)
            and rows.loc[rows["mapping"].ne(rounds[0]), "comparability"].eq("identical").all()
            and rows[["low", "high", "steps"]].drop_duplicates().shape[0] == 1
        ]
        if len(common) >= (2 if k <= 3 else 3) and len(common) >= 0.6 * k:
            trend |= {(group, item) for item in common}
    asked["is_trend"] = [pair in trend for pair in zip(asked["respondent_group"], asked["item_id"], strict=True)]
    return asked.astype({"low": float, "high": float, "direction": float})


def score_answers(
    asked: pd.DataFrame, programme: Programme, answers: pd.DataFrame, people: pd.DataFrame
) -> pd.DataFrame:
    """One row per valid answer: respondent_key, its item, x with reversed items turned, whether it is a top category."""
    rows = answers.merge(people[["respondent_key", "mapping", "respondent_group"]], on="respondent_key")
    rows = rows.merge(asked, on=["mapping", "respondent_group", "variable"])
    valid = programme.scales[programme.scales["kind"].eq("valid")][["scale", "code", "value"]]
    rows = rows.merge(valid, on=["scale", "code"]).astype({"value": float})
    turn = rows["direction"].eq(-1) & ~rows["already_reversed"]
    rows["x"] = rows["value"].where(~turn, rows["low"] + rows["high"] - rows["value"])
    rows["is_top"] = rows["x"] >= rows["top"]
    return rows


def theme_means(programme: Programme, asked: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """One row per respondent, theme and form with a score: half of the items, rounded up, are valid."""
    parts = []
    for form in ("full", "trend"):
        items, rows = (asked, scored) if form == "full" else (asked[asked["is_trend"]], scored[scored["is_trend"]])
        k = items.groupby(["mapping", "respondent_group", "theme"])["item_id"].nunique().rename("k").reset_index()
        means = rows.groupby(["respondent_key", "mapping", "respondent_group", "theme"], as_index=False).agg(
            y=("x", "mean"), favourable=("is_top", "mean"), valid=("x", "size")
        )
        means = means.merge(k, on=["mapping", "respondent_group", "theme"])
        parts.append(means[means["valid"] >= np.ceil(means["k"] / 2)].assign(form=form))
    return pd.concat(parts).drop(columns=["mapping", "respondent_group"])


def with_500(programme: Programme, scores: pd.DataFrame) -> pd.DataFrame:
    """Add `score` on the 500 scale, and the base: the base mapping or the first that asks the theme."""
    order = {key: position for position, key in enumerate(programme.mapping_keys)}
    result = []
    for _, rows in scores.groupby(["respondent_group", "theme", "form"]):
        here = set(rows["mapping"])
        base = programme.base.key if programme.base.key in here else min(here, key=order.__getitem__)
        y = rows.loc[rows["mapping"].eq(base), "y"]
        spread = y.std(ddof=1)
        result.append(rows.assign(base_mapping=base, score=500 + 100 * (rows["y"] - y.mean()) / spread))
    return pd.concat(result)


def base_parameters(scores: pd.DataFrame) -> pd.DataFrame:
    """method.md 1.5: what the scale stands on."""
    base = scores[scores["mapping"].eq(scores["base_mapping"])]
    by_form = base.groupby(["respondent_group", "theme", "form"])
    return by_form.agg(
        base_mapping=("mapping", "first"), n=("y", "size"), mu=("y", "mean"), sigma=("y", "std")
    ).reset_index()


def in_units(programme: Programme, scores: pd.DataFrame) -> pd.DataFrame:
    """Every score once per unit (programme, municipality, school) and breakdown that it belongs to."""
    band = pd.Series(None, index=scores.index, dtype="object")
    for low, high, name in BANDS:
        band = band.mask(scores["grade"].between(low, high), name)
    cut = [
        scores.assign(breakdown="all", breakdown_value="all"),
        scores.assign(breakdown="gender", breakdown_value=scores["gender"]),
        scores.assign(breakdown="grade_band", breakdown_value=band),
    ]
    whole = pd.concat(cut)
    whole = whole[whole["breakdown_value"].notna()]
    # Two schools of a lineage may each have a class of one name.
    whole["class"] = whole["institution_id"] + " " + whole["class_id"]
    return pd.concat(
        [
            whole.assign(level="programme", unit_id=programme.slug, cluster=whole["school"]),
            whole.assign(level="municipality", unit_id=whole["municipality_id"], cluster=whole["school"]),
            whole.assign(level="institution", unit_id=whole["school"], cluster=whole["class"]),
            classes(programme, whole),
        ],
        ignore_index=True,
    )


def classes(programme: Programme, whole: pd.DataFrame) -> pd.DataFrame:
    """Classes of a school, for pupils and parents: where all are in one and none has fewer than may be shown inside."""
    kinds = {group.code: group.kind for group in programme.respondent_groups}
    rows = whole[whole["breakdown"].eq("all") & whole["form"].eq("full")]
    rows = rows[rows["respondent_group"].map(kinds).isin(["pupil", "parent"])]
    school = [rows[name] for name in ("mapping", "respondent_group", "theme", "school")]
    size = rows.groupby([*school, rows["class"]])["class"].transform("size")
    is_shown = size.groupby(school).transform(lambda n: n.notna().all() and n.min() >= 5).astype(bool)
    own = rows["institution_id"].eq(rows["school"])
    named = rows["class_id"].where(own, rows["institution_id"] + "/" + rows["class_id"])
    rows = rows.assign(breakdown="class", breakdown_value=named, level="institution", unit_id=rows["school"])
    return rows.assign(cluster=rows["class"])[is_shown]


def theme_scores(programme: Programme, long: pd.DataFrame) -> pd.DataFrame:
    """method.md 2. Adds `mean`, `n` and `by_class` of its cell to each row of `long` on the way."""
    cell = ["mapping", *CELL]
    groups = long.groupby(cell, sort=False)
    result = groups.agg(
        n=("score", "size"),
        mean=("score", "mean"),
        sd=("score", "std"),
        mean_raw=("y", "mean"),
        favourable=("favourable", "mean"),
        base_mapping=("base_mapping", "first"),
        known=("cluster", "count"),
        classes=("cluster", "nunique"),
        raters=("rater_id", "nunique"),
    ).reset_index()
    result["raters"] = result["raters"].where(result["raters"] > 0)
    enough = result["known"].eq(result["n"]) & (result["classes"] >= programme.definition.thresholds.min_classes)
    result["by_class"] = enough | result["level"].ne("institution")
    place = groups.ngroup()
    for name in ("n", "mean", "by_class"):
        long[name] = result[name].to_numpy()[place]
    long["place"] = place
    cluster = long["cluster"].where(long["by_class"], long["respondent_key"].astype(str))
    by_cluster = ((long["score"] - long["mean"]) / long["n"]).groupby([place, cluster]).agg(["sum", "size"])
    result["clusters"] = by_cluster.groupby(level=0).size()
    spread = (by_cluster["sum"] ** 2).groupby(level=0).sum()
    weight = (by_cluster["size"] / result["n"].reindex(by_cluster.index.get_level_values(0)).to_numpy()) ** 2
    s = result["clusters"].where(result["clusters"] > 1)
    result["se"] = np.sqrt(s / (s - 1) * spread)
    result["df"] = (s - 1).mask(result["by_class"], degrees(programme, s, weight))
    half = stats.t.ppf(0.975, result["df"]) * result["se"]
    result["ci_low"], result["ci_high"] = result["mean"] - half, result["mean"] + half
    return beside_programme(result)


def beside_programme(levels: pd.DataFrame) -> pd.DataFrame:
    """method.md 2: a unit's difference to the programme that it is a part of, and its band among the units of its level."""
    same = ["mapping", "respondent_group", "theme", "form", "breakdown", "breakdown_value"]
    is_whole = levels["level"].eq("programme")
    whole = levels[is_whole].set_index(same)[["mean", "se", "n"]].add_suffix("_whole")
    rows = levels.join(whole, on=same)
    difference = (rows["mean"] - rows["mean_whole"]).mask(is_whole)
    shared = rows["n"] / rows["n_whole"] * rows["se"] ** 2
    half = stats.t.ppf(0.975, rows["df"]) * np.sqrt(
        (rows["se"] ** 2 + rows["se_whole"] ** 2 - 2 * shared).clip(lower=0)
    )
    z = difference / rows.groupby([*same, "level"])["mean"].transform("std")
    away = pd.Series(np.where(z < 0, "below", "above"), index=z.index)
    band = pd.Series("around", index=z.index).mask(z.abs() > 0.5, away).mask(z.abs() > 1.5, "much_" + away)
    return levels.assign(
        programme_difference=difference,
        programme_difference_low=difference - half,
        programme_difference_high=difference + half,
        band=band.where(np.isfinite(z), None),
    )


def degrees(programme: Programme, s: pd.Series, weight: pd.Series) -> pd.Series:
    """Clusters − 1; or, where the programme says so, Satterthwaite's for clusters of unequal size.

    The latter is (Σw)²/Σw² − 1 with w = Σ(n_s/n)² over the means of a figure, at least 1.

    Args:
        programme: its setting.
        s: clusters per figure.
        weight: w per figure (first level of the index) and cluster.
    """
    if programme.definition.thresholds.degrees_of_freedom == "clusters":
        return s - 1
    by_figure = weight.groupby(level=0)
    effective = by_figure.sum() ** 2 / (weight**2).groupby(level=0).sum() - 1
    return effective.reindex(s.index).clip(lower=1).where(s.notna())


def progression(programme: Programme, long: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """method.md 5: every cell with a trend form and data in both rounds; q and the ladder."""
    rules, keys = programme.definition.thresholds, list(programme.mapping_keys)
    trend = levels[levels["form"].eq("trend")]
    rows = long[long["form"].eq("trend")]
    found = [changes(programme, trend, rows, first, last) for i, first in enumerate(keys) for last in keys[i + 1 :]]
    result = pd.concat(found, ignore_index=True)
    half = stats.t.ppf(0.975, result["df"]) * result["se"]
    result["ci_low"], result["ci_high"] = result["delta"] - half, result["delta"] + half
    few = result["level"].ne("institution") & (
        result[["clusters_from", "clusters_to"]].min(axis=1) < rules.min_clusters
    )
    testable = ~few & result["se"].gt(1e-4) & result["df"].ge(1)
    t = (result["delta"] / result["se"]).abs()
    result["p"], result["q"] = pd.Series(2 * stats.t.sf(t, result["df"])).where(testable), np.nan
    for _, p in result[testable].groupby(["mapping_from", "mapping_to", *UNIT, "breakdown", "breakdown_value"])["p"]:
        ranked = p.sort_values()
        m = len(ranked)
        adjusted = (ranked * m / np.arange(1, m + 1))[::-1].cummin().clip(upper=1)
        result.loc[adjusted.index, "q"] = adjusted
    blocked = few | result["se"].isna() | (result["se"] < 1e-4)
    figures = (result[name] for name in ("delta", "q", "ci_low", "ci_high"))
    result["status"] = [ladder(*row, rules) for row in zip(blocked, *figures, strict=True)]
    return result


def changes(programme: Programme, levels: pd.DataFrame, rows: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """One row per cell with data in both rounds."""
    a, b = (levels[levels["mapping"].eq(mapping)] for mapping in (first, last))
    pair = a.merge(b, on=CELL, suffixes=("_from", "_to"))
    pair["mapping_from"], pair["mapping_to"] = first, last
    pair["delta"] = pair["mean_to"] - pair["mean_from"]
    n_a, n_b, var_a, var_b = pair["n_from"], pair["n_to"], pair["sd_from"] ** 2, pair["sd_to"] ** 2
    df = n_a + n_b - 2
    pooled = ((n_a - 1) * var_a + (n_b - 1) * var_b) / df
    pair["hedges_g"] = ((1 - 3 / (4 * df - 1)) * pair["delta"] / np.sqrt(pooled)).where((df >= 2) & (pooled > 0))
    by_class = pair["by_class_from"] & pair["by_class_to"]
    within = rows[rows["mapping"].isin([first, last])].merge(pair[[*CELL]].assign(cell=pair.index), on=CELL)
    within = within[by_class.to_numpy()[within["cell"]]]
    sign = np.where(within["mapping"].eq(last), 1, -1)
    stays = programme.definition.ids.institutions_stable & within["level"].ne("institution")
    cluster = within["cluster"].where(stays, within["cluster"] + " " + within["mapping"])
    u = (sign * (within["score"] - within["mean"]) / within["n"]).groupby([within["cell"], cluster]).sum()
    weight = within.groupby([within["cell"], cluster, within["mapping"]])["n"].agg(lambda n: (len(n) / n.iloc[0]) ** 2)
    weight = weight.groupby(level=[0, 1]).sum()
    s = u.groupby(level=0).size().reindex(pair.index)
    spread = (u**2).groupby(level=0).sum().reindex(pair.index)
    part_a, part_b = var_a / n_a, var_b / n_b
    welch = (part_a + part_b) ** 2 / (part_a**2 / (n_a - 1) + part_b**2 / (n_b - 1))
    more = s.where(s > 1)
    pair["se"] = np.sqrt((more / (more - 1) * spread).where(by_class, part_a + part_b))
    pair["df"] = degrees(programme, more, weight).where(by_class, welch)
    pair["clusters"] = s.where(by_class, n_a + n_b)
    for side in ("from", "to"):
        pair[f"clusters_{side}"] = pair[f"clusters_{side}"].where(by_class, pair[f"n_{side}"])
    return pair


def ladder(blocked: bool, delta: float, q: float, low: float, high: float, rules: object) -> str:
    """The first that holds; `blocked` is no claim for want of clusters, of an interval or of any spread."""
    if blocked:
        return "inconclusive"
    if q < rules.alpha and delta >= rules.trivial:  # type: ignore[attr-defined]
        return "increase"
    if q < rules.alpha and delta <= -rules.trivial:  # type: ignore[attr-defined]
        return "decrease"
    inside = -rules.relevant < low and high < rules.relevant  # type: ignore[attr-defined]
    return "status_quo" if inside else "inconclusive"


def reliability(asked: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """method.md 3, one theme at a time, from the complete cases themselves."""
    found, theme = [], ["mapping", "respondent_group", "theme"]
    answered = dict(list(scored.groupby(theme)))
    for key, items in asked.groupby(theme):
        rows = answered.get(key, scored.iloc[:0])
        wide = rows.pivot_table(index="respondent_key", columns="item_id", values="x")
        complete = wide.reindex(columns=sorted(items["item_id"])).dropna()
        k, n = complete.shape[1], len(complete)
        alpha = omega = lowest = np.nan
        if n > 1 and k > 1 and complete.sum(axis=1).var() > 0:
            alpha = k / (k - 1) * (1 - complete.var().sum() / complete.sum(axis=1).var())
            with np.errstate(divide="ignore", invalid="ignore"):
                rest = [complete[item].corr(complete.drop(columns=item).sum(axis=1)) for item in complete]
            lowest = float(np.nanmin(rest)) if not np.isnan(rest).all() else np.nan
            if k > 2 and (complete.var() > 0).all():
                omega = one_factor_omega(complete.corr().to_numpy())
        found.append((*key, k, n, alpha, omega, lowest))
    return pd.DataFrame(found, columns=[*theme, "items", "n", "alpha", "omega", "min_item_total"])


def one_factor_omega(correlations: np.ndarray) -> float:
    """Omega by minimising the maximum-likelihood discrepancy over loadings and log uniquenesses directly."""
    k = len(correlations)

    def discrepancy(x: np.ndarray) -> float:
        implied = np.outer(x[:k], x[:k]) + np.diag(np.exp(x[k:]))
        return float(np.linalg.slogdet(implied)[1] + np.trace(correlations @ np.linalg.inv(implied)))

    start = np.r_[np.full(k, 0.6), np.full(k, math.log(0.64))]
    best = optimize.minimize(discrepancy, start, method="BFGS", options={"gtol": 1e-8}).x
    common = best[:k].sum() ** 2
    return float(common / (common + np.exp(best[k:]).sum()))


def dispositions(
    programme: Programme, asked: pd.DataFrame, answers: pd.DataFrame, people: pd.DataFrame, roster: pd.DataFrame
) -> pd.DataFrame:
    """method.md 9: what became of everyone on the roster; without a roster file the extract lists everyone."""
    keyed = answers.merge(people[["respondent_key", "mapping", "respondent_group"]], on="respondent_key")
    keyed = keyed.merge(asked[["mapping", "respondent_group", "variable", "scale"]])
    kinds = programme.scales[["scale", "code", "kind"]]
    given = keyed.merge(kinds, on=["scale", "code"])
    given = given[given["kind"].ne("missing")].groupby("respondent_key").size()
    k = asked.groupby(["mapping", "respondent_group"]).size().rename("k").reset_index()
    people = people.merge(k, on=["mapping", "respondent_group"])
    share = people["respondent_key"].map(given).fillna(0) / people["k"]
    status = people["status"]
    people["disposition"] = np.select(
        [share >= 0.8, share >= 0.5, share > 0, status.eq("refused"), status.eq("other")],
        ["complete", "partial", "break_off", "refusal", "other"],
        "not_answered",
    )
    found = []
    for group in programme.respondent_groups:
        mine = people[people["respondent_group"].eq(group.code)]
        if group.roster == "file":
            invited = roster[roster["respondent_group"].eq(group.code)]
            one = mine[["mapping", "respondent_id", "disposition"]]
            mine = invited.merge(one, on=["mapping", "respondent_id"], how="left")
            mine["disposition"] = mine["disposition"].fillna("not_answered")
        found.append(mine)
    return pd.concat(found, ignore_index=True)


def response_rates(programme: Programme, came: pd.DataFrame) -> pd.DataFrame:
    """method.md 9: counts of dispositions and rates over everyone on the roster."""
    units = pd.concat([part.assign(level=level, unit_id=unit) for level, unit, part in all_units(programme, came)])
    counts = units.groupby(["mapping", "respondent_group", *UNIT, "disposition"]).size().unstack(fill_value=0)
    names = ["complete", "partial", "break_off", "refusal", "not_answered", "other"]
    result = counts.reindex(columns=names, fill_value=0).assign(invited=counts.sum(axis=1)).reset_index()
    result["rr1"] = result["complete"] / result["invited"]
    result["rr2"] = (result["complete"] + result["partial"]) / result["invited"]
    return result


def nonresponse(programme: Programme, came: pd.DataFrame) -> pd.DataFrame:
    """method.md 9: of those on the roster whose gender or grade is known, how many answered."""
    found = []
    for level, unit, part in all_units(programme, came):
        for breakdown in ("gender", "grade"):
            value = part[breakdown].dropna()
            value = value.astype(int).astype(str) if breakdown == "grade" else value
            answered = part.loc[value.index, "disposition"].isin(["complete", "partial"])
            rows = answered.groupby([part["mapping"], part["respondent_group"], value.rename("breakdown_value")])
            counts = rows.agg(invited="size", answered="sum").reset_index()
            found.append(counts.assign(level=level, unit_id=unit, breakdown=breakdown))
    result = pd.concat(found, ignore_index=True)
    return result.assign(rr2=result["answered"] / result["invited"])


def linearised(
    programme: Programme, rows: pd.DataFrame, arms: list[tuple[int, pd.Series]], cluster: pd.Series
) -> tuple[float, ...]:
    """Σ sign · mean over arms (sign, mask of rows), its standard error and df over the union of clusters (method.md 5)."""
    estimate, parts, weights = 0.0, [], []
    for sign, mask in arms:
        y, place = rows.loc[mask, "score"], cluster[mask]
        estimate += sign * y.mean()
        parts.append((sign * (y - y.mean()) / len(y)).groupby(place).sum())
        weights.append((y.groupby(place).size() / len(y)) ** 2)
    by_cluster, weight = (pd.concat(part).groupby(level=0).sum() for part in (parts, weights))
    s = len(by_cluster)
    one = pd.Series([float(s)])
    df = degrees(programme, one, weight.set_axis(pd.MultiIndex.from_product([[0], weight.index])))[0]
    se = math.sqrt(s / (s - 1) * (by_cluster**2).sum()) if s > 1 else math.nan
    # A mean that stands on one cluster has no spread that could be seen.
    if min(cluster[mask].nunique() for _, mask in arms) < 2:
        se = math.nan
    return estimate, se, df, s


def units_of(programme: Programme, rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """The programme and its municipalities."""
    places = [("municipality", str(unit), part) for unit, part in rows.groupby("municipality_id")]
    return [("programme", programme.slug, rows), *places]


def all_units(programme: Programme, rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """The same and every school."""
    schools = [("institution", str(unit), part) for unit, part in rows.groupby("school")]
    return [*units_of(programme, rows), *schools]


def contrast(
    programme: Programme, level: str, rows: pd.DataFrame, arms: list[tuple[int, pd.Series]]
) -> tuple[float, ...]:
    """Σ sign · mean over arms: clusters are schools; for a school its classes where every arm has enough, else Welch."""
    if level != "institution":
        return linearised(programme, rows, arms, rows["school"])
    room = rows["mapping"] + " " + rows["institution_id"] + " " + rows["class_id"]
    least = programme.definition.thresholds.min_classes
    if all(room[mask].notna().all() and room[mask].nunique() >= least for _, mask in arms):
        return linearised(programme, rows, arms, room)
    sizes = [int(mask.sum()) for _, mask in arms]
    spreads = [rows.loc[mask, "score"].var() / n for (_, mask), n in zip(arms, sizes, strict=True)]
    estimate, variance = sum(sign * rows.loc[mask, "score"].mean() for sign, mask in arms), sum(spreads)
    divisor = sum(part**2 / (n - 1) for part, n in zip(spreads, sizes, strict=True) if n > 1)
    return estimate, math.sqrt(variance), variance**2 / divisor if divisor else math.nan, sum(sizes)


def social_gaps(programme: Programme, scores: pd.DataFrame) -> pd.DataFrame:
    """method.md 6: highest minus lowest level of parents' education, full form."""
    low, high = programme.definition.background[0].code, programme.definition.background[-1].code
    telling = scores.loc[scores["background"].notna(), "respondent_group"].unique()
    found = []
    rows = scores[scores["form"].eq("full") & scores["respondent_group"].isin(telling)]
    for key, theme in rows.groupby(["mapping", "respondent_group", "theme"]):
        for level, unit, part in all_units(programme, theme):
            top, bottom = part["background"].eq(high), part["background"].eq(low)
            figures: tuple[float, ...] = (math.nan,) * 4
            if top.any() and bottom.any():
                figures = contrast(programme, level, part, [(1, top), (-1, bottom)])
            unknown = int(part["background"].isna().sum())
            counts = len(part), unknown, bottom.sum() or None, top.sum() or None
            least = fewest(part, bottom, top, ~bottom & ~top)
            found.append((*key, level, unit, *counts, least, fewest_raters(part, bottom, top), *figures))
    names = ["mapping", "respondent_group", "theme", *UNIT, "n", "n_unknown", "n_lowest", "n_highest", *LEAST]
    return with_bounds(pd.DataFrame(found, columns=[*names, "gap", "se", "df", "clusters"]), "gap")


LEAST = ["n_least", "raters_least"]


def fewest(rows: pd.DataFrame, *parts: pd.Series) -> int:
    """Persons in the smallest of all rows and those parts of them that have anybody: the fewest who could be told."""
    return min(n for n in (len(rows), *(int(mask.sum()) for mask in parts)) if n)


def fewest_raters(rows: pd.DataFrame, *parts: pd.Series) -> float:
    """Raters in the part that has the fewest; not a number where nobody rates."""
    counts = [rows.loc[mask, "rater_id"].nunique() for mask in parts]
    return min((n for n in counts if n), default=math.nan)


def social_gap_changes(programme: Programme, scores: pd.DataFrame) -> pd.DataFrame:
    """Change of the gap on the trend form, where both rounds have both levels."""
    low, high = programme.definition.background[0].code, programme.definition.background[-1].code
    rows, found = scores[scores["form"].eq("trend")], []
    for key, theme in rows.groupby(["respondent_group", "theme"]):
        for level, unit, part in all_units(programme, theme):
            for a, b in pairs(programme):
                arms = [
                    (sign, part["mapping"].eq(mapping) & part["background"].eq(code))
                    for sign, mapping, code in ((1, b, high), (-1, b, low), (-1, a, high), (1, a, low))
                ]
                if all(mask.any() for _, mask in arms):
                    masks = [mask for _, mask in arms]
                    sides = [part["mapping"].eq(mapping) for mapping in (a, b)]
                    between = [side & ~part["background"].isin([low, high]) for side in sides]
                    least = fewest(part, *sides, *masks, *between), fewest_raters(part, *masks)
                    gaps = [
                        part.loc[x, "score"].mean() - part.loc[y, "score"].mean() for x, y in (masks[2:], masks[:2])
                    ]
                    found.append((a, b, *key, level, unit, *least, *gaps, *contrast(programme, level, part, arms)))
    names = ["mapping_from", "mapping_to", "respondent_group", "theme", *UNIT, *LEAST, "gap_from", "gap_to"]
    return with_bounds(pd.DataFrame(found, columns=[*names, "delta", "se", "df", "clusters"]), "delta")


def initiatives(programme: Programme, scores: pd.DataFrame) -> pd.DataFrame:
    """method.md 7: difference in development of schools with an initiative and schools that never had one on the theme."""
    keys, found, table = list(programme.mapping_keys), [], programme.initiatives
    lineage = dict(zip(programme.lineage["institution_id"], programme.lineage["lineage_id"], strict=True))
    rows = scores[scores["form"].eq("trend")]

    def takes_part(part: pd.DataFrame, units: pd.DataFrame) -> pd.Series:
        places = set(units.loc[units["institution_id"].eq(""), "municipality_id"])
        schools = {lineage[school] for school in units["institution_id"] if school}
        return part["municipality_id"].isin(places) | part["school"].isin(schools)

    for (group, theme), part in rows.groupby(["respondent_group", "theme"]):
        mine = table[table["theme"].eq(theme) & table["respondent_group"].isin(["", group])]
        for code, units in mine.groupby("initiative"):
            with_it, never = takes_part(part, units), ~takes_part(part, mine)
            start, end = (keys.index(units[name].iloc[0]) for name in ("mapping_from", "mapping_to"))
            for phase, a, b in (("before", start - 1, start), ("during", start, end), ("after", end, end + 1)):
                if a < 0 or b >= len(keys):
                    continue
                first, last = part["mapping"].eq(keys[a]), part["mapping"].eq(keys[b])
                arms = [(1, with_it & last), (-1, with_it & first), (-1, never & last), (1, never & first)]
                if all(mask.any() for _, mask in arms):
                    means = [part.loc[mask, "score"].mean() for _, mask in arms]
                    figures = linearised(programme, part, arms, part["school"])
                    sizes = [int(mask.sum()) for _, mask in arms]
                    deltas = means[0] - means[1], means[2] - means[3]
                    masks = [mask for _, mask in arms]
                    other = [~with_it & ~never & side for side in (first, last)]
                    least = fewest(part, *masks, *other), fewest_raters(part, *masks)
                    schools = [part.loc[mask, "school"].nunique() for mask in masks]
                    found.append(
                        (code, group, theme, phase, keys[a], keys[b], *sizes, *schools, *least, *deltas, *figures)
                    )
    names = ["initiative", "respondent_group", "theme", "phase", "mapping_from", "mapping_to"]
    names += [
        f"{what}_{arm}" for what in ("n", "schools") for arm in ("with_to", "with_from", "without_to", "without_from")
    ]
    names += [*LEAST, "delta_with", "delta_without"]
    return with_bounds(pd.DataFrame(found, columns=[*names, "difference", "se", "df", "clusters"]), "difference")


def with_bounds(rows: pd.DataFrame, figure: str) -> pd.DataFrame:
    """Add the 95 % interval."""
    half = stats.t.ppf(0.975, rows["df"]) * rows["se"]
    rows["df"] = rows["df"].where(rows["se"].notna())
    return rows.assign(ci_low=rows[figure] - half, ci_high=rows[figure] + half)


def band_of(grade: pd.Series) -> pd.Series:
    """Grade bands; empty where there is no grade."""
    band = pd.Series("", index=grade.index, dtype="object")
    for low, high, name in BANDS:
        band = band.mask(grade.between(low, high), name)
    return band


def weighted(programme: Programme, scores: pd.DataFrame, people: pd.DataFrame, roster: pd.DataFrame) -> pd.DataFrame:
    """method.md 9: each respondent weighs as many as were invited of the same municipality, gender and grade band."""
    lists = {g.code for g in programme.respondent_groups if g.roster == "extract"}
    everyone = pd.concat([roster, people[people["respondent_group"].isin(lists)]], ignore_index=True)
    stratum = ["mapping", "respondent_group", "municipality_id", "sex", "band"]
    rows = scores[scores["form"].eq("full")].assign(
        sex=lambda f: f["gender"].fillna(""), band=lambda f: band_of(f["grade"])
    )
    everyone = everyone.assign(sex=everyone["gender"].fillna(""), band=band_of(everyone["grade"]))
    invited = everyone.groupby(stratum).size().rename("invited").reset_index()
    found = []
    for key, theme in rows.groupby(["mapping", "respondent_group", "theme"]):
        counted = theme.groupby(stratum)["score"].agg(["size", "mean"]).reset_index().merge(invited, on=stratum)
        here = invited[invited["mapping"].eq(key[0]) & invited["respondent_group"].eq(key[1])]
        for level, unit, part in units_of(programme, counted):
            all_here = here if level == "programme" else here[here["municipality_id"].eq(unit)]
            mine = theme if level == "programme" else theme[theme["municipality_id"].eq(unit)]
            mean = np.average(part["mean"], weights=part["invited"])
            covered = part["invited"].sum() / all_here["invited"].sum()
            found.append((*key, level, unit, len(mine), all_here["invited"].sum(), covered, mine["score"].mean(), mean))
    names = ["mapping", "respondent_group", "theme", *UNIT, "n", "invited", "share_covered", "mean", "mean_weighted"]
    return pd.DataFrame(found, columns=names)


def pairs(programme: Programme) -> list[tuple[str, str]]:
    """Pairs of mappings, the earlier first."""
    keys = list(programme.mapping_keys)
    return [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :]]


def composition(programme: Programme, scores: pd.DataFrame) -> pd.DataFrame:
    """method.md 5: the change among schools of both rounds, and the rest of the change."""
    found, rows = [], scores[scores["form"].eq("trend")]
    for key, theme in rows.groupby(["respondent_group", "theme"]):
        for level, unit, part in units_of(programme, theme):
            for a, b in pairs(programme):
                first, last = part[part["mapping"].eq(a)], part[part["mapping"].eq(b)]
                if first.empty or last.empty:
                    continue
                before, after = set(first["school"]), set(last["school"])
                stay = before & after
                delta = last["score"].mean() - first["score"].mean()
                kept = [side.loc[side["school"].isin(stay), "score"] for side in (first, last)]
                both = kept[1].mean() - kept[0].mean()
                counts = len(stay), len(after - before), len(before - after), len(kept[0]), len(kept[1])
                left_out = len(first) - len(kept[0]), len(last) - len(kept[1])
                least = min(n for n in (len(first), len(last), len(kept[0]), len(kept[1]), *left_out) if n)
                raters = fewest_raters(part, part["mapping"].eq(a), part["mapping"].eq(b))
                found.append((a, b, *key, level, unit, *counts, least, raters, delta, both, delta - both))
    names = ["mapping_from", "mapping_to", "respondent_group", "theme", *UNIT, "schools_both", "schools_opened"]
    names += ["schools_closed", "n_both_from", "n_both_to", *LEAST, "delta", "delta_both", "composition"]
    return pd.DataFrame(found, columns=names)


def turnover(programme: Programme, scores: pd.DataFrame) -> pd.DataFrame:
    """method.md 5, where respondents are linked: the change of those who stayed, and what joiners and leavers add."""
    found, rows = [], scores[scores["form"].eq("trend")]
    for key, theme in rows.groupby(["respondent_group", "theme"]):
        for level, unit, part in all_units(programme, theme):
            for a, b in pairs(programme):
                first, last = (
                    part[part["mapping"].eq(mapping)].set_index("respondent_id")["score"] for mapping in (a, b)
                )
                if first.empty or last.empty:
                    continue
                stay = first.index.intersection(last.index)
                came, left = last.drop(stay), first.drop(stay)
                of_stayers = last[stay].mean() - first[stay].mean() if len(stay) else math.nan
                joiners = len(came) / len(last) * (came.mean() - last[stay].mean()) if len(came) else 0.0
                leavers = -len(left) / len(first) * (left.mean() - first[stay].mean()) if len(left) else 0.0
                counts = len(first), len(last), len(stay), len(left), len(came)
                least = min(n for n in counts if n)
                raters = fewest_raters(part, part["mapping"].eq(a), part["mapping"].eq(b))
                delta = last.mean() - first.mean()
                found.append((a, b, *key, level, unit, *counts, least, raters, delta, of_stayers, joiners, leavers))
    names = ["mapping_from", "mapping_to", "respondent_group", "theme", *UNIT, "n_from", "n_to", "n_stayers"]
    names += ["n_leavers", "n_joiners", *LEAST, "delta", "delta_stayers", "joiners", "leavers"]
    return pd.DataFrame(found, columns=names)


def item_contributions(
    programme: Programme, answers: pd.DataFrame, scores: pd.DataFrame, changed: pd.DataFrame
) -> pd.DataFrame:
    """method.md 5: an item's own change over all who answered it, in points of its theme and shared by the items."""
    rows = answers[answers["is_trend"]]
    k = rows.groupby(["respondent_group", "theme"])["item_id"].nunique().rename("k").reset_index()
    base = scores[scores["form"].eq("trend") & scores["mapping"].eq(scores["base_mapping"])]
    sigma = base.groupby(["respondent_group", "theme"])["y"].std().rename("sigma").reset_index()
    units = pd.concat(
        [
            rows.assign(level="programme", unit_id=programme.slug),
            rows.assign(level="municipality", unit_id=rows["municipality_id"]),
            rows.assign(level="institution", unit_id=rows["school"]),
        ]
    )
    cell = ["respondent_group", "theme", "item_id", *UNIT]
    means = units.groupby(["mapping", *cell])["x"].agg(["mean", "size"]).reset_index()
    found = []
    for a, b in pairs(programme):
        pair = means[means["mapping"].eq(a)].merge(means[means["mapping"].eq(b)], on=cell, suffixes=("_from", "_to"))
        found.append(pair.assign(mapping_from=a, mapping_to=b))
    result = pd.concat(found).merge(k).merge(sigma)
    result["contribution"] = 100 * (result["mean_to"] - result["mean_from"]) / result["sigma"] / result["k"]
    theme = ["mapping_from", "mapping_to", *UNIT, "respondent_group", "theme"]
    whole = changed.loc[
        changed["breakdown"].eq("all"),
        [*theme, "delta", "n_from", "n_to", "raters_from", "raters_to"],
    ]
    result = result.merge(whole)
    result["residual"] = result["delta"] - result.groupby(theme)["contribution"].transform("sum")
    here = result[["size_from", "size_to", "n_from", "n_to"]].min(axis=1)
    result["n_least"] = here.groupby([result[name] for name in theme]).transform("min")
    result["raters_least"] = result[["raters_from", "raters_to"]].min(axis=1)
    return result.drop(columns=["n_from", "n_to"]).rename(columns={"size_from": "n_from", "size_to": "n_to"})


def sustained(programme: Programme, changed: pd.DataFrame) -> pd.DataFrame:
    """method.md 5: the table of outcomes, where all three pairs have a figure."""
    first, second, third = programme.mapping_keys
    unit = [*UNIT, "respondent_group", "theme"]
    rows = changed[changed["breakdown"].eq("all")]
    status = {
        (a, b): rows[rows["mapping_from"].eq(a) & rows["mapping_to"].eq(b)].set_index(unit)["status"]
        for a, b in pairs(programme)
    }
    wide = pd.concat(status, axis=1, join="inner")
    wide.columns = [f"{a}-{b}" for a, b in wide.columns]
    whole = rows[rows["mapping_from"].eq(first) & rows["mapping_to"].isin([second, third])].groupby(unit)
    for what in ("n", "raters"):
        wide[f"{what}_least"] = whole[[f"{what}_from", f"{what}_to"]].min().min(axis=1)

    def outcome(early: str, late: str, whole: str) -> str:
        if early == "increase" and late == "decrease":
            return "relapse"
        if early == "increase" and whole == "increase":
            return "sustained_increase"
        if early == "decrease" and whole == "decrease" and late != "increase":
            return "sustained_decrease"
        if early in ("status_quo", "inconclusive") and whole == "increase":
            return "late_increase"
        return "stable" if early == late == whole == "status_quo" else "inconclusive"

    columns = [wide[f"{first}-{second}"], wide[f"{second}-{third}"], wide[f"{first}-{third}"]]
    wide["status"] = [outcome(*row) for row in zip(*columns, strict=True)]
    return wide.reset_index()[[*unit, *LEAST, "status"]]


def item_distributions(programme: Programme, answers: pd.DataFrame) -> pd.DataFrame:
    """Of all who answered an item, the share that gave each answer of its scale, as the question was worded."""
    turned = answers["low"] + answers["high"] - answers["value"]
    rows = answers.assign(answer=answers["value"].mask(answers["already_reversed"].astype(bool), turned))
    units = pd.concat([part.assign(level=level, unit_id=unit) for level, unit, part in all_units(programme, rows)])
    item = ["mapping", "respondent_group", "theme", "item_id", *UNIT]
    asked = units.groupby([*item, "scale"]).size().rename("n").reset_index()
    valid = programme.scales.loc[programme.scales["kind"].eq("valid"), ["scale", "value"]].drop_duplicates()
    possible = asked.merge(valid.rename(columns={"value": "answer"}).astype({"answer": float}), on="scale")
    given = units.groupby([*item, "answer"]).size().rename("given").reset_index()
    result = possible.merge(given, on=[*item, "answer"], how="left")
    return result.assign(share=result["given"].fillna(0) / result["n"], answer=result["answer"].astype(int))


def intra_class(scores: pd.DataFrame) -> pd.DataFrame:
    """method.md 3: one-way analysis of variance of the full form, by school and by municipality."""
    found = []
    for key, theme in scores[scores["form"].eq("full")].groupby(["mapping", "respondent_group", "theme"]):
        coefficients = []
        for unit in ("school", "municipality_id"):
            units = theme.groupby(unit)["y"]
            size, k, n = units.size(), units.ngroups, len(theme)
            if k < 2 or n <= k:
                coefficients.append(math.nan)
                continue
            between = (size * (units.mean() - theme["y"].mean()) ** 2).sum() / (k - 1)
            within = ((theme["y"] - units.transform("mean")) ** 2).sum() / (n - k)
            usual = (n - (size**2).sum() / n) / (k - 1)
            total = between + (usual - 1) * within
            coefficients.append((between - within) / total if total else math.nan)
        found.append((*key, *coefficients))
    return pd.DataFrame(found, columns=["mapping", "respondent_group", "theme", "icc_school", "icc_municipality"])


def item_drift(programme: Programme, asked: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """method.md 4: an item's shift since it was last asked, in SD of then, and that of its theme's items of the same pair."""
    answers = scored.groupby(["mapping", "respondent_group", "item_id"])["x"].agg(["mean", "std", "size"]).reset_index()
    rows = asked.merge(answers, on=["mapping", "respondent_group", "item_id"], how="left")
    rows["place"] = rows["mapping"].map(programme.mapping_keys.index)
    rows = rows.sort_values("place")
    before = rows.groupby(["respondent_group", "item_id"])[["mapping", "mean", "std", "low", "high"]].shift()
    same = rows["low"].eq(before["low"]) & rows["high"].eq(before["high"]) & before["std"].gt(0)
    rows["mapping_from"] = before["mapping"]
    rows["shift"] = ((rows["mean"] - before["mean"]) / before["std"]).where(same)
    pair = rows.groupby(["mapping", "respondent_group", "theme", "mapping_from"])
    rows["theme_shift"] = pair["shift"].transform("mean").where(rows["shift"].notna())
    rows["drift"] = rows["shift"] - rows["theme_shift"]
    rows["is_flagged"] = rows["drift"].abs().gt(0.3).astype(float).where(rows["drift"].notna())
    rows["n_from"] = rows.groupby(["respondent_group", "item_id"])["size"].shift()
    return rows.rename(columns={"size": "n"})
