"""The ledger of deliveries and what is still missing: every delivered file by its content, and what became of it.

Belongs here: `deliveries.jsonl` of a home, and which municipalities a mapping and group have rows of. Does not belong here:
the ledger of releases (`release`), reading files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.extract.deliveries import Delivery
from pipelines.files import write_atomically
from pipelines.programme import Programme
from pipelines.settings import Settings

LEDGER = "deliveries.jsonl"
State = Literal["accepted", "superseded", "rejected"]


def read_ledger(home: Path) -> list[dict[str, object]]:
    """Lines of the ledger in order: at, programme, mapping, respondent_group, content, file, sha256, size, source, state, why."""
    path = home / LEDGER
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def note_deliveries(
    programme: Programme, settings: Settings, deliveries: Sequence[Delivery], state: State, why: str = ""
) -> None:
    """Write down what became of files; the same content with the same fate again is not written again.

    A new content accepted under the name of an accepted one supersedes it.
    """
    lines = read_ledger(settings.home)
    latest: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for line in lines:
        latest.setdefault((line["programme"], line["mapping"], line["file"]), []).append(line)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    added: list[dict[str, object]] = []
    for delivery in deliveries:
        own = latest.get((programme.slug, delivery.mapping, delivery.name), [])
        entry: dict[str, object] = {
            "at": now,
            "programme": programme.slug,
            "mapping": delivery.mapping,
            "respondent_group": delivery.extract.respondent_group,
            "content": delivery.extract.content,
            "file": delivery.name,
            "sha256": delivery.sha256,
            "size": delivery.size,
            "source": str(delivery.path.parent),
            "state": state,
            "why": why,
        }
        if own and all(own[-1][name] == entry[name] for name in ("sha256", "state", "why")):
            continue
        before = next((line for line in reversed(own) if line["state"] != "rejected"), None)
        if state == "accepted" and before and before["state"] == "accepted" and before["sha256"] != delivery.sha256:
            reason = "another content was delivered under the same name"
            added.append(before | {"at": now, "state": "superseded", "why": reason})
        added.append(entry)
    if added:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [*lines, *added])
        write_atomically(settings.home / LEDGER, text.encode())


def municipalities_in(folder: Path, table: str = "respondents") -> dict[str, int]:
    """Kept records per municipality in a raw table of one mapping and group; empty before it was extracted."""
    files = [str(path) for path in sorted((folder / table).glob("*.parquet"))]
    if not files:
        return {}
    with duckdb.connect() as con:
        query = "select municipality_id, count(*) from read_parquet($files) group by municipality_id"
        return dict(con.execute(query, {"files": files}).fetchall())
