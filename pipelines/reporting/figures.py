"""All figures of a page.

Belongs here: which figures a page has. Does not belong here: what stands in them (`tiles`, `strips`, `panels`), how they become
SVG (`canvas`), colours (`style`), words (`texts`).

Every figure has its table on the page with the same numbers. All are narrow (`style.WIDTH`), with names above and not beside
what they name: they stand beside their table on a wide screen and fill a phone's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipelines.reporting.canvas import Drawing
from pipelines.reporting.panels import draw_rounds
from pipelines.reporting.records import (
    GroupBlock,
    Page,
)
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


@dataclass(frozen=True)
class Drawn:
    """A page with all its figures: the résumé's, and those of each group in the page's order."""

    page: Page
    tally: Drawing | None
    figures: list[Figures]


def draw_page(page: Page, voices: Voices, before: Drawn | None = None) -> Drawn:
    """Draw all figures of a page.

    Args:
        page: the content.
        voices: words in both languages.
        before: the same unit's page in another edition; what would come out the same is taken over from it.
    """
    levels, changes = level_scale(page), change_scale(page)
    same_scales = before is not None and (levels, changes) == (level_scale(before.page), change_scale(before.page))
    figures = []
    for place, group in enumerate(page.groups):
        if before is not None and same_scales and _drawn_alike(group, before.page.groups[place]):
            figures.append(before.figures[place])
        else:
            figures.append(
                Figures(
                    levels=draw_levels(page, group, levels, voices),
                    changes=draw_changes(page, group, changes, voices),
                    rounds=draw_rounds(page, group, voices),
                )
            )
    return Drawn(page, draw_tally(page, voices), figures)


def _drawn_alike(group: GroupBlock, other: GroupBlock) -> bool:
    """Whether two editions of a group's content give the same figures: all but the answers, which are not drawn."""
    bare, other_bare = (
        replace(block, themes=tuple(replace(theme, answers=()) for theme in block.themes)) for block in (group, other)
    )
    return bare == other_bare
