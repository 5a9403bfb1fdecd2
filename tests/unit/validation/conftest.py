"""What the tests of validation share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.programme import Programme, load_programme
from pipelines.validation import CheckResult, Suite, load_suites, validate_marts
from tests.unit.validation.example import valid_tables, write_programme


@pytest.fixture(scope="session")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    return load_programme(write_programme(tmp_path_factory.mktemp("programme") / "proeve"))


@pytest.fixture(scope="session")
def suites() -> dict[str, Suite]:
    return load_suites()


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return valid_tables()


@pytest.fixture(scope="session")
def valid_release(tmp_path_factory: pytest.TempPathFactory, suites: dict[str, Suite]) -> Path:
    """A candidate's release folder with valid marts of both audiences, marked as simulated. Take `release` to change it."""
    folder, tables = tmp_path_factory.mktemp("valid"), valid_tables()
    for audience in ("public", "internal"):
        for name in (suite.table for suite in suites.values() if suite.stage == "mart"):
            write_mart(folder, audience, name, tables[name])
    return folder


@pytest.fixture(scope="session")
def results(programme: Programme, valid_release: Path) -> list[CheckResult]:
    """All checks of the valid marts."""
    return validate_marts(programme, valid_release / "marts")


@pytest.fixture
def release(tmp_path: Path, valid_release: Path) -> Path:
    """A copy of the valid release folder."""
    shutil.copytree(valid_release, tmp_path / "release")
    return tmp_path / "release"


def write_mart(release: Path, audience: str, name: str, frame: pd.DataFrame) -> None:
    path = release / "marts" / audience / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"kortlaegning.programme": "proeve", "kortlaegning.data": "Simulerede data"}
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(about), path)
