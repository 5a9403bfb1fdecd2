"""Extracts read against their contract before anything is loaded: what `kortlaegning check` tells.

Belongs here: from paths that a person names to findings. Does not belong here: the checks themselves (`contract`).
"""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import ConfigurationError, InputError
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Finding
from pipelines.extract.raw import FileReader
from pipelines.files import sha256_file
from pipelines.programme import Programme
from pipelines.settings import Settings


def check_files(programme: Programme, paths: list[Path], settings: Settings) -> list[Finding]:
    """Findings of every file named, or below a folder named; nothing is written.

    Which mapping a file belongs to is told by the folder it lies in.

    Raises:
        ConfigurationError: a path does not exist, or does not lie below a folder named as a mapping.
    """
    findings: list[Finding] = []
    for path in _files(paths):
        mapping, name = _place(programme, path)
        extract = next((e for e in programme.extracts(mapping) if Path(name).match(e.path)), None)
        if extract is None:
            findings.append(Finding(mapping, name, "unknown_file", "matches no extract of the programme", "note"))
            continue
        delivery = Delivery(mapping, path, name, extract, sha256_file(path), path.stat().st_size)
        try:
            with FileReader(programme, delivery, "only checked", settings.threads, settings.memory_limit) as reader:
                findings += reader.result.findings
        except InputError as error:
            findings.append(
                Finding(mapping, name, "unreadable", str(error).removeprefix(f"{mapping}/{name}: "), "stop")
            )
    return findings


def _files(paths: list[Path]) -> list[Path]:
    """Every file named or below a folder named, in order."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise ConfigurationError(f"{path}: does not exist; name a file or a folder of extracts")
        inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        found += [path.absolute()] if path.is_file() else [p.absolute() for p in inside]
    return found


def _place(programme: Programme, path: Path) -> tuple[str, str]:
    """Mapping and name of a file, from the folders above it."""
    for folder in path.parents:
        if folder.name in programme.mapping_keys:
            return folder.name, path.relative_to(folder).as_posix()
    raise ConfigurationError(
        f"{path}: lies below no folder named as a mapping of {programme.slug} ({', '.join(programme.mapping_keys)}); "
        "put it where a run would look for it"
    )
