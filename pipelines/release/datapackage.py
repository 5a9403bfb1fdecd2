"""`datapackage.json`: the release as a Frictionless data package, so that others' tools know its tables, bytes and hashes.

Belongs here: bringing files and schemas into the form of the specification (specs.frictionlessdata.io, version 1). Does not
belong here: what binds the release (`manifest`, which also holds the hash of this file).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipelines import __version__
from pipelines.dictionary import dictionary_of
from pipelines.files import write_atomically
from pipelines.marts import MARTS as ALL_MARTS
from pipelines.marts import SIMULATED
from pipelines.release.about import About
from pipelines.release.places import DATAPACKAGE

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA_TYPES = {
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_NOT_A_NAME = re.compile(r"[^a-z0-9._/-]+")


def write_datapackage(release: Path, about: About, files: Mapping[str, Mapping[str, object]]) -> None:
    """Write `datapackage.json`.

    Args:
        release: the candidate's `release/` folder.
        about: the run.
        files: each file's name relative to it, with `sha256` and `size`; the manifest and this file are not among them.
    """
    names: dict[str, int] = {}
    package = {
        "profile": "data-package",
        "name": _name(about.release_id),
        "id": about.release_id,
        "title": f"{about.programme}{f' ({SIMULATED})' if about.is_simulated else ''}",
        "version": __version__,
        "simulated": about.is_simulated,
        "sources": [
            {
                "title": f"{entry['mapping']}/{entry['file']}",
                "hash": f"sha256:{entry['sha256']}",
                "bytes": entry["size"],
            }
            for entry in sorted(about.inputs, key=lambda e: (str(e["mapping"]), str(e["file"])))
        ],
        "resources": [_resource(release, name, entry, names) for name, entry in sorted(files.items())],
    }
    text = json.dumps(package, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_atomically(release / DATAPACKAGE, text.encode())


def _resource(release: Path, path: str, entry: Mapping[str, object], names: dict[str, int]) -> dict[str, object]:
    """One file; a Parquet file with its schema."""
    kind = PurePosixPath(path).suffix.removeprefix(".")
    name = _name(path)
    names[name] = names.get(name, 0) + 1
    resource: dict[str, object] = {
        # Two files whose names differ only in case are two resources.
        "name": name if names[name] == 1 else f"{name}.{names[name]}",
        "path": path,
        "bytes": entry["size"],
        "hash": f"sha256:{entry['sha256']}",
        "profile": "tabular-data-resource" if kind == "parquet" else "data-resource",
    }
    if kind:
        resource["format"] = kind
    if kind in MEDIA_TYPES:
        resource["mediatype"] = MEDIA_TYPES[kind]
    if kind == "parquet":
        import pyarrow.parquet as pq

        resource["schema"] = _schema(pq.read_schema(release / path), PurePosixPath(path).stem)
    return resource


def _schema(schema: pa.Schema, table: str) -> dict[str, object]:
    """Columns with their types and what they mean; the key of a mart."""
    mart = next((mart for mart in ALL_MARTS if mart.name == table), None)
    described = {} if mart is None else {c.name: c.description for c in dictionary_of(table).columns}
    fields = []
    for field in schema:
        column = {"name": field.name, "type": _type(field.type)}
        if field.name in described:
            column |= {"description": described[field.name]["en"], "description_da": described[field.name]["da"]}
        fields.append(column)
    has_key = mart is not None and set(mart.key) <= set(schema.names)
    return {"fields": fields} | ({"primaryKey": list(mart.key)} if mart is not None and has_key else {})


def _type(kind: pa.DataType) -> str:
    """Frictionless' name of a column's type."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _type(kind.value_type)
    for name, is_of in (
        ("string", pa.types.is_string),
        ("string", pa.types.is_large_string),
        ("boolean", pa.types.is_boolean),
        ("integer", pa.types.is_integer),
        ("number", pa.types.is_floating),
        ("number", pa.types.is_decimal),
        ("date", pa.types.is_date),
        ("datetime", pa.types.is_timestamp),
    ):
        if is_of(kind):
            return name
    return "any"


def _name(text: str) -> str:
    """A name as the specification allows them."""
    return _NOT_A_NAME.sub("-", text.lower())
