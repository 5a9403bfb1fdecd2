"""A suite that is not understood stops with the file, the id and what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError
from pipelines.validation import load_suites

SUITE = """
table: trial
stage: mart
audiences: [public]
grain: one row per k
key: [k]
expectations:
  - id: positive
    severity: error
    owner: data
    why: {da: Derfor., en: Because.}
    expectation: expect_column_values_to_be_between
    parameters: {column: v, min_value: 0}
"""


def write(folder: Path, old: str = "", new: str = "", name: str = "trial.yaml") -> Path:
    assert old in SUITE
    (folder / name).write_text(SUITE.replace(old, new) if old else SUITE, encoding="utf-8")
    return folder


def test_suite_is_read(tmp_path: Path) -> None:
    suite = load_suites(write(tmp_path))["trial"]
    assert (suite.table, suite.file, suite.expectations[0].id) == ("trial", "trial.yaml", "positive")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("severity: error", "severity: fatal", "trial.yaml: positive: severity: Input should be 'error' or 'warning'"),
        ("owner: data", "owner: data\n    owners: x", "trial.yaml: positive: owners: is not a known field"),
        ("owner: data", "owner: nobody", "trial.yaml: positive: owner: Input should be"),
        ("    why: {da: Derfor., en: Because.}\n", "", "trial.yaml: positive: why: Field required"),
        ("why: {da: Derfor., en: Because.}", "why: {da: Derfor.}", "trial.yaml: positive: why.en: Field required"),
        (
            "to_be_between",
            "to_be_nice",
            "trial.yaml: positive: 'expect_column_values_to_be_nice' is not an expectation",
        ),
        (
            "expect_column_values_to_be_between",
            "expect_column_pair_values_to_be_in_set",
            "trial.yaml: positive: expect_column_pair_values_to_be_in_set: 40 s on 600,000 rows",
        ),
        (
            "min_value: 0",
            "min_value: {setting: disclosure.{audience}_min_n}",
            "trial.yaml, row 13, column 61: is not YAML",
        ),
        (
            "min_value: 0",
            "min_value: {setting: disclosure.public_min_m}",
            "trial.yaml: positive: parameters.min_value: setting 'disclosure.public_min_m' is not a setting",
        ),
        (
            "min_value: 0",
            'min_value: {setting: "closure.{audience}_min_n"}',
            "setting 'closure.public_min_n' is not a setting",
        ),
        (
            "min_value: 0",
            "value_set: [{column_of: municipalities.name}]",
            "parameters.value_set: 'municipalities.name' is not a column",
        ),
        ("min_value: 0", "min_value: {context: weather}", "context 'weather' is not one of mapping"),
        ("min_value: 0", "min_value: {secret: x}", "reference 'secret' is not one of setting"),
        ("audiences: [public]\n", "", "trial.yaml: audiences: a mart names those it is written for"),
        ("table: trial", "table: other", "trial.yaml: table is 'other'; a suite bears the name of its table"),
        ("key: [k]", "key: []", "trial.yaml: key: Tuple should have at least 1 item"),
    ],
)
def test_what_is_not_known_is_named_with_file_and_id(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_suites(write(tmp_path, old, new))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_id_stands_once(tmp_path: Path) -> None:
    block = SUITE[SUITE.index("  - id") :]
    (tmp_path / "trial.yaml").write_text(SUITE + block, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"trial.yaml: positive: stands twice"):
        load_suites(tmp_path)


def test_no_suites_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no suite"):
        load_suites(tmp_path)
