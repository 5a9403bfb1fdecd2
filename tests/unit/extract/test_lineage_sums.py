"""Schools merge, split, get new numbers, open and close, and nobody is lost: sums are equal in every round."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipelines.extract import extract_group, look_at_landing, open_session, raw_folder
from pipelines.programme import Programme, load_programme
from pipelines.settings import load_settings
from pipelines.simulate import simulate
from tests.unit.simulate.conftest import TINY


@pytest.fixture(params=["pfl", "tiny"])
def programme(request: pytest.FixtureRequest, tmp_path: Path) -> Programme:
    if request.param == "pfl":
        return load_programme("pfl")
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, text in TINY.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_programme(folder)


def test_sums_over_lineages_schools_and_rows_are_one(programme: Programme, tmp_path: Path) -> None:
    """Of the five kinds of step each stands in one of the two programmes at least (School structure, domain.md)."""
    simulate(programme, tmp_path / "landing", 0.005)
    settings = load_settings({}, home=tmp_path)
    lineage = programme.lineage
    kinds, linked = set(programme.institution_lineage["type"]), 0
    assert kinds >= {"merged", "closed", "opened"}
    with open_session(programme, settings) as session, duckdb.connect() as con:
        con.register("lineage", pa.Table.from_pandas(lineage, preserve_index=False))
        for mapping in programme.mapping_keys:
            landing = look_at_landing(programme, settings.landing_dir, mapping)
            for group in programme.respondent_groups:
                extracted = extract_group(programme, settings, landing, group.code, session=session)
                folder = raw_folder(settings, programme, landing, group.code)
                [(rows, by_school, by_lineage, lineages, schools, homeless)] = con.execute(
                    f"""
                    with records as (select * from read_parquet('{folder}/respondents/*.parquet')),
                    placed as (
                        select records.*, lineage.lineage_id
                        from records left join lineage on records.institution_id = lineage.institution_id
                    ),
                    per_school as (select institution_id, count(*) as n from placed group by institution_id),
                    per_lineage as (select lineage_id, count(*) as n from placed group by lineage_id)
                    select
                        (select count(*) from records),
                        (select sum(n) from per_school),
                        (select sum(n) from per_lineage),
                        (select count(*) from per_lineage),
                        (select count(*) from per_school),
                        (select count(*) from placed where lineage_id is null)
                    """
                ).fetchall()
                kept = sum(file.rows_kept for file in extracted.files if file.content == "answers")
                read = sum(file.rows_read for file in extracted.files if file.content == "answers")
                assert rows == by_school == by_lineage == kept == read > 0
                assert homeless == 0
                linked += schools - lineages
    # In the first round two schools that merge later, or one and the one split off it, are one lineage.
    assert linked > 0
