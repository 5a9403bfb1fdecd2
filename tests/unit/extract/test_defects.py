"""Every one of the 25 defects of domain.md 6.3 is found where it was planted, and what is done about it is what the table says."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import InputError
from pipelines.extract import Finding, check_files, extract_group, look_at_landing, raw_folder, read_ledger
from pipelines.programme import load_programme
from pipelines.settings import Settings, load_settings
from pipelines.simulate import simulate
from tests.conftest import run_cli

Plant = dict[str, str]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Plant], list[Finding]]:
    """The folder, what was planted, and what `check` finds."""
    folder = tmp_path_factory.mktemp("defects")
    programme = load_programme("pfl")
    simulate(programme, folder, 0.02, has_defects=True)
    with (folder / "truth" / "defects.csv").open(encoding="utf-8") as file:
        plants = list(csv.DictReader(file))
    return folder, plants, check_files(programme, [folder / "pfl"], load_settings({}, home=folder / "home"))


def test_all_25_are_planted(planted: tuple[Path, list[Plant], list[Finding]]) -> None:
    assert {int(plant["number"]) for plant in planted[1]} == set(range(1, 26))


@pytest.mark.parametrize("number", range(1, 26))
def test_each_is_found_with_file_row_and_reason(planted: tuple[Path, list[Plant], list[Finding]], number: int) -> None:
    _, plants, findings = planted
    for plant in plants:
        if int(plant["number"]) != number or plant["found_by"] != "check":
            continue
        in_file = [f for f in findings if (f.mapping, f.file) == (plant["mapping"], plant["file"])]
        found = [
            f
            for f in in_file
            if (f.reason, f.action) == (plant["reason"], plant["action"])
            and (not plant["row"] or f.row == int(plant["row"]))
            and (not plant["column"] or f.column == plant["column"])
        ]
        assert len(found) == 1, (plant, [str(f) for f in in_file])


def test_defects_of_results_are_found_where_they_were_planted(tmp_path: Path) -> None:
    """26 to 29: a pupil at two schools, a measurement out of order, a score off the scale, a day of another school year."""
    programme = load_programme("thisted")
    summary = simulate(programme, tmp_path, 0.1, has_defects=True)
    with (summary.truth / "defects.csv").open(encoding="utf-8") as file:
        plants = [plant for plant in csv.DictReader(file) if int(plant["number"]) > 25]
    assert [int(plant["number"]) for plant in plants] == [26, 27, 28, 29]
    spoilt = {summary.folder / plant["mapping"] / plant["file"] for plant in plants}
    findings = check_files(programme, sorted(spoilt), load_settings({}, home=tmp_path / "home"))
    told = {(f.mapping, f.file, str(f.row), f.column, f.reason, f.action) for f in findings}
    keys = ("mapping", "file", "row", "column", "reason", "action")
    assert {tuple(plant[key] for key in keys) for plant in plants} <= told
    assert {f.reason for f in findings} - {plant["reason"] for plant in plants} <= {"moved_institution"}


def test_nothing_else_is_found(planted: tuple[Path, list[Plant], list[Finding]]) -> None:
    """Beside answers that many give (don't know, nothing), findings are what was planted: no false alarm."""
    _, plants, findings = planted
    known = {(p["mapping"], p["file"], p["reason"]) for p in plants}
    names = {(p["mapping"], p["file"], "unknown_column") for p in plants if p["reason"] == "private_name"}
    strange = [f for f in findings if (f.mapping, f.file, f.reason) not in known | names]
    assert {f.reason for f in strange} <= {"declined", "no_answers"}
    assert not [f for f in findings if "Plantet" in str(f) or "311299" in str(f) or "example.dk" in str(f)]


def test_rows_are_set_aside_one_by_one(planted: tuple[Path, list[Plant], list[Finding]], tmp_path: Path) -> None:
    """Where a file is loaded, each planted row is in quarantine under its reason, and a duplicate names the row that is kept."""
    folder, plants, findings = planted
    programme, settings = load_programme("pfl"), load_settings({}, home=tmp_path, landing=folder)
    checked = 0
    for mapping in programme.mapping_keys:
        landing = look_at_landing(programme, folder, mapping)
        landing = replace(landing, findings=(), companions=())
        for group in programme.respondent_groups:
            files = {d.name for d in landing.of_group(group.code)}
            if any(f.action == "stop" and f.mapping == mapping and f.file in files for f in findings):
                if files:
                    with pytest.raises(InputError):
                        extract_group(programme, settings, landing, group.code)
                continue
            extracted = extract_group(programme, settings, landing, group.code)
            names = {file.sha256[:16]: file.file for file in extracted.files}
            parts = list((raw_folder(settings, programme, landing, group.code) / "set_aside").glob("*.parquet"))
            rows = (
                duckdb.execute(
                    "select file_id, file_row, reason, kept_row from read_parquet($p)", {"p": [str(x) for x in parts]}
                ).fetchall()
                if parts
                else []
            )
            got = {(names[file], row): (reason, kept) for file, row, reason, kept in rows}
            for plant in plants:
                if (
                    plant["mapping"] == mapping
                    and plant["file"] in files
                    and plant["action"] == "set aside"
                    and plant["row"]
                ):
                    if plant["reason"] == "undeclared_code":
                        continue
                    reason, kept = got[plant["file"], int(plant["row"])]
                    assert reason == plant["reason"]
                    assert (kept is not None) == (reason == "duplicate")
                    checked += 1
    assert checked >= 5


def test_what_is_told_elsewhere(
    planted: tuple[Path, list[Plant], list[Finding]], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """22: a corrected file supersedes; 23: gaps; 25: somebody is removed."""
    folder, plants, _ = planted
    programme, landing_dir = load_programme("pfl"), tmp_path / "landing"
    shutil.copytree(folder / "pfl", landing_dir / "pfl")
    settings: Settings = load_settings({}, home=tmp_path / "home", landing=landing_dir)
    [again] = [p for p in plants if p["found_by"] == "ledger"]
    extract = next(
        e for e in programme.extracts(again["mapping"]) if e.path == again["file"] and e.content == "answers"
    )

    def go() -> None:
        landing = look_at_landing(programme, landing_dir, again["mapping"])
        landing = replace(landing, findings=(), companions=())
        extract_group(programme, settings, landing, extract.respondent_group)

    go()
    before = [line["state"] for line in read_ledger(settings.home) if line["file"] == again["file"]]
    shutil.copyfile(
        folder / "truth" / "redelivered" / "pfl" / again["mapping"] / again["file"],
        landing_dir / "pfl" / again["mapping"] / again["file"],
    )
    go()
    after = [line["state"] for line in read_ledger(settings.home) if line["file"] == again["file"]]
    assert (before, after[-2:]) == (["accepted"], ["superseded", "accepted"])
    options = ("--programme", "pfl", "--landing", str(landing_dir), "--home", str(settings.home))
    [gap] = [p for p in plants if p["reason"] == "gap"]
    missing = [p for p in plants if p["reason"] == "missing_extract"]
    landing = look_at_landing(programme, landing_dir, gap["mapping"])
    group = next(e.respondent_group for e in programme.extracts(gap["mapping"]) if e.path == gap["file"])
    extract_group(programme, settings, replace(landing, findings=()), group)
    assert run_cli("status", *options) == 0
    out = capfd.readouterr().out
    last = str(programme.municipalities.iloc[-1]["municipality_id"])
    assert f"gap: {gap['mapping']} {group}: nothing from {last}" in out
    for plant in missing:
        name = next(e.respondent_group for e in programme.extracts(plant["mapping"]) if e.path == plant["file"])
        assert f"gap: {plant['mapping']} {name}: {plant['file']} has not arrived" in out


def test_the_command_writes_the_list(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And `check` prints a table, ends with 1, and gives the same as JSON."""
    options = ("simulate", "--programme", "pfl", "--out", str(tmp_path), "--scale", "0.005", "--defects")
    assert run_cli(*options) == 0
    assert (
        (tmp_path / "truth" / "defects.csv").read_text(encoding="utf-8").startswith("number,defect,mapping,file,row,")
    )
    capfd.readouterr()
    folder = str(tmp_path / "pfl" / "2019")
    assert run_cli("check", folder, "--programme", "pfl") == 1
    table = capfd.readouterr().out
    assert table.splitlines()[0].split() == ["file", "row", "column", "what", "what", "will", "happen"]
    assert run_cli("check", folder, "--programme", "pfl", "--json") == 1
    listed = json.loads(capfd.readouterr().out)
    assert f"{len(listed)} findings" in table
    assert {"mapping", "file", "row", "column", "message", "action", "reason", "rows"} <= set(listed[0])
