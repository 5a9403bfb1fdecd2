"""Academic results in extracts: what is read, where each row ends, and what stops a file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.errors import ConfigurationError, InputError
from pipelines.extract import check_files, extract_group, look_at_landing, raw_folder
from pipelines.programme import load_programme
from pipelines.settings import Settings, load_settings
from pipelines.validation import validate_results
from tests.unit.models.survey import write_programme

MORE = """\
  - respondent_group: pupils
    content: results
    path: results.csv
    dialect: {delimiter: ";", decimal: ",", date_format: "%d-%m-%Y"}
    columns:
      respondent_id: elev
      municipality_id: kommune
      institution_id: skole
      class_id: klasse
      grade: trin
      submitted_at: dato
      test: test
      school_year: skoleaar
      measurement: maaling
      score: point
      step: niveau
      percentile: percentil
    values:
      test: {"Læsning": nt_laesning, "Stavning": staveproeve}
      step: {"1": insufficient, "2": deficient, "3": fair, "4": good, "5": very_good, "6": excellent}
"""
TESTS = """\
test,from_year,kind,subject,label_da,label_en,score_min,score_max,reliability,reason_da,reason_en
nt_laesning,2014/15,national_test,dansk_laesning,Læsning,Reading,,,,,
nt_laesning,2022/23,national_test,dansk_laesning,Læsning,Reading,,,,Ny test.,A new test.
staveproeve,2014/15,measurement,dansk_stavning,Staveprøve,Spelling,0,50,0.9,,
"""
HEADER = "elev;kommune;skole;klasse;trin;dato;test;skoleaar;maaling;point;niveau;percentil\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lille").mkdir()
    (tmp_path / "lille" / "tests.csv").write_text(TESTS, encoding="utf-8")
    write_programme(tmp_path / "lille", more=MORE)
    return tmp_path / "lille"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({}, home=tmp_path / "home")


def spelling(pupil: str, number: int, points: str, day: str = "", school: str = "101001") -> str:
    day = day or {1: "01-09-2015", 2: "15-01-2016", 3: "20-05-2016"}[number]
    return f"{pupil};101;{school};4.B;4;{day};Stavning;2015/16;{number};{points};;\n"


def read(folder: Path, settings: Settings, lines: str) -> tuple[list[dict[str, object]], dict[int, str], list[str]]:
    """Results kept, rows set aside with their reasons, and reasons of all findings."""
    programme = load_programme(folder)
    landing = settings.landing_dir / "lille" / "2015"
    landing.mkdir(parents=True)
    for group in ("teachers", "parents"):
        (landing / f"{group}.csv").write_text("id,k,i,v_q1,v_q2,v_q3,v_q4\n", encoding="utf-8")
    (landing / "pupils.csv").write_text("id,k,i,v_q1,v_q2,v_q3\n1,101,101001,1,2,3\n", encoding="utf-8")
    (landing / "results.csv").write_text(HEADER + lines, encoding="utf-8")
    found = look_at_landing(programme, settings.landing_dir, "2015")
    files = extract_group(programme, settings, found, "pupils").files
    [file] = [file for file in files if file.content == "results"]
    assert file.rows_read == file.rows_kept + file.rows_superseded + file.rows_set_aside
    raw = raw_folder(settings, programme, found, "pupils")
    assert {r.verdict for r in validate_results(programme, raw, "2015", "pupils")} <= {"passed"}
    rows = duckdb.sql(f"select * from read_parquet('{raw}/results/*.parquet') order by file_row")
    parts = list((raw / "set_aside").glob("*-results.parquet"))
    aside = duckdb.sql(f"select file_row, reason from read_parquet('{parts[0]}')").fetchall() if parts else []
    names = [column[0] for column in rows.description]
    kept = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return kept, dict(aside), [finding.reason for finding in file.findings]


def test_a_result_is_read_as_declared(folder: Path, settings: Settings) -> None:
    lines = "77;101;101001;4.B;4.b;10-03-2016;Læsning;2015/2016;1;;6;97\n" + spelling("77", 1, "20,5")
    kept, aside, _ = read(folder, settings, lines)
    assert aside == {}
    reading, spelled = kept
    assert (reading["test"], reading["school_year"], reading["step"], reading["percentile"]) == (
        "nt_laesning",
        "2015/16",
        6,
        97.0,
    )
    assert (spelled["score"], spelled["measurement"], spelled["grade"], spelled["is_figure"]) == (20.5, 1, 4, False)
    assert reading["respondent_id"] == spelled["respondent_id"] != "77"


def test_every_row_ends_where_the_rules_say(folder: Path, settings: Settings) -> None:
    lines = (
        spelling("1", 1, "20")  # 2: kept
        + spelling("1", 2, "24")  # 3: kept
        + spelling("2", 1, "20", day="20-05-2016")  # 4: after the second measurement
        + spelling("2", 2, "24")  # 5
        + spelling("3", 1, "20")  # 6: at two schools
        + spelling("3", 1, "20", school="101002")  # 7
        + spelling("4", 1, "20")  # 8: superseded
        + spelling("4", 1, "21", day="02-09-2015")  # 9: kept
        + spelling("5", 1, "20", day="31-07-2015")  # 10: the school year before
        + spelling("6", 1, "10")  # 11: changes school, kept
        + spelling("6", 2, "12", school="101002")  # 12
        + "".join(spelling(str(pupil), 1, "30") for pupil in range(100, 260))
        + spelling("7", 1, "51")  # 173: off the scale
    )
    kept, aside, reasons = read(folder, settings, lines)
    assert aside == {
        4: "out_of_order",
        5: "out_of_order",
        6: "two_schools",
        7: "two_schools",
        8: "duplicate",
        10: "outside_school_year",
        173: "outside_scale",
    }
    assert {row["file_row"] for row in kept} >= {2, 3, 9, 11, 12}
    assert "moved_institution" in reasons


def test_rules_over_several_files_are_told_with_file_and_row(folder: Path, settings: Settings) -> None:
    """A pupil in two schools and a measurement out of order, each in two files of the school year."""
    yaml = folder / "programme.yaml"
    yaml.write_text(yaml.read_text("utf-8").replace("path: results.csv", 'path: "results*.csv"'), encoding="utf-8")
    landing = settings.landing_dir / "lille" / "2015"
    landing.mkdir(parents=True)
    first = spelling("1", 1, "20") + spelling("2", 2, "24", day="01-10-2015") + spelling("3", 1, "20")
    second = spelling("3", 2, "21") + spelling("1", 1, "20", school="101002") + spelling("2", 1, "20", day="02-11-2015")
    (landing / "results_a.csv").write_text(HEADER + first, encoding="utf-8")
    (landing / "results_b.csv").write_text(HEADER + second, encoding="utf-8")
    findings = check_files(load_programme(folder), [landing], settings)
    told = {(one.file, one.reason, one.row, one.action) for one in findings}
    assert told == {
        ("results_a.csv", "two_schools", 2, "set aside"),
        ("results_b.csv", "two_schools", 3, "set aside"),
        ("results_a.csv", "out_of_order", 3, "set aside"),
        ("results_b.csv", "out_of_order", 4, "set aside"),
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            spelling("1", 1, "51"),
            "100.0% of the scores of staveproeve in 2015/16 do not lie on the scale that tests.csv",
        ),
        (
            spelling("1", 1, "20.5"),
            "column point: is not a number with the decimal mark that the dialect declares (',')",
        ),
        (spelling("1", 1, "nan"), "column point: is not a number"),
        (spelling("1", 1, "20").replace("2015/16", "2015/17"), "column skoleaar: is not a school year like 2015/16"),
        (spelling("1", 1, "20").replace("Stavning", "Regning"), "column test: tests.csv has no such test"),
        (spelling("1", 1, "20").replace(";20;;", ";;7;"), "column niveau: a code that `values.step`"),
        (spelling("1", 1, "20").replace(";20;;", ";;4;101"), "column percentil: is not between 1 and 100"),
    ],
)
def test_what_is_not_a_result_stops_with_its_place(folder: Path, settings: Settings, line: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(folder, settings, line)
    assert message in str(caught.value)
    assert "2015/results.csv, row 2" in str(caught.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("tests.csv", "nt_laesning,2022/23,national_test", "nt_laesning,2022/23,exam", "row 3, column kind: differs within test 'nt_laesning'"),
        ("tests.csv", "Ny test.", "", "row 3, column reason_da: is empty; say why results before 2022/23 are not comparable"),
        ("tests.csv", "2022/23", "2022/24", "'2022/24' is not a school year like 2015/16"),
        ("tests.csv", "0,50,0.9", "0,50,", "column reliability: is empty; a measurement needs it"),
        ("tests.csv", "0,50,0.9", "0,50,1.9", "column reliability: '1.9' is not between 0 and 1"),
        ("tests.csv", "0,50,0.9", "50,0,0.9", "column score_max: is not above score_min"),
        ("targets.csv", "share_good", "share_nice", "targets.csv, row 2, column indicator: 'share_nice' is not one of share_good"),
        ("targets.csv", "share_good,nt_laesning", "share_good,nt_engelsk", "column test: 'nt_engelsk' is not in tests.csv"),
        ("targets.csv", "share_good,nt_laesning", "share_good,staveproeve", "column test: 'staveproeve' is no national_test and has no share_good"),
        ("targets.csv", "share_good,nt_laesning", "mean_score,", "column indicator: mean_score stands on tests of kind exam, and tests.csv has none"),
        ("targets.csv", "at_least,0.85", "at_least,", "column goal: is empty for direction at_least"),
        ("targets.csv", "at_least,0.85", "rises,0.85", "column goal: must be empty for direction rises"),
        ("targets.csv", "T2,", "1.1,", "column target: '1.1' is a national target; give it another code"),
        ("targets.csv", ",,trivsel,", ",,ro,", "column theme: 'ro' is not in themes.csv"),
        ("programme.yaml", "      school_year: skoleaar\n", "", "extracts[3]: columns.school_year: is missing"),
        ("programme.yaml", "wellbeing: trivsel", "wellbeing: ro", "national_targets.wellbeing: 'ro' is no family of themes.csv"),
        ("programme.yaml", "content: results", "content: answers", "columns.test: only an extract with `content: results` has it"),
    ],
)  # fmt: skip
def test_faults_of_tests_and_targets_are_told_with_their_place(
    folder: Path, file: str, old: str, new: str, message: str
) -> None:
    (folder / "targets.csv").write_text(
        "target,label_da,label_en,municipality_id,indicator,test,theme,direction,goal\n"
        "T1,Mindst 85 %,At least 85 %,101,share_good,nt_laesning,,at_least,0.85\n"
        "T2,Trivsel,Well-being,,theme,,trivsel,rises,\n",
        encoding="utf-8",
    )
    yaml = folder / "programme.yaml"
    yaml.write_text(yaml.read_text("utf-8") + "national_targets: {wellbeing: trivsel}\n", encoding="utf-8")
    load_programme(folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_programme(folder)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("share_gone,pupils,trivsel", "column indicator: 'share_gone' is not one of share_good"),
        ("theme,pupils,ro", "column theme: 'ro' is not in themes.csv"),
        ("theme,alle,trivsel", "column respondent_group: 'alle' is not in respondent_groups of programme.yaml"),
    ],
)
def test_what_follows_from_a_fault_is_not_told_as_another(folder: Path, target: str, message: str) -> None:
    """Of an indicator, a theme or a group that does not exist nothing more can be wrong."""
    (folder / "targets.csv").write_text(
        "target,label_da,label_en,indicator,respondent_group,theme,direction\n" + f"T1,Mål,Target,{target},rises\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as caught:
        load_programme(folder)
    assert str(caught.value).startswith(f"targets.csv, row 2, {message}")
    assert "\n" not in str(caught.value)


FITTING = """\
test,from_year,kind,subject,label_da,label_en,score_min,score_max,grades,reliability,reason_da,reason_en
nt_laesning,2014/15,national_test,dansk_laesning,Læsning,Reading,,,2 4 6 8,,,
nt_matematik,2014/15,national_test,matematik,Matematik,Mathematics,,,3 6,,,
fp9,2015/16,exam,matematik,Prøve,Exam,-3,12,,,,
staveproeve,2014/15,measurement,dansk_stavning,Staveprøve,Spelling,0,50,,0.9,,
"""


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("share_good,nt_laesning,matematik,,,,", "column subject: 'matematik' is not the subject of 'nt_laesning'; correct one of the two"),
        ("share_good,,dansk_stavning,,,,", "column subject: no national_test has the subject 'dansk_stavning'; share_good has dansk_laesning, matematik"),
        ("share_good,nt_matematik,,4,,,", "column grade: nobody in grade 4 takes such a test (column grades of tests.csv); correct the grade"),
        ("share_good,,matematik,8,,,", "column grade: nobody in grade 8 takes such a test"),
        ("share_good,nt_laesning,,12,,,", "column grade: '12' is no grade (0 to 10)"),
        ("mean_score,fp9,,9,,,", "column grade: no extract of such a test has a column for the grade"),
        ("mean_score,fp9,,,,2014/15,", "column school_year: lies before the first series of such a test (2015/16, tests.csv)"),
        ("theme,,,,trivsel,2016/17,", "column school_year: no mapping was held in 2016/17; they were held in 2015/16, 2017/18, 2019/20"),
        ("social_gap,,,,trivsel,,", "column indicator: no extract of whoever is asked theme trivsel tells the parents' education"),
        ("share_good,nt_laesning,,4,,,4.1", "column serves: '4.1' is no national target; they are 1.1, 1.2, 2.1, 3.1"),
    ],
)  # fmt: skip
def test_a_target_that_nothing_fits_is_told_with_its_place(folder: Path, target: str, message: str) -> None:
    """It would have no rows, and nobody would know why."""
    indicator, test, subject, grade, theme, year, serves = target.split(",")
    (folder / "tests.csv").write_text(FITTING, encoding="utf-8")
    yaml = folder / "programme.yaml"
    yaml.write_text(yaml.read_text("utf-8") + "national_targets: {wellbeing: trivsel}\n", encoding="utf-8")
    head = "target,label_da,label_en,indicator,test,subject,grade,theme,direction,goal,school_year,serves\n"
    right = "T1,Læsning,Reading,share_good,nt_laesning,dansk_laesning,4,,at_least,0.85,2015/16,1.1\n"
    wrong = f"T2,Mål,Target,{indicator},{test},{subject},{grade},{theme},at_least,0.5,{year},{serves}\n"
    (folder / "targets.csv").write_text(head + right, encoding="utf-8")
    assert load_programme(folder).targets["serves"].tolist()[-1] == "1.1"
    (folder / "targets.csv").write_text(head + right + wrong, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_programme(folder)
    assert str(caught.value).startswith(f"targets.csv, row 3, {message}")
    assert "\n" not in str(caught.value)
