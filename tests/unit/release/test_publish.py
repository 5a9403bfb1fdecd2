"""The gate refuses whatever was not validated as it is; what it lets through is whole, recorded and then seen."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.errors import BlockedError, KortlaegningError, StorageError
from pipelines.release import current_release, is_current, publish, verify, write_manifest
from tests.unit.release.fake_release import (
    FIELDS,
    NOON,
    about,
    make_candidate,
    publish_number,
    release_name,
    write_verdict,
)


def ledger(home: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (home / "ledger.jsonl").read_text("utf-8").splitlines()]


def test_release_is_moved_recorded_and_switched_to(tmp_path: Path) -> None:
    published = publish_number(tmp_path)
    assert published.path == tmp_path / "releases" / release_name(1)
    assert not published.was_there
    assert (tmp_path / "current").readlink() == Path("releases") / release_name(1), "a relative link: home may be moved"
    assert current_release(tmp_path) == release_name(1)
    assert is_current(tmp_path, release_name(1))
    assert not is_current(tmp_path, release_name(2))
    assert verify(tmp_path) == []
    [line] = ledger(tmp_path)
    assert {
        name: line[name]
        for name in ("actor", "trigger", "event", "time", "release_id", "verdict", "inputs", "previous")
    } == {
        "actor": "anna",
        "trigger": "test",
        "time": "2017-11-03T12:00:00+00:00",
        "release_id": release_name(1),
        "verdict": "passed",
        "event": "released",
        "inputs": [
            {"mapping": "2015", "file": "a.csv", "sha256": "aa" * 32},
            {"mapping": "2017", "file": "b.csv", "sha256": "bb" * 32},
        ],
        "previous": "0" * 64,
    }
    manifest = json.loads((published.path / "manifest.json").read_text("utf-8"))
    assert line["code"] == manifest["code"]
    assert line["outputs"]["files"] == len(manifest["files"])
    assert line["outputs"]["bytes"] == sum(entry["size"] for entry in manifest["files"].values())


def test_nothing_is_current_in_a_home_that_is_not_there(tmp_path: Path) -> None:
    assert current_release(tmp_path / "home") is None
    assert not is_current(tmp_path / "home", release_name(1))
    assert verify(tmp_path / "home") == []


def test_second_release_is_chained_to_the_first(tmp_path: Path) -> None:
    publish_number(tmp_path, 1)
    publish_number(tmp_path, 2)
    assert [line["release_id"] for line in ledger(tmp_path)] == [release_name(1), release_name(2)]
    assert current_release(tmp_path) == release_name(2)
    assert (tmp_path / "releases" / release_name(1) / "manifest.json").is_file()
    assert verify(tmp_path) == []


def test_the_same_release_again_is_reused_and_recorded_once(tmp_path: Path) -> None:
    publish_number(tmp_path)
    before = (tmp_path / "ledger.jsonl").read_bytes()
    again = publish_number(tmp_path, run="again")
    assert again.was_there
    assert (tmp_path / "ledger.jsonl").read_bytes() == before
    assert verify(tmp_path) == []


def test_return_to_an_earlier_release_is_recorded(tmp_path: Path) -> None:
    for number, run in ((1, "a"), (2, "b"), (1, "c")):
        publish_number(tmp_path, number, run)
    assert [line["release_id"] for line in ledger(tmp_path)] == [release_name(n) for n in (1, 2, 1)]
    assert current_release(tmp_path) == release_name(1)
    assert verify(tmp_path) == []


def test_the_same_candidate_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = make_candidate(tmp_path / "a"), make_candidate(tmp_path / "elsewhere" / "b")
    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()
    assert str(tmp_path) not in (first / "manifest.json").read_text("utf-8")


def test_manifest_tells_what_the_release_is_made_of(tmp_path: Path) -> None:
    release = make_candidate(tmp_path)
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    assert manifest["release_id"] == release_name(1)
    assert manifest["data"] == "Simulerede data"
    assert [entry["file"] for entry in manifest["inputs"]] == ["a.csv", "b.csv"]
    assert manifest["rows"] == {"internal": {"theme_scores": 2}, "public": {"theme_scores": 2}}
    assert manifest["validation"]["verdict"] == "passed"
    assert manifest["code"]["sha256"] == about().hashes["code"]
    assert manifest["models"] == about().models
    assert "duckdb" in manifest["code"]["packages"]
    files = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == files - {"manifest.json"}


def flip(name: str) -> Callable[[Path], None]:
    def change(release: Path) -> None:
        content = bytearray((release / name).read_bytes())
        content[len(content) // 2] ^= 1
        (release / name).write_bytes(content)

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda release: (release / name).unlink()


def add(release: Path) -> None:
    (release / "marts" / "public" / "extra.parquet").write_bytes(b"x")


def link(release: Path) -> None:
    (release / "reports" / "outside").symlink_to("/etc")


def blocked_verdict(release: Path) -> None:
    write_verdict(release, "failed")
    write_manifest(release, about())


def other_marts(release: Path) -> None:
    """The marts change after the verdict, and the manifest is honest about it."""
    flip("marts/public/theme_scores.parquet")(release)
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    from pipelines.files import sha256_file

    name = "marts/public/theme_scores.parquet"
    manifest["files"][name]["sha256"] = sha256_file(release / name)
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def other_id(release: Path) -> None:
    write_manifest(release, about(2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove("validation/verdict.json"), "validation/verdict.json is missing"),
        (
            lambda r: (r / "validation/verdict.json").write_text("{"),
            "validation/verdict.json is missing or cannot be read",
        ),
        (blocked_verdict, r"validation did not pass \(2 errors, 0 checks could not run\)"),
        (other_marts, "the marts are not those that the verdict was given on"),
        (flip("marts/internal/theme_scores.parquet"), "marts/internal/theme_scores.parquet does not have the SHA-256"),
        (flip("reports/public/da/index.html"), "reports/public/da/index.html does not have the SHA-256"),
        (flip("validation/verdict.json"), "validation"),
        (remove("reports/public/da/index.html"), "reports/public/da/index.html is missing"),
        (remove("manifest.json"), "manifest.json is missing"),
        (lambda r: (r / "manifest.json").write_text("[]"), "manifest.json is not a manifest"),
        (add, "marts/public/extra.parquet is not in the manifest"),
        (link, "reports/outside is neither a file nor a folder"),
        (other_id, f"manifest.json is that of {release_name(2)}"),
    ],
)
def test_gate_refuses_in_one_line_and_changes_nothing(
    tmp_path: Path, change: Callable[[Path], object], message: str
) -> None:
    publish_number(tmp_path, 9)
    before = (tmp_path / "ledger.jsonl").read_bytes()
    candidate = make_candidate(tmp_path / ".work" / "run")
    change(candidate)
    with pytest.raises(BlockedError, match=message) as caught:
        publish(candidate, tmp_path, release_name(1), FIELDS)
    assert "\n" not in str(caught.value)
    assert "the current release is untouched" in str(caught.value)
    assert current_release(tmp_path) == release_name(9)
    assert (tmp_path / "ledger.jsonl").read_bytes() == before
    assert [path.name for path in (tmp_path / "releases").iterdir()] == [release_name(9)]
    assert verify(tmp_path) == []


def test_another_content_under_the_same_id_is_refused(tmp_path: Path) -> None:
    publish_number(tmp_path)
    candidate = make_candidate(tmp_path / ".work" / "run")
    (candidate / "reports" / "public" / "da" / "index.html").write_text("other", encoding="utf-8")
    write_manifest(candidate, about())
    with pytest.raises(BlockedError, match="already there with another content"):
        publish(candidate, tmp_path, release_name(1), FIELDS)
    assert verify(tmp_path) == []


def test_damaged_release_of_the_same_id_is_not_reused(tmp_path: Path) -> None:
    target = publish_number(tmp_path).path / "marts" / "public" / "theme_scores.parquet"
    target.chmod(0o644)
    target.write_bytes(target.read_bytes()[:-3])
    with pytest.raises(StorageError, match=r"theme_scores.parquet has \d+ bytes.*it is damaged"):
        publish_number(tmp_path, run="again")


@pytest.mark.parametrize(("group_may_read", "file", "folder"), [(False, 0o400, 0o700), (True, 0o440, 0o750)])
def test_files_are_read_only_and_confidential_ones_not_for_everyone(
    tmp_path: Path, group_may_read: bool, file: int, folder: int
) -> None:
    candidate = make_candidate(tmp_path / ".work" / "run")
    release = publish(candidate, tmp_path, release_name(1), FIELDS, group_may_read=group_may_read).path

    def mode(name: str) -> int:
        return stat.S_IMODE((release / name).stat().st_mode)

    assert mode("marts/public/theme_scores.parquet") == 0o444
    assert mode("manifest.json") == 0o444
    assert mode("marts/internal/theme_scores.parquet") == file
    assert mode("reports/internal/da/index.html") == file
    assert mode("marts/internal") == folder
    assert mode("reports/internal/da") == folder
    assert mode("marts/public") == 0o755
    assert mode(".") == 0o755


def test_everything_is_written_through_to_disk_before_it_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def spy(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().as_posix())
        real(descriptor)

    candidate = make_candidate(tmp_path / ".work" / "run")
    expected = {str(path) for path in [candidate, *candidate.rglob("*")]}
    monkeypatch.setattr(os, "fsync", spy)
    publish(candidate, tmp_path, release_name(1), FIELDS)
    ledger_written = next(n for n, name in enumerate(synced) if ".ledger.jsonl" in name)
    assert expected <= set(synced[:ledger_written])
    assert str(tmp_path / "releases") in synced[:ledger_written]
    assert synced[-1] == str(tmp_path)


def test_what_a_killed_run_left_half_written_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".ledger.jsonl.99999999.tmp").write_text("half", encoding="utf-8")
    (tmp_path / ".current.99999999.tmp").symlink_to("releases/nothing")
    publish_number(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".work", "current", "ledger.jsonl", "releases"]


def test_ledger_line_needs_to_know_who_and_why(tmp_path: Path) -> None:
    candidate = make_candidate(tmp_path / ".work" / "run")
    with pytest.raises(ValueError, match="actor"):
        publish(candidate, tmp_path, release_name(1), {"trigger": "test"})


def test_given_fields_cannot_replace_the_ledgers_own(tmp_path: Path) -> None:
    candidate = make_candidate(tmp_path / ".work" / "run")
    fields = FIELDS | {"run": "r-1", "previous": "forged", "time": "yesterday", "verdict": "splendid"}
    publish(candidate, tmp_path, release_name(1), fields, now=lambda: NOON)
    [line] = ledger(tmp_path)
    assert (line["run"], line["previous"], line["verdict"]) == ("r-1", "0" * 64, "passed")
    assert line["time"] == "2017-11-03T12:00:00+00:00"
    assert verify(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "the disk that holds .* is full; nothing was released; make room"),
        (errno.EDQUOT, "the disk that holds .* is full; nothing was released"),
        (errno.EACCES, "cannot be written .*; nothing was released"),
        (errno.EROFS, "cannot be written .*; nothing was released"),
        (errno.EXDEV, "is on another disk than"),
        (errno.EIO, "nothing was released"),
    ],
)
def test_failing_disk_is_one_line_and_leaves_home_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    publish_number(tmp_path, 9)
    candidate = make_candidate(tmp_path / ".work" / "run")

    def fails(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("pipelines.release.ledger.write_atomically", fails)
    with pytest.raises(StorageError, match=message) as caught:
        publish(candidate, tmp_path, release_name(1), FIELDS)
    assert "\n" not in str(caught.value)
    assert current_release(tmp_path) == release_name(9)
    assert verify(tmp_path) == [], "the release that was not announced was taken back"
    assert candidate.is_dir()


def test_broken_ledger_is_not_built_upon(tmp_path: Path) -> None:
    publish_number(tmp_path, 1)
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b"anna", b"bent"))
    with pytest.raises(KortlaegningError, match=r"ledger.jsonl, line 1: was changed.*bring the ledger back"):
        publish_number(tmp_path, 2)
    assert current_release(tmp_path) == release_name(1)
    assert not (tmp_path / "releases" / release_name(2)).exists()


def test_verdict_of_the_validation_stage_is_what_the_gate_computes(tmp_path: Path) -> None:
    from pipelines.validation import CheckResult, write_evidence

    candidate = make_candidate(tmp_path / ".work" / "run")
    checks = [
        CheckResult(f"{a}.x", "theme_scores", a, "great_expectations", "error", "data", "Because.", "Derfor.", "passed")
        for a in ("public", "internal")
    ]
    assert write_evidence(checks, candidate / "validation", about=about()).is_passed
    write_manifest(candidate, about())
    publish(candidate, tmp_path, release_name(1), FIELDS)
    assert verify(tmp_path) == []
