"""What the sections of one unit's documents share: its content, the words, and the scales of all its charts.

Belongs here: what more than one section needs. Does not belong here: any section (`overview`, `participation`, `groups`,
`answers`, `contrasts`, `guide`), and which sections a document has (`documents`).
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.reporting.cells import Cells
from pipelines.reporting.model import Column, Said
from pipelines.reporting.order import Found
from pipelines.reporting.records import Content, Frame
from pipelines.reporting.scales import Extent, change_reach, goes_beyond, level_range
from pipelines.reporting.texts import Speaker

FEWEST_ROUNDS = 3
"""Mappings from which there is more to see than the one change."""


class Sections:
    """What each section of a unit's documents is made from."""

    def __init__(self, say: Speaker, content: Content) -> None:
        self.say, self.content = say, content
        self.frame: Frame = content.frame
        self.cells = Cells(say, content.frame)
        self.kind = content.kind
        self.is_profile = content.kind in ("school", "daycare")
        has_daycare = any(group.place == "daycare" for group in content.groups)
        self.members_word = "institutions" if has_daycare else "schools"
        themes = [theme for group in content.groups for theme in group.themes]
        shown = [one for theme in themes for one in (theme.level, *theme.others, *theme.members)]
        self.levels = level_range(
            [(one.mean, one.low, one.high) for one in shown[: len(shown)] if one.mean is not None]
        )
        deltas: list[Extent] = [
            (theme.changes[0].delta, theme.changes[0].low, theme.changes[0].high)
            for theme in themes
            if theme.changes and theme.changes[0].delta is not None
        ]
        self.reach = change_reach(deltas, self.frame.thresholds.relevant)

    @property
    def pair_values(self) -> dict[str, str]:
        """The latest pair, for texts."""
        pair = self.content.pairs[0]
        return {"before": pair.before, "after": pair.after}

    @property
    def change_columns(self) -> tuple[Column, ...]:
        """Columns of a change in short; none where there is but one mapping."""
        if not self.content.pairs:
            return ()
        return (Column(self.say("table.delta")), Column(self.say("table.status"), False))

    def read(self, key: str, values: Iterable[Extent], low: float, high: float) -> Said:
        """How to read a figure on this scale; of arrows only where it has any."""
        read = self.say(f"figure.{key}.read")
        return self.say.joined([read, self.say("figure.beyond")]) if goes_beyond(values, low, high) else read

    def found(self) -> list[Found]:
        """All themes of all groups."""
        return [(group, theme) for group in self.content.groups for theme in group.themes]

    def with_status(self, status: str) -> list[Found]:
        """Themes of one status over the latest pair, the largest change first."""
        found = [one for one in self.found() if one[1].changes and one[1].changes[0].status == status]
        return sorted(found, key=lambda one: -abs(one[1].changes[0].delta or 0.0))
