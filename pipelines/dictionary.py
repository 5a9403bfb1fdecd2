"""The data dictionary: what every mart and every column of it means, in Danish and English.

Belongs here: joining the marts' contracts (`dbt_project/models/marts/*.yml`: names, types, English) with their Danish
(`reports/texts/dictionary.da.yml`). Does not belong here: the texts, how a dictionary is shown, and any figure. No stage is
known here: deliveries, workbooks and the data book all take it from this place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pipelines.errors import ConfigurationError
from pipelines.files import read_yaml
from pipelines.marts import MARTS, Mart
from pipelines.settings import CHECKOUT

CONTRACTS = CHECKOUT / "dbt_project" / "models" / "marts"
DANISH = CHECKOUT / "reports" / "texts" / "dictionary.da.yml"

Both = Mapping[Literal["da", "en"], str]
"""One text in Danish and in English."""

TYPES = {"varchar": "text", "bigint": "integer", "double": "number", "boolean": "boolean", "date": "date"}
"""A contract's data types as readers of any tool know them."""

_SOURCE = re.compile(r"\s*\((?:method|interface)\.md[^)]*\)|\s[^.]*\bmethod\.md[^.)]*\.(?=\s|$)")
"""Where a rule is written down: for those who change the models, not for those who read the data."""


_BEFORE = " Null before disclosure control."
"""Of no use to those who get the marts after it."""


@dataclass(frozen=True)
class ColumnEntry:
    """One column: `type` is text, integer, number, boolean or date; `is_key` tells that it is part of the row's key."""

    name: str
    type: str
    is_key: bool
    description: Both


@dataclass(frozen=True)
class MartEntry:
    """One mart: its description opens with the grain; the columns stand in the file's order."""

    name: str
    description: Both
    columns: tuple[ColumnEntry, ...]

    def column(self, name: str) -> ColumnEntry:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)


@lru_cache(maxsize=1)
def data_dictionary() -> tuple[MartEntry, ...]:
    """Every mart of a release in the release's order.

    Raises:
        ConfigurationError: a contract or the Danish file is missing, or a mart or column has no description.
    """
    danish = read_yaml(DANISH)
    return tuple(_entry(mart, danish) for mart in MARTS)


def dictionary_of(mart: str) -> MartEntry:
    """One mart's part of the dictionary."""
    return next(entry for entry in data_dictionary() if entry.name == mart)


def _entry(mart: Mart, danish: dict[str, Any]) -> MartEntry:
    file = CONTRACTS / f"{mart.name}.yml"
    models = [model for model in (read_yaml(file) or {}).get("models", []) if model.get("name") == mart.name]
    if not models:
        raise ConfigurationError(f"{file}: has no model {mart.name}; every mart needs its contract")
    own = danish.get("marts", {}).get(mart.name, {})
    return MartEntry(
        name=mart.name,
        description=_both(models[0], own.get("text"), f"mart {mart.name}"),
        columns=tuple(
            ColumnEntry(
                name=column["name"],
                type=TYPES.get(column["data_type"], column["data_type"]),
                is_key=column["name"] in mart.key,
                description=_both(
                    column,
                    own.get("columns", {}).get(column["name"]) or danish.get("columns", {}).get(column["name"]),
                    f"column {column['name']} of mart {mart.name}",
                ),
            )
            for column in models[0]["columns"]
        ),
    )


def _both(described: dict[str, Any], danish: str | None, what: str) -> Both:
    english = " ".join(_SOURCE.sub("", str(described.get("description") or "")).split())
    english = re.sub(r"\bnull\b", "empty", english.replace(_BEFORE, ""))
    if not english:
        raise ConfigurationError(f"{CONTRACTS}: {what} has no description; add it to its contract")
    if not danish:
        raise ConfigurationError(f"{DANISH}: {what} has no Danish description; add it")
    return {"da": " ".join(danish.split()), "en": english}
