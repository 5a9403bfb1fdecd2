"""Removing respondents who asked for it: from the landing folder, so that everything made of it is made without them.

Belongs here: the list, finding the rows, writing the files without them. Does not belong here: the release that follows.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import ConfigurationError, InputError
from pipelines.extract.content import ROW
from pipelines.extract.deliveries import Delivery, look_at_landing
from pipelines.extract.formats import read_extract
from pipelines.extract.session import PERSON_NAMESPACE
from pipelines.files import write_atomically
from pipelines.programme import Programme
from pipelines.settings import Settings

FORGOTTEN = "forgotten.jsonl"


@dataclass(frozen=True)
class Wish:
    """One respondent to be removed: the number as delivered, and whose (`respondent_group`; none: any group's)."""

    number: str
    respondent_group: str | None


def read_wishes(path: Path) -> list[Wish]:
    """Read a list: one respondent a line, `number` or `respondent_group,number`; a line that begins with # is a remark.

    A number of several columns is written with `/` between them.

    Raises:
        ConfigurationError: the list cannot be read or is empty.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: cannot be read as a list of respondents ({type(error).__name__})") from None
    wishes = []
    for number, row in enumerate(rows, start=1):
        if not any(row) or row[0].startswith("#") or row in (["respondent_group", "number"], ["number"]):
            continue
        if len(row) > 2 or not row[-1]:  # noqa: PLR2004
            raise ConfigurationError(f"{path}, row {number}: is neither `number` nor `respondent_group,number`")
        wishes.append(Wish(row[-1], row[0] if len(row) > 1 else None))
    if not wishes:
        raise ConfigurationError(f"{path}: holds no respondent")
    return wishes


def forget(programme: Programme, settings: Settings, wishes: list[Wish]) -> int:
    """Remove rows from every file of the programme in the landing folder, and note how many (never who).

    A pupil is removed from all that is about the pupil: own answers, contact teacher's, parents', rosters.

    Returns:
        Number of rows removed.

    Raises:
        ConfigurationError: a respondent group is unknown.
        InputError: a file cannot be read, or is of a format that cannot be written again.
    """
    kinds = {group.code: PERSON_NAMESPACE[group.kind] for group in programme.respondent_groups}
    for wish in wishes:
        if wish.respondent_group is not None and wish.respondent_group not in kinds:
            raise ConfigurationError(f"respondent group {wish.respondent_group!r} is not one of {', '.join(kinds)}")
    planned: list[tuple[Delivery, set[int]]] = []
    for mapping in programme.mapping_keys:
        for delivery in look_at_landing(programme, settings.landing_dir, mapping).deliveries:
            kind = kinds[delivery.extract.respondent_group]
            numbers = {w.number for w in wishes if w.respondent_group is None or kinds[w.respondent_group] == kind}
            rows = _rows_of(delivery, numbers)
            if rows:
                planned.append((delivery, rows))
    contents = [(delivery, _without(delivery, rows)) for delivery, rows in planned]
    for delivery, content in contents:
        write_atomically(delivery.path, content)
    removed = sum(len(rows) for _, rows in planned)
    if removed:
        line = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "programme": programme.slug,
            "requests": len(wishes),
            "rows": removed,
            "files": len(planned),
        }
        path = settings.home / FORGOTTEN
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        write_atomically(path, (before + json.dumps(line) + "\n").encode())
    return removed


def forgotten_rows(programme: Programme, settings: Settings) -> int:
    """Rows that have been removed on request in this home, for the manifest."""
    path = settings.home / FORGOTTEN
    if not path.exists():
        return 0
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return sum(int(line["rows"]) for line in lines if line["programme"] == programme.slug)


def _rows_of(delivery: Delivery, numbers: set[str]) -> set[int]:
    """Row numbers of the respondents in a file."""
    table = read_extract(delivery.path, f"{delivery.mapping}/{delivery.name}", delivery.extract).table
    names = [name for name in delivery.extract.columns.respondent_id if name in table.column_names]
    parts = [[cell.strip() for cell in table.column(name).to_pylist()] for name in names]
    rows = table.column(ROW).to_pylist()
    return {row for row, cells in zip(rows, zip(*parts, strict=True), strict=True) if "/".join(cells) in numbers}


def _without(delivery: Delivery, rows: set[int]) -> bytes:
    """The bytes of a text file without these rows; all others stay as they are.

    Raises:
        InputError: it is no text file, or its records span lines.
    """
    name, dialect = f"{delivery.mapping}/{delivery.name}", delivery.extract.dialect
    if delivery.extract.format != "csv":
        raise InputError(
            f"{name}: a respondent to be removed is in it, and {delivery.extract.format} cannot be rewritten; "
            "have it delivered without, or deliver it as CSV"
        )
    text = delivery.path.read_bytes().decode(dialect.encoding)
    lines = re.split(r"(?<=\n)", text)
    quote = dialect.quote
    if quote and any(line.count(quote) % 2 for line in lines):
        raise InputError(
            f"{name}: a respondent to be removed is in it, and a cell spans lines; have it delivered without"
        )
    return "".join(line for number, line in enumerate(lines, start=1) if number not in rows).encode(dialect.encoding)
