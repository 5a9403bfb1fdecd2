"""Files and folders: hashes, and writing so that a half-written file is never seen.

Belongs here: the few primitives that every stage needs to write safely, to name content and files. Does not belong here: what the
files mean.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import yaml

from pipelines.errors import ConfigurationError

LONGEST = 64
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes as lowercase hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_files(paths: Iterable[Path]) -> Iterator[str]:
    """SHA-256 of files in their order, as many at a time as there are processors; whoever asks no more stops it."""
    hands = ThreadPoolExecutor(os.cpu_count())
    try:
        yield from hands.map(sha256_file, paths)
    finally:
        hands.shutdown(cancel_futures=True)


def sha256_text(*parts: str) -> str:
    """SHA-256 over texts, each closed by a zero byte so that their borders count."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def sha256_named(hashes: Mapping[str, str]) -> str:
    """SHA-256 over names and their hashes, in the order of the names: one hash for a folder whose files are hashed."""
    return sha256_text(*(part for name in sorted(hashes) for part in (name, hashes[name])))


def sha256_tree(folder: Path, suffixes: Iterable[str]) -> str:
    """SHA-256 over names and contents of the files below `folder` that end in one of `suffixes`."""
    wanted = tuple(suffixes)
    files = sorted(path for path in folder.rglob("*") if path.suffix in wanted and path.is_file())
    return sha256_text(*(part for path in files for part in (path.relative_to(folder).as_posix(), sha256_file(path))))


def read_yaml(file: Path) -> Any:
    """A YAML file as plain data.

    Raises:
        ConfigurationError: it cannot be read, or is not YAML; with row and column.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from None
    return parse_yaml(file, text)


def parse_yaml(file: Path, text: str) -> Any:
    """The content of a YAML file as plain data.

    Raises:
        ConfigurationError: it is not YAML; with row and column.
    """
    try:
        return yaml.load(text, Loader=_YAML)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", row {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ConfigurationError(f"{file}{where}: is not YAML: {problem}") from None


_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast where PyYAML was built with libyaml: a run reads 200 KB of texts and suites in each process."""


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a whole file: to a temporary name beside it, synced to disk, then renamed over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_ahead() -> None:
    """Let the disk begin with what was written, in a thread: whoever then waits for file after file waits for little."""
    Thread(target=os.sync, daemon=True).start()


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def safe_names(ids: Iterable[str]) -> dict[str, str]:
    """A name for files and folders of each id.

    An id that holds anything but letters, digits, `_` and `-`, is very long, or differs from another only in case gets a
    name of safe characters with a hash of the id behind: two ids never share a file, on any file system.
    """
    known = list(ids)
    often = Counter(value.casefold() for value in known)
    return {value: _safe_name(value, often[value.casefold()] > 1) for value in known}


def _safe_name(value: str, is_ambiguous: bool) -> str:
    """The id itself where it is safe, else its safe characters and a hash."""
    cleaned = _UNSAFE.sub("-", value)[:LONGEST].strip("-")
    if cleaned == value and cleaned and not is_ambiguous:
        return value
    digest = hashlib.sha256(value.encode()).hexdigest()[:10]
    return f"{cleaned}-{digest}" if cleaned else digest


def private_folder(folder: Path) -> Path:
    """The folder, existing, and entered by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def empty_folder(folder: Path) -> Path:
    """The folder, existing and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
