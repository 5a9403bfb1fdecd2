"""What is found in an extract: one row per finding, with the place and the action, never with the value.

Belongs here: the record itself and how it reads. Does not belong here: how things are found (`contract`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Action = Literal["stop", "block", "set aside", "note"]
BLOCKS: tuple[Action, ...] = ("stop", "block")
"""Actions after which there is no release."""
WHAT_HAPPENS: dict[Action, str] = {
    "stop": "the run stops",
    "block": "validation blocks the release",
    "set aside": "set aside",
    "note": "nothing",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is not as declared.

    `row` is the record's number in the file as a spreadsheet counts (header lines included), `rows` how many rows share the
    finding. `stop` ends the run, `block` lets it go on to a verdict that says no, `set aside` keeps rows or a column out
    under `reason`, `note` changes nothing.
    """

    mapping: str
    file: str
    reason: str
    message: str
    action: Action
    row: int | None = None
    column: str | None = None
    rows: int = 1

    def __str__(self) -> str:
        """One line: where, what, what happens."""
        place = [f"{self.mapping}/{self.file}"]
        place += [f"row {self.row}"] if self.row is not None else []
        place += [f"column {self.column}"] if self.column else []
        more = f" ({self.rows} rows)" if self.rows > 1 else ""
        return f"{', '.join(place)}: {self.message}{more}"

    def as_dict(self) -> dict[str, str | int | None]:
        """Plain fields, for tables and JSON."""
        return asdict(self)
