"""The frozen base of the 500 scale: nothing changes it but a declared decision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.errors import BlockedError, StorageError
from pipelines.inference.base import check_frozen, freeze, frozen_path
from pipelines.programme import load_programme
from pipelines.programme.definition import Definition, Rebased

KEY = "pupils/trivsel/trend/0cc175b9c0f1"


@pytest.fixture(scope="module")
def definition() -> Definition:
    return load_programme("pisa_school_quality").definition


def parameters(mu: float = 3.0, key: str = KEY) -> dict[str, dict[str, object]]:
    return {key: {"base_mapping": "2015", "n": 40, "mu": mu, "sigma": 0.5, "hash": f"hash of {mu}"}}


def test_the_same_parameters_pass_and_others_stop_the_run(tmp_path: Path, definition: Definition) -> None:
    path = frozen_path(tmp_path, definition)
    check_frozen(path, parameters(), definition)
    freeze(path, parameters(), definition)
    check_frozen(path, parameters(), definition)
    with pytest.raises(
        BlockedError, match=r"trivsel \(trend form, mapping 2015\): n 40 → 40, mean 3.000000 → 3.100000"
    ):
        check_frozen(path, parameters(3.1), definition)


def test_a_form_of_other_items_has_parameters_of_its_own(tmp_path: Path, definition: Definition) -> None:
    path = frozen_path(tmp_path, definition)
    freeze(path, parameters(), definition)
    other = parameters(2.0, "pupils/trivsel/trend/other items")
    check_frozen(path, other, definition)
    freeze(path, other, definition)
    assert set(json.loads(path.read_text())["parameters"]) == {KEY, *other}
    with pytest.raises(BlockedError):
        check_frozen(path, parameters(3.1), definition)


def test_a_declared_new_base_is_taken_and_frozen_in_turn(tmp_path: Path, definition: Definition) -> None:
    path = frozen_path(tmp_path, definition)
    freeze(path, parameters(), definition)
    decided = definition.model_copy(update={"rebased": (Rebased.model_validate({"on": "2018-03-01", "reason": "…"}),)})
    check_frozen(path, parameters(3.1), decided)
    freeze(path, parameters(3.1), decided)
    with pytest.raises(BlockedError):
        check_frozen(path, parameters(), decided)


def test_a_damaged_file_is_told(tmp_path: Path, definition: Definition) -> None:
    path = frozen_path(tmp_path, definition)
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(StorageError, match="restore it from a backup"):
        check_frozen(path, parameters(), definition)
