"""Names of files and the order of names.

Belongs here: making a safe file name of an id, and sorting as a Danish reader expects. Does not belong here: folders.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

LONGEST = 64
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_DANISH = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}"})


def page_names(ids: Iterable[str]) -> dict[str, str]:
    """File name of each municipality's page: `municipality-<id>.html`.

    An id that holds anything but letters, digits, `_` and `-`, is very long, or differs from another only in case gets a
    name of safe characters with a hash of the id behind: two ids never share a file, on any file system.
    """
    known = list(ids)
    folded = [value.casefold() for value in known]
    return {value: f"municipality-{_safe(value, folded.count(value.casefold()) > 1)}.html" for value in known}


def _safe(value: str, is_ambiguous: bool) -> str:
    """The id itself where it is safe, else its safe characters and a hash."""
    cleaned = _UNSAFE.sub("-", value)[:LONGEST].strip("-")
    if cleaned == value and cleaned and not is_ambiguous:
        return value
    digest = hashlib.sha256(value.encode()).hexdigest()[:10]
    return f"{cleaned}-{digest}" if cleaned else digest


def danish_order(label: str) -> tuple[str, str]:
    """Sort key: æ, ø, å last and in that order, å also where it is written aa; upper and lower case alike."""
    folded = label.casefold()
    return folded.replace("aa", "å").translate(_DANISH), label
