"""Golden documents: text and structure of the example's documents, kept beside this file so that a change is seen in review.

A change that is meant: `UPDATE_GOLDEN=1 python -m pytest tests/unit/reporting/test_golden.py`, then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.reporting import style_guide
from tests.unit.reporting.pages import outline

GOLDEN = Path(__file__).parent / "golden"
DOCUMENTS = (
    "da/programme",
    "da/municipality-101",
    "da/municipality-303",
    "da/school-901",
    "da/progression-programme",
    "da/theme-ro",
    "da/summary-municipality-101",
    "da/quality-municipality-101",
    "da/response-municipality-101",
    "en/school-901",
)
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_text_and_structure_are_as_reviewed(reports: Path, name: str) -> None:
    found, kept = outline(reports / f"{name}.html"), GOLDEN / f"{name.replace('/', '-')}.txt"
    if UPDATE:
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(found, encoding="utf-8")
    assert found == kept.read_text(encoding="utf-8")


def test_the_style_guide_is_what_the_code_makes() -> None:
    """`python -m pipelines.reporting.style_guide` after a change that is meant."""
    for file, text in style_guide.pages().items():
        assert file.read_text(encoding="utf-8") == text
