"""Sending deliveries to where municipalities fetch them: folder, SFTP, S3.

Belongs here: which file goes where, never showing half of one, and leaving alone what is there already. Does not belong here:
what a delivery holds (`deliveries`), addresses, credentials and retries (`remote`).

A delivery goes to `<url>/<municipality>/<release>/`, or, where the URL has `{municipality}` in it, to that place of the
municipality's own. Files appear whole, one by one; `delivery.json`, the list of them, comes last: where it is, everything is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from pipelines.errors import ConfigurationError, RemoteError
from pipelines.files import private_folder
from pipelines.programme.definition import Definition
from pipelines.release.deliveries import INVENTORY
from pipelines.release.places import DELIVERIES
from pipelines.remote import PAUSES, IncompleteError, attempt, open_remote, shown
from pipelines.settings import Settings

PLACE = "{municipality}"


@dataclass(frozen=True)
class Sent:
    """What was done for one URL: deliveries sent, and those that were there already."""

    url: str
    sent: int
    unchanged: int


def places_to_deliver(programme: Definition | None, settings: Settings) -> list[str]:
    """URLs that a programme and the settings name."""
    return [*(programme.deliver if programme else ()), *(settings.deliver or "").split()]


def send_deliveries(
    release: Path, urls: Sequence[str], settings: Settings, pauses: tuple[float, ...] = PAUSES
) -> list[Sent]:
    """Send every delivery of a release to every URL.

    Args:
        release: folder of a published release.
        urls: where to; `http(s)` cannot be written to.
        settings: names the credentials file.
        pauses: seconds before each further attempt.

    Raises:
        ConfigurationError: a URL or its credentials are of no use.
        RemoteError: a place cannot be reached or written.
    """
    folders = sorted(path for path in (release / DELIVERIES).glob("*") if path.is_dir())
    return [_send(release.name, folders, url, settings, pauses) for url in urls]


def _send(release_id: str, folders: Sequence[Path], url: str, settings: Settings, pauses: tuple[float, ...]) -> Sent:
    """All deliveries to one URL."""
    if url.startswith(("http://", "https://")):
        raise ConfigurationError(f"{shown(url)}: nothing can be sent there; give a folder, sftp:// or s3://")
    sent = unchanged = 0
    opened = None
    for folder in folders:
        if opened is None or PLACE in url:
            opened = open_remote(url.replace(PLACE, folder.name), settings)
        system, root = opened
        target = f"{root}/{release_id}" if PLACE in url else f"{root}/{folder.name}/{release_id}"
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        what = f"{shown(url)}/{folder.name}"
        inventory = (folder / INVENTORY).read_bytes()
        if attempt(partial(_content, system, f"{target}/{INVENTORY}"), what, "read", pauses) == inventory:
            unchanged += 1
            continue
        try:
            for name in [*(name for name in names if name != INVENTORY), INVENTORY]:
                attempt(partial(_put, system, folder / name, f"{target}/{name}"), f"{what}/{name}", "sent", pauses)
        except FileNotFoundError:
            raise RemoteError(
                f"{what}: the place is not there; create it (a bucket, a folder) or correct the URL"
            ) from None
        sent += 1
    return Sent(shown(url), sent, unchanged)


def _content(system: Any, path: str) -> bytes | None:
    """Bytes of a file there; none where it is not."""
    try:
        return bytes(system.cat_file(path))
    except FileNotFoundError:
        return None


def _put(system: Any, path: Path, target: str) -> None:
    """One file under a temporary name, its size looked at, then renamed. S3 shows a file only when it is whole."""
    place = PurePosixPath(target)
    is_local, is_atomic = "file" in system.protocol, "s3" in system.protocol
    temporary = target if is_atomic else str(place.with_name(f".{place.name}.part"))
    if is_local:
        private_folder(Path(target).parent)
    elif not is_atomic:
        system.makedirs(str(place.parent), exist_ok=True, permissions=0o700)
    system.put_file(str(path), temporary)
    arrived = system.info(temporary)["size"]
    if arrived != path.stat().st_size:
        raise IncompleteError(f"{arrived} of {path.stat().st_size} bytes arrived")
    if is_local:
        Path(temporary).chmod(0o600)
    if not is_atomic:
        system.mv(temporary, target)
