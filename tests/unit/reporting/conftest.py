"""The example's pages, written once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from pipelines.programme import Programme, load_programme
from pipelines.reporting import Edition, InputFile, Provenance
from pipelines.reporting import write_reports as write_everything
from pipelines.reporting.texts import Voices, load_voices
from tests.unit.reporting import example

write_reports = partial(write_everything, pdf="joint")
"""Papers cost more than pages; what holds of those of the whole programme holds of all."""


@pytest.fixture(scope="session")
def voices() -> Voices:
    return load_voices()


@pytest.fixture(scope="session")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    return load_programme(example.write_programme(tmp_path_factory.mktemp("programme") / example.PROGRAMME))


@pytest.fixture(scope="session")
def provenance() -> Provenance:
    inputs = (InputFile("2015", "elever <1>.csv", "ab" * 32), ("2017", "ledere.csv", "cd" * 32))
    return Provenance("20200102T030405-0123456789ab", "1.2.3", inputs, simulated=True)


@pytest.fixture(scope="session")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return example.write_marts(tmp_path_factory.mktemp("marts") / "public", example.marts())


@pytest.fixture(scope="session")
def reports(
    tmp_path_factory: pytest.TempPathFactory, programme: Programme, marts: Path, provenance: Provenance
) -> Path:
    """Folder of the public reports."""
    out = tmp_path_factory.mktemp("reports") / "public"
    write_reports(programme, [Edition("public", marts, out)], provenance)
    return out
