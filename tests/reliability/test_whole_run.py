"""A sample of `make faults`: a whole run ended by `kill -9`, damaged raw Parquet, a ledger line taken out, a clock set back."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from pipelines.release import current_release, verify
from tests.conftest import SMALL, Built, copy_of, run_cli
from tests.reliability.whole_runs import child


def test_killed_run_is_ended_by_the_next(small: Built, tmp_path: Path) -> None:
    """A new home, killed while it is being filled, and then a raw file cut short: the release is the same in the end."""
    home = tmp_path / "home"
    run = child("kill", 60, home, small.landing)
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    assert current_release(home) is None
    assert verify(home) == []
    part = next((home / "raw").rglob("answers/*.parquet"))
    part.write_bytes(part.read_bytes()[:-100])
    assert Built(home, small.landing).run() == 0
    assert current_release(home) == small.current.name
    assert verify(home) == []
    assert list((home / ".work").iterdir()) == []


def test_ledger_with_a_line_taken_out_is_not_built_upon(
    small: Built, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    built = copy_of(small, tmp_path)
    line = (built.home / "ledger.jsonl").read_bytes()
    second = json.loads(line) | {"previous": "ab" * 32}
    (built.home / "ledger.jsonl").write_text(json.dumps(second) + "\n", encoding="utf-8")
    assert run_cli("verify", "--home", str(built.home)) == 1
    assert "ledger.jsonl, line 1: does not follow from the line before" in capfd.readouterr().err
    assert run_cli("rollback", "--home", str(built.home)) != 0


def test_manifest_edited_by_one_byte_is_named(small: Built, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    built = copy_of(small, tmp_path)
    path = built.current / "manifest.json"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"simulated": false', b'"simulated": fals3'))
    assert run_cli("verify", "--home", str(built.home)) == 1
    assert "manifest.json cannot be read" in capfd.readouterr().err
    path.write_bytes(path.read_bytes().replace(b"fals3", b"false").replace(SMALL.encode(), b"pisa_school_qualitz", 1))
    assert run_cli("verify", "--home", str(built.home)) == 1
    assert f"releases/{small.current.name}" in capfd.readouterr().err
