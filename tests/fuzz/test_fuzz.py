"""A few hundred damaged files at every test, and each failure that was ever found, by itself."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from pipelines.extract import delimited
from tests.fuzz.damage import damaged
from tests.fuzz.judge import Judge
from tests.fuzz.programme import make_programme, whole_files

COUNT, SEED = 250, 20260801


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return whole_files(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    folder = tmp_path_factory.mktemp("fuzz")
    return Judge(make_programme(folder / "programme"), folder / "home")


def said(judge: Judge, group: str, content: bytes) -> str:
    """The message with which a file is refused."""
    assert judge(group, "", content) == []
    return judge.message


def test_whole_files_are_read(judge: Judge, files: dict[str, bytes]) -> None:
    """The judge can tell: each format is accepted and its answers are those of another reader."""
    for group, content in files.items():
        assert judge(group, "", content) == []
        assert judge.message == "", group


def test_a_few_hundred_damaged_files(judge: Judge, files: dict[str, bytes]) -> None:
    bad = {}
    for number in range(COUNT):
        kind, group, odd, content = damaged(SEED, number, files)
        problems = judge(group, odd, content)
        if problems:
            bad[number, kind, group] = problems
    assert bad == {}


def test_a_line_without_end_is_refused_before_it_is_parsed(judge: Judge, files: dict[str, bytes]) -> None:
    """Three million delimiters in one record took the parser ten seconds."""
    assert "has a line of more than" in said(judge, "comma", files["comma"] + b"," * 600_000)


def test_millions_of_empty_lines_are_refused(
    judge: Judge, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three million of them took a minute."""
    monkeypatch.setattr(delimited, "MOST_ROWS", 1_000)
    assert "has more than 1,000 lines" in said(judge, "plain", files["plain"] + b"\n" * 2_000)


def test_many_odd_lines_are_not_read_on(judge: Judge, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them called back into Python."""
    monkeypatch.setattr(delimited, "MOST_ODD", 100)
    assert "cannot be read as CSV" in said(judge, "comma", files["comma"] + b"x,y\n" * 2_000)


def test_a_quote_that_is_not_closed_swallows_nothing(judge: Judge, files: dict[str, bytes]) -> None:
    """Rows after it stood in one cell, and the file was accepted."""
    lines = files["semi"].split(b"\n")
    lines[10] = lines[10].rpartition(b";")[0] + b';"fint'
    lines[20] = lines[20].rpartition(b";")[0] + b';fint"'
    assert "a quote is opened here and not closed" in said(judge, "semi", b"\n".join(lines))


def test_a_workbook_that_speaks_of_seventeen_billion_cells(judge: Judge, files: dict[str, bytes]) -> None:
    """The reader made room for them, and the process was gone."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(files["book"])) as source, zipfile.ZipFile(packed, "w") as target:
        for part in source.infolist():
            target.writestr(part.filename, source.read(part).replace(b'r="A2"', b'r="XFD1048576"', 1))
    assert "a sheet has more than" in said(judge, "book", packed.getvalue())


def test_names_lead_nowhere(judge: Judge, files: dict[str, bytes], tmp_path: Path) -> None:
    for odd in ("..\\..\\x", "%2e%2e%2f", "\n", "'; drop table respondent; --", "$(id)", "\u202evsc"):
        assert judge("semi", odd, files["semi"]) == [], odd
