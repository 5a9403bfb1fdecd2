"""Extracts read against their contract before anything is loaded: what `kortlaegning check` tells.

Belongs here: from paths that a person names to findings. Does not belong here: the checks themselves (`contract`).
"""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.errors import ConfigurationError, InputError
from pipelines.extract.deliveries import Delivery, Part, companion_patterns
from pipelines.extract.findings import Finding
from pipelines.extract.raw import FileReader
from pipelines.extract.results import between_files, keep_results
from pipelines.extract.session import Session
from pipelines.extract.wording import check_companion
from pipelines.files import sha256_file
from pipelines.programme import Extract, Programme
from pipelines.settings import Settings


def check_files(programme: Programme, paths: list[Path], settings: Settings) -> list[Finding]:
    """Findings of every file named, or below a folder named; nothing is written.

    Which mapping a file belongs to is told by the folder it lies in.

    Raises:
        ConfigurationError: a path does not exist, or does not lie below a folder named as a mapping.
    """
    findings: list[Finding] = []
    groups: dict[tuple[str, str], list[Delivery]] = {}
    for path in _files(paths):
        mapping, name = _place(programme, path)
        found = _extract_of(programme, mapping, name)
        if found is None:
            message = "matches no extract of the programme and is left alone"
            findings.append(Finding(mapping, name, "unknown_file", message, "note"))
            continue
        extract, part = found
        delivery = Delivery(mapping, path, name, extract, sha256_file(path), path.stat().st_size, part)
        groups.setdefault((mapping, extract.respondent_group), []).append(delivery)
    with Session(programme, settings, "only checked") as session:
        for deliveries in groups.values():
            findings += check_group(session, deliveries)
    return findings


def check_group(session: Session, deliveries: list[Delivery]) -> list[Finding]:
    """Findings of the files of one mapping and group, the roster first because answers are held against it."""
    findings: list[Finding] = []
    session.forget_roster()
    for delivery in sorted(deliveries, key=lambda one: one.extract.content != "roster"):
        try:
            if delivery.part != "data":
                findings += check_companion(session.programme, delivery)
                continue
            with FileReader(session, delivery) as reader:
                findings += reader.result.findings
                if delivery.extract.content == "results" and not reader.result.stops:
                    keep_results(session.con)
        except InputError as error:
            place = f"{delivery.mapping}/{delivery.name}"
            message = str(error).removeprefix(place).lstrip(":, ")
            row = re.match(r"row (\d+): ", message)
            number = int(row[1]) if row else None
            message = message.removeprefix(row[0]) if row else message
            findings.append(Finding(delivery.mapping, delivery.name, "unreadable", message, "stop", number))
    return findings + between_files(session.con, deliveries)


def _extract_of(programme: Programme, mapping: str, name: str) -> tuple[Extract, Part] | None:
    """The extract that a file belongs to, and as what."""
    for extract in programme.extracts(mapping):
        if Path(name).match(extract.path):
            return extract, "data"
    for extract in programme.extracts(mapping):
        for part, pattern in companion_patterns(extract):
            if Path(name).match(pattern):
                return extract, part
    return None


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
