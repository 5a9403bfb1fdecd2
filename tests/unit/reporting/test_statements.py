"""Sentences and sections by rule: progress, potential, timing, competence development, levels, same persons, other sources.

Each content is the example's with some themes bent, so that one rule decides.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipelines.programme import Programme
from pipelines.reporting import Provenance
from pipelines.reporting.academic import beside
from pipelines.reporting.catalogue import Academic, Target
from pipelines.reporting.changes import moved_blocks
from pipelines.reporting.content import Source, change_of, content_of, source_of, tally_of
from pipelines.reporting.documents import every_theme
from pipelines.reporting.groups import level_blocks
from pipelines.reporting.model import (
    Bullets,
    Cell,
    Fold,
    Heading,
    Hidden,
    Number,
    Paragraph,
    Section,
    Table,
    Terms,
    Words,
)
from pipelines.reporting.organisation import competence, levels_compared, same_persons, sectors, shared_themes
from pipelines.reporting.other_sources import other_sources
from pipelines.reporting.overview import summary
from pipelines.reporting.reading import Marts
from pipelines.reporting.records import Change, Content, GroupBlock, Level, Pair, ThemeBlock, Turnover
from pipelines.reporting.sections import Sections
from pipelines.reporting.statements import first_rise, potential, progress
from pipelines.reporting.targets import targets
from pipelines.reporting.texts import Speaker, Voices

PAIRS = (Pair("2015", "2017"), Pair("2017", "2019"))
PLAIN = Level("shown", n=100, mean=500.0, low=495.0, high=505.0, favourable=0.6, band="around")


@pytest.fixture(scope="module")
def source(programme: Programme, marts: Path, provenance: Provenance) -> Source:
    return source_of(programme, Marts(marts), "public", provenance)


@pytest.fixture(scope="module")
def plain(source: Source) -> Content:
    """Bakkeby: nothing has changed, nothing lies low."""
    content = content_of(source, source.municipalities[0])
    return replace(content, groups=tuple(bent(group) for group in content.groups))


def bent(group: GroupBlock, **statuses: str) -> GroupBlock:
    """A group whose themes are around the programme and inconclusive, but for the latest pair of those named."""

    def theme(one: ThemeBlock) -> ThemeBlock:
        latest = statuses.get(one.code, "inconclusive")
        changes = tuple(
            Change(change.pair, latest if change.pair == PAIRS[1] else "inconclusive", delta=20.0, low=10.0, high=30.0)
            for change in one.changes
        )
        return replace(one, level=PLAIN, changes=changes, members=tuple(PLAIN for _ in one.members))

    themes = tuple(theme(one) for one in group.themes)
    tallies = tuple(tally_of(one.changes[k].status for one in themes) for k in range(len(group.tallies)))
    return replace(group, themes=themes, tallies=tallies)


def with_groups(content: Content, *groups: GroupBlock) -> Content:
    tally = tally_of(theme.changes[0].status for group in groups for theme in group.themes)
    return replace(content, groups=groups, tally=tally)


def told(section: Section | None) -> list[str]:
    """The Danish sentences of a section's lists."""
    assert section is not None
    return [item["da"] for block in section.blocks if isinstance(block, Bullets) for item in block.items]


def table(section: Section | None, name: str) -> Table:
    assert section is not None
    return next(block for block in section.blocks if isinstance(block, Table) and block.name == name)


def shown(cells: tuple[Cell, ...]) -> list[object]:
    """Values, words and signs of a row."""
    return [
        cell.value if isinstance(cell, Number) else cell.words["da"] if isinstance(cell, Words) else "•"
        for cell in cells
        if isinstance(cell, (Number, Words, Hidden))
    ]


def test_the_group_with_most_of_its_themes_risen_comes_first(plain: Content, voices: Voices) -> None:
    pupils, leaders = plain.groups
    content = with_groups(plain, bent(pupils, trivsel="increase"), bent(leaders, trivsel="increase", ro="increase"))
    sentences = told(progress(Sections(Speaker(voices), content)))
    assert sentences[0].startswith("Der er særlig fremgang hos ledere fra 2017 til 2019: Trivsel; <script>")
    assert sentences[1] == "Derudover ses fremgang hos elever: Trivsel."
    assert "både hos medarbejdere og ledere (temaer: 2) og hos børn og elever (temaer: 1)" in sentences[2]
    assert sentences[3] == "Ingen temaer er fokusområder."
    one = with_groups(plain, bent(pupils, trivsel="increase"), leaders)
    assert told(progress(Sections(Speaker(voices), one)))[0] == "Der er fremgang hos elever fra 2017 til 2019: Trivsel."


def test_what_fell_is_told_and_is_potential(plain: Content, voices: Voices) -> None:
    pupils, leaders = plain.groups
    content = with_groups(plain, bent(pupils, trivsel="decrease"), bent(leaders, trivsel="decrease"))
    sentences = told(progress(Sections(Speaker(voices), content)))
    assert sentences[:2] == ["Der er fald hos elever: Trivsel.", "Der er fald hos ledere: Trivsel."]
    assert sentences[-1] == "Der er potentiale i at sætte yderligere fokus på: Trivsel (elever, ledere)."
    assert list(potential(content)) == ["trivsel"], "one theme is told once with all its groups"


def test_of_a_voice_that_is_hidden_nothing_is_said(plain: Content, voices: Voices) -> None:
    pupils, leaders = plain.groups
    rise = bent(pupils, trivsel="increase")
    heard = told(progress(Sections(Speaker(voices), with_groups(plain, rise, leaders))))
    assert any("ikke hos medarbejdere og ledere" in sentence for sentence in heard)
    hidden = bent(leaders, trivsel="suppressed", ro="suppressed", faelles="suppressed")
    heard = told(progress(Sections(Speaker(voices), with_groups(plain, rise, hidden))))
    assert not any("medarbejdere" in sentence for sentence in heard)


@pytest.mark.parametrize(
    ("statuses", "place"),
    [
        (("increase", "decrease"), 0),
        (("status_quo", "increase"), 1),
        (("inconclusive", "decrease"), "never"),
        (("suppressed", "increase"), "unknown"),
        (("increase", "suppressed"), 0),
        (("status_quo", "no_data"), "unknown"),
    ],
)
def test_the_first_rise_of_a_theme(plain: Content, statuses: tuple[str, str], place: int | str) -> None:
    theme = plain.groups[0].themes[0]
    changes = tuple(Change(pair, status) for pair, status in zip(PAIRS, statuses, strict=True))
    assert first_rise(replace(theme, changes=changes), PAIRS) == place


def test_specific_development_is_what_the_municipality_has_not_in_common(
    source: Source, plain: Content, voices: Voices
) -> None:
    """Both themes lie low at the first school; one of them lies low in the whole municipality."""
    below = replace(PLAIN, ahead=-30.0, ahead_low=-40.0, ahead_high=-20.0, band="much_below")
    group = plain.groups[0]
    low = tuple(
        replace(theme, members=(below, *theme.members[1:]), level=below if theme.code == "trivsel" else PLAIN)
        if theme.code in ("trivsel", "ro")
        else theme
        for theme in group.themes
    )
    quiet = replace(plain, pairs=(), groups=(replace(group, themes=tuple(replace(t, changes=()) for t in low)),))
    section = competence(source, Sections(Speaker(voices), quiet))
    assert told(section) == ["Trivsel (elever)"]
    rows = table(section, "kompetenceudvikling").parts[0].rows
    assert [row.label["da"] for row in rows] == [plain.members[0].label["da"]]
    assert "<script>" in shown(rows[0].cells)[0]
    assert "Trivsel" not in shown(rows[0].cells)[0]


def test_levels_are_compared_where_the_words_are_the_same(plain: Content, voices: Voices) -> None:
    pupils, leaders = (
        replace(group, organisation=level) for group, level in zip(plain.groups, ("team", "school"), strict=True)
    )
    content = replace(plain, groups=(pupils, leaders))
    assert list(shared_themes(content)) == ["trivsel", "ro", "faelles"]
    assert [group.code for group, _ in shared_themes(content)["trivsel"]] == ["ledere", "elever"], "from the top down"
    assert shared_themes(replace(plain, groups=(pupils, replace(leaders, organisation="team")))) == {}
    other = replace(leaders.themes[0], answers=())
    changed = replace(leaders, themes=(other, *leaders.themes[1:]))
    assert list(shared_themes(replace(plain, groups=(pupils, changed)))) == ["ro", "faelles"]
    high = replace(pupils.themes[0], level=replace(PLAIN, favourable=0.71))
    apart = replace(content, groups=(replace(pupils, themes=(high, *pupils.themes[1:])), leaders))
    assert told(levels_compared(Sections(Speaker(voices), apart))) == [
        "Trivsel: 71\N{NO-BREAK SPACE}% gunstige svar hos elever, 60\N{NO-BREAK SPACE}% hos ledere."
    ]
    assert levels_compared(Sections(Speaker(voices), plain)) is None


def test_day_care_and_school_are_counted_apart(plain: Content, voices: Voices) -> None:
    places = ("daycare", "school")
    groups = tuple(replace(group, place=place) for group, place in zip(plain.groups, places, strict=True))
    content = with_groups(plain, bent(groups[0], trivsel="increase"), groups[1])
    rows = table(sectors(Sections(Speaker(voices), content)), "omraader").parts[0].rows
    assert [(row.label["da"], shown(row.cells)) for row in rows] == [
        ("Dagtilbud", [1, 0, 2, 0, 3]),
        ("Skole", [0, 0, 3, 0, 3]),
    ]
    assert sectors(Sections(Speaker(voices), plain)) is None


def test_the_same_persons_before_and_after(plain: Content, voices: Voices) -> None:
    linked = replace(plain, frame=replace(plain.frame, clusters="persons"))
    section = same_persons(Sections(Speaker(voices), linked))
    assert table(section, "parret").parts[0].label == plain.groups[0].label
    assert section is not None
    assert any(isinstance(b, Paragraph) and "Så få er kommet til" in b.words["da"] for b in section.blocks)
    turned = Turnover("shown", None, 14, 6, 4, 20.0, 15.0, 3.0, 2.0)
    group = linked.groups[0]
    themes = (
        replace(group.themes[0], turnover=turned),
        replace(group.themes[1], turnover=Turnover("suppressed", "n_lt_min")),
    )
    section = same_persons(Sections(Speaker(voices), replace(linked, groups=(replace(group, themes=themes),))))
    rows = table(section, "samme-personer").parts[0].rows
    assert shown(rows[0].cells) == [14, 4, 6, 20.0, 15.0, 3.0, 2.0]
    assert shown(rows[1].cells) == ["•"] * 7
    assert same_persons(Sections(Speaker(voices), plain)) is None


def test_other_sources_stand_beside_the_survey(
    source: Source, plain: Content, voices: Voices, marts: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(marts, tmp_path / "marts"))
    row = {
        "level": "municipality",
        "unit_id": "101",
        "respondent_group": "elever",
        "background": "all",
        "series": 1,
        "n": 90,
    }
    test = {"test": "laesning", "kind": "national_test", "grade": "4", "share_best": 0.1, "share_poor": 0.2}
    exam = {"test": "fp9", "kind": "exam", "grade": "all", "mean_score": 7.2, "expected": 7.0, "added_value": 0.2}
    pd.DataFrame(
        [
            row | test | {"school_year": "2016/17", "share_good": 0.70},
            row | test | {"school_year": "2017/18", "share_good": 0.72},
            row | test | {"school_year": "2016/17", "share_good": 0.70, "grade": "6"},
            row | test | {"school_year": "2017/18", "share_good": 0.69, "grade": "6"},
            row | test | {"school_year": "2017/18", "share_good": 0.9, "background": "4"},
            row | exam | {"school_year": "2016/17"},
            row | exam | {"school_year": "2017/18", "suppressed": "n_lt_min"},
        ]
    ).assign(suppressed=lambda frame: frame["suppressed"].astype("object"), is_significant=None).to_parquet(
        folder / "academic_results.parquet"
    )
    words = {"laesning": {"da": "Læsning", "en": "Reading"}, "fp9": {"da": "Prøver", "en": "Exams"}}
    academic = Academic(words, (), {}, {}, ())
    held = replace(source, marts=Marts(folder), academic=academic)
    assert plain.tally is not None
    still = replace(plain, tally=replace(plain.tally, counts=plain.tally.counts | {"increase": 2, "decrease": 2}))
    section = other_sources(held, Sections(Speaker(voices), still))
    moved = "Nationale test: Andelen af gode elever er steget fra 2016/17 til 2017/18 på 1 af 2 test og klassetrin."
    lifted = "Løfteevne: I 2016/17 ligger gennemsnittet 0,20 karakterpoint over det, elevernes baggrund lader forvente (Prøver)."
    assert told(section)[:2] == [moved, lifted], "the survey points nowhere: nothing points the same way"
    for up, down, word in ((3, 1, "Det peger samme vej"), (1, 3, "Det peger ikke samme vej")):
        counts = plain.tally.counts | {"increase": up, "decrease": down}
        bent_survey = replace(plain, tally=replace(plain.tally, counts=counts))
        section = other_sources(held, Sections(Speaker(voices), bent_survey))
        assert told(section)[:2] == [moved, f"{lifted} {word} som kortlægningen."]
    rows = table(section, "andre-national-test").parts[0].rows
    assert [row.label["da"] for row in rows] == [
        "4. klasse, 2016/17",
        "4. klasse, 2017/18",
        "6. klasse, 2016/17",
        "6. klasse, 2017/18",
    ]
    assert shown(rows[1].cells) == [90, 0.72, 0.1, 0.2]
    rows = table(section, "andre-exam").parts[0].rows
    assert [shown(row.cells) for row in rows] == [[90, 7.2, 7.0, 0.2], ["•"] * 4]
    assert other_sources(source, Sections(Speaker(voices), plain)) is None


def test_significance_of_schools_is_counted_and_shown(
    source: Source, plain: Content, voices: Voices, marts: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(marts, tmp_path / "marts"))
    exam = {
        "respondent_group": "elever",
        "background": "all",
        "test": "fp9",
        "kind": "exam",
        "grade": "all",
        "series": 1,
    }
    exam |= {"school_year": "2017/18", "n": 30, "mean_score": 7.0, "expected": 6.9, "suppressed": None}
    exam |= dict.fromkeys(("share_good", "share_best", "share_poor"))
    found = [
        (member.unit, *one)
        for member, one in zip(plain.members, ((0.5, True), (-0.4, True), (0.1, False)), strict=False)
    ]
    rows = [
        exam | {"level": u[0], "unit_id": u[1], "added_value": value, "is_significant": one} for u, value, one in found
    ]
    level, unit = plain.place.unit
    rows.append(exam | {"level": level, "unit_id": unit, "added_value": 0.1, "is_significant": None})
    pd.DataFrame(rows).to_parquet(folder / "academic_results.parquet")
    held = replace(
        source, marts=Marts(folder), academic=Academic({"fp9": {"da": "Prøver", "en": "Exams"}}, (), {}, {}, ())
    )
    section = other_sources(held, Sections(Speaker(voices), plain))
    above, below = (sum(one and sign * value > 0 for _, value, one in found) for sign in (1, -1))
    assert told(section)[1] == (
        f"Forskellen er statistisk sikker på {above + below} af de {len(found)} skoler, hvor den kan vises: på {above} over og "
        f"på {below} under det forventede (Prøver, 2017/18)."
    )
    assert "Statistisk sikker forskel" not in [column.words["da"] for column in table(section, "andre-exam").columns]
    own = table(other_sources(held, Sections(Speaker(voices), content_of(held, plain.members[0]))), "andre-exam")
    assert own.columns[-1].words["da"] == "Statistisk sikker forskel"
    assert shown(own.parts[0].rows[0].cells)[-1] == "ja"


def test_targets_stand_under_the_national_goals_year_by_year(
    source: Source, plain: Content, voices: Voices, marts: Path, tmp_path: Path
) -> None:
    """What a municipality has set stands below the national target that it serves; grades are numbers; every year is there.

    A figure has a decimal: from 90 % to 90 % nobody sees a rise.
    """
    folder = Path(shutil.copytree(marts, tmp_path / "marts"))
    level, unit = plain.place.unit
    row = {"level": level, "unit_id": unit, "mapping": "", "mapping_from": None, "respondent_group": "elever"}
    row |= {"measure": "laesning", "background": "all", "direction": "at_least", "suppressed": None, "reason": None}
    row |= {"indicator": "share_good", "goal": 0.8, "n": 90, "value_before": None, "status": "met", "is_national": True}
    good = [
        row | {"target": "1.1", "grade": grade, "school_year": year, "value": value}
        for grade in ("10", "4")
        for year, value in (("2015/16", 0.9), ("2016/17", 0.904))
    ]
    own = row | {
        "target": "K",
        "grade": "4",
        "school_year": "2016/17",
        "value": 0.4,
        "status": "not_met",
        "is_national": False,
    }
    other = own | {
        "target": "Z",
        "goal": None,
        "direction": "rises",
        "status": "not_comparable",
        "reason": "no_year_before",
    }
    pd.DataFrame([*good, own, other]).to_parquet(folder / "result_targets.parquet")
    targets_ = {
        ("1.1", ""): Target({"da": "Gode", "en": "Good"}, True, "1.1"),
        ("2.1", ""): Target({"da": "Dårlige", "en": "Poor"}, True, "2.1"),
        ("K", unit): Target({"da": "Vores", "en": "Ours"}, False, "1.1"),
        ("Z", unit): Target({"da": "Andet", "en": "Other"}, False, None),
    }
    academic = Academic({"laesning": {"da": "Læsning", "en": "Reading"}}, (), targets_, {}, ())
    section = targets(replace(source, marts=Marts(folder), academic=academic), Sections(Speaker(voices), plain))
    assert section is not None
    headings = [block.words["da"].partition(":")[0] for block in section.blocks if isinstance(block, Heading)]
    assert headings == ["Nationalt mål 1", "Nationalt mål 2", "Nationalt mål 3", "Kommunens øvrige mål"]
    assert any(isinstance(b, Paragraph) and b.words["da"] == "2.1 Dårlige: Der er ingen tal." for b in section.blocks)
    first = table(section, "resultatmaal-1")
    assert [column.words["da"] for column in first.columns] == ["Målt ved", "2015/16", "2016/17"]
    assert [part.label["da"] for part in first.parts if part.label] == ["1.1 Gode", "Kommunens mål under 1.1: Vores"]
    told_ = [
        (row.label["da"], [cell.words["da"] for cell in row.cells if isinstance(cell, Words)]) for row in first.rows
    ]
    assert told_ == [
        ("Læsning, 4. klasse", ["90,0\u00a0%: nået", "90,4\u00a0%: nået"]),
        ("Læsning, 10. klasse", ["90,0\u00a0%: nået", "90,4\u00a0%: nået"]),
        ("Læsning, 4. klasse", ["–", "40,0\u00a0%: ikke nået"]),
    ]
    folded = [block for block in section.blocks if isinstance(block, Fold)][-1].blocks[0]
    assert isinstance(folded, Table)
    last = next(iter(folded.rows)).cells[-1]
    assert isinstance(last, Words)
    assert last.words["da"] == "ikke sammenlignelig: der er ingen tal for skoleåret før"


def paragraphs(section: Section | None) -> list[str]:
    """The Danish paragraphs of a section."""
    assert section is not None
    return [block.words["da"] for block in section.blocks if isinstance(block, Paragraph)]


def test_where_nothing_can_be_compared_nothing_is_said_to_stand_still(plain: Content, voices: Voices) -> None:
    """A school whose changes are all hidden shows neither a rise nor that there was none."""
    hidden = dict.fromkeys(("trivsel", "ro", "faelles"), "suppressed")
    dark = with_groups(plain, *(bent(group, **hidden) for group in plain.groups))
    sections = Sections(Speaker(voices), dark)
    resume = summary(sections)
    answers = next(block for block in resume.blocks if isinstance(block, Terms)).entries
    assert [answer["da"] for _, answer in answers[:2]] == ["Det kan tallene her ikke sige noget om."] * 2
    assert not any(isinstance(block, Heading) for block in resume.blocks), "no heading for what cannot be told"
    assert moved_blocks(sections, dark.groups[0], "gruppe-1") == []


def test_lists_of_development_speak_of_day_care_only_where_there_is_any(
    source: Source, plain: Content, voices: Voices
) -> None:
    groups = (replace(g, place="school", themes=tuple(replace(t, changes=()) for t in g.themes)) for g in plain.groups)
    own = replace(plain, pairs=(), groups=tuple(groups))
    told_ = paragraphs(competence(source, Sections(Speaker(voices), own)))
    assert not any("dagtilbud" in sentence for sentence in told_)
    assert "Ingen skoler har fokusområder, der kan vises og ikke er fælles for kommunen." in told_


def test_results_from_before_the_survey_are_where_it_starts_from(
    source: Source, plain: Content, voices: Voices, marts: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(marts, tmp_path / "marts"))
    row = {"level": "municipality", "unit_id": "101", "respondent_group": "elever", "background": "all", "series": 1}
    row |= {"test": "laesning", "kind": "national_test", "share_best": 0.1, "share_poor": 0.2, "n": 90, "grade": "4"}
    row |= dict.fromkeys(("mean_score", "expected", "added_value", "is_significant", "suppressed"))
    years = ("2013/14", "2014/15")
    rows = [row | {"school_year": year, "share_good": 0.6 + place / 10} for place, year in enumerate(years)]
    pd.DataFrame(rows).to_parquet(folder / "academic_results.parquet")
    academic = Academic({"laesning": {"da": "Læsning", "en": "Reading"}}, (), {}, {}, ())
    section = other_sources(replace(source, marts=Marts(folder), academic=academic), Sections(Speaker(voices), plain))
    assert paragraphs(section) == [
        "Resultaterne er en anden kilde end kortlægningen. De nyeste er fra 2014/15 og dermed fra før kortlægningen i 2015: "
        "et afsæt for arbejdet, ikke et resultat af det."
    ]
    assert told(section) == [], "what was before the survey does not point the same way as it"


def test_a_municipality_that_takes_part_alone_is_held_against_nobody(
    source: Source, plain: Content, voices: Voices
) -> None:
    """In the quality report too: its difference from the programme would be nought of nought."""
    for others, columns in ((plain.others, 5), ((), 4)):
        section = every_theme(Sections(Speaker(voices), replace(plain, others=others)))
        assert len(table(section, "temaer").columns) == columns
        assert any("programmet" in sentence for sentence in paragraphs(section)) == bool(others)


def test_one_school_has_no_spread(plain: Content, voices: Voices) -> None:
    """Lowest and highest of one figure are that figure."""
    hidden = Level("suppressed", "n_lt_min")
    for shown_, folds in ((1, 1), (2, 2)):
        group = plain.groups[0]
        members = (*(PLAIN,) * shown_, *(hidden,) * (len(plain.members) - shown_))
        own = replace(group, themes=tuple(replace(theme, members=members) for theme in group.themes))
        blocks = level_blocks(Sections(Speaker(voices), replace(plain, groups=(own,))), own, "gruppe-1")
        assert sum(isinstance(block, Fold) for block in blocks) == folds


def test_leadership_and_its_development_stand_beside_progression(
    source: Source, plain: Content, voices: Voices, marts: Path, tmp_path: Path
) -> None:
    """School by school: level and change of the theme, and the gain of the same school year, each with its interval."""
    folder = Path(shutil.copytree(marts, tmp_path / "marts"))
    row = {"respondent_group": "elever", "test": "stavning", "breakdown": "all", "breakdown_value": "all", "n": 40}
    row |= {
        "mean_first": 40.0,
        "mean_last": 44.0,
        "gain": 4.0,
        "ci_low": 3.0,
        "ci_high": 5.0,
        "share_reliable_gain": 0.2,
    }
    row |= {"school_year": "2019/20", "share_reliable_fall": 0.0, "reason": None, "suppressed": None}
    units = [plain.place.unit, *(member.unit for member in plain.members)]
    pd.DataFrame([row | {"level": level, "unit_id": unit} for level, unit in units]).to_parquet(
        folder / "school_year_progression.parquet"
    )
    academic = Academic(
        {"stavning": {"da": "Stavning", "en": "Spelling"}}, ("stavning",), {}, {}, (("elever", "trivsel"),)
    )
    held = replace(source, marts=Marts(folder), academic=academic)
    found = table(beside(held, Sections(Speaker(voices), plain)), "ledelse-progression")
    assert [column.words["da"] for column in found.columns] == [
        "Skole",
        "Trivsel (elever)",
        "Trivsel: ændring fra 2017 til 2019",
        "Stavning: fremgang",
    ]
    member = plain.members[0]
    change = change_of(held, "elever", "trivsel", member.unit, PAIRS[1])
    first, foot = found.parts[0].rows[0], found.foot
    assert first.label == member.label
    assert shown(first.cells) == [500.0, change.delta, 4.0]
    assert foot is not None
    assert shown(foot.cells) == [500.0, 20.0, 4.0]
    assert [(cell.low, cell.high) for cell in foot.cells if isinstance(cell, Number)] == [
        (495.0, 505.0),
        (10.0, 30.0),
        (3.0, 5.0),
    ]
    once = replace(plain, pairs=())
    assert len(table(beside(held, Sections(Speaker(voices), once)), "ledelse-progression").columns) == 3
