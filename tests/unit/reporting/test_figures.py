"""Figures: scales, words in place, ids that do not clash."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
from PIL import Image

from pipelines.reporting import style
from pipelines.reporting.bars import answer_colours
from pipelines.reporting.canvas import Canvas, wrapped
from pipelines.reporting.model import Said
from pipelines.reporting.scales import Scale, bounds_of, change_reach

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
    assert re.search(r'<path d="M 54.5 20 C', svg)
    assert re.search(r'<text [^>]*x="10" y="40"[^>]*>Apple</text>', svg)
    assert re.search(r'<text [^>]*x="90" y="40"[^>]*>~0~ mark-</text>', svg)


def test_words_are_escaped_and_ids_belong_to_their_figure() -> None:
    first, second = (drawing().drawing(SAID, SAID).in_language("da", name) for name in ("a", "b"))
    assert "Æble &amp; &lt;b&gt;" in first
    assert "<b>" not in first
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (first, second)]
    assert ids[0] == {"a-title", "a-desc"}
    assert not ids[0] & ids[1]


def test_a_figure_is_a_file_of_its_own_too() -> None:
    root = ElementTree.fromstring(drawing().drawing(SAID, SAID).standalone("da"))  # noqa: S314 - our own
    assert (root.get("width"), root.get("height")) == ("100", "50")
    assert "Æble & <b>" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_has_two_dots_a_pixel() -> None:
    picture = Image.open(io.BytesIO(drawing().picture("da")))
    assert picture.size == (200, 100)
    assert picture.getpixel((8, 8)) == (0xEE, 0xEE, 0xEE)
    assert picture.getpixel((100, 90)) == (255, 255, 255)


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
    levels = [(350.0, 100.0, 599.0), (520.0, 510.0, 530.0), (510.0, None, None)]
    assert bounds_of(levels, (450, 550), (400, 600), 25) == (325, 600)
    assert bounds_of([], (450, 550), (400, 600), 25) == (450, 550)


def test_changes_are_drawn_even_on_both_sides() -> None:
    assert change_reach([], 20) == 40
    assert change_reach([(-61.0, -200.0, 10.0)], 20) == 80
    assert change_reach([(120.0, None, None)], 20) == 130


@pytest.mark.parametrize(("answers", "sides"), [(2, (1, 1)), (3, (1, 1)), (4, (2, 2)), (5, (2, 2)), (7, (3, 3))])
def test_answers_are_coloured_from_the_middle_outwards(answers: int, sides: tuple[int, int]) -> None:
    colours = answer_colours(answers)
    assert len(colours) == answers
    assert sum(colour in style.AGAINST for colour in colours[: sides[0]]) == sides[0]
    assert sum(colour in style.FOR for colour in colours[-sides[1] :]) == sides[1]
    assert (style.NEITHER in colours) == (answers % 2 == 1)
    assert (colours[0], colours[-1]) == (style.AGAINST[0], style.FOR[1])


@pytest.mark.parametrize(
    ("low", "high"), [(450, 550), (325, 600), (-40, 40), (-100, 100), (-990, 990), (0, 5000), (0, 1)]
)
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = Scale(low, high, 0, 1).ticks()
    assert 2 <= len(ticks) <= 8
    assert all(low <= tick <= high for tick in ticks)


def test_names_take_as_many_lines_in_both_languages() -> None:
    lines = wrapped({"da": "Fravær af undervisningshæmmende adfærd", "en": "Calm"}, 14)
    assert [line["da"] for line in lines] == ["Fravær af", "undervisnings-", "hæmmende", "adfærd"]
    assert [line["en"] for line in lines] == ["", "", "", "Calm"]
