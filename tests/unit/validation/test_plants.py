"""Every expectation passes valid tables that it looks at, and finds a violation planted for it by the right keys."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.marts import AUDIENCES, MARTS
from pipelines.programme import Programme
from pipelines.settings import CHECKOUT
from pipelines.validation import CheckResult, Suite, load_suites, run_suite
from pipelines.validation.suites import Expectation
from tests.unit.validation.example import PLANTS, Plant, rated_records, valid_tables

SUITES = load_suites()
CHECKS = [(suite, expectation) for suite in SUITES.values() for expectation in suite.expectations]


def check_id(suite: Suite, expectation: Expectation) -> str:
    return f"{suite.table}.{expectation.id}"


def contexts(suite: Suite, expectation: Expectation, group: str = "pupils") -> list[dict[str, str]]:
    if suite.stage == "extract":
        return [{"mapping": "2015", "respondent_group": group}]
    if suite.stage == "staging":
        return [{"stage": "sample"}]
    return [{"audience": audience} for audience in expectation.audiences or suite.audiences]


def table(suite: Suite, group: str = "pupils") -> pd.DataFrame:
    return rated_records() if group == "rated" else valid_tables()[suite.table]


def run_one(
    suite: Suite, expectation: Expectation, frame: pd.DataFrame, programme: Programme, context: dict[str, str]
) -> CheckResult:
    only = suite.model_copy(update={"expectations": (expectation,)})
    [result] = run_suite(only, frame, programme, context)
    return result


def test_every_expectation_has_a_plant_and_every_plant_an_expectation() -> None:
    assert {check_id(*check) for check in CHECKS} == set(PLANTS)


@pytest.mark.parametrize(("suite", "expectation"), CHECKS, ids=[check_id(*check) for check in CHECKS])
def test_planted_violation_is_found_by_its_keys(suite: Suite, expectation: Expectation, programme: Programme) -> None:
    plant: Plant = PLANTS[check_id(suite, expectation)]
    valid = table(suite, plant.group)
    assert contexts(suite, expectation, plant.group)
    for context in contexts(suite, expectation, plant.group):
        before = run_one(suite, expectation, valid, programme, context)
        assert (before.verdict, before.n_failed, len(before.failing_keys)) == ("passed", 0, 0)
        assert before.n_checked > 0, "no row of the valid table is the expectation's business"

        broken = plant.change(valid)
        after = run_one(suite, expectation, broken, programme, context)
        assert after.verdict == "failed", after.message
        assert (after.severity, after.owner, after.check_id) == (
            expectation.severity,
            expectation.owner,
            check_id(suite, expectation),
        )
        if plant.rows is None:
            assert after.n_failed == 1
            assert tuple(after.failing_keys.to_dict("records")) == plant.keys
        else:
            expected = broken.iloc[list(plant.rows)][list(suite.key)].reset_index(drop=True)
            assert after.n_failed == len(expected)
            pd.testing.assert_frame_equal(after.failing_keys, expected, check_dtype=False)


@pytest.mark.parametrize("name", [name for name, suite in SUITES.items() if suite.stage == "mart"])
def test_empty_mart_fails_nothing_but_its_number_of_rows(name: str, programme: Programme) -> None:
    results = run_suite(SUITES[name], valid_tables()[name].head(0), programme, {"audience": "public"})
    expected = [f"{name}.rows"] if any(e.id == "rows" for e in SUITES[name].expectations) else []
    assert [r.check_id for r in results if r.verdict != "passed"] == expected


@pytest.mark.parametrize(
    ("check", "row", "values"),
    [
        ("theme_scores.n_rule", 3, {"n": 9}),
        ("progression.n_to_rule", 2, {"n_to": 9}),
        ("reliability.n_rule", 0, {"n": 9}),
        ("response_rates.answered_rule", 2, {"complete": 9, "partial": 0}),
        ("item_distributions.n_rule", 0, {"n": 19}),
    ],
)
def test_public_asks_for_more_respondents_than_internal(
    check: str, row: int, values: dict[str, object], programme: Programme
) -> None:
    name, _, identifier = check.partition(".")
    suite = SUITES[name]
    expectation = next(e for e in suite.expectations if e.id == identifier)
    frame = valid_tables()[name]
    for column, value in values.items():
        frame.loc[row, column] = value
    verdicts = {a: run_one(suite, expectation, frame, programme, {"audience": a}).verdict for a in AUDIENCES}
    assert verdicts == {"public": "failed", "internal": "passed"}


def test_rules_follow_the_programmes_own_settings(programme: Programme) -> None:
    stricter = programme.definition.model_copy(
        update={"disclosure": programme.definition.disclosure.model_copy(update={"public_min_n": 26})}
    )
    changed = Programme(**{**programme.__dict__, "definition": stricter})
    suite = SUITES["theme_scores"]
    expectation = next(e for e in suite.expectations if e.id == "n_rule")
    result = run_one(suite, expectation, valid_tables()["theme_scores"], changed, {"audience": "public"})
    assert result.verdict == "failed"
    assert result.failing_keys["unit_id"].tolist() == ["101001"]


def test_every_mart_has_a_suite_with_its_key_for_both_audiences() -> None:
    marts = {mart.name: mart for mart in MARTS}
    suites = {name: suite for name, suite in SUITES.items() if suite.stage == "mart"}
    assert set(marts) == set(suites)
    for name, suite in suites.items():
        assert suite.key == marts[name].key
        assert set(suite.audiences) == set(AUDIENCES)
        assert set(marts[name].stays) <= set(suite.stays)


def test_columns_that_are_asked_for_are_those_of_the_models() -> None:
    import yaml

    for name, suite in SUITES.items():
        if suite.stage == "mart":
            model = yaml.safe_load((CHECKOUT / "dbt_project" / "models" / "marts" / f"{name}.yml").read_text("utf-8"))
            known = {column["name"] for column in model["models"][0]["columns"]}
            asked = next(e for e in suite.expectations if e.id == "columns").parameters["column_set"]
            assert isinstance(asked, list)
            assert set(asked) <= known
