"""What SurveyXact and statistics packages do their own way: statuses, decimal commas, wording inside the file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from pipelines.extract import check_files, open_session
from pipelines.extract.deliveries import look_at_landing
from pipelines.extract.raw import FileReader
from pipelines.programme import Programme, load_programme
from pipelines.settings import load_settings

TABLES = {
    "municipalities": "municipality_id,label\n1325978,HF\nA,Aby\n",
    "themes": "respondent_group,theme,label_da,label_en,position\ng,t,T,T,1\n",
    "items": "respondent_group,item_id,theme,direction,text_da,text_en,position\n"
    "g,a,t,1,Spørgsmål a,Trainer 1,1\ng,b,t,1,Spørgsmål b,Trainer 2,2\ng,c,t,1,Spørgsmål c,Trainer 3,3\n",
    "scales": "scale,code,value,kind,label_da,label_en\n"
    + "".join(
        f"s,{n},{n},valid,{label},{label}\n"
        for n, label in enumerate(
            ["gar nicht zufrieden", "kaum zufrieden", "teilweise zufrieden", "eher zufrieden", "sehr zufrieden"],
            start=1,
        )
    )
    + "s,9,,missing,Omitted,Omitted\n",
}


def programme(folder: Path, extract: str, variables: tuple[str, str, str] = ("q1", "q2", "q3")) -> Programme:
    """A programme with one file."""
    folder.mkdir(exist_ok=True)
    (folder / "programme.yaml").write_text(
        "slug: sx\nlabel: {da: X, en: X}\nmappings: [{key: '2021', label: {da: Et, en: One}, base: true}]\n"
        "respondent_groups: [{code: g, label: {da: G, en: G}, kind: staff}]\nextracts:\n  - respondent_group: g\n"
        + extract,
        encoding="utf-8",
    )
    book = "mapping,respondent_group,variable,item_id,scale,comparability\n"
    book += "".join(f"2021,g,{v},{i},s,new\n" for v, i in zip(variables, "abc", strict=True))
    for name, text in {**TABLES, "codebook": book}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return load_programme(folder)


def read(
    of: Programme, tmp_path: Path, columns: str
) -> tuple[list[tuple[object, ...]], set[tuple[str, str, int | None]]]:
    """Rows of the one file, and its findings."""
    settings = load_settings({}, home=tmp_path)
    [delivery] = look_at_landing(of, settings.landing_dir, "2021").deliveries
    with open_session(of, settings) as session, FileReader(session, delivery) as reader:
        rows = reader.con.execute(f"select {columns} from respondent order by file_row").fetchall()
        return rows, {(f.reason, f.action, f.row) for f in reader.result.findings}


def test_genuine_statuses_become_dispositions_and_an_address_stops(real_data: Path, tmp_path: Path) -> None:
    of = programme(
        tmp_path / "p",
        """    path: dataset.csv
    dialect: {encoding: utf-16, delimiter: "\\t"}
    columns: {respondent_id: responde, municipality_id: survey, institution_id: organiza,
              status: [stato_1, stato_2, stato_3, stato_4, stato_5]}
    values:
      status: {stato_1: not_contacted, stato_2: not_contacted, stato_3: started, stato_4: completed, stato_5: refused}
""",
        ("train_1", "train_2", "train_3"),
    )
    folder = tmp_path / "landing" / "sx" / "2021"
    folder.mkdir(parents=True)
    shutil.copyfile(real_data / "surveyxact_export" / "dataset.csv", folder / "dataset.csv")
    rows, findings = read(of, tmp_path, "status, status_marks")
    frame = pd.read_csv(folder / "dataset.csv", sep="\t", encoding="utf-16", dtype=str, keep_default_na=False)
    names = ["not_contacted", "not_contacted", "started", "completed", "refused"]
    marked = [[n for n, c in zip(names, row, strict=True) if c == "1"] for row in frame.filter(like="stato_").values]
    assert rows == [(one[0] if len(one) == 1 else None, len(one)) for one in marked]
    assert {status for status, _ in rows} >= {"completed"}
    assert ("private_email", "stop", 2) in findings


def test_two_statuses_are_flagged_and_the_answers_decide(tmp_path: Path) -> None:
    of = programme(
        tmp_path / "p",
        """    path: d.csv
    columns: {respondent_id: nr, municipality_id: k, institution_id: i, status: [s1, s2]}
    values: {status: {s1: completed, s2: refused}}
""",
    )
    folder = tmp_path / "landing" / "sx" / "2021"
    folder.mkdir(parents=True)
    lines = ["nr,k,i,s1,s2,q1,q2,q3", "11,A,1,1,0,1,1,1", "12,A,1,1,1,1,1,2", "13,A,1,0,1,,,"]
    (folder / "d.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows, findings = read(of, tmp_path, "status")
    assert rows == [("completed",), (None,), ("refused",)]
    assert ("status_inconsistent", "note", 3) in findings


@pytest.mark.parametrize(
    ("mark", "cell", "expected"), [(",", "3,0", 0), (".", "3,0", 1), (".", "3.0", 1), (",", "3.0", 1)]
)
def test_a_decimal_mark_is_read_as_declared_and_never_guessed(
    tmp_path: Path, mark: str, cell: str, expected: int
) -> None:
    of = programme(
        tmp_path / "p",
        f"""    path: d.csv
    dialect: {{delimiter: ";", decimal: "{mark}"}}
    columns: {{respondent_id: nr, municipality_id: k, institution_id: i}}
""",
    )
    folder = tmp_path / "landing" / "sx" / "2021"
    folder.mkdir(parents=True)
    (folder / "d.csv").write_text(f"nr;k;i;q1;q2;q3\n11;A;1;1;{cell};1\n", encoding="utf-8")
    _, findings = read(of, tmp_path, "1")
    assert sum(reason == "decimal_mark" and action == "stop" for reason, action, _ in findings) == expected


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_wording_and_labels_inside_the_file_are_held_against_the_codebook(tmp_path: Path, kind: str) -> None:
    of = programme(
        tmp_path / "p",
        f"""    path: d.{kind}
    format: {kind}
    structure: inside
    columns: {{respondent_id: nr, municipality_id: k, institution_id: i}}
""",
    )
    folder = tmp_path / "landing" / "sx" / "2021"
    folder.mkdir(parents=True)
    frame = pd.DataFrame(
        {"nr": ["11", "12"], "k": ["A", "A"], "i": ["1", "1"], "q1": [1.0, 9.0], "q2": [1.0, 2.0], "q3": [1.0, 5.0]}
    )
    write = pyreadstat.write_sav if kind == "sav" else pyreadstat.write_dta
    labels = {1: "gar nicht zufrieden", 5: "sehr zufrieden", 9: "Omitted"}

    def found(texts: dict[str, str], q3: dict[int, str]) -> set[tuple[str, str | None]]:
        names = {"nr": "", "k": "", "i": "", **texts}
        write(
            frame,
            str(folder / f"d.{kind}"),
            column_labels=[names[c] for c in frame],
            variable_value_labels={"q1": labels, "q3": q3},
        )
        findings = check_files(of, [folder], load_settings({}, home=tmp_path))
        return {(f.reason, f.column) for f in findings}

    right = {"q1": "Trainer 1", "q2": "spørgsmål  B", "q3": "Trainer 3"}
    # 9 is labelled and not declared missing in the file: the codebook says what it is.
    assert found(right, labels) == set()
    assert found({**right, "q2": "How old are you?"}, labels) == {("question_changed", "q2")}
    assert found(right, {1: "sehr zufrieden", 5: "gar nicht zufrieden"}) == {("labels_changed", "q3")}
