"""Invariants of method.md 11 on the project's own SQL: Hypothesis looks for a survey that breaks one.

Each example costs some seconds, so there are few of them here; `HYPOTHESIS_EXAMPLES` asks for more.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.programme import Programme
from tests.compiled import measured
from tests.unit.models.survey import ITEMS, SCHOOLS, answer_all, numbered, people, write_programme

EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "3"))
LEVEL = ["mapping", "level", "unit_id", "respondent_group", "theme", "form", "breakdown", "breakdown_value"]
CHANGE = ["mapping_from", "mapping_to", "level", "unit_id", "respondent_group", "theme", "breakdown", "breakdown_value"]
TURNED = {key: [(item, -sign if item == "q1" else sign) for item, sign in items] for key, items in ITEMS.items()}
"""The same programme with one item of each theme worded the other way round."""


@pytest.fixture(scope="module")
def programmes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Programme, Programme]:
    folder = tmp_path_factory.mktemp("invariants")
    return write_programme(folder / "one"), write_programme(folder / "turned", TURNED)


@st.composite
def surveys(draw: st.DrawFn) -> tuple[pd.DataFrame, int, float, str]:
    """Respondents of both groups in schools of uneven size, a seed of their answers (1 to 4 of 5), and a share left blank."""
    uneven = draw(st.lists(st.integers(1, 9), min_size=8, max_size=8))
    schools = [school for listed in SCHOOLS.values() for school in listed]
    frames = [
        people(group, per_school=size, schools=[school])
        for group in ("pupils", "teachers")
        for school, size in zip(schools, uneven, strict=True)
    ]
    return (
        numbered(*frames),
        draw(st.integers(0, 999)),
        draw(st.sampled_from([0.0, 0.3])),
        draw(st.sampled_from(schools)),
    )


def answered(programme: Programme, respondents: pd.DataFrame, seed: int, blank: float) -> pd.DataFrame:
    answers = answer_all(programme, respondents, seed=seed, high=4)
    return answers[np.random.default_rng(seed + 1).random(len(answers)) >= blank]


def figures(programme: Programme, respondents: pd.DataFrame, answers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Levels, changes and item moments, by key."""
    wanted = ("int_level_estimates", "int_change_estimates", "int_item_moments")
    with measured(programme, respondents, answers, until=wanted) as con:

        def table(name: str, key: list[str]) -> pd.DataFrame:
            # A count with gaps is another type to pandas than one without.
            frame = con.execute(f"select * from {name}").df().set_index(key).sort_index()
            numbers = frame.select_dtypes("number").columns
            return frame.astype(dict.fromkeys(numbers, "float64"))

        return {
            "levels": table("int_level_estimates", LEVEL),
            "changes": table("int_change_estimates", CHANGE),
            "moments": con.execute("select * from int_item_moments")
            .df()
            .sort_values(["mapping", "respondent_group", "theme", "slot", "other_slot"], ignore_index=True),
        }


def same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame], exactly: bool) -> None:
    for name in ("levels", "changes"):
        pd.testing.assert_frame_equal(one[name], other[name], check_exact=exactly, rtol=1e-9, atol=1e-9)


@given(survey=surveys())
@settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_invariants(programmes: tuple[Programme, Programme], survey: tuple[pd.DataFrame, int, float, str]) -> None:
    programme, turned = programmes
    respondents, seed, blank, school = survey
    answers = answered(programme, respondents, seed, blank)
    plain = figures(programme, respondents, answers)

    # The base has mean 500 and SD 100, per theme, group and form.
    base = plain["levels"].xs(("2015", "programme", "all"), level=("mapping", "level", "breakdown"))
    assert np.allclose(base["mean"], 500, atol=1e-7)
    assert np.allclose(base["sd"], 100, atol=1e-7)

    # Row order and file order change nothing, to the last bit.
    mixed = respondents.sample(frac=1, random_state=seed), answers.sample(frac=1, random_state=seed)
    same(plain, figures(programme, *mixed), exactly=True)

    # Reversing twice is identity: the question turned and every answer to it turned.
    is_turned = answers["variable"].eq("v_q1")
    backwards = answers.assign(code=answers["code"].where(~is_turned, (6 - answers["code"].astype(int)).astype(str)))
    same(plain, figures(turned, respondents, backwards), exactly=False)

    # A constant added to all answers of a round moves its level and not its spread; items worded the other way go down.
    signs = programme.items.set_index(["respondent_group", "item_id"])["direction"].astype(int)
    step = [
        signs[group, variable[2:]]
        for group, variable in zip(answers["respondent_group"], answers["variable"], strict=True)
    ]
    shift = np.where(answers["mapping"].eq("2017") & (np.array(step) == 1), 1, 0)
    shift = shift + np.where(answers["mapping"].eq("2017") & (np.array(step) == -1), -1, 0)
    lifted = answers.assign(code=(answers["code"].astype(int) + shift).astype(str))
    kept = answers["code"].astype(int).gt(1) | (np.array(step) == 1)
    one = figures(programme, respondents, answers[kept])
    other = figures(programme, respondents, lifted[kept])
    moved = other["levels"]["mean_raw"] - one["levels"]["mean_raw"]
    assert np.allclose(moved.xs("2017"), 1)
    assert np.allclose(moved.drop("2017"), 0)
    assert np.allclose(other["levels"]["sd"], one["levels"]["sd"], equal_nan=True)
    assert np.allclose(alpha(other["moments"]), alpha(one["moments"]), equal_nan=True)

    # Without one school's file of a round that is not the base, only that school, its municipality and the programme differ.
    gone = respondents["institution_id"].eq(school) & respondents["mapping"].eq("2019")
    less = figures(
        programme, respondents[~gone], answers[~answers["respondent_key"].isin(respondents.loc[gone, "respondent_key"])]
    )
    mine = {school, school[:3], programme.slug}
    for name in ("levels", "changes"):
        before, after = (
            found[name][~found[name].index.get_level_values("unit_id").isin(mine)] for found in (plain, less)
        )
        pd.testing.assert_frame_equal(before, after, check_exact=True)

    # Changes add up.
    delta = plain["changes"]["delta"].unstack(["mapping_from", "mapping_to"])
    # Where a round has nobody, there is nothing to add up.
    delta = delta[delta.notna().all(axis="columns")]
    assert np.allclose(delta["2015", "2019"], delta["2015", "2017"] + delta["2017", "2019"], atol=1e-7)


def alpha(moments: pd.DataFrame) -> list[float]:
    from pipelines.inference.reliability import covariance, cronbach_alpha

    themes = moments.groupby(["mapping", "respondent_group", "theme"])
    return [
        float("nan") if part["n"].iloc[0] < 2 or (a := cronbach_alpha(covariance(part))) is None else a
        for _, part in themes
    ]


@given(st.lists(st.sampled_from(["scored", "blank", "set_aside", "superseded"]), min_size=1, max_size=30))
@settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_every_row_read_is_scored_or_set_aside(programmes: tuple[Programme, Programme], rows: list[str]) -> None:
    programme, _ = programmes
    file = {"mapping": "2015", "respondent_group": "pupils", "content": "answers", "file_id": "f"}
    kept = [number for number, place in enumerate(rows) if place in ("scored", "blank")]
    respondents = pd.DataFrame(
        [
            file
            | {
                "respondent_key": number,
                "respondent_id": str(number),
                "municipality_id": "101",
                "institution_id": "101001",
            }
            for number in kept
        ],
        columns=[
            "mapping",
            "respondent_group",
            "respondent_key",
            "respondent_id",
            "municipality_id",
            "institution_id",
            "file_id",
        ],
    )
    answers = answer_all(programme, respondents)
    answers = answers[answers["respondent_key"].map(lambda number: rows[number] == "scored").astype(bool)]
    aside = pd.DataFrame(
        [file | {"place": place, "reason": "test"} for place in rows if place in ("set_aside", "superseded")],
        columns=[*file, "place", "reason"],
    )
    with measured(
        programme,
        respondents,
        answers,
        deliveries=pd.DataFrame([file | {"file": "pupils.csv", "rows_read": len(rows)}]),
        set_aside=aside,
        until=("extract_reconciliation",),
    ) as con:
        [found] = con.execute(
            "select rows_read, rows_scored, rows_not_scored, rows_superseded, rows_set_aside, difference "
            "from extract_reconciliation"
        ).fetchall()
    assert found == (len(rows), *(rows.count(place) for place in ("scored", "blank", "superseded", "set_aside")), 0)
