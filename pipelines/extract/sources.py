"""Places where survey tools deliver, pulled into the landing folder: folder, SFTP, HTTP(S), S3.

Belongs here: listing, downloading what is new, never showing a half file, retrying what may pass. Does not belong here: what
the files hold. A source holds `<slug>/<mapping>/…`, as the landing folder does.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pipelines.errors import ConfigurationError, InputError
from pipelines.files import sha256_file, write_atomically
from pipelines.programme import Programme
from pipelines.settings import Settings

PULLED = "pulled.json"
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts; after the last the pull gives up."""
PERMANENT = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError, ConfigurationError)
UNSEEN_SUFFIX = ".sha256"
NOT_FOUND, SERVER_FAULT, TOO_MANY = 404, 500, 429

T = TypeVar("T")


class _IncompleteError(OSError):
    """Fewer or other bytes arrived than the source has."""


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
        InputError: the source cannot be reached or read, or what arrives is not what it lists.
    """
    system, root = _open(url, settings)
    shown = _shown(url)
    record = settings.home / PULLED
    known: dict[str, list[str]] = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    downloaded, unchanged = [], 0
    for mapping in programme.mapping_keys:
        folder = f"{root}/{programme.slug}/{mapping}"
        try:
            listed = _attempt(partial(_files, system, folder), shown, pauses)
        except FileNotFoundError:
            continue  # not delivered yet
        checksums = {name for name in listed if name.endswith(UNSEEN_SUFFIX)}
        for name in sorted(set(listed) - checksums):
            target = settings.landing_dir / programme.slug / mapping / name
            state = [str(listed[name].get(key, "")) for key in ("size", "ETag", "mtime", "LastModified")]
            key = f"{shown}/{mapping}/{name}"
            if target.exists() and known.get(key) == state:
                unchanged += 1
                continue
            size = listed[name].get("size")
            check = f"{folder}/{name}{UNSEEN_SUFFIX}" if name + UNSEEN_SUFFIX in checksums else None
            what = f"{shown}/{programme.slug}/{mapping}/{name}"
            _attempt(partial(_download, system, f"{folder}/{name}", target, size, check), what, pauses)
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
            raise _IncompleteError(f"{arrived} of {size} bytes arrived")
        if checksum is not None:
            wanted = system.cat_file(checksum).decode("ascii", "replace").split()
            if not wanted or wanted[0].lower() != sha256_file(temporary):
                raise _IncompleteError("the bytes do not fit their checksum")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _attempt(action: Callable[[], T], what: str, pauses: tuple[float, ...]) -> T:
    """Do something again while its error may pass.

    Raises:
        FileNotFoundError: it is not there.
        InputError: it failed for good, or too often.
    """
    for pause in (*pauses, None):
        try:
            return action()
        except FileNotFoundError:
            raise
        except Exception as error:
            if _is_permanent(error):
                raise InputError(f"{what}: refused ({_cause(error)}); check address and credentials") from None
            if pause is None:
                raise InputError(
                    f"{what}: cannot be fetched after {len(pauses) + 1} attempts ({_cause(error)}); try again later"
                ) from None
            time.sleep(pause)
    raise AssertionError("unreachable")


def _is_permanent(error: Exception) -> bool:
    """Whether trying again is of no use: what is unknown, refused or wrong; not what is slow, broken or busy."""
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return status < SERVER_FAULT and status not in (TOO_MANY, 408)
    if isinstance(error, PERMANENT):
        return True
    if isinstance(error, OSError | asyncio.TimeoutError | EOFError):
        return False
    return not any(
        word in type(error).__name__ for word in ("Client", "Payload", "Timeout", "Connection", "Disconnect")
    )


def _cause(error: Exception) -> str:
    """An error in a few words that hold nothing of what was fetched."""
    status = getattr(error, "status", None)
    if isinstance(error, _IncompleteError):
        return str(error)
    return f"{type(error).__name__}{f' {status}' if isinstance(status, int) else ''}"


def _open(url: str, settings: Settings) -> tuple[Any, str]:
    """The file system of a URL and the path of the source in it."""
    import fsspec

    parts = urlsplit(url)
    if parts.password:
        raise ConfigurationError(
            "the source's URL holds a password; give it in KORTLAEGNING_SOURCE_PASSWORD or in the credentials file"
        )
    login = _login(parts.hostname or "", settings)
    user, password = parts.username or login.get("username"), login.get("password")
    if parts.scheme in ("", "file"):
        root = Path(parts.path if parts.scheme else url).absolute()
        if not root.is_dir():
            raise ConfigurationError(f"source {url}: is not a folder")
        return fsspec.filesystem("file", use_listings_cache=False), root.as_posix()
    if parts.scheme in ("http", "https"):
        import aiohttp

        client: dict[str, Any] = {"timeout": aiohttp.ClientTimeout(total=None, sock_connect=20, sock_read=60)}
        if user:
            client["auth"] = aiohttp.BasicAuth(user, password or "")
        system = fsspec.filesystem("http", client_kwargs=client, use_listings_cache=False, skip_instance_cache=True)
        return system, url.rstrip("/")
    if parts.scheme == "sftp":
        from sshfs import SSHFileSystem

        options = {name: login[name] for name in ("known_hosts", "client_keys") if name in login}
        try:
            system = SSHFileSystem(
                parts.hostname,
                port=parts.port or 22,
                username=user,
                password=password,
                skip_instance_cache=True,
                **options,
            )
        except Exception as error:
            raise InputError(
                f"{_shown(url)}: cannot be reached ({_cause(error)}); check address and credentials"
            ) from None
        return system, parts.path.rstrip("/")
    if parts.scheme == "s3":
        options = {"key": user, "secret": password} if user else {}
        system = fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True, **options)
        return system, f"{parts.hostname}{parts.path}".rstrip("/")
    raise ConfigurationError(f"source {_shown(url)}: give a folder, sftp://, http(s):// or s3://")


def _login(host: str, settings: Settings) -> dict[str, Any]:
    """Credentials of a host: from the credentials file (JSON: host to fields), else from the environment.

    Raises:
        ConfigurationError: the file is not there, not JSON or can be read by others.
    """
    login: dict[str, Any] = {"username": settings.source_username, "password": settings.source_password}
    path = settings.credentials
    if path is not None:
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigurationError(f"{path}: others can read the credentials; run: chmod 600 {path}")
            login |= json.loads(path.read_text(encoding="utf-8")).get(host, {})
        except (OSError, ValueError, AttributeError):
            raise ConfigurationError(f"{path}: cannot be read as JSON of host to credentials") from None
    return {name: value for name, value in login.items() if value is not None}


def _shown(url: str) -> str:
    """A URL as messages show it: without user or query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}".rstrip("/") if parts.scheme else url.rstrip("/")
