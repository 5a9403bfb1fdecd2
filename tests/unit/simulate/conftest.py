"""The shipped programme simulated once, and a programme of a few schools to bend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.programme import Programme, load_programme
from pipelines.simulate import SimulationSummary, simulate
from pipelines.simulate.world import World, make_world

SEED = 11
MakeTiny = Callable[[dict[str, str]], Programme]

TINY = {
    "programme.yaml": """
slug: tiny
label: {da: Lille, en: Tiny}
mappings:
  - {key: first, label: {da: Et, en: One}, opens_on: 2020-09-01, closes_on: 2020-09-30, base: true}
  - {key: second, label: {da: To, en: Two}, opens_on: 2022-09-01, closes_on: 2022-09-30}
respondent_groups:
  - {code: child, label: {da: Elever, en: Pupils}, kind: pupil, grades: [0, 9], roster: file}
  - {code: worker, label: {da: Ansatte, en: Staff}, kind: staff, roster: extract}
extracts:
  - respondent_group: child
    path: "*child*.txt"
    dialect: {encoding: utf-16, delimiter: "\\t", skip_rows: 1}
    columns: {respondent_id: [school, nr], municipality_id: town, institution_id: school, gender: sex, simulated: sim}
    ignored: [remark]
  - respondent_group: child
    content: roster
    path: children/roster.csv
    columns:
      {respondent_id: [school, nr], municipality_id: town, institution_id: school, class_id: class, grade: grade}
  - respondent_group: worker
    path: worker.csv
    columns: {respondent_id: nr, municipality_id: town, institution_id: school, status: how}
    values: {status: {"D": completed, "P": started, "N": refused, "0": not_contacted, "X": other}}
ids: {institution_scope: municipality}
""",
    "municipalities.csv": "municipality_id,label\nA,Aby\nB,Beby\n",
    "institutions.csv": "institution_id,label,municipality_id\n"
    + "".join(f"A-{n},Skole A{n},A\n" for n in range(1, 6))
    + "".join(f"B-{n},Skole B{n},B\n" for n in range(1, 5)),
    # A-2 goes into A-1, which keeps its number; A-4 is split off A-3; B-2 follows B-1; B-3 closes; B-4 and A-5 open.
    "institution_lineage.csv": "from_id,to_id,mapping,type,note\nA-2,A-1,second,merged,\nA-3,A-4,second,split,\n"
    "B-1,B-2,second,renumbered,\nB-3,,second,closed,\n,B-4,second,opened,\n,A-5,second,opened,\n",
    "themes.csv": "respondent_group,theme,label_da,label_en,position\nchild,joy,Glæde,Joy,1\nworker,calm,Ro,Calm,1\n",
    "items.csv": "respondent_group,item_id,theme,direction,text_da,text_en,position\n"
    + "".join(f"child,j{n},joy,{-1 if n == 4 else 1},Spørgsmål {n},Question {n},{n}\n" for n in range(1, 5))
    + "".join(f"worker,c{n},calm,1,Spørgsmål {n},Question {n},{n}\n" for n in range(1, 4)),
    "scales.csv": "scale,code,value,kind,label_da,label_en\n"
    'fit,"poor, very",1,valid,Dårligt,Poorly\nfit,"he said ""well""",2,valid,Godt,Well\nfit,best,3,valid,Bedst,Best\n'
    "fit,dk,,declined,Ved ikke,Don't know\n"
    "four,1,1,valid,1,1\nfour,2,2,valid,2,2\nfour,3,3,valid,3,3\nfour,4,4,valid,4,4\n",
    "codebook.csv": "mapping,respondent_group,variable,item_id,scale,already_reversed,comparability,reason,decided_on\n"
    + "".join(
        f"{mapping},{group},{prefix.upper()}_{n},{prefix}{n},{scale},false,{comparability},,\n"
        for mapping, comparability in (("first", "new"), ("second", "identical"))
        for group, prefix, k, scale in (("child", "j", 4, "four"), ("worker", "c", 3, "fit"))
        for n in range(1, k + 1)
    ),
}
"""Files of a programme that has what the shipped one has not: other kinds of step, odd dialects, codes with quotes."""


@pytest.fixture(scope="session")
def pfl() -> Programme:
    return load_programme("pfl")


@pytest.fixture(scope="session")
def simulated(pfl: Programme, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SimulationSummary]:
    """The shipped programme at a twentieth of its size: the folder and what was written."""
    out = tmp_path_factory.mktemp("simulated")
    return out, simulate(pfl, out, scale=0.05, seed=SEED)


@pytest.fixture(scope="session")
def world(pfl: Programme) -> World:
    """The same before anybody answers."""
    return make_world(pfl, 0.05, SEED)


@pytest.fixture
def tiny_files() -> dict[str, str]:
    return dict(TINY)


@pytest.fixture
def make_tiny(tmp_path: Path) -> MakeTiny:
    """Writes a programme folder and loads it."""

    def made(files: dict[str, str]) -> Programme:
        folder = tmp_path / "tiny"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return load_programme(folder)

    return made


@pytest.fixture
def tiny(make_tiny: MakeTiny, tiny_files: dict[str, str]) -> Programme:
    return make_tiny(tiny_files)
