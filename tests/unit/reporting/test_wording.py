"""Statuses, reasons and the summary line (method.md 5)."""

from __future__ import annotations

import pytest

from pipelines.reporting.content import tally_of
from pipelines.reporting.records import (
    Change,
    Pair,
    Tally,
)
from pipelines.reporting.texts import Speaker, Voices
from pipelines.reporting.wording import status_word, summary_line

PAIR = Pair("2017", "2019")


def tally(**counts: int) -> Tally:
    return tally_of(status for status, count in counts.items() for _ in range(count))


@pytest.mark.parametrize(
    ("counts", "is_majority"),
    [
        ({"increase": 2, "status_quo": 3, "decrease": 5}, False),
        ({"increase": 2, "status_quo": 3, "inconclusive": 5}, False),
        ({"increase": 3, "status_quo": 3, "inconclusive": 5}, True),
        ({"increase": 1, "status_quo": 0, "inconclusive": 1}, False),
        ({"increase": 4, "status_quo": 4, "decrease": 7, "not_comparable": 9, "no_data": 9, "suppressed": 9}, True),
        ({"increase": 4, "status_quo": 3, "decrease": 7, "not_comparable": 9, "no_data": 9, "suppressed": 9}, False),
    ],
)
def test_majority_only_above_one_half_of_the_comparable(
    voices: Voices, counts: dict[str, int], is_majority: bool
) -> None:
    line = summary_line(Speaker(voices), tally(**counts), PAIR)
    assert ("størstedelen" in line["da"]) == is_majority
    assert ("majority" in line["en"]) == is_majority


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (
            {
                "increase": 20,
                "status_quo": 21,
                "inconclusive": 12,
                "decrease": 13,
                "not_comparable": 4,
                "suppressed": 1,
            },
            "Fra 2017 til 2019 er der stigning eller status quo på størstedelen af de temaer, der kan sammenlignes – 41 af 66."
            " 12 temaer er uafklarede, og 13 viser fald. Ikke medregnet: 4 ikke sammenlignelige, 1 undertrykt.",
        ),
        (
            {"increase": 1, "inconclusive": 1, "decrease": 1},
            "Fra 2017 til 2019 er der stigning eller status quo på 1 af de 3 temaer, der kan sammenlignes."
            " Ét tema er uafklaret, og ét viser fald.",
        ),
        (
            {"status_quo": 3},
            "Fra 2017 til 2019 er der stigning eller status quo på alle 3 temaer, der kan sammenlignes."
            " Ingen temaer er uafklarede, og ingen viser fald.",
        ),
        (
            {"inconclusive": 6},
            "Fra 2017 til 2019 er alle 6 temaer, der kan sammenlignes, uafklarede: Tallene kan hverken vise en ændring eller"
            " udelukke den.",
        ),
        (
            {"inconclusive": 1},
            "Fra 2017 til 2019 er det ene tema, der kan sammenlignes, uafklaret: Tallene kan hverken vise en ændring eller"
            " udelukke den.",
        ),
        (
            {"inconclusive": 5, "decrease": 1},
            "Fra 2017 til 2019 er der ikke stigning eller status quo på nogen af de 6 temaer, der kan sammenlignes."
            " 5 temaer er uafklarede, og ét viser fald.",
        ),
        ({"no_data": 7}, "Fra 2017 til 2019 kan ingen temaer sammenlignes. Ikke medregnet: 7 uden data."),
    ],
)
def test_summary_line(voices: Voices, counts: dict[str, int], expected: str) -> None:
    assert summary_line(Speaker(voices), tally(**counts), PAIR)["da"] == expected


def test_one_round_has_no_development(voices: Voices) -> None:
    assert "én kortlægning" in summary_line(Speaker(voices), None, None)["da"]


@pytest.mark.parametrize(
    ("status", "magnitude", "expected"),
    [
        ("increase", "small", "stigning"),
        ("increase", "moderate", "moderat stigning"),
        ("decrease", "marked", "markant fald"),
        ("status_quo", None, "status quo"),
        ("inconclusive", None, "uafklaret"),
    ],
)
def test_status_words(voices: Voices, status: str, magnitude: str | None, expected: str) -> None:
    assert status_word(Speaker(voices), Change(PAIR, status, magnitude))["da"] == expected
