"""A tiny programme and answers to it, for tests of the models.

Belongs here: data. Does not belong here: assertions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.programme import Programme, load_programme

MAPPINGS = ("2015", "2017", "2019")
HEAD = """
slug: lille
label: {da: Lille, en: Tiny}
mappings:
  - {key: "2015", label: {da: "2015", en: "2015"}, base: true}
  - {key: "2017", label: {da: "2017", en: "2017"}}
  - {key: "2019", label: {da: "2019", en: "2019"}}
respondent_groups:
  - {code: pupils, label: {da: Elever, en: Pupils}, kind: pupil}
  - {code: teachers, label: {da: Lærere, en: Teachers}, kind: staff}
  - {code: parents, label: {da: Forældre, en: Parents}, kind: parent}
background:
  - {code: "1", label: {da: Lav, en: Low}}
  - {code: "2", label: {da: Mellem, en: Middle}}
  - {code: "3", label: {da: Høj, en: High}}
extracts:
  - {respondent_group: pupils, path: pupils.csv, columns: &columns {respondent_id: id, municipality_id: k, institution_id: i}}
  - {respondent_group: teachers, path: teachers.csv, columns: *columns}
  - {respondent_group: parents, path: parents.csv, columns: *columns}
"""
Items = dict[tuple[str, str], list[tuple[str, int]]]
"""Per group and theme: items with their direction."""
ITEMS: Items = {
    ("pupils", "trivsel"): [("q1", 1), ("q2", -1), ("q3", 1)],
    ("teachers", "trivsel"): [("q1", 1), ("q2", 1), ("q3", 1), ("q4", -1)],
}
SCHOOLS = {"101": ["101001", "101002", "101003", "101004", "101005"], "102": ["102", "102002", "102003"]}


def write_programme(
    folder: Path,
    items: Items = ITEMS,
    asked: dict[tuple[str, str], tuple[str, ...]] | None = None,
    more: str = "",
    initiatives: str = "",
    scale: int = 5,
) -> Programme:
    """A programme of two municipalities; `asked` names the mappings of an item that is not asked in all."""
    folder.mkdir(parents=True, exist_ok=True)
    book = []
    for (group, _), listed in items.items():
        for item, _ in listed:
            rounds = (asked or {}).get((group, item), MAPPINGS)
            for number, mapping in enumerate(rounds):
                book.append(f"{mapping},{group},v_{item},{item},enig,{'identical' if number else 'new'}\n")
    rows = [(group, item, theme, sign) for (group, theme), listed in items.items() for item, sign in listed]
    files = {
        "programme.yaml": HEAD + more,
        "municipalities.csv": "municipality_id,label\n" + "".join(f"{m},By {m}\n" for m in SCHOOLS),
        "institutions.csv": "institution_id,label,municipality_id\n"
        + "".join(f"{s},Skole {s},{m}\n" for m, schools in SCHOOLS.items() for s in schools),
        "themes.csv": "respondent_group,theme,label_da,label_en,position\n"
        + "".join(f"{group},{theme},{theme},{theme},1\n" for group, theme in items),
        "items.csv": "respondent_group,item_id,theme,direction,text_da,text_en,position\n"
        + "".join(f"{g},{item},{theme},{sign},Tekst,Text,{n}\n" for n, (g, item, theme, sign) in enumerate(rows)),
        "scales.csv": "scale,code,value,kind,label_da,label_en\n"
        + "".join(f"enig,{n},{n},valid,{n},{n}\n" for n in range(1, scale + 1))
        + "enig,8,,declined,Ved ikke,Don't know\n",
        "codebook.csv": "mapping,respondent_group,variable,item_id,scale,comparability\n" + "".join(book),
    }
    if initiatives:
        files["initiatives.csv"] = (
            "initiative,label_da,label_en,theme,municipality_id,institution_id,mapping_from,mapping_to\n" + initiatives
        )
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return load_programme(folder)


def people(
    group: str = "pupils",
    mappings: tuple[str, ...] = MAPPINGS,
    per_school: int = 6,
    schools: list[str] | None = None,
) -> pd.DataFrame:
    """Respondents of a group: `per_school` at each school in each mapping, the same persons."""
    places = {school: place for place, listed in SCHOOLS.items() for school in listed}
    rows = [
        {
            "mapping": mapping,
            "respondent_group": group,
            "respondent_id": f"{group}-{school}-{number}",
            "municipality_id": places[school],
            "institution_id": school,
            "class_id": f"{number % 2}A",
            "grade": number % 10,
            "gender": ("female", "male")[number % 2],
            "background": (None, "1", "2", "3")[number % 4],
            "status": "completed",
            "is_simulated": True,
            "file_id": f"{mapping}-{school}",
        }
        for mapping in mappings
        for school in (schools or list(places))
        for number in range(per_school)
    ]
    return pd.DataFrame(rows)


def numbered(*frames: pd.DataFrame) -> pd.DataFrame:
    """All respondents with the keys that answers refer to."""
    return pd.concat(frames, ignore_index=True).assign(respondent_key=lambda f: np.arange(1, len(f) + 1))


def answer_all(
    programme: Programme, respondents: pd.DataFrame, codes: np.ndarray | None = None, seed: int = 1, high: int = 5
) -> pd.DataFrame:
    """Every item asked of every respondent answered: at random, or by `codes` in order of rows and items."""
    book = programme.codebook[programme.codebook["variable"].ne("")]
    wanted = respondents[["respondent_key", "mapping", "respondent_group"]].merge(
        book[["mapping", "respondent_group", "variable"]], on=["mapping", "respondent_group"]
    )
    if codes is None:
        codes = np.random.default_rng(seed).integers(1, high + 1, len(wanted))
    return wanted.assign(code=np.resize(np.asarray(codes), len(wanted)).astype(str))
