"""`datapackage.json` is what the Frictionless specification asks for, and says of each file what the manifest says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.release.fake_release import make_candidate


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return make_candidate(tmp_path)


def check(descriptor: dict[str, object]) -> list[str]:
    """Errors that the reference implementation finds in a descriptor."""
    from frictionless import FrictionlessException, Package

    try:
        Package.from_descriptor(descriptor)
    except FrictionlessException as error:
        return [reason.note for reason in (error.reasons or [error.error])]
    return []


def test_descriptor_is_valid(release: Path) -> None:
    package = json.loads((release / "datapackage.json").read_text("utf-8"))
    assert check(package) == []
    package["resources"][0]["schema"] = {"fields": [{"type": "number"}]}
    assert check(package), "the reference implementation does find faults"


def test_files_are_those_of_the_manifest(release: Path) -> None:
    package = json.loads((release / "datapackage.json").read_text("utf-8"))
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    assert "datapackage.json" in manifest["files"], "and so cannot be changed unseen"
    told = {r["path"]: {"sha256": r["hash"].removeprefix("sha256:"), "size": r["bytes"]} for r in package["resources"]}
    assert told == {name: entry for name, entry in manifest["files"].items() if name != "datapackage.json"}
    assert [source["title"] for source in package["sources"]] == ["2015/a.csv", "2017/b.csv"]
    assert package["sources"][0]["hash"] == "sha256:" + "aa" * 32
    assert package["title"] == "proeve (Simulerede data)"
    names = [resource["name"] for resource in package["resources"]]
    assert len(set(names)) == len(names)


def test_tables_have_their_columns_and_what_they_mean(release: Path) -> None:
    package = json.loads((release / "datapackage.json").read_text("utf-8"))
    [mart] = [r for r in package["resources"] if r["path"] == "marts/public/theme_scores.parquet"]
    unit, mean = mart["schema"]["fields"]
    assert (unit["name"], unit["type"], mean["name"], mean["type"]) == ("unit_id", "string", "mean", "number")
    assert "500" in mean["description"]
    assert mean["description_da"] != mean["description"]
