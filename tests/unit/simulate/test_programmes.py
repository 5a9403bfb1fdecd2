"""Every shipped programme with a plan is simulated, and `check` finds nothing in it that would stop a run."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from pipelines.extract import BLOCKS, check_files
from pipelines.programme import PROGRAMMES, Programme, load_programme
from pipelines.settings import load_settings
from pipelines.simulate import demo_scale, simulate

SLUGS = sorted({path.parent.name for path in PROGRAMMES.glob("*/simulation.yaml")} - {"pfl"})


def test_they_are_those_of_the_founding_documents() -> None:
    assert {"billund", "svendborg", "lejre", "plf", "thisted"} <= set(SLUGS)


def test_a_small_programme_is_shown_whole() -> None:
    assert demo_scale(load_programme("lejre")) == 1
    assert demo_scale(load_programme("pfl")) < 0.2


@pytest.mark.parametrize("slug", SLUGS)
def test_simulated_extracts_are_as_the_programme_declares_them(slug: str, tmp_path: Path) -> None:
    programme = load_programme(slug)
    summary = simulate(programme, tmp_path / "landing", scale=1 if slug == "lejre" else 0.02)
    settings = load_settings({}, home=tmp_path / "home")
    # One mapping stands for all: checking a file costs the same however few rows it has.
    latest = [file.path for file in summary.files if file.mapping == programme.mapping_keys[-1]]
    findings = check_files(programme, latest, settings)
    assert [str(finding) for finding in findings if finding.action in BLOCKS] == []
    _same_grades_every_year(programme, [file.path for file in summary.files if file.content == "results"])
    with (summary.truth / "changes.csv").open(encoding="utf-8") as file:
        told = {(row["respondent_group"], row["theme"]) for row in csv.DictReader(file)}
    asked = programme.themes[["respondent_group", "theme"]].itertuples(index=False, name=None)
    assert set(asked) <= told, "the truth tells of every theme's change"


def _same_grades_every_year(programme: Programme, files: list[Path]) -> None:
    """Every grade that takes a test has about as many results in each school year, so that one can be held against another."""
    by_path = {extract.path: extract for extract in programme.definition.extracts if extract.content == "results"}
    counts: dict[tuple[str, str], Counter[str]] = {}
    told: set[str] = set()
    for path in files:
        roles = by_path[path.name].columns
        if roles.grade is None:
            continue
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter=";"):
                key = (str(row[str(roles.test)]), row[roles.grade])
                counts.setdefault(key, Counter())[row[str(roles.school_year)]] += 1
                told.add(row[roles.background] if roles.background else "")
    years = {year for found in counts.values() for year in found}
    for key, found in counts.items():
        assert set(found) == years, key
        assert min(found.values()) > 0.5 * max(found.values()), key
    if programme.definition.national_targets is not None:
        assert told == {level.code for level in programme.definition.background}, "2.1 whatever the social background"
