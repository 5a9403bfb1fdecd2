"""Names of files and the order of names.

Belongs here: what pages are called, and sorting as a Danish reader expects. Does not belong here: folders, and making a name
safe (`files`).
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.files import safe_names

_DANISH = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}"})


def page_names(ids: Iterable[str]) -> dict[str, str]:
    """File name of each municipality's page: `municipality-<id>.html`, with the id as `files.safe_names` writes it."""
    return {value: f"municipality-{name}.html" for value, name in safe_names(ids).items()}


def danish_order(label: str) -> tuple[str, str]:
    """Sort key: æ, ø, å last and in that order, å also where it is written aa; upper and lower case alike."""
    folded = label.casefold()
    return folded.replace("aa", "å").translate(_DANISH), label
