"""A pupil's own sheet says what the measurements can carry, in plain words and in both languages."""

from __future__ import annotations

import re
from datetime import date

import pytest

from pipelines.programme import Programme, load_programme
from pipelines.reporting import Measured, Provenance, write_pupil_sheet

MADE_FROM = Provenance("thisted-1", "0", (), simulated=True)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme("thisted")


def measured(rci: float | None, *scores: float, sem: float | None = 3.0) -> Measured:
    days = (date(2021, 9, 7), date(2022, 1, 10), date(2022, 5, 9))
    numbered = tuple((n, day, score) for n, (day, score) in enumerate(zip(days, scores, strict=False), 1))
    return Measured("laesning", "2021/22", numbered, sem if len(scores) > 1 else None, rci)


def words(page: bytes) -> str:
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<[^>]+>", " ", page.decode(), flags=re.S)
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("one", "danish", "english"),
    [
        (measured(1.97, 40.0, 42.0, 48.4), "Du er gået 8,4 point frem", "You have gained 8.4 points"),
        (
            measured(1.95, 40.0, 48.3),
            "dit resultat ændret sig +8,3 point. Så lidt kan en måling",
            "your result has changed by +8.3 points.",
        ),
        (
            measured(-1.97, 48.4, 40.0),
            "Dit sidste resultat er 8,4 point lavere",
            "Your last result is 8.4 points lower",
        ),
        (measured(None, 40.0), "Du har én måling", "You have one measurement"),
        (measured(None, 40.0, 42.0), "Vi ved ikke, hvor meget en måling kan svinge", "We do not know how much"),
    ],
)
def test_only_what_exceeds_the_error_of_measurement_is_called_a_change(
    programme: Programme, one: Measured, danish: str, english: str
) -> None:
    pages = write_pupil_sheet(programme, [one], MADE_FROM)
    assert danish in words(pages["da"])
    assert english in words(pages["en"])
    for other in ("er gået", "Dit sidste resultat", "Så lidt kan", "Du har én måling"):
        assert (other in words(pages["da"])) == (other in danish), other


def test_score_stands_with_how_far_it_can_swing(programme: Programme) -> None:
    pages = write_pupil_sheet(programme, [measured(0.5, 40.0, 42.0)], MADE_FROM)
    assert "1. måling, 7.9.2021 40,0 34,1–45,9" in words(pages["da"])
    assert "Measurement 2, 10/1/2022 42.0 36.1–47.9" in words(pages["en"])
    assert b"Simulerede data" in pages["da"]
    assert "Må ikke gives videre." in words(pages["da"])
    assert b"<script" not in pages["da"]


def test_latest_school_year_comes_first(programme: Programme) -> None:
    later = Measured("matematik", "2022/23", ((1, None, 50.0),))
    text = words(write_pupil_sheet(programme, [measured(None, 40.0), later], MADE_FROM)["da"])
    assert text.index("Matematik, skoleåret 2022/23") < text.index("Læsning, skoleåret 2021/22")
