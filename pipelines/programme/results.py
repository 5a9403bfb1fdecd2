"""Academic results as a programme declares them: tests with their series, and targets, national and municipal.

Belongs here: the rules between the columns of tests.csv and targets.csv, and the national result targets (method.md 8). Does
not belong here: the columns themselves (`tables`), and whether a target is met (dbt).
"""

from __future__ import annotations

from collections.abc import Sequence

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

GRADES = frozenset(map(str, range(11)))
"""Of the Danish public school."""

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
    if not set(_grades(row)) <= GRADES:
        problems.add(file, where, "grades", f"{row['grades']!r} holds what is no grade (0 to 10)")
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
        if row["serves"] and row["serves"] not in national:
            message = (
                f"{row['serves']!r} is no national target; they are {', '.join(sorted(national))}"
                if national
                else "programme.yaml does not follow the national targets; add national_targets there, or leave it empty"
            )
            problems.add(file, where, "serves", message)
        _check_target(row, where, asked, groups, problems)
        if row["indicator"] == "social_gap" and not _tells_background(row, asked, definition):
            who = row["respondent_group"] or f"whoever is asked theme {row['theme']}"
            message = f"no extract of {who} tells the parents' education (`columns.background` of programme.yaml)"
            problems.add(
                file, where, "indicator", f"{message}: there is no social gap; add the column, or remove the target"
            )
        if row["indicator"] in OF_THEMES:
            held = [mapping.school_year for mapping in definition.mappings]
            if row["school_year"] and row["school_year"] not in held:
                message = f"no mapping was held in {row['school_year']}; they were held in {', '.join(held)}"
                problems.add(file, where, "school_year", message)
        elif row["indicator"] in KIND_OF:
            _check_fit(row, where, tests, definition, problems)
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
    row: pd.Series, where: int, asked: set[tuple[str, ...]], groups: Sequence[str], problems: Problems
) -> None:
    """One target: its goal, and that it looks at a test or at a theme; `asked` are groups and themes."""
    file, indicator = "targets.csv", row["indicator"]
    if indicator not in (*OF_THEMES, *KIND_OF):
        return  # told already; what else it should have follows from it
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
        return
    is_known = row["respondent_group"] in groups and row["theme"] in {theme for _, theme in asked}
    if of_theme and is_known and (row["respondent_group"], row["theme"]) not in asked:
        problems.add(file, where, "respondent_group", f"is not asked theme {row['theme']!r}")


def _tells_background(row: pd.Series, asked: set[tuple[str, ...]], definition: Definition) -> bool:
    """Whether any group that a target on a social gap looks at delivers the background."""
    groups = {group for group, theme in asked if theme == row["theme"] and row["respondent_group"] in ("", group)}
    return not groups or any(
        extract.content == "answers" and extract.respondent_group in groups and extract.columns.background is not None
        for extract in definition.extracts
    )


def _check_fit(row: pd.Series, where: int, tests: pd.DataFrame, definition: Definition, problems: Problems) -> None:
    """There is a test that fits all that a target says: without one it would have no figures, and nobody would know why."""
    file, indicator, kind = "targets.csv", row["indicator"], KIND_OF[row["indicator"]]
    left = tests[tests["kind"].eq(kind)]
    if left.empty:
        problems.add(file, where, "indicator", f"{indicator} stands on tests of kind {kind}, and tests.csv has none")
        return
    graded: set[str] = set()
    for extract in definition.extracts:
        if extract.content == "results" and extract.columns.grade is not None:
            recode = extract.values.get("test")
            graded |= set(tests["test"] if recode is None else recode.values())
    subjects = ", ".join(sorted(set(left["subject"]))) if not row["test"] else ""
    steps = (
        ("test", left["test"].eq(row["test"]), f"{row['test']!r} is no {kind} and has no {indicator}"),
        (
            "subject",
            left["subject"].eq(row["subject"]),
            f"{row['subject']!r} is not the subject of {row['test']!r}; correct one of the two, or leave the subject empty"
            if row["test"]
            else f"no {kind} has the subject {row['subject']!r}; {indicator} has {subjects}",
        ),
        (
            "grade",
            left.apply(lambda one: not one["grades"] or row["grade"] in _grades(one), axis=1),
            f"nobody in grade {row['grade']} takes such a test (column grades of tests.csv); correct the grade or tests.csv",
        ),
        (
            "grade",
            left["test"].isin(graded),
            "no extract of such a test has a column for the grade (`columns.grade` of programme.yaml); leave it empty",
        ),
        (
            "school_year",
            left["from_year"].le(row["school_year"]),
            f"lies before the first series of such a test ({left['from_year'].min()}, tests.csv)",
        ),
    )
    if row["grade"] and row["grade"] not in GRADES:
        problems.add(file, where, "grade", f"{row['grade']!r} is no grade (0 to 10)")
        return
    for column, fits, message in steps:
        if row[column] == "" or (column in ("test", "subject") and row[column] not in set(tests[column])):
            continue  # nothing asked, or told already
        left = left[fits.loc[left.index]]
        if left.empty:
            problems.add(file, where, column, message)
            return


def _grades(test: pd.Series) -> list[str]:
    """Grades that take a test; none where it is not said."""
    return str(test["grades"]).split()


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
    texts = dict.fromkeys(("municipality_id", "test", "school_year", "serves"), "")
    frame = pd.DataFrame(rows).assign(**texts, grade=pd.array([pd.NA] * len(rows), dtype="Int64"))
    frame["goal"] = frame["goal"].astype("Float64")
    return pd.concat([frame[own.columns], own], ignore_index=True)
