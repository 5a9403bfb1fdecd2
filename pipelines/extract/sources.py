"""Places where survey tools deliver, pulled into the landing folder.

Belongs here: listing, downloading what is new, never showing a half file. Does not belong here: addresses, credentials and
retries (`remote`), and what the files hold. A source holds `<slug>/<mapping>/…`, as the landing folder does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.errors import ConfigurationError
from pipelines.files import sha256_file, write_atomically
from pipelines.programme import Programme
from pipelines.remote import PAUSES, IncompleteError, attempt, open_remote, shown
from pipelines.settings import Settings

PULLED = "pulled.json"
UNSEEN_SUFFIX = ".sha256"


@dataclass(frozen=True)
class Pulled:
    """What a pull did: names relative to `<slug>/`."""

    downloaded: tuple[str, ...]
    unchanged: int


def pull(programme: Programme, settings: Settings, url: str, pauses: tuple[float, ...] = PAUSES) -> Pulled:
    """Bring the landing folder up to date with a source.

    Args:
        programme: only the folders of its mappings are looked into.
        settings: landing folder, credentials.
        url: a folder, `sftp://…`, `http(s)://…` or `s3://…`.
        pauses: seconds before each further attempt.

    Raises:
        ConfigurationError: the URL or the credentials are of no use.
        RemoteError: the source cannot be reached or read, or what arrives is not what it lists.
    """
    login = {"username": settings.source_username, "password": settings.source_password}
    system, root = open_remote(url, settings, login)
    place = shown(url)
    if "file" in system.protocol and not Path(root).is_dir():
        raise ConfigurationError(f"source {place}: is not a folder")
    record = settings.home / PULLED
    known: dict[str, list[str]] = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    downloaded, unchanged = [], 0
    for mapping in programme.mapping_keys:
        folder = f"{root}/{programme.slug}/{mapping}"
        try:
            listed = attempt(partial(_files, system, folder), place, "fetched", pauses)
        except FileNotFoundError:
            continue  # not delivered yet
        checksums = {name for name in listed if name.endswith(UNSEEN_SUFFIX)}
        for name in sorted(set(listed) - checksums):
            target = settings.landing_dir / programme.slug / mapping / name
            state = [str(listed[name].get(key, "")) for key in ("size", "ETag", "mtime", "LastModified")]
            key = f"{place}/{mapping}/{name}"
            if target.exists() and known.get(key) == state:
                unchanged += 1
                continue
            size = listed[name].get("size")
            check = f"{folder}/{name}{UNSEEN_SUFFIX}" if name + UNSEEN_SUFFIX in checksums else None
            what = f"{place}/{programme.slug}/{mapping}/{name}"
            attempt(partial(_download, system, f"{folder}/{name}", target, size, check), what, "fetched", pauses)
            known[key] = state
            write_atomically(record, json.dumps(known, indent=1, sort_keys=True).encode(), mode=0o600)
            downloaded.append(f"{mapping}/{name}")
    return Pulled(tuple(downloaded), unchanged)


def _files(system: Any, folder: str) -> dict[str, dict[str, Any]]:
    """Files directly or deeper below a folder of the source, by their name relative to it."""
    system.invalidate_cache()
    entries = system.find(folder, detail=True)
    if not entries:
        raise FileNotFoundError(folder)
    found = {}
    start = folder.rstrip("/") + "/"
    for path, entry in entries.items():
        name = PurePosixPath(str(path).split(start.lstrip("/"), 1)[-1])
        if name.is_absolute() or ".." in name.parts or any(part.startswith(".") or "\\" in part for part in name.parts):
            continue  # hidden, or a name that would leave the folder
        found[name.as_posix()] = entry if entry.get("size") is not None else system.info(path)
    return found


def _download(system: Any, path: str, target: Path, size: int | None, checksum: str | None) -> None:
    """One file to a temporary name that no pattern matches, checked, then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    try:
        system.get_file(path, str(temporary))
        arrived = temporary.stat().st_size
        if size is not None and arrived != size:
            raise IncompleteError(f"{arrived} of {size} bytes arrived")
        if checksum is not None:
            wanted = system.cat_file(checksum).decode("ascii", "replace").split()
            if not wanted or wanted[0].lower() != sha256_file(temporary):
                raise IncompleteError("the bytes do not fit their checksum")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
