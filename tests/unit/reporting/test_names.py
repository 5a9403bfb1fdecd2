"""File names and the order of names."""

from __future__ import annotations

import re

import pytest

from pipelines.reporting.names import danish_order, page_names


def test_a_plain_id_is_the_name() -> None:
    assert page_names(["530", "Denmark"]) == {"530": "municipality-530.html", "Denmark": "municipality-Denmark.html"}


@pytest.mark.parametrize(
    "odd", ["../../etc/passwd", "a/b", "a\\b", "..", "", "å ø", "x" * 300, "a.b", "a\x00b", "-", "con:"]
)
def test_an_odd_id_gets_a_safe_name(odd: str) -> None:
    name = page_names([odd, "a-b"])[odd]
    assert re.fullmatch(r"municipality-[A-Za-z0-9_-]{1,80}\.html", name)
    assert name != "municipality-a-b.html"


def test_names_differ_also_where_case_does_not_count() -> None:
    names = page_names(["ab", "AB", "a/b", "a.b", "a b"])
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
