"""How often the statements are right: false alarms, coverage, missed changes and power, on data whose truth is known.

Belongs here: surveys drawn from a model, through the project's own SQL (compiled by dbt, run in memory) and inference, many times. Does
not belong here: extracts, disclosure, reports; a seed through all of them costs half a minute.

Each survey has six municipalities of 8 to 25 schools, three respondent groups and three mappings. From the first to the second nothing
changes, from the second to the third every theme rises by the same number of points. A respondent's trait is that of the school (a lasting
part and one of the round) and the person's own; answers are on five steps, as in the demonstration programme.

usage: python -m tests.bench.calibration [SEEDS]   (200; writes tests/bench/calibration.md)
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import optimize
from scipy.special import ndtr

from pipelines.inference.progression import change_statements
from pipelines.programme import Programme, load_programme
from pipelines.programme.definition import Thresholds
from tests.compiled import measured

RESULT = Path(__file__).with_suffix(".md")
MAPPINGS = ("2015", "2017", "2019")
SCHOOLS = {"101": 8, "102": 10, "103": 12, "104": 15, "105": 20, "106": 25}
"""Schools of each municipality, from the smallest of the demonstration programme to its largest."""


@dataclass(frozen=True)
class Group:
    """A respondent group: themes, respondents a school and round, share of variance between schools, how schools differ in size."""

    themes: int
    per_school: float
    icc_school: float
    sizes_vary: float


GROUPS = {
    "pupils": Group(8, 24, 0.04, 0.4),
    "teachers": Group(6, 9, 0.06, 0.25),
    "parents": Group(4, 12, 0.03, 0.4),
}
"""Reduced scale. `sizes_vary`: SD of the logarithm of a school's number of respondents; in the demonstration programme the coefficient
of variation within a municipality is .25 for teachers, .27 to .48 for pupils and .43 for parents."""
ITEMS = 3
LOADING = 0.72
THRESHOLDS = np.array([-1.6, -0.95, -0.2, 0.75])
STABILITY = 0.5
"""Correlation of a school's effect from one round to the next."""
COMMON = 0.3
"""Share of respondents' and schools' variance that all themes of a group have in common."""
FEW = 10
"""Schools below which a municipality is reported apart."""

HEAD = """
slug: calibration
label: {da: Kalibrering, en: Calibration}
mappings:
  - {key: "2015", label: {da: "2015", en: "2015"}, base: true}
  - {key: "2017", label: {da: "2017", en: "2017"}}
  - {key: "2019", label: {da: "2019", en: "2019"}}
respondent_groups:
"""


def programme(folder: Path) -> Programme:
    """The programme of the surveys."""
    folder.mkdir(parents=True, exist_ok=True)
    themes = [(group, f"theme{t}") for group, plan in GROUPS.items() for t in range(plan.themes)]
    items = [(group, f"{theme}_{i}", theme) for group, theme in themes for i in range(ITEMS)]
    head = (
        HEAD + "".join(f"  - {{code: {g}, label: {{da: {g}, en: {g}}}, kind: staff}}\n" for g in GROUPS) + "extracts:\n"
    )
    columns = "{respondent_id: id, municipality_id: k, institution_id: i}"
    files = {
        "programme.yaml": head
        + "".join(f"  - {{respondent_group: {g}, path: {g}.csv, columns: {columns}}}\n" for g in GROUPS),
        "municipalities.csv": "municipality_id,label\n" + "".join(f"{m},{m}\n" for m in SCHOOLS),
        "themes.csv": "respondent_group,theme,label_da,label_en,position\n"
        + "".join(f"{g},{t},{t},{t},1\n" for g, t in themes),
        "items.csv": "respondent_group,item_id,theme,direction,text_da,text_en,position\n"
        + "".join(f"{g},{i},{t},1,{i},{i},1\n" for g, i, t in items),
        "scales.csv": "scale,code,value,kind,label_da,label_en\n"
        + "".join(f"s,{n},{n},valid,{n},{n}\n" for n in range(1, 6)),
        "codebook.csv": "mapping,respondent_group,variable,item_id,scale,comparability\n"
        + "".join(
            f"{m},{g},{i},{i},s,{'identical' if n else 'new'}\n" for n, m in enumerate(MAPPINGS) for g, i, _ in items
        ),
    }
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return load_programme(folder)


def theme_sd() -> float:
    """SD of a respondent's theme mean under the model, from many draws with one seed."""
    random = np.random.default_rng(0)
    trait = random.standard_normal((400_000, 1))
    return float(answers_of(trait, random).mean(axis=1).std())


def answers_of(trait: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Answers 1 to 5 to the items of a theme, one column an item."""
    latent = LOADING * trait + np.sqrt(1 - LOADING**2) * random.standard_normal((len(trait), ITEMS))
    return 1 + np.searchsorted(THRESHOLDS, latent.ravel()).reshape(latent.shape)


def trait_change(points: float, sd: float) -> float:
    """Change of the trait that raises a theme's level by so many points on the 500 scale."""

    def gap(change: float) -> float:
        return float((ndtr(LOADING * change - THRESHOLDS) - ndtr(-THRESHOLDS)).sum() * 100 / sd - points)

    return float(optimize.brentq(gap, -3, 3))


def parts(random: np.random.Generator, rows: int, themes: int, variance: float) -> np.ndarray:
    """Rows × themes with a part that all themes have in common."""
    common, own = random.standard_normal((rows, 1)), random.standard_normal((rows, themes))
    return np.asarray(np.sqrt(variance) * (np.sqrt(COMMON) * common + np.sqrt(1 - COMMON) * own))


def survey(seed: int, change: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Respondents and answers of one survey; `change` of the trait from the second mapping to the third."""
    random = np.random.default_rng([seed, 2015])
    municipality = np.repeat(list(SCHOOLS), list(SCHOOLS.values()))
    school = np.array([f"{m}{n:03d}" for m, size in SCHOOLS.items() for n in range(size)])
    large, first = random.standard_normal(len(school)), 1
    people, answers = [], []
    for code, group in GROUPS.items():
        size = np.exp(group.sizes_vary * large - group.sizes_vary**2 / 2)
        lasting = parts(random, len(school), group.themes, group.icc_school * STABILITY)
        for number, mapping in enumerate(MAPPINGS):
            place = np.repeat(np.arange(len(school)), np.maximum(random.poisson(size * group.per_school), 2))
            of_round = parts(random, len(school), group.themes, group.icc_school * (1 - STABILITY))
            trait = (lasting + of_round)[place] + parts(random, len(place), group.themes, 1 - group.icc_school)
            trait += change * (number == 2)
            keys = np.arange(first, first + len(place))
            first += len(place)
            columns = {"mapping": mapping, "respondent_group": code, "respondent_key": keys}
            people.append(
                pd.DataFrame(columns | {"municipality_id": municipality[place], "institution_id": school[place]})
            )
            for t in range(group.themes):
                for i, given in enumerate(answers_of(trait[:, [t]], random).T):
                    answers.append(pd.DataFrame(columns | {"variable": f"theme{t}_{i}", "code": given}))
    everyone = pd.concat(people, ignore_index=True)
    everyone["respondent_id"] = everyone["respondent_key"].astype(str)
    everyone["file_id"] = "file"
    given = pd.concat(answers, ignore_index=True)
    given["code"] = pd.Categorical(given["code"]).rename_categories(str)
    return everyone, given


def estimates(plan: Programme, seeds: Iterable[int], points: float) -> pd.DataFrame:
    """Rows of `int_change_estimates` for the programme and its municipalities, with their seed and true change."""
    change, found = trait_change(points, theme_sd()), []
    for seed in seeds:
        with measured(plan, *survey(seed, change), until=("int_change_estimates",)) as con:
            rows = con.execute(
                "select * from int_change_estimates where breakdown = 'all' and level <> 'institution'"
            ).df()
        # The breakdown's value tells the families of different seeds apart.
        found.append(rows.assign(breakdown_value=seed, truth=np.where(rows["mapping_to"].eq("2019"), points, 0.0)))
    result = pd.concat(found, ignore_index=True)
    schools = SCHOOLS | {plan.slug: sum(SCHOOLS.values())}
    return result.assign(schools=result["unit_id"].map(schools))


def stated(changes: pd.DataFrame, rules: Thresholds) -> pd.DataFrame:
    """What the project says of the changes."""
    return change_statements(changes, rules)


def still(statements: pd.DataFrame) -> pd.DataFrame:
    """The pair of mappings between which nothing changed."""
    return statements[statements["mapping_to"].eq("2017")]


def moved(statements: pd.DataFrame) -> pd.DataFrame:
    """The pair of mappings between which everything rose."""
    return statements[statements["mapping_from"].eq("2017")]


def families_with_false_claims(statements: pd.DataFrame) -> float:
    """Share of families (unit × seed) with any increase or decrease, where nothing changed."""
    claims = statements["status"].isin(["increase", "decrease"])
    return float(claims.groupby([statements["unit_id"], statements["breakdown_value"]]).any().mean())


def coverage(statements: pd.DataFrame) -> float:
    """Share of intervals that hold the truth."""
    return float(
        ((statements["ci_low"] <= statements["truth"]) & (statements["ci_high"] >= statements["truth"])).mean()
    )


def claimed(statements: pd.DataFrame, status: str) -> float:
    """Share of changes with a status."""
    return float(statements["status"].eq(status).mean())


RULES = {"clusters − 1": Thresholds(), "Satterthwaite": Thresholds(degrees_of_freedom="satterthwaite")}


def report(seeds: int) -> str:
    """All figures as a Markdown page."""
    with tempfile.TemporaryDirectory() as scratch:
        plan = programme(Path(scratch) / "calibration")
        found = {20: estimates(plan, range(seeds), 20), 50: estimates(plan, range(seeds // 4), 50)}
    said = {name: {points: stated(rows, rules) for points, rows in found.items()} for name, rules in RULES.items()}
    themes = sum(group.themes for group in GROUPS.values())
    lines = [
        "# Calibration of the statements on development",
        "",
        f"Written by `python -m tests.bench.calibration {seeds}`: {seeds} simulated surveys of {len(SCHOOLS)} municipalities",
        f"with {min(SCHOOLS.values())} to {max(SCHOOLS.values())} schools, {themes} themes a family, through the project's own SQL.",
        "",
        f"| what | asked for | {' | '.join(RULES)} |",
        "|---|---|---|---|",
    ]
    rows = [
        ("families without change that claim one", "≤ 6 %", lambda f: families_with_false_claims(still(f))),
        ("the same, programme", "≤ 6 %", lambda f: families_with_false_claims(still(whole(f)))),
        ("coverage, programme, no change", "93–97 %", lambda f: coverage(still(whole(f)))),
        ("coverage, programme, a change of 20", "93–97 %", lambda f: coverage(moved(whole(f)))),
        (
            f"coverage, municipalities with at least {FEW} schools, no change",
            "93–97 %",
            lambda f: coverage(still(large(f))),
        ),
        (
            f"coverage, municipalities with at least {FEW} schools, a change of 20",
            "93–97 %",
            lambda f: coverage(moved(large(f))),
        ),
        (f"coverage, municipality with fewer than {FEW}", "reported", lambda f: coverage(still(f[f["schools"] < FEW]))),
        ("status quo although the change is 20", "≤ 5 %", lambda f: claimed(moved(f), "status_quo")),
    ]
    lines += [
        f"| {name} | {wanted} | {' | '.join(share(figure(said[rule][20])) for rule in RULES)} |"
        for name, wanted, figure in rows
    ]
    lines += [
        "",
        "By number of schools, each cell clusters − 1 / Satterthwaite; all themes of the family change alike:",
        "",
    ]
    head = ["schools", "false claims", "coverage", "power at 20", "power at 50", "status quo at 0"]
    lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for schools in [*SCHOOLS.values(), sum(SCHOOLS.values())]:

        def cell(figure: object, points: int = 20, schools: int = schools) -> str:
            parts = [said[rule][points] for rule in RULES]
            return " / ".join(share(figure(part[part["schools"].eq(schools)])) for part in parts)  # type: ignore[operator]

        cells = [
            cell(lambda f: families_with_false_claims(still(f))),
            cell(lambda f: coverage(still(f))),
            cell(lambda f: claimed(moved(f), "increase")),
            cell(lambda f: claimed(moved(f), "increase"), 50),
            cell(lambda f: claimed(still(f), "status_quo")),
        ]
        lines.append(f"| {schools} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def whole(statements: pd.DataFrame) -> pd.DataFrame:
    """Rows of the programme."""
    return statements[statements["level"].eq("programme")]


def large(statements: pd.DataFrame) -> pd.DataFrame:
    """Rows of municipalities with enough schools."""
    return statements[statements["level"].eq("municipality") & (statements["schools"] >= FEW)]


def share(value: float) -> str:
    """A share in per cent."""
    return f"{100 * value:.1f} %"


if __name__ == "__main__":
    text = report(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    RESULT.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
