"""The main job as a user runs it: from landing files to a release, again with nothing new, and with every bad input.

Belongs here: what `kortlaegning run` promises. Does not belong here: single stages (`tests/unit`).
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pipelines.extract import read_ledger
from pipelines.marts import MARTS as ALL_MARTS
from pipelines.programme import PROGRAMMES, load_programme
from pipelines.release import home_lock
from tests.attacker import attack_release
from tests.conftest import DATA, SMALL, Built, copy_of, run_cli

MARTS = tuple(mart.name for mart in ALL_MARTS)


@pytest.fixture
def broken(small: Built, tmp_path: Path) -> Built:
    """A copy of the built home, to be broken."""
    return copy_of(small, tmp_path)


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first occurrence of a text that must be there."""
    content = path.read_text(encoding="cp1252")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="cp1252")


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_release_has_what_the_interface_promises(small: Built) -> None:
    release = small.current
    assert release.parent == (small.home / "releases").resolve()
    for audience in ("public", "internal"):
        assert {p.stem for p in (release / "marts" / audience).iterdir()} == set(MARTS)
        assert (release / "reports" / audience / "index.html").is_file()
        for language in ("da", "en"):
            pages = {p.stem for p in (release / "reports" / audience / language).iterdir()}
            assert "programme" in pages
            assert {f"municipality-{town}" for town in ("Denmark", "Germany", "Korea", "Portugal")} <= pages
    assert (release / "validation" / "index.html").is_file()
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["inputs"]) == 6
    listed = set(manifest["files"])
    assert listed == {name for name in files_of(release) if name != "manifest.json"}
    ledger = (small.home / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(ledger[-1])["release_id"] == release.name
    assert run_cli("verify", "--home", str(small.home)) == 0


def test_real_looking_data_are_not_marked_as_simulated(small: Built) -> None:
    assert json.loads((small.current / "manifest.json").read_text(encoding="utf-8"))["simulated"] is False
    assert "Simulerede data" not in (small.current / "reports/public/da/programme.html").read_text(encoding="utf-8")


def test_nothing_new_says_so_and_starts_nothing(small: Built, capfd: pytest.CaptureFixture[str]) -> None:
    before = (small.home / "ledger.jsonl").read_bytes()
    assert small.run() == 0
    assert "Nothing has changed" in capfd.readouterr().out
    assert (small.home / "ledger.jsonl").read_bytes() == before


def test_another_home_gives_the_same_release_and_the_same_bytes(small: Built, tmp_path: Path) -> None:
    other = Built(tmp_path / "home", small.landing)
    assert other.run() == 0
    assert other.current.name == small.current.name
    assert files_of(other.current) == files_of(small.current)


def test_nothing_below_the_rule_is_in_any_released_file(small: Built) -> None:
    for audience, least in (("public", 10), ("internal", 5)):
        for mart in MARTS:
            relation = duckdb.sql(f"select * from read_parquet('{small.current}/marts/{audience}/{mart}.parquet')")
            for column in [c for c in relation.columns if c in ("n", "n_from", "n_to")]:
                floor = 5 if mart != "item_distributions" else {"public": 20, "internal": 10}[audience]
                leaders = relation.filter(f"respondent_group = 'leaders' and {column} < {floor}")
                others = relation.filter(f"respondent_group <> 'leaders' and {column} < {max(least, floor)}")
                assert leaders.fetchall() == [], (audience, mart, column)
                assert others.fetchall() == [], (audience, mart, column)
            leaders_of_schools = relation.filter("suppressed is null and respondent_group = 'leaders'")
            if "level" in relation.columns:
                assert leaders_of_schools.filter("level = 'institution'").fetchall() == []


def test_suppressed_rows_hold_no_number(small: Built) -> None:
    scores = duckdb.sql(f"select * from read_parquet('{small.current}/marts/public/theme_scores.parquet')")
    hidden = scores.filter("suppressed is not null")
    assert hidden.aggregate("count(*)").fetchall()[0][0] > 0
    numbers = [c for c, t in zip(scores.columns, scores.types, strict=True) if str(t) in ("DOUBLE", "BIGINT")]
    for column in numbers:
        assert hidden.filter(f"{column} is not null").fetchall() == [], column


def test_denmark_to_2012_is_no_data(small: Built) -> None:
    rows = duckdb.sql(
        f"select status, reason, delta, p from read_parquet('{small.current}/marts/public/progression.parquet') "
        "where unit_id = 'Denmark' and mapping_to = '2012' and respondent_group = 'parents'"
    ).fetchall()
    assert rows == [("no_data", "missing_to", None, None)] * 2


def test_the_run_is_seen_in_dagster(small: Built) -> None:
    [storage] = list((small.home / "dagster").rglob("runs.db"))
    with sqlite3.connect(storage) as con:
        runs = con.execute("select status, pipeline_name from runs").fetchall()
    assert runs == [("SUCCESS", "build_release")]


def test_limiting_to_rounds(small: Built, tmp_path: Path) -> None:
    home = tmp_path / "home"
    built = Built(home, small.landing)
    assert built.run("--mapping", "2006", "--mapping", "2009") == 0
    rounds = duckdb.sql(
        f"select distinct mapping from read_parquet('{built.current}/marts/public/theme_scores.parquet')"
    ).fetchall()
    assert sorted(rounds) == [("2006",), ("2009",)]
    assert built.current.name != small.current.name
    assert built.run("--mapping", "2009") == 2


def test_a_round_that_was_not_held_yet_is_left_out(small: Built, tmp_path: Path) -> None:
    shutil.copytree(small.landing, tmp_path / "landing")
    shutil.rmtree(tmp_path / "landing" / SMALL / "2012")
    built = Built(tmp_path / "home", tmp_path / "landing")
    assert built.run() == 0
    assert built.run("--mapping", "2006", "--mapping", "2012") == 1


def missing_file(home: Built) -> None:
    (home.landing / SMALL / "2009" / "parents.csv").unlink()


def unreadable_file(home: Built) -> None:
    (home.landing / SMALL / "2009" / "parents.csv").write_bytes(b"\x00\xff\x00" * 1000)


def unknown_column(home: Built) -> None:
    edit(home.landing / SMALL / "2009" / "leaders.csv", "SC11Q04", "SHORTAGE")


def undeclared_code(home: Built) -> None:
    """More than one answer in a hundred."""
    path = home.landing / SMALL / "2009" / "parents.csv"
    lines = path.read_text(encoding="cp1252").splitlines()
    place = lines[0].split(";").index("PA14Q02")
    for number in range(2, 8):
        cells = lines[number].split(";")
        lines[number] = ";".join([*cells[:place], "Rather", *cells[place + 1 :]])
    path.write_text("\n".join(lines) + "\n", encoding="cp1252")


def unknown_municipality(home: Built) -> None:
    edit(home.landing / SMALL / "2009" / "parents.csv", "Korea;", "Atlantis;")


@pytest.mark.parametrize(
    ("breaks", "expected"),
    [
        (missing_file, "2009/parents.csv: no file has arrived for parents"),
        (unreadable_file, "2009/parents.csv"),
        (
            unknown_column,
            "2009/leaders.csv, column SC11Q04: is declared but not in the file (not in the codebook: SHORTAGE)",
        ),
        (undeclared_code, "2009/parents.csv, row 3, column PA14Q02"),
        (unknown_municipality, "column CNT: the municipality is not in municipalities.csv"),
    ],
)
def test_bad_input_is_one_clear_line_and_changes_nothing(
    broken: Built, capfd: pytest.CaptureFixture[str], breaks: Callable[[Built], None], expected: str
) -> None:
    before, release = files_of(broken.current), broken.current.name
    breaks(broken)
    capfd.readouterr()
    assert broken.run() == 1
    found = capfd.readouterr()
    assert expected in found.err
    for unwanted in ("Traceback", "Rather", "Atlantis"):
        assert unwanted not in found.err + found.out
    assert broken.current.name == release
    assert files_of(broken.current) == before
    assert run_cli("verify", "--home", str(broken.home)) == 0


def test_every_refused_file_is_told_and_noted(broken: Built, capfd: pytest.CaptureFixture[str]) -> None:
    unknown_column(broken)
    undeclared_code(broken)
    capfd.readouterr()
    assert broken.run() == 1
    told = capfd.readouterr().err
    assert "2009/leaders.csv, column SC11Q04" in told
    assert "2009/parents.csv, row 3, column PA14Q02" in told
    noted = [line for line in read_ledger(broken.home) if line["state"] == "rejected"]
    assert {line["file"] for line in noted} == {"leaders.csv", "parents.csv"}


def test_a_broken_programme_is_wrong_configuration(
    broken: Built, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(PROGRAMMES / SMALL, tmp_path / "programme"))
    edit(folder / "programme.yaml", "kind: parent,", "kind: parent, colour: red,")
    assert broken.run(programme=str(folder)) == 2
    assert "programme.yaml: respondent_groups[0].colour: is not a known field" in capfd.readouterr().err


def test_wrong_use(small: Built, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_cli("run") == 2
    assert run_cli("run", "--programme", "nothing_like_it", "--home", str(small.home)) == 2
    assert "neither a folder" in capfd.readouterr().err


def test_a_second_run_at_the_same_time_is_told_who_is_there(broken: Built, capfd: pytest.CaptureFixture[str]) -> None:
    edit(broken.landing / SMALL / "2009" / "parents.csv", ";Agree;", ";Disagree;")
    with home_lock(broken.home, "a test"):
        assert broken.run() == 1
    message = capfd.readouterr().err
    assert "is in use by" in message
    assert "a test" in message


def test_a_failing_expectation_blocks_and_names_its_keys(
    broken: Built, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A delivery that was reversed already, and the codebook does not say so: item-total correlations turn negative."""
    release = broken.current.name
    path = broken.landing / SMALL / "2009" / "leaders.csv"
    turned = {
        "Not at all": "A lot",
        "Very little": "To some extent",
        "To some extent": "Very little",
        "A lot": "Not at all",
    }
    lines = path.read_text(encoding="cp1252").splitlines()
    head = lines[0].split(";")
    rows = [dict(zip(head, line.split(";"), strict=True)) for line in lines[1:]]
    for number, row in enumerate(rows):
        # Answers that go together, with one item turned.
        answer = list(turned)[number % 4]
        row.update(dict.fromkeys(("SC11Q01", "SC11Q02", "SC11Q03"), answer), SC11Q04=turned[answer])
    path.write_text("\n".join([lines[0], *(";".join(row.values()) for row in rows)]) + "\n", encoding="cp1252")
    assert broken.run() == 1
    message = capfd.readouterr().err
    assert "blocks the release" in message
    assert "reliability" in message
    assert "mapping=2009" in message
    assert "theme=teacher_supply" in message
    assert broken.current.name == release


def test_the_base_is_frozen(broken: Built, capfd: pytest.CaptureFixture[str]) -> None:
    path = broken.landing / SMALL / "2006" / "parents.csv"
    text = path.read_text(encoding="cp1252")
    path.write_text(text.replace("Strongly agree", "Disagree", 1), encoding="cp1252")
    before = broken.current
    assert broken.run() == 1
    said = capfd.readouterr().err
    assert "the base of the 500 scale is frozen, and 2 of its parameters would change, the first parents" in said
    assert broken.current == before


def test_a_full_disk_is_one_clear_line(
    broken: Built, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The disk fills up while the marts are written."""
    import pyarrow.parquet

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    release = broken.current.name
    edit(broken.landing / SMALL / "2009" / "parents.csv", ";Agree;", ";Disagree;")
    monkeypatch.setattr(pyarrow.parquet, "write_table", full)
    assert broken.run() == 1
    message = capfd.readouterr().err
    assert "is full; nothing was released" in message
    assert "Traceback" not in message
    assert broken.current.name == release


def test_after_a_failure_the_next_run_goes_on(broken: Built) -> None:
    path = broken.landing / SMALL / "2009" / "parents.csv"
    undeclared_code(broken)
    assert broken.run() == 1
    path.write_text(path.read_text(encoding="cp1252").replace(";Rather;", ";Disagree;"), encoding="cp1252")
    assert broken.run() == 0
    assert run_cli("verify", "--home", str(broken.home)) == 0
    assert len(list((broken.home / "releases").iterdir())) == 2
    assert not [p for p in (broken.home / ".work").iterdir() if p.is_dir()]


def test_status_tells_what_has_arrived(small: Built, capfd: pytest.CaptureFixture[str]) -> None:
    options = ("--programme", SMALL, "--landing", str(small.landing), "--home", str(small.home))
    assert run_cli("status", *options) == 0
    out = capfd.readouterr().out
    assert f"current release: {small.current.name}" in out
    assert out.count("arrived: ") == 6


def test_check_as_json(broken: Built, capfd: pytest.CaptureFixture[str]) -> None:
    undeclared_code(broken)
    assert run_cli("check", str(broken.landing / SMALL), "--programme", SMALL, "--json") == 1
    [finding] = json.loads(capfd.readouterr().out)
    assert (finding["reason"], finding["row"], finding["action"]) == ("undeclared_code", 3, "stop")


def test_the_console_script_runs(tmp_path: Path) -> None:
    script = Path(sys.executable).parent / "kortlaegning"
    done = subprocess.run([script, "verify", "--home", tmp_path / "empty"], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("kortlaegning ")


def test_small_extracts_are_the_committed_ones(small: Built) -> None:
    assert files_of(small.landing / SMALL) == files_of(DATA / SMALL)


def test_an_attacker_who_reads_only_released_files_finds_nothing(small: Built) -> None:
    with duckdb.connect(str(small.home / "warehouse.duckdb"), read_only=True) as con:
        parents = con.sql(
            "select distinct mapping, lineage_id as institution, municipality_id as municipality from int_cells"
        ).df()
    turned = load_programme(SMALL).items.query("direction == -1")
    negative = frozenset(zip(turned["respondent_group"], turned["item_id"], strict=True))
    for audience, least in (("public", 10), ("internal", 5)):
        marts = small.current / "marts" / audience
        scores = pq.read_table(marts / "theme_scores.parquet", filters=[("respondent_group", "=", "parents")])
        assert scores["suppressed"].null_count < len(scores)
        assert attack_release({marts: least}, parents, negative, respondent_group="parents").to_dict("records") == []
