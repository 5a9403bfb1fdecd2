"""Whoever asks to be removed is in no file, mart or warehouse of the home afterwards, and the manifest counts it."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from tests.conftest import SMALL, Built, copy_of, run_cli


def test_a_respondent_is_removed_everywhere(small: Built, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    built = copy_of(small, tmp_path)
    path = built.landing / SMALL / "2006" / "parents.csv"
    before = path.read_bytes().splitlines(keepends=True)
    first = dict(zip(before[0].decode("cp1252").split(";"), before[1].decode("cp1252").split(";"), strict=True))
    number = "/".join(first[name] for name in ("CNT", "SCHOOLID", "STIDSTD"))
    wishes = tmp_path / "wishes.txt"
    wishes.write_text(f"# asked on 1 March\nparents,{number}\n", encoding="utf-8")
    options = ("forget", str(wishes), "--home", str(built.home), "--landing", str(built.landing))
    assert run_cli(*options) == 0
    assert path.read_bytes() == b"".join([before[0], *before[2:]])
    assert built.current.name != small.current.name
    manifest = json.loads((built.current / "manifest.json").read_text(encoding="utf-8"))
    noted = json.loads((built.home / "forgotten.jsonl").read_text(encoding="utf-8"))
    assert manifest["settings"]["rows_removed_on_request"] == noted["rows"] == 2  # the number is used in two rounds
    [raw] = (built.home / "raw" / SMALL / "2006" / "parents").glob("*/respondents")
    kept = duckdb.sql(f"select count(*) from read_parquet('{raw}/*.parquet')").fetchall()
    assert kept == [(len(before) - 2,)]
    assert number not in capfd.readouterr().out
    assert number not in (built.home / "forgotten.jsonl").read_text(encoding="utf-8")
    assert run_cli("verify", "--home", str(built.home)) == 0
    release = built.current.name
    assert run_cli(*options) == 0
    assert built.current.name == release


def test_a_list_that_is_of_no_use(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    assert run_cli("forget", str(tmp_path / "empty"), "--home", str(tmp_path)) == 2
    assert "holds no respondent" in capfd.readouterr().err
