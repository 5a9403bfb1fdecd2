"""Which rows fail a dbt test is told by their keys, whatever kind of test it is."""

import pytest

from pipelines.programme import Programme, load_programme
from pipelines.warehouse import Warehouse, manifest, model_keys
from tests.conftest import DATA, SMALL
from tests.warehouses import built_warehouse

FAULTS = {
    "not_null_reliability_verdict": "update reliability set verdict = null where theme = '{theme}'",
    "within_reliability_1__alpha": "update reliability set alpha = 2 where theme = '{theme}'",
    "key_reliability_programme__mapping__respondent_group__theme": "insert into reliability select * from reliability "
    "where theme = '{theme}'",
}


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(SMALL)


@pytest.fixture(scope="module")
def warehouse(programme: Programme, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return built_warehouse(programme, DATA, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("test", FAULTS)
def test_failing_rows_have_their_keys(test: str, programme: Programme, warehouse: Warehouse) -> None:
    keys = model_keys(manifest(programme))["reliability"]
    with warehouse.connect(read_only=False) as database:
        database.execute("create or replace table good as select * from reliability")
        [(theme,)] = database.execute("select min(theme) from reliability where alpha is not null").fetchall()
        database.execute(FAULTS[test].format(theme=theme))
        failing = database.execute("select distinct mapping from reliability where theme = ?", [theme]).fetchall()
    [result] = warehouse.build(test, programme)
    found = warehouse.failing_keys(result, keys)
    with warehouse.connect(read_only=False) as database:
        database.execute("create or replace table reliability as select * from good")
    assert result.status == "fail"
    assert list(found.columns) == list(keys)
    assert set(found["theme"]) == {theme}
    assert set(found["mapping"]) == {mapping for (mapping,) in failing}
