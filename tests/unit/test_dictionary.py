"""The data dictionary is whole: every mart and column of a release, in both languages, and nothing that is not there."""

from __future__ import annotations

import re

import pyarrow.parquet as pq
import pytest
import yaml

from pipelines import dictionary
from pipelines.dictionary import DANISH, data_dictionary, dictionary_of
from pipelines.errors import ConfigurationError
from pipelines.marts import MARTS
from tests.conftest import Built


def test_every_mart_and_column_of_a_release_is_described(small: Built) -> None:
    assert [entry.name for entry in data_dictionary()] == [mart.name for mart in MARTS]
    types = {"string": "text", "int64": "integer", "double": "number", "bool": "boolean"}
    for entry, mart in zip(data_dictionary(), MARTS, strict=True):
        held = pq.read_schema(small.current / "marts" / "internal" / f"{mart.name}.parquet")
        assert [(c.name, c.type) for c in entry.columns] == [(field.name, types[str(field.type)]) for field in held]
        assert {column.name for column in entry.columns if column.is_key} == set(mart.key)


def test_both_languages_are_sentences_for_readers() -> None:
    for entry in data_dictionary():
        assert entry.description["da"].startswith("Én række pr. ")
        assert entry.description["en"].startswith("One row per ")
        for text in (text for part in (entry, *entry.columns) for text in part.description.values()):
            assert text.endswith(".")
            assert not re.search(r"\.md|\n|  ", text)
        assert all(column.description["da"] != column.description["en"] for column in entry.columns)


def test_the_danish_file_has_nothing_left_over() -> None:
    content = yaml.safe_load(DANISH.read_text(encoding="utf-8"))
    assert set(content["marts"]) == {mart.name for mart in MARTS}
    own = {(name, column) for name, mart in content["marts"].items() for column in mart.get("columns", {})}
    held = {(entry.name, column.name) for entry in data_dictionary() for column in entry.columns}
    assert own <= held
    used = {column for mart, column in held - own}
    assert set(content["columns"]) == used, "a shared column that no mart takes"


def test_a_column_without_danish_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    content = yaml.safe_load(DANISH.read_text(encoding="utf-8"))
    del content["marts"]["theme_scores"]["columns"]["band"]
    monkeypatch.setattr(
        dictionary, "read_yaml", lambda file, read=dictionary.read_yaml: content if file == DANISH else read(file)
    )
    data_dictionary.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match="column band of mart theme_scores has no Danish description"):
            data_dictionary()
    finally:
        data_dictionary.cache_clear()


def test_one_mart() -> None:
    assert dictionary_of("theme_scores").column("mean").description["da"].startswith("Gennemsnit på 500-pointskalaen")
