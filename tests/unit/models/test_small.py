"""The small survey through the project's own SQL against the second implementation: the cheap sibling of `tests/oracle`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiled import measured
from tests.unit.models.small import disagreements, small_survey


@pytest.mark.parametrize("rule", ["clusters", "satterthwaite"])
def test_every_mart_is_the_second_implementations(tmp_path: Path, rule: str) -> None:
    survey = small_survey(tmp_path, f"thresholds: {{degrees_of_freedom: {rule}}}\n")
    with measured(survey.programme, survey.respondents, survey.answers, results=survey.results) as con:
        assert disagreements(con, survey.oracle) == []
