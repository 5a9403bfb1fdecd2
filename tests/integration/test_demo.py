"""The demo: simulated extracts to a release that says everywhere that it is simulated.

Belongs here: what `kortlaegning demo` promises. Does not belong here: the simulation itself (`tests/unit/simulate`).
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pipelines.programme import load_programme
from tests.attacker import attack_release
from tests.conftest import run_cli

MARK = "Simulerede data"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's release, at the smallest size that has every school size rule in force."""
    home = tmp_path_factory.mktemp("demo")
    assert run_cli("demo", "--scale", "0.01", "--home", str(home)) == 0
    return (home / "current").resolve()


def test_every_page_and_every_file_says_that_the_data_are_simulated(release: Path) -> None:
    pages = sorted(release.rglob("*.html"))
    kinds = {page.stem.partition("-")[0] for page in pages if page.parent.name == "da"}
    assert kinds >= {"programme", "municipality", "school", "progression", "theme", "summary", "quality", "response"}
    for page in pages:
        assert MARK in page.read_text(encoding="utf-8"), page
    files = sorted(release.rglob("*.parquet"))
    assert files
    for file in files:
        assert (pq.read_schema(file).metadata or {}).get(b"kortlaegning.data") == MARK.encode(), file
    assert json.loads((release / "manifest.json").read_text(encoding="utf-8"))["data"] == MARK


def test_the_demo_writes_over_no_extracts_of_others(
    release: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "landing" / "pfl" / "2015"
    other.mkdir(parents=True)
    (other / "elev_0_3_dataset.csv").write_text("real", encoding="utf-8")
    assert run_cli("demo", "--scale", "0.01", "--home", str(tmp_path)) == 2
    assert "the demo would overwrite them" in capfd.readouterr().err
    assert (other / "elev_0_3_dataset.csv").read_text(encoding="utf-8") == "real"
    assert release.exists()


def test_no_status_but_those_of_the_method(release: Path) -> None:
    known = {"increase", "decrease", "status_quo", "inconclusive", "not_comparable", "no_data", "suppressed"}
    table = pq.read_table(
        release / "marts" / "internal" / "progression.parquet", columns=["status", "delta", "suppressed"]
    )
    frame = table.to_pandas()
    assert set(frame["status"]) <= known
    assert {"status_quo", "not_comparable"} <= set(frame["status"])
    assert frame.loc[frame["suppressed"].notna(), "delta"].isna().all()


def test_an_attacker_who_reads_only_released_files_finds_nothing(release: Path) -> None:
    """One theme with much to hide beside what is small; more themes cost time and show no more."""
    with duckdb.connect(str(release.parent.parent / "warehouse.duckdb"), read_only=True) as con:
        parents = con.sql(
            "select distinct mapping, lineage_id as institution, municipality_id as municipality from int_cells"
        ).df()
    turned = load_programme("pfl").items.query("direction == -1")
    negative = frozenset(zip(turned["respondent_group"], turned["item_id"], strict=True))
    theme = {"respondent_group": "laerer", "theme": "maal_og_data"}
    marts = release / "marts" / "internal"
    scores = pq.read_table(marts / "theme_scores.parquet", filters=[(name, "=", code) for name, code in theme.items()])
    assert "secondary" in scores["suppressed"].to_pylist()
    assert attack_release({marts: 5}, parents, negative, **theme).to_dict("records") == []
