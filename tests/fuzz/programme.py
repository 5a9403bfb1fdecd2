"""A programme with one group for each format, and a whole file of each to be damaged.

Belongs here: what is written before anything is damaged. Does not belong here: damage (`damage`), judging (`judge`).
"""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import xlsxwriter

from pipelines.programme import Programme, load_programme

MAPPING = "2020"
FORMATS = {
    "semi": "csv, dialect: {encoding: cp1252, delimiter: ';', date_format: '%d-%m-%Y'}",
    "comma": "csv, dialect: {encoding: utf-8, delimiter: ',', date_format: '%d-%m-%Y'}",
    "tabs": "csv, dialect: {encoding: utf-16, delimiter: \"\\t\", date_format: '%d-%m-%Y'}",
    "plain": "csv, dialect: {encoding: cp1252, delimiter: ';', quote: null, date_format: '%d-%m-%Y'}",
    "book": "xlsx, dialect: {date_format: '%d-%m-%Y'}",
    "spss": "sav, dialect: {date_format: '%d-%m-%Y'}",
    "stata": "dta, dialect: {date_format: '%d-%m-%Y'}",
    "arrow": "parquet, dialect: {date_format: '%d-%m-%Y'}",
}
ENDINGS = {"book": "xlsx", "spss": "sav", "stata": "dta", "arrow": "parquet"}
ITEMS = 8
COLUMNS = 10 + ITEMS
ROWS = 30


def make_programme(folder: Path) -> Programme:
    """Write the programme's folder and load it."""
    folder.mkdir(parents=True, exist_ok=True)
    groups = "\n".join(
        f"  - {{code: {code}, label: {{da: {code}, en: {code}}}, kind: pupil, grades: [0, 9]}}" for code in FORMATS
    )
    extracts = "\n".join(
        f"  - {{respondent_group: {code}, path: '{code}*.{ENDINGS.get(code, 'csv')}', format: {form}, columns: *roles, "
        "values: *values, ignored: [remark]}"
        for code, form in FORMATS.items()
    )
    (folder / "programme.yaml").write_text(
        f"""slug: fuzz
label: {{da: Prøve, en: Fuzz}}
mappings: [{{key: "{MAPPING}", label: {{da: Et, en: One}}, opens_on: 2020-09-01, closes_on: 2020-09-30, base: true}}]
respondent_groups:
{groups}
"""
        + "extracts:\n"
        + extracts.replace(
            "*roles",
            "&roles {respondent_id: nr, municipality_id: town, institution_id: school, class_id: klasse, grade: grade, "
            "gender: sex, status: how, submitted_at: dato, simulated: sim}",
            1,
        ).replace("*values", '&values {gender: {"1": female, "2": male}, status: {"1": completed, "2": started}}', 1)
        + "\n",
        encoding="utf-8",
    )
    tables = {
        "municipalities": "municipality_id,label\nA,Aby\nB,Beby\n",
        "institutions": "institution_id,label,municipality_id\n"
        + "".join(f"{p}{n},Skole {p}{n},{p}\n" for p in "AB" for n in range(1, 4)),
        "themes": "respondent_group,theme,label_da,label_en,position\n"
        + "".join(f"{code},joy,Glæde,Joy,1\n" for code in FORMATS),
        "items": "respondent_group,item_id,theme,direction,text_da,text_en,position\n"
        + "".join(
            f"{code},j{n},joy,{-1 if n == 4 else 1},Spørgsmål {n},Question {n},{n}\n"
            for code in FORMATS
            for n in range(1, ITEMS + 1)
        ),
        "scales": "scale,code,value,kind,label_da,label_en\n"
        + "".join(f"five,{n},{n},valid,{n},{n}\n" for n in range(1, 6))
        + "five,9,,declined,Ved ikke,Don't know\n",
        "codebook": "mapping,respondent_group,variable,item_id,scale,comparability\n"
        + "".join(f"{MAPPING},{code},q_{n},j{n},five,new\n" for code in FORMATS for n in range(1, ITEMS + 1)),
    }
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return load_programme(folder)


def whole_tables() -> list[list[str]]:
    """Header and rows of a file without a fault."""
    chance = random.Random(1)
    header = ["nr", "town", "school", "klasse", "grade", "sex", "how", "dato", "sim"]
    rows = [header + [f"q_{n}" for n in range(1, ITEMS + 1)] + ["remark"]]
    for number in range(1, ROWS + 1):
        town = chance.choice("AB")
        answers = [chance.choice(["1", "2", "3", "4", "5", "5", "4", "9", ""]) for _ in range(ITEMS)]
        person = [str(7_000_000 + number), town, f"{town}{chance.randint(1, 3)}", "7.b", str(chance.randint(0, 9))]
        rows.append(
            [*person, chance.choice("12"), "1", f"{chance.randint(1, 30):02d}-09-2020", "1", *answers, "fint på"]
        )
    return rows


def whole_files(folder: Path) -> dict[str, bytes]:
    """The bytes of a whole file for each group."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = whole_tables()

    def text(delimiter: str, quote: str = "") -> str:
        return "".join(delimiter.join(f"{quote}{cell}{quote}" for cell in row) + "\n" for row in rows)

    files = {
        "semi": text(";").encode("cp1252"),
        "comma": text(",", '"').encode(),
        "tabs": text("\t").encode("utf-16"),
        "plain": text(";").encode("cp1252"),
    }
    with xlsxwriter.Workbook(str(folder / "book.xlsx")) as book:
        sheet = book.add_worksheet("Dataset")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, [int(c) if c.isdecimal() and number and len(c) < 6 else c for c in row])
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    coded = frame.assign(**{c: pd.to_numeric(frame[c].replace("", None)) for c in frame.columns if c.startswith("q_")})
    pyreadstat.write_sav(coded, str(folder / "spss.sav"))
    pyreadstat.write_dta(coded, str(folder / "stata.dta"))
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / "arrow.parquet")
    return files | {code: (folder / f"{code}.{ending}").read_bytes() for code, ending in ENDINGS.items()}
