"""Names of files and the order of names.

Belongs here: making a safe file name of an id, and sorting as a Danish reader expects. Does not belong here: folders.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

LONGEST = 64
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_DANISH = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}"})


def document_names(municipalities: Iterable[str], institutions: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Name of each unit's document, without ending: `municipality-<id>`, `school-<id>`, `daycare-<id>`.

    Args:
        municipalities: their ids.
        institutions: their ids, and whether each is a `school` or a `daycare`.

    Returns:
        Names by level (`municipality`, `institution`) and id.
    """
    towns = {("municipality", one): f"municipality-{name}" for one, name in safe_names(municipalities).items()}
    return towns | {
        ("institution", one): f"{institutions[one]}-{name}" for one, name in safe_names(institutions).items()
    }


def safe_names(ids: Iterable[str]) -> dict[str, str]:
    """A part of a file name for each id.

    An id that holds anything but letters, digits, `_` and `-`, is very long, or differs from another only in case gets a
    name of safe characters with a hash of the id behind: two ids never share a file, on any file system.
    """
    known = list(ids)
    often = Counter(value.casefold() for value in known)
    return {value: _safe(value, often[value.casefold()] > 1) for value in known}


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
