"""The gate before raw Parquet: no identifier of a person gets past it, in whatever column it stands.

Belongs here: what looks like an identifier, and finding it in a table of text. Does not belong here: what happens to the
file (`raw` stops, `deliveries` notes it), and respondent numbers, which are declared and become pseudonyms.

Every column of the file is looked at, ignored ones too: free text is not loaded, but a file that holds a CPR number should
not have been delivered at all. A finding names row and column, never the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.extract.content import ROW
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Finding

SHORTEST = 6
"""Characters of the shortest identifier (a@b.dk); columns whose longest cell is shorter are not looked at."""

_DAY_MONTH = (
    # Day and month that exist; 60 may be added to the day (replacement numbers).
    r"(?:(?:0[1-9]|[17]\d|2[0-8]|6[1-9]|8[0-8])(?:0[1-9]|1[0-2])"
    r"|(?:29|30|89|90)(?:0[13-9]|1[0-2])"
    r"|(?:31|91)(?:0[13578]|1[02]))\d{2}"
    r"|(?:29|89)02(?:[02468][048]|[13579][26])"
)
_DASH = r"\s?[-‐‑–−/]?\s?"
PATTERNS = {
    "private_cpr": (rf"(?:^|[^0-9])(?:{_DAY_MONTH}){_DASH}\d{{4}}(?:[^0-9]|$)", "holds a CPR number"),
    "private_email": (
        r"[\p{L}0-9._%+-]+\s?(?:@|\(at\)|＠)\s?[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)*\.\p{L}{2,}",
        "holds an e-mail address",
    ),
    "private_phone": (
        # Prefixed or grouped numbers anywhere; eight bare digits only inside a text, because alone they are a pupil's number.
        r"(?:\+|(?:^|[^0-9])00)45[ -]?[2-9]\d(?:[ .-]?\d\d){3}(?:[^0-9]|$)"
        r"|(?:^|[^0-9.,-])[2-9]\d(?: \d\d){3}(?:[^0-9]|$)"
        r"|(?:^|[^0-9.,-])[2-9]\d(?:\.\d\d){3}(?:[^0-9.]|$)"
        r"|(?:^|[^0-9.,-])[2-9]\d(?:-\d\d){3}(?:[^0-9-]|$)"
        r"|(?:^|[^0-9.,-])[2-9]\d{3} \d{4}(?:[^0-9]|$)"
        r"|\p{L}[^0-9]*[ :.,(][2-9]\d{7}(?:[^0-9\p{L}]|$)"
        r"|(?:^|[ :.,(])[2-9]\d{7}[ :.,)]+[^0-9]*\p{L}",
        "holds a phone number",
    ),
}
"""Reason: regular expression (RE2) and how the finding says it."""

_PRIVATE_HEADERS = frozenset(
    [
        "navn",
        "name",
        "fornavn",
        "efternavn",
        "mellemnavn",
        "fuldenavn",
        "fuldtnavn",
        "elevnavn",
        "elevensnavn",
        "barnetsnavn",
        "barnnavn",
        "lærernavn",
        "laerernavn",
        "kontaktlærernavn",
        "kontaktlaerernavn",
        "forældernavn",
        "foraeldernavn",
        "medarbejdernavn",
        "ledernavn",
        "respondentnavn",
        "firstname",
        "lastname",
        "middlename",
        "surname",
        "fullname",
        "givenname",
        "familyname",
        "respondentname",
        "studentname",
        "teachername",
        "parentname",
        "recipientfirstname",
        "recipientlastname",
        "recipientemail",
        "cpr",
        "cprnr",
        "cprnummer",
        "personnummer",
        "email",
        "emailadresse",
        "emailaddress",
        "mail",
        "mailadresse",
        "epost",
        "telefon",
        "telefonnr",
        "telefonnummer",
        "tlf",
        "tlfnr",
        "mobil",
        "mobilnr",
        "mobilnummer",
        "phone",
        "phonenumber",
        "mobile",
        "unilogin",
        "adresse",
        "bopæl",
        "address",
        "homeaddress",
    ]
)
_COLUMN_NAME = re.compile(r"[A-Za-zÆØÅæøåÄÖÜäöü_][\w .()/?%&:,+-]{0,79}")


def is_private_header(name: str) -> bool:
    """Whether a column by its header holds names, addresses or numbers of persons."""
    return re.sub(r"[\W\d_]+", "", name.lower()) in _PRIVATE_HEADERS


def sayable(name: str, position: int) -> str:
    """A column as messages call it: by its name, or by its number where the name may itself be a person's data."""
    cell = pa.array([name])
    looks_private = any(pc.match_substring_regex(cell, pattern)[0].as_py() for pattern, _ in PATTERNS.values())
    return name if _COLUMN_NAME.fullmatch(name) and not looks_private else f"number {position}"


@dataclass(frozen=True)
class _Hit:
    """Rows of one column."""

    rows: int
    first: int


def find_private(delivery: Delivery, table: pa.Table) -> list[Finding]:
    """Look at every column of a file as text.

    Args:
        delivery: where the table came from.
        table: text columns and `ROW`.

    Returns:
        One finding that stops per column and kind of identifier.
    """
    findings = []
    for position, name in enumerate(table.column_names, start=1):
        if name == ROW:
            continue
        column, shown = table.column(name), sayable(name, position)
        found: dict[str, tuple[_Hit, str]] = {}
        if is_private_header(name):
            hit = _hit(table, pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0))
            if hit:
                found["private_name"] = hit, "is by its header a name, address or number of persons, and is not empty"
        if (pc.max(pc.binary_length(column)).as_py() or 0) >= SHORTEST:
            values = pc.unique(column)
            for reason, (pattern, message) in PATTERNS.items():
                matching = values.filter(pc.match_substring_regex(values, pattern))
                hit = _hit(table, pc.is_in(column, matching)) if len(matching) else None
                if hit:
                    found[reason] = hit, message
        findings += [
            Finding(
                delivery.mapping,
                delivery.name,
                reason,
                f"{message}; the whole file is set aside: have it delivered without",
                "stop",
                hit.first,
                shown,
                hit.rows,
            )
            for reason, (hit, message) in found.items()
        ]
    return findings


def _hit(table: pa.Table, mask: pa.ChunkedArray) -> _Hit | None:
    """How many rows a mask marks, and the number of the first."""
    rows = table.column(ROW).filter(pc.fill_null(mask, False))
    return _Hit(len(rows), pc.min(rows).as_py()) if len(rows) else None
