"""Removing respondents who asked for it: from the landing folder, so that everything made of it is made without them.

Belongs here: the list, finding the rows, writing the files without them. Does not belong here: the release that follows.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigurationError, InputError
from pipelines.extract.content import ROW
from pipelines.extract.deliveries import Delivery, look_at_landing
from pipelines.extract.formats import read_extract
from pipelines.extract.pseudonyms import Pseudonymiser, load_key
from pipelines.extract.session import PERSON_NAMESPACE, RATERS
from pipelines.files import sha256_text, write_atomically
from pipelines.programme import Programme
from pipelines.settings import Settings

FORGOTTEN = "forgotten.jsonl"
TOMBSTONES = "forgotten.json"
"""Pseudonyms of those removed, by programme and kind of person (mode 0600): a later delivery must not bring them back."""
RATER = "rater"
"""In place of a respondent group: a contact teacher's own number."""


@dataclass(frozen=True)
class Wish:
    """One person to be removed: the number as delivered, and whose (`respondent_group`, or `rater`; none: anybody's)."""

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

    A pupil is removed from all that is about the pupil: own answers, contact teacher's, parents', rosters. Of a teacher, what
    the teacher answered about pupils is removed too, and the number is taken out of the rosters that name the pupil's
    teacher. Pseudonyms are kept, so that a later delivery does not bring anybody back.

    Returns:
        Number of rows removed.

    Raises:
        ConfigurationError: a respondent group is unknown.
        InputError: a file cannot be read, or is of a format that cannot be written again.
    """
    kinds = {group.code: PERSON_NAMESPACE[group.kind] for group in programme.respondent_groups}
    for wish in wishes:
        if wish.respondent_group not in (None, RATER, *kinds):
            known = ", ".join([*kinds, RATER])
            raise ConfigurationError(f"respondent group {wish.respondent_group!r} is not one of {known}")
    meant = {kind: _numbers(wishes, kinds, kind) for kind in {*kinds.values(), RATERS}}
    planned: list[tuple[Delivery, set[int], set[int]]] = []
    for mapping in programme.mapping_keys:
        for delivery in look_at_landing(programme, settings.landing_dir, mapping).deliveries:
            rows = _rows_of(delivery, delivery.extract.columns.respondent_id, meant[_kind(programme, delivery)])
            rater = delivery.extract.columns.rater_id
            rated = _rows_of(delivery, (rater,), meant[RATERS]) if rater else set()
            if delivery.extract.content == "answers":
                rows, rated = rows | rated, set()
            if rows or rated:
                planned.append((delivery, rows, rated - rows))
    contents = [(delivery, _without(delivery, rows, rated)) for delivery, rows, rated in planned]
    _keep_tombstones(programme, settings, meant)
    for delivery, content in contents:
        write_atomically(delivery.path, content)
    removed = sum(len(rows) + len(rated) for _, rows, rated in planned)
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


def forgotten_state(programme: Programme, settings: Settings) -> str:
    """A hash of who has been forgotten; empty when nobody has. Whatever was made before is out of date."""
    people = read_tombstones(programme, settings)
    return sha256_text(*(f"{kind}/{one}" for kind in sorted(people) for one in sorted(people[kind]))) if people else ""


def read_tombstones(programme: Programme, settings: Settings) -> dict[str, frozenset[str]]:
    """Pseudonyms of those removed from a programme, by kind of person."""
    path = settings.home / TOMBSTONES
    if not path.exists():
        return {}
    people = json.loads(path.read_text(encoding="utf-8")).get(programme.slug, {})
    return {kind: frozenset(pseudonyms) for kind, pseudonyms in people.items()}


def _keep_tombstones(programme: Programme, settings: Settings, meant: dict[str, set[str]]) -> None:
    """Add the pseudonyms of those meant."""
    path = settings.home / TOMBSTONES
    everyone = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    own = everyone.setdefault(programme.slug, {})
    key = load_key(settings)
    for kind, numbers in meant.items():
        made = Pseudonymiser(key, f"{programme.slug}/{kind}")(sorted(numbers))
        own[kind] = sorted({*own.get(kind, []), *(one for one in made if one)})
    write_atomically(path, json.dumps(everyone, indent=1, sort_keys=True).encode(), mode=0o600)


def _kind(programme: Programme, delivery: Delivery) -> str:
    """Whose numbers a file's respondent numbers are."""
    return PERSON_NAMESPACE[programme.group(delivery.extract.respondent_group).kind]


def _numbers(wishes: list[Wish], kinds: dict[str, str], kind: str) -> set[str]:
    """The numbers that are meant for one kind of person."""
    return {
        wish.number
        for wish in wishes
        if wish.respondent_group is None
        or (wish.respondent_group == RATER and kind == RATERS)
        or kinds.get(wish.respondent_group) == kind
    }


def _rows_of(delivery: Delivery, columns: Sequence[str], numbers: set[str]) -> set[int]:
    """Row numbers of the persons in a file."""
    table = read_extract(delivery.path, f"{delivery.mapping}/{delivery.name}", delivery.extract).table
    names = [name for name in columns if name in table.column_names]
    parts = [[cell.strip() for cell in table.column(name).to_pylist()] for name in names]
    rows = table.column(ROW).to_pylist() if names else []
    return {row for row, cells in zip(rows, zip(*parts, strict=True), strict=True) if "/".join(cells) in numbers}


def _without(delivery: Delivery, rows: set[int], rated: set[int]) -> bytes:
    """The bytes of a text file without these rows, and without the rater's number in others; all else stays as it is.

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
    kept = [
        _unrated(delivery, line, lines[dialect.skip_rows]) if number in rated else line
        for number, line in enumerate(lines, start=1)
        if number not in rows
    ]
    return "".join(kept).encode(dialect.encoding)


def _unrated(delivery: Delivery, line: str, header: str) -> str:
    """A line of a roster with an empty cell where the rater's number stood."""
    dialect = delivery.extract.dialect
    marks: dict[str, Any] = {"delimiter": dialect.delimiter, "quotechar": dialect.quote}
    marks["quoting"] = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
    names, cells = (next(csv.reader([text], **marks)) for text in (header, line))
    place = [name.strip().lstrip("\ufeff") for name in names].index(str(delivery.extract.columns.rater_id))
    cells[place] = ""
    out = io.StringIO()
    csv.writer(out, lineterminator=line[len(line.rstrip("\r\n")) :], **marks).writerow(cells)
    return out.getvalue()
