"""The manifest: what a release was made of and the SHA-256 of every file in it.

Belongs here: writing it, reading it, and holding files against it. Does not belong here: whether a release may be
published (`gate`). It bears no clock time and no path of the machine: the time stands in the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines import __version__
from pipelines.errors import StorageError
from pipelines.files import sha256_files, sha256_named, write_atomically
from pipelines.marts import SIMULATED
from pipelines.release.about import About
from pipelines.release.datapackage import write_datapackage
from pipelines.release.identity import package_versions
from pipelines.release.places import DATAPACKAGE, MANIFEST, MARTS, VERDICT, storage

DATA = {True: SIMULATED, False: "data"}
"""The mark that a release bears, by whether its extracts are simulated."""

VERDICT_FIELDS = ("verdict", "checks", "errors", "warnings", "could_not_run", "marts_hash")


def write_manifest(release: Path, about: About) -> None:
    """Write `manifest.json` of a candidate whose other files are complete, `datapackage.json` first.

    Raises:
        StorageError: a file cannot be read or written.
    """
    with storage(release):
        files = _entries(release, [name for name in files_of(release) if name not in (MANIFEST, DATAPACKAGE)])
        write_datapackage(release, about, files)
        files |= _entries(release, [DATAPACKAGE])
        content = {
            "release_id": about.release_id,
            "programme": about.programme,
            "data": DATA[about.is_simulated],
            "simulated": about.is_simulated,
            "code": {"version": __version__, "sha256": about.hashes.get("code"), "packages": package_versions()},
            "hashes": dict(about.hashes),
            "settings": dict(about.settings),
            "inputs": sorted(
                (dict(entry) for entry in about.inputs), key=lambda e: (str(e["mapping"]), str(e["file"]))
            ),
            "models": {name: dict(model) for name, model in about.models.items()},
            "programme_files": dict(about.programme_files),
            "rows": _rows(release / MARTS),
            "validation": _verdict(release),
            "files": files,
        }
        text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        write_atomically(release / MANIFEST, text.encode())


def read_manifest(release: Path) -> dict[str, object]:
    """The manifest of a release.

    Raises:
        StorageError: it is missing or not a manifest.
    """
    path = release / MANIFEST
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise StorageError(f"{release.name}/{MANIFEST} is missing") from None
    except (OSError, ValueError):
        raise StorageError(f"{release.name}/{MANIFEST} cannot be read") from None
    if not isinstance(content, dict) or not isinstance(content.get("files"), dict):
        raise StorageError(f"{release.name}/{MANIFEST} is not a manifest")
    return content


def files_of(release: Path) -> list[str]:
    """Names of all files of a release relative to it, in order.

    Raises:
        StorageError: something is neither a file nor a folder; a link would lead out of what the hashes cover.
    """
    found = []
    for path in sorted(release.rglob("*")):
        name = path.relative_to(release).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise StorageError(f"{release.name}/{name} is neither a file nor a folder; a release holds nothing else")
        if path.is_file():
            found.append(name)
    return sorted(found)


def outputs(manifest: Mapping[str, object]) -> dict[str, object]:
    """All files of a release in short: how many, their bytes, and one SHA-256 over their names and hashes."""
    files = manifest["files"]
    entries: dict[str, dict[str, Any]] = files if isinstance(files, dict) else {}
    return {
        "files": len(entries),
        "bytes": sum(int(entry["size"]) for entry in entries.values()),
        "sha256": sha256_named({name: str(entry["sha256"]) for name, entry in entries.items()}),
    }


def misfits(release: Path, manifest: Mapping[str, object]) -> Iterator[str]:
    """What does not fit the manifest, one line each, in order of names; files are hashed as they are asked for."""
    listed = manifest["files"]
    if not isinstance(listed, dict):
        yield f"{MANIFEST} lists no files"
        return
    present = set(files_of(release)) - {MANIFEST}
    seen = {name: _at_a_glance(release, name, present, listed.get(name)) for name in sorted(present | set(listed))}
    hashes = sha256_files(release / name for name, wrong in seen.items() if wrong is None)
    for name, wrong in seen.items():
        if wrong is not None:
            yield wrong
        elif next(hashes) != listed[name].get("sha256"):
            yield f"{name} does not have the SHA-256 of the manifest"


def _at_a_glance(release: Path, name: str, present: Container[str], entry: object) -> str | None:
    """What does not fit of a file that nobody has read yet."""
    if name not in present:
        return f"{name} is missing"
    if not isinstance(entry, dict):
        return f"{name} is not in the manifest"
    size = (release / name).stat().st_size
    return None if size == entry.get("size") else f"{name} has {size} bytes, the manifest says {entry.get('size')}"


def read_verdict(release: Path) -> dict[str, object] | None:
    """`verdict.json` of a release; None where it is missing or not readable."""
    try:
        content = json.loads((release / VERDICT).read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _entries(release: Path, names: Sequence[str]) -> dict[str, dict[str, object]]:
    """What the manifest says of files."""
    paths = [release / name for name in names]
    return {
        name: {"sha256": sha256, "size": path.stat().st_size}
        for name, path, sha256 in zip(names, paths, sha256_files(paths), strict=True)
    }


def _verdict(release: Path) -> dict[str, object] | None:
    """The verdict in short."""
    content = read_verdict(release)
    return None if content is None else {name: content.get(name) for name in VERDICT_FIELDS}


def _rows(marts: Path) -> dict[str, dict[str, int]]:
    """Rows of each mart, by audience."""
    import pyarrow.parquet as pq

    rows: dict[str, dict[str, int]] = {}
    for path in sorted(marts.rglob("*.parquet")):
        audience = PurePosixPath(path.relative_to(marts)).parent.as_posix()
        rows.setdefault(audience, {})[path.stem] = pq.read_metadata(path).num_rows
    return rows
