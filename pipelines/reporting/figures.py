"""From a chart of the content model to its drawing.

Belongs here: which module draws which plot, and drawing a plot once that several editions show. Does not belong here: what
stands in a plot (`sections`), how it becomes SVG (`canvas`), colours (`style`).

All figures are narrow (`style.WIDTH`), with names above and not beside what they name: they stand beside their table on a wide
screen and fill a phone's.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.reporting.bars import draw_bars, draw_movements
from pipelines.reporting.canvas import Canvas, Drawing
from pipelines.reporting.model import Bars, Chart, Movements, Panels, Plot, Strips
from pipelines.reporting.panels import draw_panels
from pipelines.reporting.strips import draw_strips
from pipelines.reporting.texts import Voices
from pipelines.reporting.tiles import draw_tiles

Drawn = dict[str, tuple[Chart, Drawing]]
"""Charts that have been drawn, by name."""


def paint(plot: Plot, voices: Voices) -> Canvas:
    """A plot on a canvas: the source of its SVG and of its picture."""
    if isinstance(plot, Strips):
        return draw_strips(plot, voices)
    if isinstance(plot, Panels):
        return draw_panels(plot, voices)
    if isinstance(plot, Bars):
        return draw_bars(plot, voices)
    if isinstance(plot, Movements):
        return draw_movements(plot, voices)
    return draw_tiles(plot)


def draw(charts: Iterable[Chart], voices: Voices, before: Drawn) -> dict[str, Drawing]:
    """Drawings of a document's charts by name.

    Args:
        charts: what to draw.
        voices: words in both languages.
        before: what another edition of the same document has drawn; a chart with the same plot and texts is taken over. New
            drawings are added.
    """
    drawings = {}
    for chart in charts:
        known, drawing = before.get(chart.name, (None, None))
        alike = known is not None and (known.plot, known.title, known.description) == (
            chart.plot,
            chart.title,
            chart.description,
        )
        if drawing is None or not alike:
            drawing = paint(chart.plot, voices).drawing(chart.title, chart.description)
            before[chart.name] = (chart, drawing)
        drawings[chart.name] = drawing
    return drawings
