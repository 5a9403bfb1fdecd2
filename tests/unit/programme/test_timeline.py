"""A timeline and what a group needs to be asked by pictures: faults are told with their place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError
from pipelines.programme import PROGRAMMES, load_programme


def broken(tmp_path: Path, slug: str, file: str, old: str, new: str) -> str:
    """What is told of a shipped programme in which one text was replaced."""
    folder = Path(shutil.copytree(PROGRAMMES / slug, tmp_path / slug))
    content = (folder / file).read_text(encoding="utf-8")
    assert old in content
    (folder / file).write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_programme(folder)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("due_on: 2016-03-31", "due_on: 2016-01-31", "timeline[1]: step 'discussion' is due on 2016-01-31, before 'profiles' on 2016-02-29"),
        ("{step: profiles, label: &profiles", "{step: plans, label: &profiles", "timeline[1]: step 'discussion' stands after 'plans'; the order is start, collection"),
        ("&collection {da: \"Kortlægning\", en: \"Collection\"}, due_on: 2015-09-30", "&collection {da: \"Kortlægning\", en: \"Collection\"}, due_on: 2015-09-15", "timeline[1]: step 'collection' is due on 2015-09-15, before mapping 2015 closes on 2015-09-30"),
        ('    mapping: "2017"\n', '    mapping: "2016"\n', "timeline[2]: mapping '2016' is not declared"),
        ('    mapping: "2017"\n', '    mapping: "2015"\n', "timeline[2]: mapping '2015' has a phase already"),
        ('    mapping: "2015"\n', "", "step 'collection' needs the phase's `mapping`"),
        ("due_on: 2015-03-26", "due_on: 2021-03-26", "timeline[1]: begins on 2015-09-30, before the phase above it"),
        ("step: start,", "step: begin,", "timeline[0].steps[0].step: Input should be 'start', 'collection'"),
        ("due_on: 2015-03-26", "due_on: 26-03-2015", "timeline[0].steps[0].due_on"),
    ],
)  # fmt: skip
def test_a_timeline_out_of_order_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert message in broken(tmp_path, "svendborg", "programme.yaml", old, new)


def test_children_who_answer_by_pictures_get_few_answers(tmp_path: Path) -> None:
    told = broken(
        tmp_path,
        "svendborg",
        "codebook.csv",
        "2015,barn_4_6,s_1_1,trivsel_1,smiley3",
        "2015,barn_4_6,s_1_1,trivsel_1,enighed5",
    )
    assert "codebook.csv, row 2, column scale: 'enighed5' has 5 answers; barn_4_6 answers by pictures and sound" in told


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # one initiative in two periods
        ("klasseledelse_ro,,530,,2015,2017", "klasseledelse_ro,,530,,2017,2019", "column mapping_from: differs within initiative 'klasseledelse'"),
        # a school beside its municipality as a whole
        ("feedback_hjaelp,,530,,2015,2017", "feedback_praksis,,530,953001,2015,2017", "column institution_id: '953001': its municipality takes part as a whole already"),
        # twice the same
        ("feedback_hjaelp,,530,,2015,2017", "feedback_praksis,,530,,2015,2017", "stands twice"),
        # a period that ends before it begins
        ("klasseledelse,,530,,2015,2017", "klasseledelse,,530,,2017,2015", "is not after '2017'"),
        ("feedback_elev_elev,,530", "feedback_elever,,530", "column theme: 'feedback_elever' is not in themes.csv"),
    ],
)  # fmt: skip
def test_initiatives_that_overlap_or_contradict_are_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    """What may overlap is a declared rule: README.md, initiatives.csv."""
    assert message in broken(tmp_path, "billund", "initiatives.csv", old, new)


def test_a_limited_programme_keeps_the_phases_of_its_mappings() -> None:
    limited = load_programme("svendborg").limited_to(("2015", "2019"))
    assert [phase.mapping for phase in limited.definition.timeline] == [None, "2015", "2019"]
