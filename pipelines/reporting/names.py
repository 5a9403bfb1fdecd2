"""Names of files, the order of names, and names inside sentences.

Belongs here: what pages are called, and sorting as a Danish reader expects. Does not belong here: folders, and making a name
safe (`files`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipelines.files import safe_names
from pipelines.reporting.model import Said

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


def danish_order(label: str) -> tuple[str, str]:
    """Sort key: æ, ø, å last and in that order, å also where it is written aa; upper and lower case alike."""
    folded = label.casefold()
    return folded.replace("aa", "å").translate(_DANISH), label


def uncapitalised(said: Said) -> Said:
    """A name inside a sentence: without its capital letter, unless it is an abbreviation."""
    return {language: text if text[1:2].isupper() else text[:1].lower() + text[1:] for language, text in said.items()}
