"""Drafts from files that say what they hold: the genuine SurveyXact export, REDS in SPSS, the Danish register."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyreadstat
import pytest

from pipelines.errors import ConfigurationError
from pipelines.extract.draft import draft_codebook, draft_institutions
from pipelines.extract.questionnaire import read_inside
from pipelines.programme.tables import TABLES
from tests.conftest import run_cli

Rows = list[dict[str, str]]


def table(text: str) -> Rows:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("language", ["en", "de"])
def test_genuine_surveyxact_structure_and_labels(real_data: Path, language: str) -> None:
    draft = draft_codebook(real_data / "surveyxact_export" / f"structure_{language}.csv", "2021", "deltager", "en")
    book, scales = {row["variable"]: row for row in table(draft.codebook)}, table(draft.scales)
    assert list(table(draft.codebook)[0]) == [c.name for t in TABLES if t.name == "codebook" for c in t.columns]
    # Labels have no header, the structure a phantom column; several answers are one 0/1 column each.
    assert book["s_11_3"]["text_en"].startswith("SDG: 03 - ")
    assert {s["code"] for s in scales if s["scale"] == book["s_11_3"]["scale"]} == {"0", "1"}
    assert book["s_11_3"]["scale"] == book["stato_4"]["scale"] == "valg01"
    # Numbers as labels, and an answer that is none.
    numbers = [s for s in scales if s["scale"] == book["digitald"]["scale"]]
    assert all(s["label_en"] == s["code"] for s in numbers)
    train = {s["code"]: s for s in scales if s["scale"] == book["train_1"]["scale"]}
    assert len(train) == 6
    if language == "en":
        assert (train["-7"]["kind"], train["5"]["kind"]) == ("declined", "valid")
    assert "email" not in book


@pytest.mark.parametrize(
    ("file", "variable"), [("bsgdnkv1", "IS1G02A"), ("bcgdnkv1", "IP1G07"), ("btgdnkv1", "IT1G09A")]
)
def test_genuine_spss_codes_that_are_labelled_missing(real_data: Path, file: str, variable: str) -> None:
    draft = draft_codebook(real_data / "spss_reds" / f"{file}.sav", "2021", "elev", "en")
    book, scales = {row["variable"]: row for row in table(draft.codebook)}, table(draft.scales)
    codes = {s["code"]: s for s in scales if s["scale"] == book[variable]["scale"]}
    assert codes["9"]["kind"] == "missing"
    assert codes["9"]["value"] == ""
    assert codes["1"]["kind"] == "valid"
    languages = {s["code"]: s["kind"] for s in scales if "ITLANG" in "".join(book) and s["label_en"] == "Omitted"}
    assert set(languages.values()) <= {"missing"}


def test_missing_codes_are_found_whether_declared_or_only_labelled(tmp_path: Path) -> None:
    """Of .sav and .dta alike: without a declaration the label decides, with one the declaration."""
    import pandas as pd

    frame = pd.DataFrame({"q1": [1.0, 2.0, 9.0, 99.0]})
    labels = {"q1": {1: "Ja", 2: "Nej", 9: "Ved ikke", 99: "Omitted or invalid"}}
    for name, write in (("a.sav", pyreadstat.write_sav), ("a.dta", pyreadstat.write_dta)):
        write(frame, str(tmp_path / name), variable_value_labels=labels)
        kinds = {r["code"]: r["kind"] for r in table(draft_codebook(tmp_path / name, "", "", "da").scales)}
        assert kinds == {"1": "valid", "2": "valid", "9": "declined", "99": "missing"}
    ranges = {"q1": [{"lo": 9, "hi": 99}]}
    pyreadstat.write_sav(frame, str(tmp_path / "b.sav"), variable_value_labels=labels, missing_ranges=ranges)
    assert read_inside(tmp_path / "b.sav", "b.sav", "sav")["q1"].missing == {"9", "99"}


def test_both_files_of_the_genuine_register_give_the_same_institutions(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "danish_register"
    texts = [draft_institutions(folder / f"institutionsregister_folkeskoler{end}") for end in ("_latin1.csv", ".xlsx")]
    assert texts[0] == texts[1]
    rows = table(texts[0])
    assert len(rows) == 1408
    assert all(len(row["institution_id"]) == 6 and len(row["municipality_id"]) == 3 for row in rows)
    one = table(draft_institutions(folder / "institutionsregister_folkeskoler.xlsx", ("530",)))
    assert {row["municipality_id"] for row in one} == {"530"}


def test_zeros_that_a_spreadsheet_took_come_back(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["INST_NR", "KOMMUNE_NR", "INST_NAVN", "INST_TYPE_NAVN"], [4610, 76, "Ø Skole", "Folkeskoler"]):
        book.active.append(row)
    book.save(tmp_path / "r.xlsx")
    [row] = table(draft_institutions(tmp_path / "r.xlsx"))
    assert (row["institution_id"], row["municipality_id"]) == ("004610", "076")


def test_the_command_prints_or_writes(real_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = str(real_data / "surveyxact_export" / "structure_en.csv")
    assert run_cli("draft-codebook", file, "--mapping", "2021", "--group", "x") == 0
    assert len(table(capfd.readouterr().out)) == 84
    assert run_cli("draft-codebook", file, "--out", str(tmp_path / "p")) == 0
    assert (tmp_path / "p" / "scales.csv").exists()
    assert run_cli("draft-codebook", file, "--out", str(tmp_path / "p")) == 2
    assert run_cli("draft-codebook", str(real_data / "surveyxact_export" / "dataset.csv")) == 2
    with pytest.raises(ConfigurationError, match="does not exist"):
        draft_codebook(tmp_path / "gone.sav", "", "", "da")
