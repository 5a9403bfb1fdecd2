"""The models' dbt unit tests (`unit_tests.yml` beside them), all in one dbt invocation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines import warehouse
from pipelines.programme import Programme
from pipelines.warehouse import DATABASE
from tests.unit.models.survey import write_programme


@pytest.fixture
def programme(tmp_path: Path) -> Programme:
    return write_programme(tmp_path / "lille")


def test_dbt_unit_tests_pass(programme: Programme, tmp_path: Path) -> None:
    variables = warehouse._variables(programme)
    environment = {
        "DBT_KORTLAEGNING_DATABASE": str(tmp_path / DATABASE),
        "DBT_KORTLAEGNING_THREADS": "1",
        "DBT_KORTLAEGNING_MEMORY": "1GB",
        "DBT_KORTLAEGNING_SPILL": str(tmp_path),
    }
    arguments = ["test", "--select", "test_type:unit", "--vars", json.dumps(variables)]
    outcome = warehouse._invoke(arguments, tmp_path, environment, lambda _: None, warehouse._parse(variables))
    results = {result.node.name: (str(result.status), result.message) for result in outcome.result.results}
    assert {name: found for name, found in results.items() if found[0] != "pass"} == {}
    assert len(results) == 18
