"""The marts of method.md 8 a second time, in plain pandas and scipy.

Belongs here: what method.md says of tests, gains within a school year and targets, written from method.md and not from the models.
Does not belong here: which of several deliveries of one result holds (unit tests of `stg_results_placed`): all that come in count.

Where method.md leaves something open the reading is said here: a pupil belongs to a unit that had the pupil at every measurement,
and is of the school of the last one where schools are the clusters; the spread of a gain is that of the first measurement in
the pupil's grade.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from pipelines.programme import Programme

PLACE = ["school_year", "level", "unit_id", "respondent_group", "test"]
ACADEMIC = [*PLACE, "grade", "background"]
SCORES = [
    "series",
    "n",
    "n_least",
    "schools",
    "share_good",
    "share_best",
    "share_poor",
    "mean_percentile",
    "mean_score",
]
SCORES += ["expected", "added_value", "is_significant"]
PARTS = [*PLACE, "breakdown", "breakdown_value"]
GAINS = ["n", "clusters", "mean_first", "mean_last", "gain", "sd", "se", "df", "ci_low", "ci_high", "standardised"]
GAINS += ["standardised_low", "standardised_high", "sem", "share_reliable_gain", "share_reliable_fall", "reason"]
TARGETS = ["target", *PLACE[:-1], "measure", "grade", "background", "mapping"]
JUDGED = ["n", "n_before", "value", "value_before", "status"]
ALL_CLASSES_AT_LEAST = 5


def placed(programme: Programme, raw: pd.DataFrame) -> pd.DataFrame:
    """Results with what their test is, their series, the pupils behind them and what became of their school."""
    lineage = dict(zip(programme.lineage["institution_id"], programme.lineage["lineage_id"], strict=True))
    rows = raw.drop(columns=["mapping"]).merge(
        programme.tests[["test", "kind", "subject"]].drop_duplicates(), on="test"
    )
    begins = programme.tests.groupby("test")["from_year"].agg(sorted)
    known = programme.tests.set_index(["test", "from_year"])["reliability"]
    at = zip(rows["test"], rows["school_year"], strict=True)
    rows["series"] = [sum(year >= begin for begin in begins[test]) for test, year in at]
    first = [begins[test][n - 1] for test, n in zip(rows["test"], rows["series"], strict=True)]
    rows["reliability"] = [known[key] for key in zip(rows["test"], first, strict=True)]
    rows["w"] = rows["pupils"].where(rows["is_figure"].astype(bool), 1).astype(float)
    return rows.assign(
        school=rows["institution_id"].map(lambda i: lineage.get(i, i)),
        reliability=pd.to_numeric(rows["reliability"], errors="coerce"),
    )


def in_units(programme: Programme, rows: pd.DataFrame) -> pd.DataFrame:
    """Every row once per unit that it belongs to."""
    return pd.concat(
        [
            rows.assign(level="programme", unit_id=programme.slug),
            rows.assign(level="municipality", unit_id=rows["municipality_id"]),
            rows.assign(level="institution", unit_id=rows["school"]),
        ],
        ignore_index=True,
    ).dropna(subset=["unit_id"])


def academic_results(programme: Programme, raw: pd.DataFrame) -> pd.DataFrame:
    """Shares by step, means, and the mean beside what was expected: a school's figure counts for its pupils."""
    if raw.empty:
        return pd.DataFrame(columns=[*ACADEMIC, *SCORES])
    rows = placed(programme, raw)
    rows = rows[rows["kind"].isin(["national_test", "exam"])]
    rows["grade"] = [str(int(grade)) if pd.notna(grade) else "all" for grade in rows["grade"]]
    rows = in_units(programme, rows)
    rows = pd.concat([rows.assign(background="all"), rows.dropna(subset=["background"])])
    w, step = rows["w"], rows["step"]
    have = {name: w.where(rows[name].notna()) for name in ("step", "percentile", "score")}
    have["expected"] = have["score"].where(rows["expected"].notna())
    means = {
        "share_good": (step >= 4, "step"), "share_best": (step == 6, "step"), "share_poor": (step <= 2, "step"),
        "mean_percentile": (rows["percentile"], "percentile"), "mean_score": (rows["score"], "score"),
        "expected": (rows["expected"], "expected"), "actual": (rows["score"], "expected"),
    }  # fmt: skip
    parts = {f"n_{name}": n for name, n in have.items()} | {name: of * have[n] for name, (of, n) in means.items()}
    groups = pd.concat([rows, pd.DataFrame(parts).add_prefix("sum ")], axis=1).groupby(ACADEMIC)
    result = groups.agg(n=("w", "sum"), series=("series", "max"), schools=("school", "nunique"), told=("w", "size"))
    sums = groups[[f"sum {name}" for name in parts]].sum(min_count=1).astype("float64")
    result["n_least"] = sums[[f"sum n_{name}" for name in have]].assign(n=result["n"]).min(axis=1)
    for name, (_, n) in means.items():
        result[name] = sums[f"sum {name}"] / sums[f"sum n_{n}"]
    result["added_value"] = result["actual"] - result["expected"]
    result["is_significant"] = groups["is_significant"].first().astype("float64").where(result["told"].eq(1))
    return result.reset_index()


def pupils(programme: Programme, raw: pd.DataFrame) -> pd.DataFrame:
    """One row per pupil, test and year with two or more measurements: the gain, in points, in SDs and against its error."""
    rows = placed(programme, raw)
    rows = rows[rows["kind"].eq("measurement") & rows["score"].notna()].sort_values("measurement")
    found = []
    one = ["respondent_group", "test", "school_year", "respondent_id"]
    for key, mine in rows.groupby(one):
        if len(mine) < 2:
            continue
        last = mine.iloc[-1]
        stayed, same_class = mine["school"].nunique() == 1, mine["class_id"].nunique(dropna=False) == 1
        found.append(
            (
                *key, last["grade"], mine["score"].iloc[0], last["score"], last["reliability"], last["school"],
                last["municipality_id"] if mine["municipality_id"].nunique() == 1 else None,
                last["school"] if stayed else None, last["class_id"] if stayed and same_class else None,
            )
        )  # fmt: skip
    names = [*one, "grade", "first", "last", "reliability", "last_school", "municipality_id", "school", "class"]
    result = pd.DataFrame(found, columns=names)
    sd = result.groupby(["respondent_group", "test", "school_year", "grade"], dropna=False)["first"].transform("std")
    result["gain"] = result["last"] - result["first"]
    result["sem"] = sd * np.sqrt(1 - result["reliability"])
    # Against no spread at all nothing can be measured.
    result["sds"] = result["gain"] / sd.where(sd > 0)
    result["rci"] = result["gain"] / (math.sqrt(2) * result["sem"].where(sd > 0))
    return result


def gains(programme: Programme, raw: pd.DataFrame) -> pd.DataFrame:
    """Mean gain with its interval by unit, grade and class."""
    if raw.empty:
        return pd.DataFrame(columns=[*PARTS, *GAINS])
    rules, rows = programme.definition.thresholds, in_units(programme, pupils(programme, raw))
    rows["grade"] = [str(int(grade)) if pd.notna(grade) else None for grade in rows["grade"]]
    named = rows["grade"] + "/" + rows["class"]
    parts = [rows.assign(breakdown="all", breakdown_value="all")]
    parts.append(rows.assign(breakdown="grade", breakdown_value=rows["grade"]).dropna(subset=["grade"]))
    # Classes of a grade are told together or not at all.
    here = rows["level"].eq("institution") & rows["grade"].notna()
    size = rows.groupby([*PLACE, named])["gain"].transform("size")
    told = size.groupby([rows[name] for name in [*PLACE, "grade"]]).transform(
        lambda n: bool(n.notna().all() and n.min() >= ALL_CLASSES_AT_LEAST)
    )
    parts.append(rows.assign(breakdown="class", breakdown_value=named)[here & told.eq(True)])
    found = []
    for key, part in pd.concat(parts).groupby(PARTS):
        level, kind = key[1], key[5]
        by_class = kind != "class" and part["class"].notna().all() and part["class"].nunique() >= rules.min_classes
        if level != "institution":
            cluster = part["last_school"]
        else:
            cluster = part["class"] if by_class else pd.Series(range(len(part)), index=part.index)
        clusters, rci = cluster.nunique(), part["rci"].dropna()
        se, se_of_sds = (spread(part[name], cluster) for name in ("gain", "sds"))
        t = stats.t.ppf(0.975, clusters - 1) if clusters > 1 else math.nan
        mean, sds = part["gain"].mean(), part["sds"].mean()
        reason = "no_interval" if math.isnan(se) else None
        if reason is None and level != "institution" and clusters < rules.min_clusters:
            reason = "few_clusters"
        sem = part["sem"].dropna().round(9).unique()
        found.append(
            (
                *key, len(part), clusters, part["first"].mean(), part["last"].mean(), mean, part["gain"].std(), se,
                clusters - 1 if se > 0 else math.nan, mean - t * se, mean + t * se, sds, sds - t * se_of_sds,
                sds + t * se_of_sds, sem[0] if len(sem) == 1 else math.nan, (rci > 1.96).mean(), (rci < -1.96).mean(), reason,
            )
        )  # fmt: skip
    return pd.DataFrame(found, columns=[*PARTS, *GAINS])


def spread(y: pd.Series, cluster: pd.Series) -> float:
    """Standard error of a mean by clusters (method.md 2); not a number without spread."""
    y = y.dropna()
    u = ((y - y.mean()) / len(y)).groupby(cluster[y.index]).sum()
    s = cluster.nunique()
    se = math.sqrt(s / (s - 1) * (u**2).sum()) if s > 1 and len(y) else math.nan
    return se if se > 1e-9 else math.nan


def result_targets(
    programme: Programme,
    academic: pd.DataFrame,
    levels: pd.DataFrame,
    changed: pd.DataFrame,
    gaps: tuple[pd.DataFrame, ...],
) -> pd.DataFrame:
    """Targets that are met or not met, with the figure and the one before; those that cannot be compared are left out."""
    town = dict(zip(programme.institutions["institution_id"], programme.institutions["municipality_id"], strict=True))
    found = []
    for target in programme.targets.itertuples(index=False):
        rows = figures(programme, target, academic, levels, changed, gaps)
        if target.municipality_id:
            rows = rows[rows["unit_id"].map(lambda u: town.get(u, u)).eq(target.municipality_id)]
            rows = rows[rows["level"].eq("institution") | rows["unit_id"].eq(target.municipality_id)]
        if target.school_year:
            rows = rows[rows["school_year"].eq(target.school_year)]
        for row in rows.itertuples(index=False):
            beside = row.value_before if target.direction in ("rises", "falls") else float(target.goal)
            if pd.isna(row.value) or pd.isna(beside):
                continue
            away = round(row.value - beside, 9)
            met = {"at_least": away >= 0, "at_most": away <= 0, "rises": away > 0, "falls": away < 0}[target.direction]
            place = (row.school_year, row.level, row.unit_id, row.respondent_group, row.measure, row.grade)
            figure = (row.background, row.mapping, row.n, row.n_before, row.value, row.value_before)
            found.append((target.target, *place, *figure, "met" if met else "not_met"))
    return pd.DataFrame(found, columns=[*TARGETS, *JUDGED])


def figures(
    programme: Programme, target: Any, academic: pd.DataFrame, levels: pd.DataFrame, changed: pd.DataFrame,
    gaps: tuple[pd.DataFrame, ...],
) -> pd.DataFrame:  # fmt: skip
    """A target's figures: columns of a unit, value, and of a change n_before and value_before."""
    is_change, indicator = target.direction in ("rises", "falls"), target.indicator
    if not target.theme:
        return of_tests(programme, target, academic.assign(value=academic[indicator]), is_change)
    years = {mapping.key: mapping.school_year for mapping in programme.definition.mappings}
    theme = indicator == "theme"
    if is_change:
        neighbours = list(zip(programme.mapping_keys, programme.mapping_keys[1:], strict=False))
        rows = changed[changed["breakdown"].eq("all")] if theme else gaps[1]
        rows = rows[[pair in neighbours for pair in zip(rows["mapping_from"], rows["mapping_to"], strict=True)]]
        names = ("n_to", "n_from", "mean_to", "mean_from") if theme else ("n_least", "n_least", "gap_to", "gap_from")
        n, before, value, earlier = (rows[name] for name in names)
        rows = rows.assign(mapping=rows["mapping_to"], n=n, n_before=before, value=value, value_before=earlier)
    else:
        rows = levels[levels["form"].eq("full") & levels["breakdown"].eq("all")] if theme else gaps[0]
        n, value = (rows["n"], rows["mean"]) if theme else (rows["n_least"], rows["gap"])
        rows = rows.assign(n=n, value=value, n_before=math.nan, value_before=math.nan)
    rows = rows[rows["theme"].eq(target.theme)]
    if target.respondent_group:
        rows = rows[rows["respondent_group"].eq(target.respondent_group)]
    return rows.assign(measure=rows["theme"], grade="all", background="all", school_year=rows["mapping"].map(years))


def of_tests(programme: Programme, target: Any, rows: pd.DataFrame, is_change: bool) -> pd.DataFrame:
    """The same of a target about tests: the year before counts within a series."""
    subject = dict(zip(programme.tests["test"], programme.tests["subject"], strict=True))
    before = rows.assign(year=rows["school_year"])
    rows = rows.assign(year=[f"{int(y[:4]) - 1}/{y[2:4]}" for y in rows["school_year"]])
    key = ["year", *PLACE[1:], "grade", "background", "series"]
    rows = rows.merge(before[[*key, "value", "n_least"]], on=key, how="left", suffixes=("", "_before"))
    rows = rows.assign(n=rows["n_least"], n_before=rows["n_least_before"], measure=rows["test"], mapping="")
    if not is_change:
        rows = rows.assign(n_before=math.nan, value_before=math.nan)
    for name, held in (("test", rows["test"]), ("subject", rows["test"].map(subject)), ("grade", rows["grade"])):
        wanted = getattr(target, name)
        if not (pd.isna(wanted) or wanted == ""):
            rows = rows[held[rows.index].eq(str(wanted))]
    return rows if target.indicator == "share_poor" else rows[rows["background"].eq("all")]
