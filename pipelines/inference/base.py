"""The frozen base of the 500 scale: means and SDs that no run recomputes silently (method.md 1.5).

Belongs here: what was frozen, and whether a run's parameters are still those. Does not belong here: computing them (dbt,
`int_base_parameters`), and when they are frozen (at publication: a run that fails freezes nothing).

Parameters belong to a theme, a form and the items of that form: where a later mapping leaves fewer common items, the trend form
is another one, with parameters of its own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import BlockedError, StorageError
from pipelines.files import sha256_text, write_atomically
from pipelines.programme.definition import Definition

FOLDER = "base_parameters"
FILE = "base_parameters.json"
"""In a candidate's `inference/`: what publication freezes."""

Entry = dict[str, Any]


def frozen_path(home: Path, definition: Definition) -> Path:
    """Where a programme's frozen parameters lie in a home."""
    return home / FOLDER / f"{definition.slug}.json"


def current_parameters(database: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    """The run's parameters by what they belong to: group, theme, form and a hash of its items."""
    items: dict[tuple[str, str, str, str], list[str]] = {}
    for mapping, group, theme, item, is_trend in database.execute(
        """
        select asked.mapping, asked.respondent_group, asked.theme, asked.item_id, trend.is_trend
        from stg_items_asked as asked
        inner join int_trend_items as trend
            on asked.respondent_group = trend.respondent_group and asked.item_id = trend.item_id
        order by asked.item_id
        """
    ).fetchall():
        items.setdefault((mapping, group, theme, "full"), []).append(item)
        if is_trend:
            items.setdefault((mapping, group, theme, "trend"), []).append(item)
    found = {}
    for mapping, group, theme, form, n, mu, sigma, parameters_hash in database.execute(
        """
        select base_mapping, respondent_group, theme, form, n, mu, sigma, parameters_hash from int_base_parameters
        order by respondent_group, theme, form
        """
    ).fetchall():
        of_form = sha256_text(*items[mapping, group, theme, form])[:12]
        found[f"{group}/{theme}/{form}/{of_form}"] = {
            "base_mapping": mapping,
            "n": n,
            "mu": mu,
            "sigma": sigma,
            "hash": parameters_hash,
        }
    return found


def write_parameters(folder: Path, found: dict[str, Entry]) -> None:
    """Keep a run's parameters beside its statements, for publication to freeze."""
    write_atomically(folder / FILE, json.dumps(found).encode())


def read_parameters(folder: Path) -> dict[str, Entry]:
    """What `write_parameters` wrote."""
    found: dict[str, Entry] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return found


def check_frozen(path: Path, found: dict[str, Entry], definition: Definition) -> None:
    """Stop where a frozen parameter is another one now, unless the programme declares a new base.

    Raises:
        BlockedError: names the first, what it was and what it would be.
        StorageError: the file of frozen parameters is damaged.
    """
    frozen = _read(path)
    if frozen["rebased"] != _declared(definition):
        return
    changed = [key for key, entry in found.items() if frozen["parameters"].get(key, entry)["hash"] != entry["hash"]]
    if changed:
        was, now = frozen["parameters"][changed[0]], found[changed[0]]
        group, theme, form, _ = changed[0].split("/")
        raise BlockedError(
            f"{path}: the base of the 500 scale is frozen, and {len(changed)} of its parameters would change, the first "
            f"{group} / {theme} ({form} form, mapping {was['base_mapping']}): n {was['n']} → {now['n']}, mean {was['mu']:.6f} → "
            f"{now['mu']:.6f}; every score would stand on another scale than in earlier releases: put the extracts of "
            f"{was['base_mapping']} back as they were, or declare a new base under `rebased` in programme.yaml"
        )


def freeze(path: Path, found: dict[str, Entry], definition: Definition) -> None:
    """Keep the run's parameters; those of forms that this run does not have stay as they are, unless the base is new."""
    before = _read(path)
    declared = _declared(definition)
    kept = before["parameters"] if before["rebased"] == declared else {}
    content = {"programme": definition.slug, "rebased": declared, "parameters": kept | found}
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (text + "\n").encode())


def _declared(definition: Definition) -> list[dict[str, str]]:
    """The programme's declarations, as JSON holds them."""
    return [{"on": entry.on.isoformat(), "reason": entry.reason} for entry in definition.rebased]


def _read(path: Path) -> dict[str, Any]:
    """What is frozen; nothing where nothing was yet."""
    if not path.exists():
        return {"rebased": None, "parameters": {}}
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(
            f"{path}: cannot be read ({error}); it holds the frozen base of the 500 scale: restore it from a backup"
        ) from None
    return content
