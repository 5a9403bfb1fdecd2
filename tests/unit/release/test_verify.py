"""Whatever is changed in a home afterwards, `verify` names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.release import Problem, verify
from tests.unit.release.fake_release import make_candidate, publish_number, release_name

MART = "marts/public/theme_scores.parquet"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three releases, the third current; files writable so that tests can change them."""
    for number in (1, 2, 3):
        publish_number(tmp_path, number)
    for path in (tmp_path / "releases").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert verify(tmp_path) == []
    return tmp_path


def place(number: int) -> str:
    return f"releases/{release_name(number)}"


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    before = path.read_bytes()
    path.write_bytes(change(before))
    assert path.read_bytes() != before


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (MART, lambda b: b[:-7], f"{MART} has "),
        (MART, lambda b: b[:40] + bytes([b[40] ^ 1]) + b[41:], f"{MART} does not have the SHA-256"),
        (
            "manifest.json",
            lambda b: b.replace(b'"rows": 2', b'"rows": 3', 1),
            "manifest.json is not the one that ledger.jsonl",
        ),
        ("manifest.json", lambda b: b[:-5], "manifest.json cannot be read"),
        ("manifest.json", lambda b: b.replace(b'"size": ', b'"size": 1', 1), "the manifest says"),
        (
            "manifest.json",
            lambda b: b.replace(release_name(2).encode(), release_name(3).encode()),
            "manifest.json is that of",
        ),
        ("validation/verdict.json", lambda b: b.replace(b"passed", b"failed"), "validation/verdict.json"),
    ],
)
def test_changed_file_is_named_with_its_release(
    home: Path, name: str, change: Callable[[bytes], bytes], message: str
) -> None:
    edit(home / place(2) / name, change)
    [problem] = verify(home)
    assert problem.place == place(2)
    assert message in problem.message
    assert problem.kind == "damage"


def test_missing_and_added_files_are_named(home: Path) -> None:
    (home / place(1) / MART).unlink()
    (home / place(2) / "marts" / "public" / "more.parquet").write_bytes(b"x")
    (home / place(3) / "manifest.json").unlink()
    assert [str(problem) for problem in verify(home)] == [
        f"{place(1)}: {MART} is missing",
        f"{place(2)}: marts/public/more.parquet is not in the manifest",
        f"{place(3)}: manifest.json is missing",
        f"current: points to {release_name(3)}, which is not there",
    ]


def lines(home: Path) -> list[bytes]:
    return (home / "ledger.jsonl").read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    ("old", "new"),
    [(b"anna", b"bent"), (b"2017-11-03", b"2017-11-04"), (b'"passed"', b'"unsure"'), (b'"inputs"', b'"Inputs"')],
)
def test_edited_line_is_named(home: Path, number: int, old: bytes, new: bytes) -> None:
    changed = lines(home)
    assert old in changed[number - 1]
    changed[number - 1] = changed[number - 1].replace(old, new)
    (home / "ledger.jsonl").write_bytes(b"".join(changed))
    problems = verify(home)
    assert problems[0] == Problem(f"ledger.jsonl, line {number}", "was changed after it was written")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_edited_line_with_its_own_hash_made_to_fit_breaks_the_chain(home: Path, number: int) -> None:
    from pipelines.release import ledger

    changed = lines(home)
    content = json.loads(changed[number - 1])
    content["actor"] = "bent"
    del content["sha256"]
    content["sha256"] = ledger._sha256(ledger._encode(content))
    changed[number - 1] = ledger._encode(content) + b"\n"
    (home / "ledger.jsonl").write_bytes(b"".join(changed))
    # Nothing follows the last line: only what is outside of this home (a copy, later a signature) could tell.
    expected = [f"ledger.jsonl, line {number + 1}"] if number < 3 else []
    assert [problem.place for problem in verify(home)] == expected


@pytest.mark.parametrize(("number", "named"), [(1, "ledger.jsonl, line 1"), (2, "ledger.jsonl, line 2"), (3, place(3))])
def test_line_taken_out_is_named(home: Path, number: int, named: str) -> None:
    kept = lines(home)
    del kept[number - 1]
    (home / "ledger.jsonl").write_bytes(b"".join(kept))
    assert verify(home)[0].place == named


def test_lines_out_of_order_and_rubbish_are_named(home: Path) -> None:
    first, second, third = lines(home)
    (home / "ledger.jsonl").write_bytes(first + third + second)
    assert verify(home)[0].place == "ledger.jsonl, line 2"
    (home / "ledger.jsonl").write_bytes(first + b"not json\n" + second + third)
    assert str(verify(home)[0]) == "ledger.jsonl, line 2: is not a line of a ledger"


def test_release_that_is_gone_is_named(home: Path) -> None:
    (home / place(1)).rename(home / "elsewhere")
    [problem] = verify(home)
    assert problem == Problem(place(1), "is missing; ledger.jsonl says that it was released")


def test_folder_that_was_put_there_by_hand_is_named(home: Path) -> None:
    make_candidate(home / "releases" / "by-hand", 4).rename(home / place(4))
    (home / "releases" / "by-hand").rmdir()
    [problem] = verify(home)
    assert (problem.place, problem.kind) == (place(4), "unfinished")


@pytest.mark.parametrize(
    ("target", "message", "kind"),
    [
        (f"releases/{release_name(7)}", "which is not there", "damage"),
        (place(2), f"the last line of ledger.jsonl is of {release_name(3)}", "unfinished"),
        (None, "is missing; the last release is", "unfinished"),
        ("folder", "is not a link", "damage"),
    ],
)
def test_link_that_does_not_fit_is_named(home: Path, target: str | None, message: str, kind: str) -> None:
    (home / "current").unlink()
    if target == "folder":
        (home / "current").mkdir()
    elif target:
        (home / "current").symlink_to(target)
    [problem] = verify(home)
    assert problem.place == "current"
    assert message in problem.message
    assert problem.kind == kind
