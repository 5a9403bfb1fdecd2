"""The small survey through the project's own SQL against the second implementation: the cheap sibling of `tests/oracle`."""

from __future__ import annotations

from pathlib import Path

from tests.compiled import measured
from tests.unit.models.small import disagreements, small_survey


def test_every_mart_is_the_second_implementations(tmp_path: Path) -> None:
    survey = small_survey(tmp_path)
    with measured(survey.programme, survey.respondents, survey.answers) as con:
        assert disagreements(con, survey.oracle) == []
