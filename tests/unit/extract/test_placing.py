"""Every row of a file ends in one place, for a reason that is told; what is corrected is declared; deliveries are written down."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import InputError
from pipelines.extract import extract_group, look_at_landing, raw_folder, read_ledger
from pipelines.programme import Programme, load_programme
from pipelines.settings import Settings, load_settings
from pipelines.simulate import simulate

FILE = "elev_4_10_dataset.csv"
CORRECTION = "mapping,file,row,column,expected,action,value,reason,decided_by,decided_on\n"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(load_programme("pfl"), folder, 0.02)
    return folder


@pytest.fixture
def settings(simulated: Path, tmp_path: Path) -> Settings:
    shutil.copytree(simulated / "pfl" / "2017", tmp_path / "landing" / "pfl" / "2017")
    return load_settings({}, home=tmp_path)


class Sheet:
    """A file's lines, to be changed; rows as a spreadsheet counts."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.landing_dir / "pfl" / "2017" / FILE
        self.lines = self.path.read_text(encoding="cp1252").rstrip("\n").split("\n")
        self.names = self.lines[0].split(";")

    def set(self, row: int, **cells: str) -> None:
        line = self.lines[row - 1].split(";")
        for name, value in cells.items():
            line[self.names.index(name)] = value
        self.lines[row - 1] = ";".join(line)

    def get(self, row: int, name: str) -> str:
        return self.lines[row - 1].split(";")[self.names.index(name)]

    def write(self) -> None:
        self.path.write_text("\n".join(self.lines) + "\n", encoding="cp1252")


def run(settings: Settings, programme: Programme | None = None) -> tuple[Path, dict[int, str]]:
    """Extract the group; its raw folder and the rows set aside."""
    programme = programme or load_programme("pfl")
    landing = look_at_landing(programme, settings.landing_dir, "2017")
    files = extract_group(programme, settings, landing, "elev_4_10").files
    for file in files:
        assert file.rows_read == file.rows_kept + file.rows_superseded + file.rows_set_aside
    folder = raw_folder(settings, programme, landing, "elev_4_10")
    parts = list((folder / "set_aside").glob("*-answers.parquet"))
    query = "select file_row, reason from read_parquet($files)"
    return folder, dict(duckdb.execute(query, {"files": [str(p) for p in parts]}).fetchall()) if parts else {}


def test_every_reason_finds_its_row_and_no_other(settings: Settings) -> None:
    sheet = Sheet(settings)
    other = next(r for r in range(3, 400) if sheet.get(r, "kommune") != sheet.get(2, "kommune"))
    sheet.set(2, elevnr="TEST01")
    sheet.set(3, klasse="99.X")
    sheet.set(4, dato="01-09-2017")
    sheet.set(5, dato="28-10-2017")
    sheet.set(6, dato="27-10-2017")
    sheet.set(7, instnr="999999")
    sheet.set(
        8,
        kommune=sheet.get(other, "kommune")
        if sheet.get(8, "kommune") == sheet.get(2, "kommune")
        else sheet.get(2, "kommune"),
    )
    sheet.set(9, klassetrin="3")
    sheet.set(10, klassetrin="7.b ")
    sheet.set(11, klassetrin="syvende")
    sheet.set(12, elevnr=sheet.get(13, "elevnr"), status="2", dato="20-10-2017")
    sheet.set(13, status="1", dato="15-09-2017")
    sheet.lines.insert(20, ";" * (len(sheet.names) - 1))
    sheet.lines.insert(21, sheet.lines[0])
    sheet.lines.append("I alt" + ";" * (len(sheet.names) - 1))
    sheet.lines.append("Note: udtrukket af systemet")
    sheet.write()
    last = len(sheet.lines)
    _, found = run(settings)
    assert found == {
        2: "test",
        3: "test",
        4: "test",
        5: "late",
        7: "unknown_institution",
        8: "other_municipality",
        9: "grade_outside_group",
        11: "grade_not_read",
        12: "duplicate",
        21: "blank_row",
        22: "repeated_header",
        last - 1: "totals_row",
        last: "not_a_record",
    }


def test_late_answers_count_where_the_programme_says_so(settings: Settings, tmp_path: Path) -> None:
    sheet = Sheet(settings)
    sheet.set(5, dato="28-10-2017")
    sheet.write()
    folder = Path(shutil.copytree(load_programme("pfl").folder, tmp_path / "p"))
    with (folder / "programme.yaml").open("a", encoding="utf-8") as file:
        file.write("intake: {late_answers: count}\n")
    assert run(settings)[1] == {5: "late"}
    assert run(settings, load_programme(folder))[1] == {}


def corrected(tmp_path: Path, *lines: str) -> Programme:
    """The programme with corrections."""
    folder = Path(shutil.copytree(load_programme("pfl").folder, tmp_path / "p", dirs_exist_ok=True))
    (folder / "corrections.csv").write_text(CORRECTION + "\n".join(lines) + "\n", encoding="utf-8")
    return load_programme(folder)


def test_a_declared_correction_repairs_and_stops_when_the_source_was_repaired(
    settings: Settings, tmp_path: Path
) -> None:
    sheet = Sheet(settings)
    right = sheet.get(7, "instnr")
    sheet.set(7, instnr="999999")
    sheet.write()
    programme = corrected(
        tmp_path,
        f"2017,{FILE},7,instnr,999999,replace,{right},Slip in the roster,NN,2018-01-05",
        f"2017,{FILE},8,elevnr,{sheet.get(8, 'elevnr')},set_aside,,Filled in by a teacher,NN,2018-01-05",
    )
    assert run(settings, programme)[1] == {8: "correction"}
    sheet.set(7, instnr=right)
    sheet.write()
    with pytest.raises(InputError, match=r"row 7, column instnr: does not hold what corrections.csv expects"):
        run(settings, programme)
    with pytest.raises(InputError, match=r"gone\.csv: corrections.csv corrects it"):
        run(settings, corrected(tmp_path, "2017,gone.csv,,instnr,1,replace,2,Slip,NN,2018-01-05"))


def test_the_ledger_of_deliveries(settings: Settings) -> None:
    run(settings)
    run(settings)
    lines = read_ledger(settings.home)
    assert [(x["file"], x["state"]) for x in lines] == [
        (FILE, "accepted"),
        (FILE.replace("dataset", "roster"), "accepted"),
    ]
    sheet = Sheet(settings)
    first = str(lines[0]["sha256"])
    sheet.set(2, s_90="010203-0405")
    sheet.write()
    for _ in range(2):
        with pytest.raises(InputError):
            run(settings)
    sheet.set(2, s_90="")
    sheet.set(3, status="2")
    sheet.write()
    run(settings)
    states = [(x["state"], x["sha256"] == first) for x in read_ledger(settings.home) if x["file"] == FILE]
    assert states == [("accepted", True), ("rejected", False), ("superseded", True), ("accepted", False)]
    assert "010203" not in json.dumps(read_ledger(settings.home))


def test_a_corrected_delivery_beside_the_old_one_supersedes_row_by_row(settings: Settings, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(load_programme("pfl").folder, tmp_path / "p"))
    path = folder / "programme.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(f"path: {FILE}", "path: elev_4_10_dataset*.csv"), encoding="utf-8"
    )
    sheet = Sheet(settings)
    people = len(sheet.lines) - 1
    again = [*sheet.lines[:1], *sheet.lines[5:9]]
    (sheet.path.parent / "elev_4_10_dataset_2.csv").write_text("\n".join(again) + "\n", encoding="cp1252")
    raw, _ = run(settings, load_programme(folder))
    count = "select count(*), count(distinct respondent_id) from read_parquet($files)"
    files = {"files": [str(p) for p in (raw / "respondents").glob("*.parquet")]}
    assert duckdb.execute(count, files).fetchall() == [(people, people)]
    places = "select place, count(*) from read_parquet($files) group by place"
    gone = {"files": [str(p) for p in (raw / "set_aside").glob("*.parquet")]}
    assert Counter(dict(duckdb.execute(places, gone).fetchall())) == {"superseded": 4}
