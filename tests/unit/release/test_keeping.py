"""Going back to an earlier release, and how many are kept: both leave a trace, and `verify` still passes."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.errors import BlockedError, ConfigurationError
from pipelines.release import current_release, is_current, retire, roll_back, verify, withdrawn
from tests.unit.release.fake_release import FIELDS, NOON, publish_number, release_name


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three releases, the third current."""
    for number in (1, 2, 3):
        publish_number(tmp_path, number)
    return tmp_path


def events(home: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in (home / "ledger.jsonl").read_text("utf-8").splitlines()]
    return [(line["event"], line["release_id"]) for line in lines]


def kept(home: Path) -> set[str]:
    return {path.name for path in (home / "releases").iterdir()}


def test_going_back_is_recorded_and_seen(home: Path) -> None:
    back = roll_back(home, None, FIELDS | {"reason": "wrong extract"}, now=lambda: NOON)
    assert back.release_id == current_release(home) == release_name(2)
    assert is_current(home, release_name(2))
    assert events(home)[-1] == ("rolled_back", release_name(2))
    assert (back.ledger_line["from"], back.ledger_line["reason"]) == (release_name(3), "wrong extract")
    assert verify(home) == []
    assert roll_back(home, release_name(1), FIELDS).release_id == current_release(home) == release_name(1)
    assert verify(home) == []


def test_what_was_gone_back_from_does_not_come_again_by_itself(home: Path) -> None:
    assert withdrawn(home, release_name(3)) is None
    roll_back(home, None, FIELDS)
    line = withdrawn(home, release_name(3))
    assert line is not None
    assert line.content["actor"] == "anna"
    assert withdrawn(home, release_name(1)) is None
    roll_back(home, release_name(3), FIELDS)
    assert withdrawn(home, release_name(3)) is None


@pytest.mark.parametrize("name", ["marts/internal/theme_scores.parquet", "manifest.json"])
def test_damaged_release_is_not_gone_back_to(home: Path, name: str) -> None:
    path = home / "releases" / release_name(2) / name
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[content.index(b"3") if name == "manifest.json" else len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BlockedError):
        roll_back(home, None, FIELDS)
    assert current_release(home) == release_name(3)
    assert len(events(home)) == 3


@pytest.mark.parametrize(
    ("number", "message"), [(9, "was never released here; released were"), (1, "retention removed it")]
)
def test_there_is_no_way_back_to_what_is_not_there(home: Path, number: int, message: str) -> None:
    retire(home, 2, FIELDS)
    with pytest.raises(ConfigurationError, match=message):
        roll_back(home, release_name(number), FIELDS)


def test_the_only_release_has_nothing_before_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing was ever released"):
        roll_back(tmp_path, None, FIELDS)
    publish_number(tmp_path)
    with pytest.raises(ConfigurationError, match="is the only release"):
        roll_back(tmp_path, None, FIELDS)


def test_oldest_releases_go_and_stay_in_the_ledger(home: Path) -> None:
    assert retire(home, None, FIELDS) == []
    assert retire(home, 3, FIELDS) == []
    assert retire(home, 1, FIELDS) == [release_name(1), release_name(2)]
    assert kept(home) == {release_name(3)}
    assert events(home)[3:] == [("removed", release_name(1)), ("removed", release_name(2))]
    assert current_release(home) == release_name(3)
    assert is_current(home, release_name(3))
    assert verify(home) == []
    assert retire(home, 1, FIELDS) == []
    publish_number(home, 1, run="again")
    assert is_current(home, release_name(1))
    assert verify(home) == []


def test_current_release_and_those_gone_back_to_are_safe(home: Path) -> None:
    roll_back(home, release_name(1), FIELDS)
    assert retire(home, 1, FIELDS) == [release_name(2)]
    assert kept(home) == {release_name(1), release_name(3)}, "the newest, and the one that readers see"
    publish_number(home, 4)
    publish_number(home, 5)
    assert retire(home, 1, FIELDS) == [release_name(3), release_name(4)]
    assert kept(home) == {release_name(1), release_name(5)}
    assert verify(home) == []


def test_removal_that_was_cut_short_is_ended_by_the_next(home: Path) -> None:
    from pipelines.release import ledger

    ledger.append(home, "removed", release_name(1), NOON.isoformat(), FIELDS)
    [problem] = verify(home)
    assert (problem.kind, problem.place) == ("unfinished", f"releases/{release_name(1)}")
    retire(home, None, FIELDS)
    assert kept(home) == {release_name(2), release_name(3)}
    assert verify(home) == []


def test_clock_that_goes_backwards_changes_no_order(home: Path) -> None:
    from pipelines.release import publish
    from tests.unit.release.fake_release import make_candidate

    candidate = make_candidate(home / ".work" / "early", 4)
    publish(candidate, home, release_name(4), FIELDS, now=lambda: NOON - timedelta(days=400))
    assert is_current(home, release_name(4))
    assert roll_back(home, None, FIELDS, now=lambda: NOON - timedelta(days=800)).release_id == release_name(3)
    assert retire(home, 2, FIELDS) == [release_name(1), release_name(2)]
    assert verify(home) == []
