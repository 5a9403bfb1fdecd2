"""Who asked to be removed is gone from landing, stays gone when the file is delivered again, and no list says who it was."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ConfigurationError
from pipelines.extract import extract_group, forget, look_at_landing, raw_folder
from pipelines.extract.forgetting import TOMBSTONES, Wish
from pipelines.extract.pseudonyms import Pseudonymiser, load_key
from pipelines.programme import load_programme
from pipelines.settings import Settings, load_settings
from pipelines.simulate import simulate


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(load_programme("pfl"), folder, 0.01)
    return folder


@pytest.fixture
def settings(simulated: Path, tmp_path: Path) -> Settings:
    for file in (simulated / "pfl" / "2015").glob("kontaktlaerer_*"):
        (tmp_path / "landing" / "pfl" / "2015").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, tmp_path / "landing" / "pfl" / "2015" / file.name)
    return load_settings({}, home=tmp_path)


def cells(settings: Settings, content: str) -> list[dict[str, str]]:
    path = settings.landing_dir / "pfl" / "2015" / f"kontaktlaerer_{content}.csv"
    lines = [line.split(";") for line in path.read_text(encoding="cp1252").splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def extracted(settings: Settings) -> tuple[set[str], set[str], set[str], dict[str, int]]:
    """Pseudonyms of respondents, of their raters, of raters on the roster; rows set aside by reason."""
    programme = load_programme("pfl")
    landing = replace(look_at_landing(programme, settings.landing_dir, "2015"), findings=())
    extract_group(programme, settings, landing, "kontaktlaerer")
    folder = raw_folder(settings, programme, landing, "kontaktlaerer")

    def column(table: str, name: str) -> list[str]:
        files = [str(path) for path in (folder / table).glob("*.parquet")]
        query = f"select {name} from read_parquet($f) where {name} is not null"
        return [row for (row,) in duckdb.execute(query, {"f": files}).fetchall()] if files else []

    reasons = column("set_aside", "reason")
    counts = {reason: reasons.count(reason) for reason in set(reasons)}
    return (
        set(column("respondents", "respondent_id")),
        set(column("respondents", "rater_id")),
        set(column("roster", "rater_id")),
        counts,
    )


@pytest.mark.parametrize("group", ["rater", "laerer", None])
def test_a_contact_teacher(settings: Settings, simulated: Path, group: str | None) -> None:
    """The teacher's answers about pupils are removed, the pupils stay invited, nobody is named as their teacher."""
    before = cells(settings, "dataset")
    teacher = before[0]["kontaktlaerer_nr"]
    rated = [row for row in before if row["kontaktlaerer_nr"] == teacher]
    roster = cells(settings, "roster")
    listed = sum(row["kontaktlaerer_nr"] == teacher for row in roster)
    assert forget(load_programme("pfl"), settings, [Wish(teacher, group)]) == len(rated) + listed
    assert [row for row in cells(settings, "dataset") if row["kontaktlaerer_nr"] == teacher] == []
    blanked = [row | {"kontaktlaerer_nr": ""} if row["kontaktlaerer_nr"] == teacher else row for row in roster]
    assert cells(settings, "roster") == blanked
    own = Pseudonymiser(load_key(settings), "pfl/staff")([teacher])[0]
    _, raters, on_roster, aside = extracted(settings)
    assert own not in raters | on_roster
    assert aside == {}
    shutil.copytree(simulated / "pfl" / "2015", settings.landing_dir / "pfl" / "2015", dirs_exist_ok=True)
    _, raters, on_roster, aside = extracted(settings)
    assert own not in raters | on_roster
    assert aside == {"forgotten": len(rated)}


def test_a_pupil_who_is_delivered_again(settings: Settings, simulated: Path) -> None:
    pupil = cells(settings, "dataset")[3]["elevnr"]
    forget(load_programme("pfl"), settings, [Wish(pupil, "elev_0_3")])
    own = Pseudonymiser(load_key(settings), "pfl/pupil")([pupil])[0]
    shutil.copytree(simulated / "pfl" / "2015", settings.landing_dir / "pfl" / "2015", dirs_exist_ok=True)
    respondents, *_, aside = extracted(settings)
    assert own not in respondents
    assert aside == {"forgotten": 2}  # answers and roster
    path = settings.home / TOMBSTONES
    assert path.stat().st_mode & 0o777 == 0o600
    assert own in json.loads(path.read_text(encoding="utf-8"))["pfl"]["pupil"]
    for file in settings.home.rglob("*"):
        if file.is_file() and settings.landing_dir not in file.parents:
            assert pupil.encode() not in file.read_bytes(), file


def test_an_unknown_group(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"'teacher' is not one of .*rater"):
        forget(load_programme("pfl"), settings, [Wish("1", "teacher")])
