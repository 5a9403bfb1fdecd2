"""Academic results as a programme declares them: tests with their series, and targets, national and municipal.

Belongs here: the rules between the columns of tests.csv and targets.csv, and the national result targets (method.md 8). Does
not belong here: the columns themselves (`tables`), and whether a target is met (dbt).
"""

from __future__ import annotations

import pandas as pd

from pipelines.programme.definition import Definition
from pipelines.programme.tables import Problems, check_reference, is_number

OF_THEMES = ("theme", "social_gap")
"""Indicators that stand on a theme and not on a test."""

KIND_OF = {
    "share_good": "national_test",
    "share_best": "national_test",
    "share_poor": "national_test",
    "mean_score": "exam",
    "added_value": "exam",
}
"""Kind of test that has the indicator."""

SUBJECTS = ("dansk_laesning", "matematik")
"""Subjects of tests.csv that the national targets look at."""

NATIONAL = (
    (
        "1.1",
        "Mindst 80 % af eleverne er gode til at læse og regne i de nationale test",
        "At least 80 % of the pupils are good at reading and mathematics in the national tests",
        "share_good",
        "at_least",
        0.8,
    ),
    (
        "1.2",
        "Andelen af de allerdygtigste elever i dansk og matematik stiger år for år",
        "The share of the very best pupils in Danish and mathematics rises year by year",
        "share_best",
        "rises",
        None,
    ),
    (
        "2.1",
        "Andelen af elever med dårlige resultater falder år for år, uanset social baggrund",
        "The share of pupils with poor results falls year by year, whatever their social background",
        "share_poor",
        "falls",
        None,
    ),
    ("3.1", "Elevernes trivsel øges", "The pupils' well-being rises", "theme", "rises", None),
)
"""The four national result targets: code, Danish, English, indicator, direction, goal."""


def check_tests(tests: pd.DataFrame, definition: Definition, problems: Problems) -> None:
    """A test is one thing throughout; a new series has a reason, and a scale changes only with a new series."""
    file = "tests.csv"
    if tests.empty and any(extract.content == "results" for extract in definition.extracts):
        problems.add(file, None, None, "is missing or empty; extracts with `content: results` are results of its tests")
    first: dict[str, pd.Series] = {}
    for number, row in tests.sort_values(["test", "from_year"], kind="stable").iterrows():
        where = int(str(number))
        before = first.get(row["test"])
        for column in ("kind", "subject", "label_da", "label_en"):
            if before is not None and row[column] != before[column]:
                problems.add(file, where, column, f"differs within test {row['test']!r}; give it one {column}")
        for column in ("reason_da", "reason_en"):
            if (before is None) == (row[column] != ""):
                message = (
                    "must be empty: the test's first series breaks with nothing"
                    if before is None
                    else f"is empty; say why results before {row['from_year']} are not comparable"
                )
                problems.add(file, where, column, message)
        first.setdefault(row["test"], row)
        _check_scale(row, where, problems)


def _check_scale(row: pd.Series, where: int, problems: Problems) -> None:
    """Both ends of a scale or none; a measurement has a scale and a reliability."""
    file, ends = "tests.csv", ("score_min", "score_max")
    for column in (*ends, "reliability"):
        if row["kind"] == "measurement" and row[column] == "":
            problems.add(file, where, column, "is empty; a measurement needs it")
    if (row["score_min"] == "") != (row["score_max"] == ""):
        problems.add(file, where, "score_max", "give both ends of the scale, or none")
    if all(is_number(row[end]) for end in ends) and float(row["score_min"]) >= float(row["score_max"]):
        problems.add(file, where, "score_max", "is not above score_min")
    if is_number(row["reliability"]) and not 0 < float(row["reliability"]) < 1:
        problems.add(file, where, "reliability", f"{row['reliability']!r} is not between 0 and 1")


def check_targets(raw: dict[str, pd.DataFrame], definition: Definition, problems: Problems) -> None:
    """A target is about something that is measured, and has a goal exactly where its direction needs one."""
    targets, tests, themes = raw["targets"], raw["tests"], raw["themes"]
    file = "targets.csv"
    known = raw["municipalities"]["municipality_id"]
    groups = [group.code for group in definition.respondent_groups]
    check_reference(targets, file, "municipality_id", known, "municipalities.csv", problems)
    check_reference(targets, file, "test", tests["test"], "tests.csv", problems)
    check_reference(targets, file, "subject", tests["subject"], "tests.csv", problems)
    check_reference(targets, file, "theme", themes["theme"], "themes.csv", problems)
    check_reference(targets, file, "respondent_group", groups, "respondent_groups of programme.yaml", problems)
    kinds = dict(zip(tests["test"], tests["kind"], strict=True))
    asked = set(themes[["respondent_group", "theme"]].itertuples(index=False, name=None))
    everyones = set(targets.loc[targets["municipality_id"].eq(""), "target"])
    national = {code for code, *_ in NATIONAL} if definition.national_targets is not None else set()
    for number, row in targets.iterrows():
        where = int(str(number))
        if row["target"] in national:
            problems.add(file, where, "target", f"{row['target']!r} is a national target; give it another code")
        if row["municipality_id"] and row["target"] in everyones:
            problems.add(
                file, where, "target", f"{row['target']!r} is set for the whole programme too; give it another code"
            )
        _check_target(row, where, kinds, asked, problems)
    for number, practice in enumerate(definition.beside_progression):
        if (practice.respondent_group, practice.theme) not in asked:
            named_so = f"beside_progression[{number}]: {practice.respondent_group} / {practice.theme}"
            problems.add("programme.yaml", None, None, f"{named_so} is not in themes.csv")
    named = definition.national_targets
    if named is not None and named.wellbeing is not None:
        family = themes["family"].where(themes["family"].ne(""), themes["theme"])
        if named.wellbeing not in set(family):
            problems.add(
                "programme.yaml",
                None,
                None,
                f"national_targets.wellbeing: {named.wellbeing!r} is no family of themes.csv",
            )


def _check_target(
    row: pd.Series, where: int, kinds: dict[str, str], asked: set[tuple[str, ...]], problems: Problems
) -> None:
    """One target: its goal, and that what it looks at is measured; `kinds` of tests, `asked` groups and themes."""
    file, indicator = "targets.csv", row["indicator"]
    needs_goal = row["direction"] in ("at_least", "at_most")
    if needs_goal != (row["goal"] != ""):
        message = "is empty" if needs_goal else "must be empty"
        problems.add(file, where, "goal", f"{message} for direction {row['direction']}")
    of_theme = indicator in OF_THEMES
    for column in ("test", "subject", "grade") if of_theme else ("theme", "respondent_group"):
        if row[column] != "":
            problems.add(file, where, column, f"must be empty for indicator {indicator}")
    if of_theme and row["theme"] == "":
        problems.add(file, where, "theme", f"is empty; indicator {indicator} needs it")
    elif of_theme and row["respondent_group"] and (row["respondent_group"], row["theme"]) not in asked:
        problems.add(file, where, "respondent_group", f"is not asked theme {row['theme']!r}")
    kind = KIND_OF.get(indicator)
    if kind is not None and kinds.get(row["test"], kind) != kind:
        problems.add(file, where, "test", f"{row['test']!r} is no {kind} and has no {indicator}")
    if kind is not None and kind not in kinds.values():
        problems.add(file, where, "indicator", f"{indicator} stands on tests of kind {kind}, and tests.csv has none")


def with_series(tests: pd.DataFrame) -> pd.DataFrame:
    """The tests in order with `series` (1, 2, … within the test) and `to_year`, the first school year after it; empty: none."""
    ordered = tests.sort_values(["test", "from_year"], ignore_index=True)
    by_test = ordered.groupby("test")
    return ordered.assign(
        series=(by_test.cumcount() + 1).astype("Int64"), to_year=by_test["from_year"].shift(-1).fillna("").astype("str")
    )


def all_targets(targets: pd.DataFrame, definition: Definition, themes: pd.DataFrame) -> pd.DataFrame:
    """The programme's own targets after the national ones, with `is_national`.

    The first three are about tests of `SUBJECTS`, 3.1 about each theme of the family that `wellbeing` names and that the pupils
    of schools are asked themselves; without one it cannot be followed and is left out.
    """
    own, national = targets.assign(is_national=False), definition.national_targets
    if national is None:
        return own
    pupils = [g.code for g in definition.respondent_groups if g.kind == "pupil" and g.institutions != "daycare"]
    asked = themes[themes["family"].eq(national.wellbeing or "") & themes["respondent_group"].isin(pupils)]
    wellbeing = sorted((str(row["respondent_group"]), str(row["theme"]), "") for _, row in asked.iterrows())
    rows = []
    for code, danish, english, indicator, direction, goal in NATIONAL:
        about = wellbeing if indicator == "theme" else [("", "", subject) for subject in SUBJECTS]
        rows += [
            {
                "target": code,
                "label_da": danish,
                "label_en": english,
                "indicator": indicator,
                "respondent_group": group,
                "theme": theme,
                "subject": subject,
                "direction": direction,
                "goal": goal,
                "is_national": True,
            }
            for group, theme, subject in about
        ]
    texts = dict.fromkeys(("municipality_id", "test", "school_year"), "")
    frame = pd.DataFrame(rows).assign(**texts, grade=pd.array([pd.NA] * len(rows), dtype="Int64"))
    frame["goal"] = frame["goal"].astype("Float64")
    return pd.concat([frame[own.columns], own], ignore_index=True)
