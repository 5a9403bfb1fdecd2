"""Files: deterministic, and exactly as the programme declares them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from pipelines.errors import ConfigurationError, StorageError
from pipelines.programme import Programme
from pipelines.simulate import SimulationSummary, simulate

MakeTiny = Callable[[dict[str, str]], Programme]
Simulated = tuple[Path, SimulationSummary]


def read(out: Path, mapping: str, name: str) -> pd.DataFrame:
    path = out / "pfl" / mapping / name
    return pd.read_csv(path, sep=";", encoding="cp1252", dtype=str, keep_default_na=False)


def hashes(out: Path) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes_other_seed_other_bytes(pfl: Programme, simulated: Simulated, tmp_path: Path) -> None:
    out, _ = simulated
    simulate(pfl, tmp_path / "again", scale=0.05, seed=11)
    simulate(pfl, tmp_path / "other", scale=0.05, seed=12)
    first, again, other = hashes(out), hashes(tmp_path / "again"), hashes(tmp_path / "other")
    assert again == first
    assert other.keys() == first.keys()
    assert [name for name in first if other[name] == first[name]] == ["truth/README.md"]


def test_every_declared_extract_is_written_and_nothing_else(pfl: Programme, simulated: Simulated) -> None:
    out, summary = simulated
    expected = {
        f"{key}/{extract.path}" for key in pfl.mapping_keys for extract in pfl.extracts(key) if not extract.optional
    }
    written = {path.relative_to(out / "pfl").as_posix() for path in (out / "pfl").rglob("*") if path.is_file()}
    assert written == expected
    assert {file.path for file in summary.files} == {out / "pfl" / name for name in expected}
    assert {path.name for path in out.iterdir()} == {"pfl", "truth"}


def test_columns_are_the_declared_ones(pfl: Programme, simulated: Simulated) -> None:
    out, summary = simulated
    for file in summary.files:
        extract = next(
            e
            for e in pfl.extracts(file.mapping)
            if (e.respondent_group, e.content, e.optional) == (file.respondent_group, file.content, False)
        )
        table = read(out, file.mapping, file.path.name)
        variables = (
            set() if extract.content == "roster" else set(pfl.asked(file.mapping, file.respondent_group).variable)
        )
        assert len(set(table.columns)) == len(table.columns)
        assert set(table.columns) == variables | set(extract.columns.columns()) | set(extract.ignored)
        assert set(table["simuleret"]) == {"1"}
        assert len(table) == file.rows


def test_codes_are_all_declared_and_counted(pfl: Programme, simulated: Simulated) -> None:
    out, summary = simulated
    codes = {scale: set(rows["code"]) for scale, rows in pfl.scales.groupby("scale")}
    for file in summary.files:
        if file.content == "roster":
            continue
        table, answers = read(out, file.mapping, file.path.name), 0
        for row in pfl.asked(file.mapping, file.respondent_group).itertuples():
            column = table[row.variable]
            answers += int(column.ne("").sum())
            assert set(column) - {""} <= codes[row.scale], row.variable
        assert answers == file.answers
        assert set(table["status"]) <= {"1", "2", "3", "4", "5"}
        answered = table["status"].isin(["1", "2"])
        mapping = next(m for m in pfl.mappings if m.key == file.mapping)
        days = {datetime.strptime(day, "%d-%m-%Y").date() for day in table.loc[answered, "dato"]}
        assert mapping.opens_on is not None
        assert mapping.closes_on is not None
        assert mapping.opens_on <= min(days) <= max(days) <= mapping.closes_on
        assert set(table.loc[~answered, "dato"]) <= {""}


def test_files_are_windows_1252_and_not_utf_8(simulated: Simulated) -> None:
    out, _ = simulated
    raw = (out / "pfl" / "2015" / "foraelder_skole_dataset.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert "Lektiecaféen er god." in raw.decode("cp1252")
    assert b'"' not in raw


def test_roster_lists_everyone_and_the_dataset_those_who_opened_it(simulated: Simulated) -> None:
    out, _ = simulated
    roster, dataset = read(out, "2015", "elev_4_10_roster.csv"), read(out, "2015", "elev_4_10_dataset.csv")
    assert roster["elevnr"].is_unique
    assert dataset["elevnr"].is_unique
    assert set(dataset["elevnr"]) < set(roster["elevnr"])
    assert "4" not in set(dataset["status"])
    leaders = read(out, "2015", "ledelse_skole_dataset.csv")
    assert "4" in set(leaders["status"])


def test_response_is_high_for_pupils_and_low_for_parents(simulated: Simulated) -> None:
    out, _ = simulated

    def rate(group: str) -> float:
        answered = read(out, "2015", f"{group}_dataset.csv")["status"].isin(["1", "2"]).sum()
        return float(answered / len(read(out, "2015", f"{group}_roster.csv")))

    assert 0.90 < rate("elev_0_3") < 0.96
    assert 0.87 < rate("elev_4_10") < 0.95
    assert 0.75 < rate("laerer") < 0.85
    assert 0.40 < rate("foraelder_skole") < 0.52


def test_older_pupils_and_boys_answer_less(pfl: Programme, tmp_path: Path) -> None:
    simulate(pfl, tmp_path, scale=0.5, seed=3)
    roster, dataset = read(tmp_path, "2015", "elev_4_10_roster.csv"), read(tmp_path, "2015", "elev_4_10_dataset.csv")
    answered = roster["elevnr"].isin(dataset.loc[dataset["status"].isin(["1", "2"]), "elevnr"])
    young, old = roster["klassetrin"].isin(["4", "5"]), roster["klassetrin"].isin(["8", "9"])
    assert answered[young].mean() > answered[old].mean() + 0.01
    assert answered[roster["koen"].eq("1")].mean() > answered[roster["koen"].eq("2")].mean()


def test_break_offs_leave_the_rest_blank(pfl: Programme, simulated: Simulated) -> None:
    out, _ = simulated
    table = read(out, "2015", "foraelder_skole_dataset.csv")
    first, last = table["s_1_1"], table["s_7_5"]
    started, completed = table["status"].eq("2"), table["status"].eq("1")
    assert started.sum() > 20
    assert first[started].ne("").mean() > 0.8
    assert set(last[started]) == {""}
    assert last[completed].ne("").mean() > 0.95
    assert (table.loc[table["status"].isin(["3", "5"]), [v for v in table if v.startswith("s_")]] == "").all(axis=None)


def test_declined_codes_and_unknown_education_of_parents(simulated: Simulated) -> None:
    out, _ = simulated
    table = read(out, "2015", "foraelder_skole_dataset.csv")
    completed = table[table["status"].eq("1")]
    assert 0.05 < completed["s_4_1"].eq("8").mean() < 0.11
    assert set(completed["udd"]) == {"", "1", "2", "3", "4"}
    assert 0.06 < completed["udd"].eq("").mean() < 0.14


def test_negative_items_run_backwards_unless_delivered_reversed(simulated: Simulated) -> None:
    out, _ = simulated
    for mapping, sign in (("2015", -1), ("2017", 1), ("2019", -1)):
        table = read(out, mapping, "laerer_dataset.csv")[["s_1_1", "s_1_6"]].replace("", None).dropna().astype(int)
        assert table["s_1_1"].corr(table["s_1_6"]) * sign > 0.2, mapping


def test_new_question_shifts_the_variables_after_it(pfl: Programme, simulated: Simulated) -> None:
    """s_8_2 of 2015 is s_8_3 in 2017: the shares of the answers follow the question, not the name."""
    out, _ = simulated

    def shares(mapping: str, variable: str) -> pd.Series:
        return read(out, mapping, "elev_4_10_dataset.csv")[variable].replace("", None).value_counts(normalize=True)

    same = (shares("2015", "s_8_2") - shares("2017", "s_8_3")).abs().max()
    other = (shares("2015", "s_8_2") - shares("2017", "s_8_2")).abs().max()
    assert same < 0.04 < other


def test_rows_of_a_contact_teacher_are_of_one_class(simulated: Simulated) -> None:
    out, _ = simulated
    table = read(out, "2017", "kontaktlaerer_roster.csv")
    assert table.groupby("kontaktlaerer_nr")[["instnr", "klasse"]].nunique().max().tolist() == [1, 1]
    assert set(table["elevnr"]) == set(
        pd.concat([read(out, "2017", f"{group}_roster.csv")["elevnr"] for group in ("elev_0_3", "elev_4_10")])
    )


def test_staff_of_different_groups_never_share_a_number(simulated: Simulated) -> None:
    out, _ = simulated
    numbers: list[str] = []
    for group, column in (("laerer", "medarbejdernr"), ("paedagog", "medarbejdernr")):
        found = {number for m in ("2015", "2017", "2019") for number in read(out, m, f"{group}_roster.csv")[column]}
        numbers += sorted(found)
    for m in ("2015", "2017", "2019"):
        numbers += sorted(set(read(out, m, "kontaktlaerer_roster.csv")["kontaktlaerer_nr"]))
    assert len(numbers) == len(set(numbers))


def test_no_number_looks_like_a_cpr_number(simulated: Simulated) -> None:
    for file in simulated[1].files:
        first = pd.read_csv(file.path, sep=";", encoding="cp1252", dtype=str).iloc[:, 0]
        assert first.str.len().max() < 10


def test_schools_by_scale(pfl: Programme, tmp_path: Path) -> None:
    for scale, expected in ((0.001, (71, 71, 69)), (0.34, (209, 209, 207))):
        simulate(pfl, tmp_path / str(scale), scale=scale)
        for mapping, n in zip(("2015", "2017", "2019"), expected, strict=True):
            for group in ("elev_0_3", "elev_4_10", "laerer"):
                roster = read(tmp_path / str(scale), mapping, f"{group}_roster.csv")
                assert roster["instnr"].nunique() == n, (mapping, group)
                assert roster["instnr"].value_counts().min() >= 3
                assert roster.groupby("kommune")["instnr"].nunique().min() >= 5


def test_any_dialect_codes_and_composite_numbers(tiny: Programme, tmp_path: Path) -> None:
    summary = simulate(tiny, tmp_path / "out", scale=0.01, seed=4)
    folder = tmp_path / "out" / "tiny" / "second"
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert names == ["1child1.txt", "children/roster.csv", "worker.csv"]
    with (folder / "1child1.txt").open(encoding="utf-16", newline="") as stream:
        assert stream.readline() == "\n"
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert list(rows[0]) == ["school", "nr", "town", "sex", "sim", "J_1", "J_2", "J_3", "J_4", "remark"]
    assert {row["school"] for row in rows if row["town"] == "A"} <= {"1", "3", "4", "5"}  # the number in the town
    assert {row["sex"] for row in rows} == {"female", "male"}  # no codes are declared: the canonical value
    with (folder / "worker.csv").open(encoding="utf-8", newline="") as stream:
        workers = list(csv.DictReader(stream))
    assert {row["C_1"] for row in workers} <= {"poor, very", 'he said "well"', "best", "dk", ""}
    assert 'he said "well"' in {row["C_1"] for row in workers}
    assert {row["how"] for row in workers} >= {"D", "0"}
    assert sum(file.answers for file in summary.files) == summary.answers > 0


def test_a_text_that_needs_quotes_where_there_are_none_is_an_error(
    make_tiny: MakeTiny, tiny_files: dict[str, str], tmp_path: Path
) -> None:
    tiny_files["programme.yaml"] = tiny_files["programme.yaml"].replace(
        "    path: worker.csv\n", "    path: worker.csv\n    dialect: {quote: null}\n"
    )
    with pytest.raises(ConfigurationError, match=r"worker\.csv: a text holds the delimiter"):
        simulate(make_tiny(tiny_files), tmp_path / "out", scale=0.01)


def test_a_text_outside_the_encoding_is_an_error(
    make_tiny: MakeTiny, tiny_files: dict[str, str], tmp_path: Path
) -> None:
    tiny_files["programme.yaml"] = tiny_files["programme.yaml"].replace("utf-16", "ascii").replace("remark", "bemærk")
    with pytest.raises(ConfigurationError, match="cannot be written in ascii"):
        simulate(make_tiny(tiny_files), tmp_path / "out", scale=0.01)


def test_progress_tells_each_file(tiny: Programme, tmp_path: Path) -> None:
    lines: list[str] = []
    summary = simulate(tiny, tmp_path / "out", scale=0.01, progress=lines.append)
    assert len(lines) == len(summary.files)
    assert lines[0].startswith("first 1child1.txt: ")
    assert str(summary).startswith(f"6 files with {summary.answers:,} answers in {tmp_path / 'out' / 'tiny'}; ")


@pytest.mark.parametrize(("scale", "seed", "what"), [(0.0, 1, "scale"), (-1.0, 1, "scale"), (1.0, -1, "seed")])
def test_wrong_use_is_one_clear_line(tiny: Programme, tmp_path: Path, scale: float, seed: int, what: str) -> None:
    with pytest.raises(ConfigurationError, match=what):
        simulate(tiny, tmp_path / "out", scale=scale, seed=seed)


def test_a_folder_that_cannot_be_written_is_said(tiny: Programme, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot be written"):
        simulate(tiny, tmp_path / "out", scale=0.01)
