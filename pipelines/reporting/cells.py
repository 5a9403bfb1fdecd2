"""Records to cells of tables: one place that knows what stands where a figure is hidden or absent.

Belongs here: cells and the plots' marks. Does not belong here: which columns a table has (`sections`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipelines.reporting import wording
from pipelines.reporting.model import (
    Block,
    Cell,
    Chart,
    Fold,
    Hidden,
    Interval,
    Kind,
    Limit,
    Mark,
    Number,
    Paragraph,
    Role,
    Said,
    Status,
    Table,
    Words,
)
from pipelines.reporting.records import Change, Frame, Level, State
from pipelines.reporting.texts import Speaker

REPEATED = 3
"""Rows from which a reason that they share is told once for all."""


class Cells:
    """Cells in the words of one edition."""

    def __init__(self, say: Speaker, frame: Frame) -> None:
        self._say, self._frame = say, frame
        self._hidden: dict[str | None, Hidden] = {}
        self.none = Words(say("sign.none"), is_faint=True)

    def number(
        self,
        value: float | None,
        kind: Kind,
        is_strong: bool = False,
        low: float | None = None,
        high: float | None = None,
        limit: Limit | None = None,
    ) -> Cell:
        """A figure, or the sign that there is none."""
        return self.none if value is None else Number(value, kind, is_strong, low, high, limit)

    def interval(self, low: float | None, high: float | None, kind: Kind) -> Cell:
        """An interval, or the sign that there is none."""
        return self.none if low is None or high is None else Interval(low, high, kind)

    def hidden(self, code: str | None) -> Hidden:
        """What disclosure control took out."""
        if code not in self._hidden:
            self._hidden[code] = Hidden(wording.hidden_reason(self._say, code, self._frame))
        return self._hidden[code]

    def figures(self, state: State, code: str | None, cells: Sequence[Cell]) -> tuple[Cell, ...]:
        """The cells of a row's figures: all hidden, or one word for all, where there are none."""
        if state == "shown":
            return tuple(cells)
        if state == "suppressed":
            return (self.hidden(code),) * len(cells)
        brief = self._say(f"{'brief' if len(cells) == 1 else 'state'}.{state}")
        return (Words(brief, is_faint=True, span=len(cells)),)

    def level(self, level: Level, is_rated: bool) -> tuple[Cell, ...]:
        """Mean, interval, answers, raters where one rates many, favourable share."""
        raters = (self.number(level.raters, "count"),) if is_rated else ()
        return self.figures(
            level.state,
            level.code,
            (
                self.number(level.mean, "points", is_strong=True),
                self.interval(level.low, level.high, "points"),
                self.number(level.n, "count"),
                *raters,
                self.number(level.favourable, "share"),
            ),
        )

    def mean(self, level: Level, is_strong: bool = False, with_interval: bool = True) -> Cell:
        """A mean with its interval below it."""
        low, high = (level.low, level.high) if with_interval else (None, None)
        return self.figures(level.state, level.code, (self.number(level.mean, "points", is_strong, low, high),))[0]

    def ahead(self, level: Level) -> Cell:
        """How far above the programme."""
        cell = self.number(level.ahead, "change", low=level.ahead_low, high=level.ahead_high)
        return self.figures(level.state, level.code, (cell,))[0]

    def change(self, change: Change) -> tuple[Cell, ...]:
        """Δ, interval, q, g, status."""
        status = self.status(change)
        if change.status == "suppressed":
            return (*(self.hidden(change.reason),) * 4, status)
        if change.delta is None:
            return (Words(self._say("sign.none"), is_faint=True, span=4), status)
        return (
            Number(change.delta, "change", is_strong=True),
            self.interval(change.low, change.high, "change"),
            self.number(change.q, "probability"),
            self.number(change.g, "effect"),
            status,
        )

    def moved(self, change: Change, with_reason: bool = True) -> tuple[Cell, Cell]:
        """A change in short: Δ with its interval below it, and the status."""
        delta = self.number(change.delta, "change", low=change.low, high=change.high)
        return (
            self.hidden(change.reason) if change.status == "suppressed" else delta,
            self.status(change, with_reason),
        )

    def status(self, change: Change, with_reason: bool = True) -> Status:
        """The status and why no more can be said."""
        is_told = with_reason and change.status != "suppressed"
        reason = wording.change_reason(self._say, change, self._frame) if is_told else None
        return Status(change.status, wording.status_word(self._say, change), reason)


def mark(role: Role, level: Level) -> Mark | None:
    """A level's mark; none where nothing is shown."""
    return None if level.mean is None else Mark(role, level.mean, level.low, level.high)


def hidden_note(say: Speaker, blocks: Iterable[Block]) -> list[Block]:
    """The legend of the sign and the reasons that occur in these blocks; nothing where nothing is hidden."""
    reasons: dict[str, Said] = {}
    for table in _tables(blocks):
        for row in table.rows:
            for cell in row.cells:
                if isinstance(cell, Hidden):
                    reasons[cell.reason["da"]] = cell.reason
    if not reasons:
        return []
    ordered = [reasons[key] for key in sorted(reasons)]
    return [Paragraph(say("disclosure.here", reasons=say.joined(ordered, "; ")), "note")]


def told_once(say: Speaker, table: Table) -> Table:
    """The table with a reason that many of its rows give said once below it.

    Only where every row of a status gives a reason, so that the bare word means the reason below.
    """
    found: dict[str, list[Status]] = {}
    for row in table.rows:
        for cell in row.cells:
            if isinstance(cell, Status):
                found.setdefault(cell.code, []).append(cell)
    bare: dict[str, Said] = {}
    for code, cells in found.items():
        given = Counter(cell.note["da"] for cell in cells if cell.note is not None)
        most, count = given.most_common(1)[0] if given else ("", 0)
        if given.total() == len(cells) and count >= REPEATED:
            bare[code] = next(cell.note for cell in cells if cell.note is not None and cell.note["da"] == most)
    if not bare:
        return table

    def cell_of(cell: Cell) -> Cell:
        is_bare = isinstance(cell, Status) and cell.code in bare and cell.note == bare[cell.code]
        return replace(cell, note=None) if is_bare and isinstance(cell, Status) else cell

    parts = tuple(
        replace(part, rows=tuple(replace(row, cells=tuple(map(cell_of, row.cells))) for row in part.rows))
        for part in table.parts
    )
    notes = [say("table.told_once", status=say(f"status.{code}"), reason=reason) for code, reason in bare.items()]
    return replace(table, parts=parts, note=say.joined([*([table.note] if table.note else []), *notes]))


def condensed(say: Speaker, blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Blocks with a sentence for each table of which every figure is hidden: rows of nothing but the sign tell no more."""
    found: list[Block] = []
    for block in blocks:
        inner = condensed(say, block.blocks) if isinstance(block, Fold) else ()
        if isinstance(block, Table) and _is_hidden(block):
            found.append(Paragraph(say("disclosure.all_of", table=block.caption), "note"))
        elif isinstance(block, Fold) and inner != block.blocks:
            is_bare = all(isinstance(one, Table) and _is_hidden(one) for one in block.blocks)
            found += inner if is_bare else (replace(block, blocks=inner),)
        else:
            found.append(block)
    return tuple(found)


def _is_hidden(table: Table) -> bool:
    cells = [cell for row in (*table.rows, *([table.foot] if table.foot else [])) for cell in row.cells]
    return bool(cells) and all(
        isinstance(cell, Hidden) or (isinstance(cell, Status) and cell.code == "suppressed") for cell in cells
    )


def _tables(blocks: Iterable[Block]) -> Iterable[Table]:
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Chart) and block.table is not None:
            yield block.table
        elif isinstance(block, Fold):
            yield from _tables(block.blocks)
