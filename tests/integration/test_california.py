"""California's Academic Performance Index 1999 and 2000 as a programme, against R's survey package.

A school is the respondent, its index the one answer. The district (or the county) is the municipality and its one institution, so
that it is the cluster of the whole state.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipelines.programme import load_programme
from tests.warehouses import built_warehouse

pytestmark = pytest.mark.real_data

ROUNDS = {"1999": "api99", "2000": "api00"}
DEFINITION = """
slug: california_api
label: {da: Californien, en: California}
mappings:
  - {key: "1999", label: {da: "1999", en: "1999"}, base: true}
  - {key: "2000", label: {da: "2000", en: "2000"}}
respondent_groups: [{code: schools, label: {da: Skoler, en: Schools}, kind: pupil}]
extracts:
  - respondent_group: schools
    path: api.csv
    columns: {respondent_id: cds, municipality_id: district, institution_id: cluster}
thresholds: {trend_min_items_short: 1}
"""


def programme_folder(folder: Path, districts: list[str]) -> Path:
    """One theme of one item with the index's whole range as its scale."""
    files = {
        "programme.yaml": DEFINITION,
        "municipalities.csv": "municipality_id,label\n" + "".join(f"{d},District {d}\n" for d in districts),
        "themes.csv": "respondent_group,theme,label_da,label_en,position\nschools,api,API,API,1\n",
        "items.csv": "respondent_group,item_id,theme,direction,text_da,text_en,position\nschools,api,api,1,API,API,1\n",
        "scales.csv": "scale,code,value,kind,label_da,label_en\nindex,200..1000,,valid,Indeks,Index\n",
        "codebook.csv": "mapping,respondent_group,variable,item_id,scale,comparability\n"
        "1999,schools,api,api,index,new\n2000,schools,api,api,index,identical\n",
    }
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize("cluster", ["dnum", "cnum"])
def test_levels_change_and_clustered_errors_are_those_of_r(real_data: Path, tmp_path: Path, cluster: str) -> None:
    source = real_data / "california_api"
    schools = list(csv.DictReader((source / "apipop.csv").open(encoding="utf-8")))
    for mapping, column in ROUNDS.items():
        folder = tmp_path / "landing" / "california_api" / mapping
        folder.mkdir(parents=True)
        rows = "".join(f"{row['cds']},{row[cluster]},{row[cluster]},{row[column]}\n" for row in schools)
        (folder / "api.csv").write_text("cds,district,cluster,api\n" + rows, encoding="utf-8")
    programme = load_programme(programme_folder(tmp_path / "programme", sorted({row[cluster] for row in schools})))
    warehouse = built_warehouse(
        programme, tmp_path / "landing", tmp_path / "home", "theme_scores progression,tag:marts"
    )
    with warehouse.connect() as con:
        levels = con.execute(
            "select mapping, mean_raw, se * sigma / 100, clusters, n from theme_scores "
            "cross join (select sigma from int_base_parameters where form = 'full') "
            "where level = 'programme' and form = 'full' and breakdown = 'all' order by mapping"
        ).fetchall()
        [change] = con.execute(
            "select delta * sigma / 100, se * sigma / 100, clusters from progression "
            "cross join (select sigma from int_base_parameters where form = 'trend') "
            "where level = 'programme' and breakdown = 'all'"
        ).fetchall()
    [expected] = [
        r for r in csv.DictReader((source / "expected.csv").open(encoding="utf-8")) if r["cluster"] == cluster
    ]
    # `se` without a year is that of the change.
    wanted = {name: float(value) for name, value in expected.items() if name != "cluster"}
    for (mapping, mean, se, clusters, n), year in zip(levels, ("1999", "2000"), strict=True):
        assert mapping == year
        assert mean == pytest.approx(wanted[f"mean_{year}"], rel=1e-9)
        assert se == pytest.approx(wanted[f"se_{year}"], rel=1e-8)
        assert (clusters, n) == (wanted["clusters"], 6194)
    assert change[0] == pytest.approx(wanted["delta"], rel=1e-8)
    assert change[1] == pytest.approx(wanted["se"], rel=1e-8)
    assert change[2] == wanted["clusters"]
