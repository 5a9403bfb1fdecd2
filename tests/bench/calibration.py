"""How often the statements are right: false alarms, coverage, missed changes and power, on data whose truth is known.

Belongs here: the method from cluster sums to status, over many seeds. Does not belong here: the way from files to cluster sums,
which `tests/oracle` holds against a second implementation; a seed through the whole pipeline costs half a minute, so here the
sums of each school are drawn straight from the simulation's model (a school's lasting part, its part of the round, and its
respondents; normal, with the variances of `simulation.yaml`), and the variances are computed by the formula of method.md 5 in
the way that `tests/oracle/by_pandas.py` does. From there on it is the project's own code.

usage: python -m tests.bench.calibration [SEEDS]   (200; writes tests/bench/calibration.md)
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.inference.progression import change_statements
from pipelines.programme import load_programme
from pipelines.programme.definition import Thresholds

RESULT = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Group:
    """A respondent group: themes, respondents a school and round, share of variance between schools."""

    themes: int
    per_school: float
    icc_school: float
    sizes_vary: float


GROUPS = {
    "pupils": Group(16, 40, 0.04, 0.4),
    "teachers": Group(15, 10, 0.06, 0.25),
    "parents": Group(7, 15, 0.03, 0.4),
}
"""Reduced scale: a tenth of the pupils of the demonstration programme. `sizes_vary`: SD of the logarithm of a school's number of
respondents within a municipality; in the demonstration programme the coefficient of variation is .25 for teachers, .27 to .48 for
pupils and .43 for parents."""
STABILITY = 0.5
"""Correlation of a school's effect from one round to the next."""
COMMON = 0.3
"""Share of respondents' and schools' variance that all themes of a group have in common."""
FEW = 10
"""Schools below which a municipality is reported apart."""


def schools_by_municipality() -> dict[str, int]:
    """Municipalities of the demonstration programme with their number of schools."""
    lineage = load_programme("pfl").lineage.drop_duplicates("lineage_id")
    return {str(name): int(n) for name, n in lineage.groupby("municipality_id").size().items()}


def simulated_changes(
    units: dict[str, int], true_change: float, seeds: range, with_programme: bool = True
) -> pd.DataFrame:
    """Estimates as `int_change_estimates` gives them: one row per seed, unit, group and theme.

    Args:
        units: schools per municipality.
        true_change: points, the same for every unit and theme.
        seeds: one programme each.
        with_programme: add the programme as a unit of all schools.
    """
    place = np.repeat(np.arange(len(units)), list(units.values()))
    members = [np.flatnonzero(place == i) for i in range(len(units))]
    names = list(units)
    if with_programme:
        members, names = [*members, np.arange(len(place))], [*names, "programme"]
    found = []
    for seed in seeds:
        random = np.random.default_rng([seed, len(place), round(true_change)])
        large = random.standard_normal(len(place))
        for code, group in GROUPS.items():
            size = np.exp(group.sizes_vary * large - group.sizes_vary**2 / 2)
            n = [np.maximum(random.poisson(size * group.per_school), 2) for _ in range(2)]
            lasting = normal(random, len(place), group.themes, group.icc_school * STABILITY)
            means = [
                lasting
                + normal(random, len(place), group.themes, group.icc_school * (1 - STABILITY))
                + normal(random, len(place), group.themes, (1 - group.icc_school) / n[side][:, None])
                + side * true_change
                for side in (0, 1)
            ]
            for name, rows in zip(names, members, strict=True):
                found.append((seed, name, code, rows.size, *estimate([m[rows] for m in means], [x[rows] for x in n])))
    columns = ["seed", "unit_id", "respondent_group", "schools", "delta", "variance", "effective", "n_from", "n_to"]
    frame = pd.DataFrame(found, columns=columns).explode(["delta", "variance"], ignore_index=True)
    frame["theme"] = frame.groupby(["seed", "unit_id", "respondent_group"]).cumcount().astype(str)
    return frame.astype({"delta": float, "variance": float})


def normal(random: np.random.Generator, schools: int, themes: int, variance: object) -> np.ndarray:
    """Schools × themes on the 500 scale, with a part that all themes have in common."""
    common, own = random.standard_normal((schools, 1)), random.standard_normal((schools, themes))
    return 100 * np.sqrt(variance) * (np.sqrt(COMMON) * common + np.sqrt(1 - COMMON) * own)  # type: ignore[no-any-return, call-overload]


def estimate(means: list[np.ndarray], n: list[np.ndarray]) -> tuple[object, ...]:
    """Change and variance of each theme by method.md 5, effective clusters, and n, from the schools' means and sizes."""
    total = [m.T @ x / x.sum() for m, x in zip(means, n, strict=True)]
    u = sum(sign * (m - t) * (x / x.sum())[:, None] for sign, m, t, x in zip((-1, 1), means, total, n, strict=True))
    s = len(n[0])
    weight = sum((x / x.sum()) ** 2 for x in n)
    effective = weight.sum() ** 2 / (weight**2).sum()
    return list(total[1] - total[0]), list(s / (s - 1) * (u**2).sum(axis=0)), effective, n[0].sum(), n[1].sum()


def stated(changes: pd.DataFrame, rules: Thresholds) -> pd.DataFrame:
    """What the project says of the changes."""
    rows = changes.assign(
        mapping_from="2015",
        mapping_to="2017",
        level=np.where(changes["unit_id"].eq("programme"), "programme", "municipality"),
        breakdown="all",
        breakdown_value=changes["seed"],
        n_answered_from=changes["n_from"],
        n_answered_to=changes["n_to"],
        clusters_from=changes["schools"],
        clusters_to=changes["schools"],
        df=changes["schools"] - 1.0,
        effective_clusters=changes["effective"].astype(float),
        is_clustered=True,
        is_comparable=True,
        is_asked_from=True,
        is_asked_to=True,
        mean_from=500.0,
        mean_to=500.0 + changes["delta"],
        sd_from=100.0,
        sd_to=100.0,
    )
    return change_statements(rows, rules)


def families_with_false_claims(statements: pd.DataFrame) -> float:
    """Share of families (unit × seed) with any increase or decrease, where nothing changed."""
    claims = statements["status"].isin(["increase", "decrease"])
    return float(claims.groupby([statements["unit_id"], statements["seed"]]).any().mean())


def coverage(statements: pd.DataFrame, truth: float) -> float:
    """Share of intervals that hold the truth."""
    return float(((statements["ci_low"] <= truth) & (statements["ci_high"] >= truth)).mean())


def report(seeds: int) -> str:
    """All figures as a Markdown page."""
    units, rules, satterthwaite = (
        schools_by_municipality(),
        Thresholds(),
        Thresholds(degrees_of_freedom="satterthwaite"),
    )
    still = simulated_changes(units, 0, range(seeds))
    lines = [
        "# Calibration of the statements on development",
        "",
        f"Written by `python -m tests.bench.calibration {seeds}`: {seeds} simulated programmes of {len(units)} municipalities",
        f"with {min(units.values())} to {max(units.values())} schools, {sum(g.themes for g in GROUPS.values())} themes a family, a tenth of the pupils.",
        "",
        "| what | asked for | clusters − 1 | Satterthwaite |",
        "|---|---|---|---|",
    ]
    one, two = stated(still, rules), stated(still, satterthwaite)
    large = one["schools"] >= FEW
    whole = one["level"].eq("programme")
    rows = [
        ("families without change that claim one", "≤ 6 %", families_with_false_claims),
        ("the same, programme", "≤ 6 %", lambda f: families_with_false_claims(f[whole])),
        ("coverage, programme", "93–97 %", lambda f: coverage(f[whole], 0)),
        (f"coverage, municipalities with at least {FEW} schools", "93–97 %", lambda f: coverage(f[large & ~whole], 0)),
    ]
    if (~large).any():
        rows.append((f"coverage, municipalities with fewer than {FEW}", "reported", lambda f: coverage(f[~large], 0)))
    lines += [f"| {name} | {wanted} | {share(f(one))} | {share(f(two))} |" for name, wanted, f in rows]
    for change in (20, 30):
        moved = simulated_changes(units, change, range(seeds))
        figures = [share(stated(moved, r)["status"].eq("status_quo").mean()) for r in (rules, satterthwaite)]
        lines.append(f"| status quo although the change is {change} | ≤ 5 % | {figures[0]} | {figures[1]} |")
    lines += ["", "By number of schools (clusters − 1), each with all themes of the family changing alike:", ""]
    lines += [
        "| schools | false claims | coverage | coverage, Satterthwaite | power at 20 | power at 30 | power at 50 | status quo at 0 |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for schools in (5, 6, 8, 10, 15, 20, 30, 60):
        unit = {"one": schools}
        nothing = simulated_changes(unit, 0, range(seeds * 5), with_programme=False)
        none = stated(nothing, rules)
        power = []
        for change in (20, 30, 50):
            moved = stated(simulated_changes(unit, change, range(seeds), with_programme=False), rules)
            power.append(share(moved["status"].eq("increase").mean()))
        cells = [share(families_with_false_claims(none)), share(coverage(none, 0))]
        cells += [
            share(coverage(stated(nothing, satterthwaite), 0)),
            *power,
            share(none["status"].eq("status_quo").mean()),
        ]
        lines.append(f"| {schools} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def share(value: object) -> str:
    """A share in per cent."""
    return f"{100 * float(value):.1f} %"  # type: ignore[arg-type]


if __name__ == "__main__":
    text = report(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    RESULT.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
