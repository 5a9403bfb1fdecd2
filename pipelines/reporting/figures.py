"""All figures of a page.

Belongs here: which figures a page has. Does not belong here: what stands in them (`tiles`, `strips`, `panels`), how they become
SVG (`canvas`), colours (`style`), words (`texts`).

Every figure has its table on the page with the same numbers. All are narrow (`style.WIDTH`), with names above and not beside
what they name: they stand beside their table on a wide screen and fill a phone's.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.reporting.canvas import Drawing
from pipelines.reporting.model import Page
from pipelines.reporting.panels import draw_rounds
from pipelines.reporting.scales import change_scale, level_scale
from pipelines.reporting.strips import draw_changes, draw_levels
from pipelines.reporting.texts import Voices
from pipelines.reporting.tiles import draw_tally


@dataclass(frozen=True)
class Figures:
    """The figures of one respondent group; None where there is nothing to draw."""

    levels: Drawing | None
    changes: Drawing | None
    rounds: Drawing | None


def draw_page(page: Page, voices: Voices) -> tuple[Drawing | None, list[Figures]]:
    """All figures of a page: the résumé's, and those of each group in the page's order."""
    levels = level_scale(page)
    changes = change_scale(page)
    return draw_tally(page, voices), [
        Figures(
            levels=draw_levels(page, group, levels, voices),
            changes=draw_changes(page, group, changes, voices),
            rounds=draw_rounds(page, group, voices),
        )
        for group in page.groups
    ]
