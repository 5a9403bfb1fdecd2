"""The gate before raw Parquet: no identifier of a person gets past it, in whatever column it stands.

Belongs here: what looks like an identifier, and finding it in a table of text. Does not belong here: what happens to the
file (`raw` stops, `deliveries` notes it), and respondent numbers, which are declared and become pseudonyms.

Every column of the file is looked at, ignored ones too: free text is not loaded, but a file that holds a CPR number should
not have been delivered at all. A finding names row and column, never the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.extract.columns import Column, pooled
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Finding

_DAY_MONTH = (
    # Day and month that exist; 60 may be added to the day (replacement numbers).
    r"(?:(?:0[1-9]|[17]\d|2[0-8]|6[1-9]|8[0-8])(?:0[1-9]|1[0-2])"
    r"|(?:29|30|89|90)(?:0[13-9]|1[0-2])"
    r"|(?:31|91)(?:0[13578]|1[02]))\d{2}"
    r"|(?:29|89)02(?:[02468][048]|[13579][26])"
)
_DASH = r"\s?[-‐‑–−/]?\s?"
PATTERNS = {
    "private_cpr": (10, rf"(?:^|[^0-9])(?:{_DAY_MONTH}){_DASH}\d{{4}}(?:[^0-9]|$)", "holds a CPR number"),
    "private_email": (
        6,
        r"[\p{L}0-9._%+-]+\s?(?:@|\(at\)|＠)\s?[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)*\.\p{L}{2,}",
        "holds an e-mail address",
    ),
    "private_phone": (
        9,
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
"""Reason: bytes of the shortest cell that can hold one, regular expression (RE2), how the finding says it."""
_SHORTEST = min(shortest for shortest, _, _ in PATTERNS.values())
_AT = ("@", "(at)", "＠")


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
    looks_private = any(pc.match_substring_regex(cell, pattern)[0].as_py() for _, pattern, _ in PATTERNS.values())
    return name if _COLUMN_NAME.fullmatch(name) and not looks_private else f"number {position}"


def find_private(delivery: Delivery, columns: Mapping[str, Column], rows: NDArray[np.int64]) -> list[Finding]:
    """Look at every column of a file as text.

    Args:
        delivery: where the file came from.
        columns: all its columns.
        rows: number of each row in the file.

    Returns:
        One finding that stops per column and kind of identifier.
    """
    findings = []

    def found(column: Column, reason: str, message: str, hits: NDArray[np.int64]) -> None:
        shown = sayable(column.name, column.position)
        message = f"{message}; the whole file is set aside: have it delivered without"
        first, number = int(rows[hits[0]]), len(hits)
        findings.append(Finding(delivery.mapping, delivery.name, reason, message, "stop", first, shown, number))

    for column in columns.values():
        if is_private_header(column.name):
            hits = column.rows_of(~column.is_blank())
            if len(hits):
                message = "is by its header a name, address or number of persons, and is not empty"
                found(column, "private_name", message, hits)
    listed = list(columns.values())
    cells, owner, within = pooled(columns, _SHORTEST)
    for reason, (shortest, pattern, message) in PATTERNS.items():
        candidates = _candidates(cells, reason, shortest)
        if not len(candidates):
            continue
        matching = pc.match_substring_regex(cells.take(pa.array(candidates)), pattern).to_numpy(zero_copy_only=False)
        for number in np.unique(owner[candidates[matching]]):
            column = listed[int(number)]
            chosen = np.zeros(len(column.values), dtype=bool)
            chosen[within[candidates[matching & (owner[candidates] == number)]]] = True
            found(column, reason, message, column.rows_of(chosen))
    return findings


def _candidates(cells: pa.StringArray, reason: str, shortest: int) -> NDArray[np.int64]:
    """Positions of the cells that can hold such an identifier at all; the expressions are slow."""
    if reason == "private_email":
        masks = [pc.match_substring(cells, mark) for mark in _AT]
        possible = pc.or_(pc.or_(masks[0], masks[1]), masks[2])
    else:
        possible = pc.greater_equal(pc.binary_length(cells), shortest)
    return np.flatnonzero(possible.to_numpy(zero_copy_only=False))
