"""File names and the order of names."""

from __future__ import annotations

import re

import pytest

from pipelines.files import safe_names
from pipelines.reporting.names import danish_order, document_names


def test_a_plain_id_is_the_name() -> None:
    assert document_names(["530", "Denmark"], {"953001": "school", "7": "daycare"}) == {
        ("municipality", "530"): "municipality-530",
        ("municipality", "Denmark"): "municipality-Denmark",
        ("institution", "953001"): "school-953001",
        ("institution", "7"): "daycare-7",
    }


@pytest.mark.parametrize(
    "odd", ["../../etc/passwd", "a/b", "a\\b", "..", "", "å ø", "x" * 300, "a.b", "a\x00b", "-", "con:"]
)
def test_an_odd_id_gets_a_safe_name(odd: str) -> None:
    name = safe_names([odd, "a-b"])[odd]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name)
    assert name != "a-b"


def test_names_differ_also_where_case_does_not_count() -> None:
    names = safe_names(["ab", "AB", "a/b", "a.b", "a b"])
    assert len({name.casefold() for name in names.values()}) == len(names)


def test_danish_alphabet() -> None:
    names = ["Ørsted", "Aabenraa", "Zealand", "Ærø", "Vejle", "Århus", "billund", "Aller"]
    assert sorted(names, key=danish_order) == [
        "Aller",
        "billund",
        "Vejle",
        "Zealand",
        "Ærø",
        "Ørsted",
        "Aabenraa",
        "Århus",
    ]
