"""Passed, failed and could not run are three things; what could not run says so without quoting data."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from pipelines.errors import ConfigurationError
from pipelines.programme import Label, Programme
from pipelines.validation import CheckResult, Suite, derived, run_suite
from pipelines.validation.suites import Expectation

PUBLIC = {"audience": "public"}


def of_id(results: list[CheckResult], identifier: str) -> CheckResult:
    return next(r for r in results if r.check_id.endswith(f".{identifier}"))


def suite_with(parameters: dict[str, object], expectation: str = "expect_column_values_to_be_between") -> Suite:
    why = Label(da="Derfor.", en="Because.")
    only = Expectation(
        id="only", severity="warning", owner="data", why=why, expectation=expectation, parameters=parameters
    )
    return Suite(
        table="t", stage="mart", audiences=("public",), grain="one row per k", key=("k",), expectations=(only,)
    )


def test_exception_inside_an_expectation_could_not_run_and_hides_the_value(programme: Programme) -> None:
    frame = pd.DataFrame({"k": [1, 2], "v": ["confidential", "words"]})
    [result] = run_suite(suite_with({"column": "v", "min_value": 0}), frame, programme, PUBLIC)
    assert result.verdict == "could_not_run"
    assert result.blocks, "although it is only a warning: nothing is known"
    assert result.message == "stopped with TypeError"
    assert "confidential" not in str(result)


def test_missing_column_could_not_run_and_is_named(programme: Programme, tables: dict[str, pd.DataFrame]) -> None:
    [result] = run_suite(suite_with({"column": "v", "min_value": 0}), pd.DataFrame({"k": [1]}), programme, PUBLIC)
    assert (result.verdict, result.message) == ("could_not_run", "column v is not in the table")
    [result] = run_suite(
        suite_with({"column": "delta_gap", "max_value": 0}), pd.DataFrame({"k": [1]}), programme, PUBLIC
    )
    assert result.verdict == "could_not_run"
    assert "delta_gap cannot be derived" in result.message


def test_exception_in_a_derived_column_stops_only_the_checks_that_need_it(
    programme: Programme,
    suites: dict[str, Suite],
    tables: dict[str, pd.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> pd.Series:
        raise ZeroDivisionError("12 persons")

    monkeypatch.setitem(derived.DERIVED, "base_mean_gap", fails)
    results = run_suite(suites["theme_scores"], tables["theme_scores"], programme, PUBLIC)
    broken = [r for r in results if r.verdict != "passed"]
    assert [(r.check_id, r.verdict) for r in broken] == [("theme_scores.base_mean_500", "could_not_run")]
    assert "12 persons" not in broken[0].message


def test_unknown_parameter_is_a_configuration_error_with_the_id(programme: Programme) -> None:
    with pytest.raises(ConfigurationError, match=r"only: parameters.minimum: is not a known parameter"):
        run_suite(suite_with({"column": "k", "minimum": 0}), pd.DataFrame({"k": [1]}), programme, PUBLIC)


def test_warning_that_fails_does_not_block_and_error_does(
    programme: Programme, suites: dict[str, Suite], tables: dict[str, pd.DataFrame]
) -> None:
    frame = tables["reliability"]
    frame.loc[1, "verdict"] = "not_a_theme"
    frame.loc[0, "min_item_total"] = -0.2
    results = run_suite(suites["reliability"], frame, programme, PUBLIC)
    assert not of_id(results, "is_a_theme").blocks
    assert of_id(results, "item_total_not_negative").blocks


@pytest.mark.parametrize("shuffle", [lambda f: f.iloc[::-1], lambda f: f.set_index("unit_id", drop=False)])
def test_order_and_index_of_the_frame_do_not_matter(
    programme: Programme,
    suites: dict[str, Suite],
    tables: dict[str, pd.DataFrame],
    shuffle: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    frame = tables["theme_scores"]
    frame.loc[3, "n"] = 4
    result = of_id(run_suite(suites["theme_scores"], shuffle(frame), programme, PUBLIC), "n_rule")
    assert result.failing_keys["unit_id"].tolist() == ["101001"]


def test_audience_decides_which_expectations_hold(
    programme: Programme, suites: dict[str, Suite], tables: dict[str, pd.DataFrame]
) -> None:
    ids = {
        audience: {
            r.check_id for r in run_suite(suites["item_distributions"], tables["item_distributions"], programme, c)
        }
        for audience, c in (("public", PUBLIC), ("internal", {"audience": "internal"}))
    }
    assert ids["public"] - ids["internal"] == {
        "item_distributions.not_unanimous",
        "item_distributions.extremes_coded",
        "item_distributions.coded_known",
    }
    assert ids["internal"] - ids["public"] == {"item_distributions.shares_add_up"}
