"""Results of tests for the small survey: everything that method.md 8 speaks of, in two respondent groups.

Belongs here: data. Does not belong here: assertions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.unit.models.survey import SCHOOLS

TESTS = """\
test,from_year,kind,subject,label_da,label_en,score_min,score_max,reliability,reason_da,reason_en
nt,2014/15,national_test,dansk_laesning,Læsning,Reading,,,,,
nt,2017/18,national_test,dansk_laesning,Læsning,Reading,,,,Ny test,New test
regne,2014/15,national_test,matematik,Regning,Maths,,,,,
fp9,2014/15,exam,matematik,Prøve,Exam,-3,12,,,
maaling,2014/15,measurement,matematik,Måling,Measurement,0,100,0.84,,
ordlaes,2014/15,measurement,dansk_laesning,Ord,Words,0,100,0.5,,
"""
TARGETS = """\
target,label_da,label_en,municipality_id,indicator,test,subject,respondent_group,theme,direction,goal,school_year
K1,Halvdelen er gode,Half are good,101,share_good,nt,,,,at_least,0.5,2016/17
K2,Løfteevne,Added value,,added_value,,,,,at_least,0,
K3,Karakterer,Marks,,mean_score,fp9,,,,at_most,7,
K4,Få svage,Few weak,102,share_poor,,matematik,,,falls,,
T1,Trivsel,Well-being,,theme,,,pupils,trivsel,rises,,
T2,Trivsel,Well-being,101,theme,,,,trivsel,at_least,500,2015/16
G1,Baggrund,Background,,social_gap,,,,trivsel,falls,,
G2,Baggrund,Background,,social_gap,,,,ro,at_most,40,2017/18
"""
EXTRACTS = """\
  - {respondent_group: pupils, content: results, path: r.csv, optional: true, columns: {respondent_id: id, municipality_id: k,
     institution_id: i, test: t, school_year: y, score: s, grade: g}}
  - {respondent_group: pupils, path: told.csv, optional: true, columns: {respondent_id: id, municipality_id: k, institution_id: i,
     background: udd}}
national_targets: {wellbeing: trivsel}
"""
TOWN = {school: town for town, schools in SCHOOLS.items() for school in schools}


def results() -> pd.DataFrame:
    """National tests over four years and a break, exams of schools, measurements within a year by pupils who move and who stay."""
    random = np.random.default_rng(8)
    rows: list[dict[str, Any]] = []
    for group in ("pupils", "parents"):
        for number, school in enumerate(TOWN):
            # The second group has one school of the second municipality only, and no class of the first.
            if group == "pupils" or number < 6:
                rows += national(random, group, school, number) + exams(group, school, number)
                rows += measurements(random, group, school, number)
    frame = pd.DataFrame(rows).assign(mapping="2019", is_simulated=True)
    return frame.assign(respondent_key=range(1, len(frame) + 1), file_id="f", file_row=range(2, len(frame) + 2))


def place(group: str, school: str) -> dict[str, Any]:
    """What every result of a school has."""
    return {
        "respondent_group": group, "municipality_id": TOWN[school], "institution_id": school, "measurement": 1,
        "is_figure": False,
    }  # fmt: skip


def national(random: np.random.Generator, group: str, school: str, number: int) -> list[dict[str, Any]]:
    """Pupils with steps and percentiles: some have one of the two, some no background, some no grade."""
    found = []
    for test, years in (("nt", ("2014/15", "2015/16", "2016/17", "2017/18")), ("regne", ("2015/16", "2016/17"))):
        for year in years:
            for pupil in range(4 + number):
                step = int(random.integers(1, 7))
                found.append(
                    place(group, school)
                    | {
                        "respondent_id": f"{group}{test}{school}{pupil}", "test": test, "school_year": year,
                        "grade": (4, 6, None)[pupil % 3 if pupil < 3 else 0], "step": None if pupil % 5 == 4 else step,
                        "percentile": None if pupil % 4 == 3 else float(random.integers(1, 101)),
                        "background": (None, "1", "2", "3")[(pupil + number) % 4],
                    }
                )  # fmt: skip
    return found


def exams(group: str, school: str, number: int) -> list[dict[str, Any]]:
    """Figures of schools: some without the mark that was expected, one without the mark itself, one school with two."""
    exam = {"test": "fp9", "school_year": "2015/16", "grade": 9, "is_figure": True}
    found = []
    for part in range(2 if number == 2 else 1):
        mark = None if number == 4 else 6.5 + number / 5 + part
        expected = None if number in (1, 5) else 6.9 + (number == 3) * 0.2
        figures = {"score": mark, "expected": expected, "is_significant": (True, False, None)[number % 3]}
        figures["percentile"] = 50.0 if mark is None else None
        who = {"respondent_id": f"{group}{school}{part}", "pupils": 20.0 + number, "background": "1" if part else None}
        found.append(place(group, school) | exam | figures | who)
    # On its goal to the digit.
    if number == 0:
        found.append(place(group, school) | exam | {"school_year": "2016/17", "respondent_id": f"{group}g", "score": 7.0, "expected": 7.0, "pupils": 1.0})  # fmt: skip
    return found


CLASSES = {"101002": 2, "101003": 2, "101004": 8, "101005": 9, "102": 9, "102003": 8}
"""Classes of a grade; elsewhere there is one. 101003 has too few in one, 102003 not all in a class."""


def measurements(random: np.random.Generator, group: str, school: str, number: int) -> list[dict[str, Any]]:
    """Two tests of two years; in the one nobody differs at first, in one year everybody gains the same."""
    found = []
    for test, year in (("maaling", "2017/18"), ("maaling", "2018/19"), ("ordlaes", "2018/19")):
        for grade in (4, 5, None) if (test, year) == ("maaling", "2018/19") else (4,):
            classes = CLASSES.get(school, 1) if grade == 4 else 1
            size = {"101001": 4, "101003": 9, "101004": 16}.get(school, 5 * classes)
            size += {"2018/19": 0, "2017/18": 1}[year] - (group == "parents" and school == "101002")
            for pupil in range(size):
                first = 40.0 if test == "ordlaes" and group == "parents" else float(random.normal(40 + number, 9))
                name = None if school == "102003" and pupil == 0 else f"{grade}.{'ABCDEFGHI'[pupil % classes]}"
                for measurement in (1, 2, 3) if pupil % 3 else (1, 3):
                    more = {1: 0.0, 2: random.normal(3, 4), 3: 6.0 + random.normal(number / 4, 9)}[measurement]
                    row = place(group, school) | {
                        "respondent_id": f"{group}{school}{grade}{pupil}", "test": test, "school_year": year, "grade": grade,
                        "class_id": name, "measurement": measurement, "score": first + more,
                    }  # fmt: skip
                    if measurement == 3 and pupil == 7:
                        row["class_id"] = f"{grade}.Z"
                    if measurement == 3 and pupil == 3 and school in ("101001", "102"):
                        row |= {"institution_id": "101005", "municipality_id": "101"}
                    found.append(row)
            # Measured once: no gain.
            found.append(row | {"respondent_id": f"{group} once {school}{grade}", "measurement": 2})
    return found
