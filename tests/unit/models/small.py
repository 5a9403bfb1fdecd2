"""A small survey with everything that method.md 1 to 9 speak of, and the second implementation's figures for it.

Belongs here: the survey, and the comparison of marts built in memory with `tests/oracle`. Does not belong here: pytest, so that the
search for survivors (`tests/mutants.py`) can use it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from pipelines.programme import Programme
from tests.oracle import by_pandas, test_oracle
from tests.unit.models.results import EXTRACTS, TARGETS, TESTS, results
from tests.unit.models.survey import ITEMS, SCHOOLS, answer_all, numbered, people, write_programme

SURVEY_ITEMS = ITEMS | {
    ("pupils", "ro"): [("r1", 1), ("r2", -1), ("r3", 1), ("r4", 1), ("r5", 1)],
    ("teachers", "ro"): [("r1", 1), ("r2", 1)],
    ("parents", "trivsel"): [("q1", 1), ("q2", 1), ("q3", 1)],
    # An item of this name is in the trend form here, and not in that of the pupils.
    ("parents", "ro"): [("r1", 1), ("r2", 1), ("r3", 1), ("r4", 1)],
}
ASKED = {("pupils", "r4"): ("2015", "2017"), ("pupils", "r5"): ("2017", "2019"), ("teachers", "r2"): ("2017", "2019")}
INITIATIVES = (
    "one,One,One,trivsel,101,101004,2015,2017\none,One,One,trivsel,101,101002,2015,2017\n"
    "two,Two,Two,trivsel,101,101001,2017,2019\none,One,One,ro,101,101002,2015,2017\n"
)


@dataclass(frozen=True)
class Survey:
    """Programme, raw tables and what they come to."""

    programme: Programme
    respondents: pd.DataFrame
    answers: pd.DataFrame
    results: pd.DataFrame
    oracle: by_pandas.Oracle


def small_survey(folder: Path, more: str = "") -> Survey:
    """Schools of very different size, some with eight classes, one with classes of five; blanks, don't knows, no-shows.

    One school opens and one closes.

    Args:
        folder: receives the programme and the raw tables.
        more: further lines of programme.yaml.
    """
    (folder / "lille").mkdir(parents=True)
    for name, text in (("tests", TESTS), ("targets", TARGETS)):
        (folder / "lille" / f"{name}.csv").write_text(text, encoding="utf-8")
    programme = write_programme(folder / "lille", SURVEY_ITEMS, ASKED, EXTRACTS + more, INITIATIVES)
    random = np.random.default_rng(11)
    frames = []
    for group in ("pupils", "teachers", "parents"):
        for size, schools in (
            (4, ["101001", "102003"]),
            (9, ["101002", "102002"]),
            (10, ["101003"]),
            (24, ["101004", "101005"]),
            (40, ["102"]),
        ):
            frames.append(people(group, per_school=size, schools=schools))
    everyone = pd.concat(frames, ignore_index=True)
    # A number of a respondent means nothing outside the group.
    everyone["respondent_id"] = everyone["respondent_id"].str.partition("-")[2]
    # A class may bear the number of a level of background.
    everyone["class_id"] = everyone["class_id"].str.rstrip("A")
    # The largest schools have eight and nine classes, about as many for each background in the one that bears the number of its
    # municipality; in that municipality the lowest background is of this school alone.
    number = everyone["respondent_id"].str.rpartition("-")[2].astype(int)
    for school, classes in (("101004", 8), ("102", 9)):
        here = everyone["institution_id"].eq(school)
        everyone["class_id"] = everyone["class_id"].mask(here, (number % classes).astype(str))
    elsewhere = everyone["institution_id"].isin(["102002", "102003"]) & everyone["respondent_group"].eq("pupils")
    everyone["background"] = everyone["background"].mask(elsewhere & everyone["background"].eq("1"), "2")
    opened = everyone["institution_id"].eq("102002") & everyone["mapping"].eq("2015")
    closed = everyone["institution_id"].eq("101003") & everyone["mapping"].eq("2019")
    # Of the school with classes of five everybody comes and answers everything.
    keen = everyone["institution_id"].eq("101003")
    came = (random.random(len(everyone)) > 0.1) | keen
    everyone = numbered(everyone[came & ~opened & ~closed])
    number = everyone["respondent_id"].str.rpartition("-")[2].astype(int)
    # Of the parents' group one answers for several, as contact teachers do; of some it is not known who.
    rater = everyone["institution_id"] + "-" + (number // 3).astype(str)
    everyone["rater_id"] = rater.where(everyone["respondent_group"].eq("parents") & number.mod(7).ne(0), None)
    everyone.loc[everyone["respondent_group"].eq("teachers"), ["grade", "gender", "class_id", "background"]] = None
    keen = everyone["institution_id"].eq("101003")
    everyone["status"] = np.where((random.random(len(everyone)) < 0.1) & ~keen, "refused", "completed")
    answers = answer_all(programme, everyone, seed=5)
    # Schools and background make a difference, so that no rule is without effect.
    rows = answers.merge(
        everyone[["respondent_key", "institution_id", "background", "mapping"]], on=["respondent_key", "mapping"]
    )
    lift = (
        rows["institution_id"].str[-1].astype(int).mod(2)
        + rows["background"].eq("3")
        - rows["mapping"].eq("2017") * 0.6
    )
    trait = pd.Series(random.normal(0, 1.1, len(everyone)), index=everyone["respondent_key"])
    latent = 2.7 + lift + rows["respondent_key"].map(trait) + random.normal(0, 0.8, len(rows))
    code = latent.round().clip(1, 5).astype(int)
    signs = programme.items.set_index(["respondent_group", "item_id"])["direction"].astype(int)
    sign = [signs[group, name[2:]] for group, name in zip(rows["respondent_group"], rows["variable"], strict=True)]
    answers["code"] = code.where(np.array(sign) == 1, 6 - code).astype(str).to_numpy()
    drawn = np.where(rows["institution_id"].eq("101003"), 0.5, random.random(len(answers)))
    answers.loc[drawn < 0.08, "code"] = "8"
    answers = answers[(drawn < 0.6) | (random.random(len(answers)) < 0.6)]
    silent = everyone.loc[everyone["status"].eq("refused"), "respondent_key"]
    answers = answers[~answers["respondent_key"].isin(silent.iloc[::2])]
    raw = folder / "raw"
    roster, tested = everyone.head(0), results()
    for name, frame in (("respondents", everyone), ("answers", answers), ("roster", roster), ("results", tested)):
        (raw / name).mkdir(parents=True, exist_ok=True)
        frame.assign(**{c: None for c in ("rater_id",) if c not in frame and name == "respondents"}).to_parquet(
            raw / name / "part.parquet"
        )
    return Survey(programme, everyone, answers, tested, by_pandas.compute(programme, raw))


def linked_survey(folder: Path) -> tuple[Programme, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Programme, respondents and answers of persons who are linked over rounds, and their turnover by the second implementation.

    Pupils change schools too: who stays in the town has left the school.
    """
    programme = write_programme(folder / "lille", SURVEY_ITEMS, more="ids: {respondents_linked: true}\n")
    random = np.random.default_rng(8)
    everyone = pd.concat([people("pupils", per_school=30), people("teachers", per_school=12)], ignore_index=True)
    moved = random.random(len(everyone)) < 0.2
    schools = np.array(SCHOOLS["101"])
    in_town = everyone["municipality_id"].eq("101") & moved
    everyone.loc[in_town, "institution_id"] = random.choice(schools, in_town.sum())
    # One answers for several of a school, and of some it is not known who.
    number = everyone["respondent_id"].str.rpartition("-")[2].astype(int)
    rater = everyone["institution_id"] + "-" + (number // 2).astype(str)
    everyone["rater_id"] = rater.where(everyone["respondent_group"].eq("teachers") & number.mod(5).ne(0), None)
    everyone = numbered(everyone[random.random(len(everyone)) < 0.8])
    answers = answer_all(programme, everyone, seed=4)
    answers.loc[random.random(len(answers)) < 0.3, "code"] = "8"
    asked = by_pandas.asked_items(programme)
    persons = by_pandas.with_school(programme, everyone)
    given = answers.drop(columns=["mapping", "respondent_group"])
    scored = by_pandas.score_answers(asked, programme, given, persons)
    means = by_pandas.theme_means(programme, asked, scored).merge(persons, on="respondent_key")
    turnover = by_pandas.turnover(programme, by_pandas.with_500(programme, means))
    return programme, everyone, answers, turnover


def compare_turnover(con: duckdb.DuckDBPyConnection, oracle: pd.DataFrame) -> None:
    """`turnover` against the second implementation."""
    figures = ["n_from", "n_to", "n_stayers", "n_leavers", "n_joiners", "n_least", "raters_least"]
    figures += ["delta", "delta_stayers", "joiners", "leavers"]
    test_oracle.compare(InMemory(con), oracle, "turnover", test_oracle.PAIR, figures)


@dataclass(frozen=True)
class InMemory:
    """A database that looks like a warehouse to `tests/oracle`."""

    con: duckdb.DuckDBPyConnection

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The one connection."""
        yield self.con


def disagreements(con: duckdb.DuckDBPyConnection, oracle: by_pandas.Oracle) -> list[str]:
    """Marts whose figures are not the second implementation's."""
    found = []
    for name, test in vars(test_oracle).items():
        if name.startswith("test_"):
            try:
                test((InMemory(con), oracle))
            except AssertionError as error:
                found.append(f"{name}: {str(error)[:300]}")
    return found
