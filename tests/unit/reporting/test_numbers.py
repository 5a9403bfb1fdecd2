"""Number formats of both languages."""

from __future__ import annotations

import pytest

from pipelines.reporting.model import Language
from pipelines.reporting.texts import Voices


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "da",
            ["1.234.567", "1.234,5", "−1.234,50", "0,0", "+3,5", "−3,5", "0,0", "74\u00a0%", "66,2\u00a0%", "492–508"],
        ),
        ("en", ["1,234,567", "1,234.5", "−1,234.50", "0.0", "+3.5", "−3.5", "0.0", "74%", "66.2%", "492–508"]),
    ],
)
def test_formats(voices: Voices, language: Language, expected: list[str]) -> None:
    number = voices[language].number
    assert [
        number.integer(1234567),
        number.decimal(1234.5, 1),
        number.decimal(-1234.5, 2),
        number.decimal(-0.04, 1),
        number.signed(3.46, 1),
        number.signed(-3.46, 1),
        number.signed(0.04, 1),
        number.share(0.7412),
        number.share(0.6618, 1),
        number.interval(491.6, 508.4),
    ] == expected


@pytest.mark.parametrize(
    ("language", "interval", "small", "large", "setting"),
    [("da", "−3,2 til +15,4", "< 0,001", "0,042", "0,05"), ("en", "−3.2 to +15.4", "< 0.001", "0.042", "0.05")],
)
def test_statements(voices: Voices, language: Language, interval: str, small: str, large: str, setting: str) -> None:
    number = voices[language].number
    assert number.change_interval(-3.2, 15.4) == interval
    assert number.probability(0.0004) == small
    assert number.probability(0.0421) == large
    assert number.plain(0.05) == setting
    assert number.plain(20.0) == "20"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nothing_infinite_is_written(voices: Voices, value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        voices["da"].number.decimal(value, 1)
