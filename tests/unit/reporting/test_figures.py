"""Figures: scales, words in place, ids that do not clash."""

from __future__ import annotations

import re

import pytest

from pipelines.reporting.canvas import Canvas, wrapped
from pipelines.reporting.model import Said
from pipelines.reporting.records import (
    Level,
)
from pipelines.reporting.scales import Scale, bounds_of

SAID: Said = {"da": "Æble & <b>", "en": "Apple"}


def drawing() -> Canvas:
    canvas = Canvas(100, 50)
    canvas.box((0, 0), (10, 10), "#eeeeee")
    canvas.line((5, 20), (95, 20), "#123456", 2)
    canvas.mark((50, 20), "ring", 9, "#123456")
    canvas.text((10, 40), SAID)
    canvas.text((90, 40), "~0~ mark-", anchor="right", is_bold=True)
    return canvas


def test_places_are_pixels_from_the_top_left() -> None:
    svg = drawing().drawing(SAID, SAID).in_language("en", "a")
    assert 'viewBox="0 0 100 50"' in svg
    assert re.search(r'd="M 5 20 L 95 20"', svg)
    assert re.search(r'<use [^>]*x="50" y="20"', svg)
    assert re.search(r'<text [^>]*x="10" y="40"[^>]*>Apple</text>', svg)
    assert re.search(r'<text [^>]*x="90" y="40"[^>]*>~0~ mark-</text>', svg)


def test_words_are_escaped_and_marks_belong_to_their_figure() -> None:
    first, second = (drawing().drawing(SAID, SAID).in_language("da", name) for name in ("a", "b"))
    assert "Æble &amp; &lt;b&gt;" in first
    assert "<b>" not in first
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert set(re.findall(r'href="#([^"]+)"', first)) <= ids[0]


def test_equal_drawings_are_equal_bytes() -> None:
    assert drawing().drawing(SAID, SAID) == drawing().drawing(SAID, SAID)


def test_the_svg_carries_no_style_for_the_page() -> None:
    svg = drawing().drawing(SAID, SAID).in_language("da", "a")
    for unwanted in ("<style", "metadata", "<?xml", "clip", "font-family", "ns0:"):
        assert unwanted not in svg


@pytest.mark.parametrize(("value", "pixel"), [(400, 10), (500, 60), (600, 110), (300, 10), (900, 110)])
def test_a_scale_ends_at_its_edges(value: float, pixel: float) -> None:
    assert Scale(400, 600, 10, 110).at(value) == pytest.approx(pixel)


def test_means_are_always_inside_and_intervals_only_so_far() -> None:
    levels = [
        Level("shown", mean=350, low=100, high=599),
        Level("shown", mean=520, low=510, high=530),
        Level("suppressed"),
    ]
    assert bounds_of(levels, (450, 550), (400, 600), 25) == (325, 600)
    assert bounds_of([Level("no_data")], (450, 550), (400, 600), 25) == (450, 550)


@pytest.mark.parametrize(("low", "high"), [(450, 550), (325, 600), (-40, 40), (-100, 100), (-990, 990), (0, 5000)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = Scale(low, high, 0, 1).ticks()
    assert 2 <= len(ticks) <= 8
    assert all(low <= tick <= high for tick in ticks)


def test_names_take_as_many_lines_in_both_languages() -> None:
    lines = wrapped({"da": "Fravær af undervisningshæmmende adfærd", "en": "Calm"}, 14)
    assert [line["da"] for line in lines] == ["Fravær af", "undervisnings-", "hæmmende", "adfærd"]
    assert [line["en"] for line in lines] == ["", "", "", "Calm"]
