"""How figures look: colours, sizes, marks. The pages' own style is `reports/style/report.css`, in the same colours.

Belongs here: constants. Does not belong here: what is drawn. The colours keep apart for the colour-blind (after Okabe and
Ito, darkened until small text has contrast 4.5 on white) and in grey print, where the shape of each mark and the word
beside it say the same.
"""

from __future__ import annotations

from typing import Literal

Shape = Literal["circle", "ring", "up", "down", "square"]

WIDTH = 380
"""Width of a figure in its own units; on a page a unit is a CSS pixel or a little less, so that a phone shows it whole."""

INK = "#1b1f24"
MUTED = "#5b636b"
FAINT = "#c9ced3"
BAND = "#e6e9ec"
STRIP = "#f4f5f6"
WHITE = "#ffffff"
UNIT = "#0b5394"
OTHERS = "#76838f"
SECOND = "#8a6100"
"""The municipality beside a school."""

AGAINST = ("#a84300", "#e3a57a")
NEITHER = "#d5dade"
FOR = ("#9dbfe0", "#0b5394")
"""Answers from the middle of a scale outwards: in grey print the side of the middle keeps apart what looks alike."""

STATUS_COLOURS = {
    "increase": "#0b5394",
    "decrease": "#a84300",
    "status_quo": "#3d4247",
    "inconclusive": "#5b636b",
}
"""Statuses that have a figure; all others are muted."""

STATUS_SHAPES: dict[str, Shape] = {
    "increase": "up",
    "decrease": "down",
    "status_quo": "square",
    "inconclusive": "ring",
}

STATUS_SIGNS = {"increase": "▲", "decrease": "▼", "status_quo": "■", "inconclusive": "○", "suppressed": "•"}
"""Marks before the status words, the same as in the figures."""

TEXT = 13.0
SMALL = 11.5
TINY = 9.0
LINE = 16.0
"""Height of a line of text."""

MARGIN = 2.0
"""Empty edge of a figure."""

INSET = 16.0
"""From a figure's edge to the first and last value of a scale, so that the values' numbers have room."""

SECOND_KEY = 196.0
"""Where the second entry of a key begins."""
