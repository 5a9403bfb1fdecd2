"""The words: both languages say the same things, and every code has its word."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError
from pipelines.reporting.model import LANGUAGES, Language
from pipelines.reporting.records import (
    STATUSES,
)
from pipelines.reporting.texts import Voices, load_voice, places

MAGNITUDES = [f"{size}_{status}" for size in ("moderate", "marked") for status in ("increase", "decrease")]
REASONS = [
    "few_clusters",
    "not_significant",
    "imprecise",
    "below_trivial",
    "no_interval",
    "no_spread",
    "missing_from",
    "missing_to",
    "missing_both",
    "too_few_common_items",
    "not_asked_in_both",
    "theme_not_asked_in_both",
    "no_scale",
    "by_item",
    "other",
]
HIDDEN = ["n_lt_min", "rater_lt_min", "secondary", "unanimous", "leader_level", "confidential", "other"]


def test_both_languages_have_the_same_texts_in_the_same_order(voices: Voices) -> None:
    assert list(voices["da"].texts) == list(voices["en"].texts)


def test_both_languages_leave_the_same_places_open(voices: Voices) -> None:
    danish, english = (voices[language].texts for language in LANGUAGES)
    assert {key: places(text) for key, text in danish.items()} == {key: places(text) for key, text in english.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_word(voices: Voices, language: Language) -> None:
    voice = voices[language]
    keys = [
        *(f"status.{status}" for status in STATUSES),
        *(f"magnitude.{magnitude}" for magnitude in MAGNITUDES),
        *(f"reason.{reason}" for reason in REASONS),
        *(f"hidden.{code}" for code in HIDDEN),
        *(f"response.flags.{flag}" for flag in ("low", "error", "no_roster")),
        *(f"response.flag_notes.{flag}" for flag in ("low", "error", "no_roster")),
        *(f"reliability.verdicts.{verdict}" for verdict in ("good", "acceptable", "weak", "not_a_theme")),
        *(f"guide.entries.{status}.text" for status in STATUSES if status != "by_item"),
    ]
    assert [key for key in keys if not voice.texts.get(key)] == []
    words = [voice.texts[f"status.{status}"] for status in STATUSES]
    assert len(set(words)) == len(words)


def test_the_danish_words_are_the_methods(voices: Voices) -> None:
    voice = voices["da"]
    expected = {
        "increase": "stigning",
        "decrease": "fald",
        "status_quo": "status quo",
        "inconclusive": "uafklaret",
        "not_comparable": "ikke sammenlignelig",
        "no_data": "ingen data",
        "suppressed": "undertrykt",
    }
    assert {status: voice(f"status.{status}") for status in expected} == expected
    assert voice("magnitude.moderate_increase") == "moderat stigning"
    assert voice("magnitude.marked_decrease") == "markant fald"


@pytest.mark.parametrize(("language", "word"), [("da", "effekt"), ("en", "effect")])
def test_a_development_is_never_called_an_effect(voices: Voices, language: Language, word: str) -> None:
    named = {key for key, text in voices[language].texts.items() if word in text.lower()}
    assert named == {"guide.entries.development.term", "method_page.brief.cause", "method_page.initiatives.text"}


def test_an_unknown_text_is_an_error(voices: Voices) -> None:
    with pytest.raises(ConfigurationError, match=r"da\.yml: text 'nothing\.here' is missing"):
        voices["da"]("nothing.here")


def test_an_unfilled_place_is_an_error(voices: Voices) -> None:
    with pytest.raises(ConfigurationError, match=r"summary\.none"):
        voices["da"]("summary.none", before="2015")


def test_a_text_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "da.yml"
    file.write_text("a: {b: [1, 2]}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"a\.b is not a text"):
        load_voice(file, "da")
