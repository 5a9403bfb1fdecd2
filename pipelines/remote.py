"""Places elsewhere that files come from and go to: folder, SFTP, HTTP(S), S3, each as a file system of fsspec.

Belongs here: opening an address with its credentials, trying again what may pass, and saying what went wrong without giving
a password or a byte away. Does not belong here: what is fetched (`extract.sources`) or sent (`release.sending`).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pipelines.errors import ConfigurationError, RemoteError
from pipelines.settings import Settings

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts; after the last it is given up."""
PERMANENT = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError, ConfigurationError)
SERVER_FAULT, TOO_MANY, TIMED_OUT = 500, 429, 408

T = TypeVar("T")


class IncompleteError(OSError):
    """Fewer or other bytes arrived than were sent."""


def open_remote(url: str, settings: Settings, login: Mapping[str, str | None] | None = None) -> tuple[Any, str]:
    """The file system of an address and the path in it.

    Args:
        url: a folder, `sftp://…`, `http(s)://…` or `s3://…`.
        settings: names the credentials file.
        login: username and password where the credentials file has none for the host.

    Raises:
        ConfigurationError: the address or the credentials are of no use.
        RemoteError: it cannot be reached.
    """
    import fsspec

    parts = urlsplit(url)
    if parts.password:
        raise ConfigurationError(
            f"{shown(url)}: the URL holds a password; give it in KORTLAEGNING_SOURCE_PASSWORD or in the credentials file"
        )
    known = _login(parts.hostname or "", settings, login or {})
    user, password = parts.username or known.get("username"), known.get("password")
    if parts.scheme in ("", "file"):
        root = Path(parts.path if parts.scheme else url).absolute()
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

        options = {name: known[name] for name in ("known_hosts", "client_keys") if name in known}
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
            raise RemoteError(
                f"{shown(url)}: cannot be reached ({_cause(error)}); check address and credentials"
            ) from None
        return system, parts.path.rstrip("/")
    if parts.scheme == "s3":
        options = {"key": user, "secret": password} if user else {}
        system = fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True, **options)
        return system, f"{parts.hostname}{parts.path}".rstrip("/")
    raise ConfigurationError(f"{shown(url)}: give a folder, sftp://, http(s):// or s3://")


def attempt(action: Callable[[], T], what: str, verb: str, pauses: tuple[float, ...] = PAUSES) -> T:
    """Do something again while its error may pass.

    Args:
        action: what is tried.
        what: address that messages show.
        verb: `fetched` or `sent`.
        pauses: seconds before each further attempt.

    Raises:
        FileNotFoundError: it is not there.
        RemoteError: it failed for good, or too often.
    """
    for pause in (*pauses, None):
        try:
            return action()
        except FileNotFoundError:
            raise
        except Exception as error:
            if _is_permanent(error):
                raise RemoteError(f"{what}: refused ({_cause(error)}); check address and credentials") from None
            if pause is None:
                raise RemoteError(
                    f"{what}: cannot be {verb} after {len(pauses) + 1} attempts ({_cause(error)}); try again later"
                ) from None
            time.sleep(pause)
    raise AssertionError("unreachable")


def shown(url: str) -> str:
    """An address as messages show it: without user, password or query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}".rstrip("/") if parts.scheme else url.rstrip("/")


def _is_permanent(error: Exception) -> bool:
    """Whether trying again is of no use: what is unknown, refused or wrong; not what is slow, broken or busy."""
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return status < SERVER_FAULT and status not in (TOO_MANY, TIMED_OUT)
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
    if isinstance(error, IncompleteError):
        return str(error)
    return f"{type(error).__name__}{f' {status}' if isinstance(status, int) else ''}"


def _login(host: str, settings: Settings, given: Mapping[str, str | None]) -> dict[str, Any]:
    """Credentials of a host: from the credentials file (JSON: host to fields), else those given.

    Raises:
        ConfigurationError: the file is not there, not JSON or can be read by others.
    """
    login: dict[str, Any] = dict(given)
    path = settings.credentials
    if path is not None:
        try:
            if path.stat().st_mode & 0o077:
                raise ConfigurationError(f"{path}: others can read the credentials; run: chmod 600 {path}")
            login |= json.loads(path.read_text(encoding="utf-8")).get(host, {})
        except (OSError, ValueError, AttributeError):
            raise ConfigurationError(f"{path}: cannot be read as JSON of host to credentials") from None
    return {name: value for name, value in login.items() if value is not None}
