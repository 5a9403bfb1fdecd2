"""Which files of the landing folder belong to which extract.

Belongs here: matching files against the programme's patterns, hashes, and what is missing or not known. Does not belong
here: reading what is inside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.errors import InputError
from pipelines.extract.findings import Finding
from pipelines.files import sha256_file
from pipelines.programme import Extract, Programme

Part = Literal["data", "structure", "labels"]


@dataclass(frozen=True)
class Delivery:
    """One delivered file and the extract whose pattern it matches."""

    mapping: str
    path: Path
    name: str
    extract: Extract
    sha256: str
    size: int
    part: Part = "data"


@dataclass(frozen=True)
class Landing:
    """What lies in the landing folder of one mapping.

    `companions` say what was asked (`Extract.structure`, `Extract.labels`); no respondent is in them.
    """

    mapping: str
    deliveries: tuple[Delivery, ...]
    findings: tuple[Finding, ...]
    companions: tuple[Delivery, ...] = ()

    def of_group(self, group: str) -> list[Delivery]:
        """Files with rows of one respondent group."""
        return [one for one in self.deliveries if one.extract.respondent_group == group]

    def companions_of(self, group: str) -> list[Delivery]:
        """Files that say what was asked of one respondent group."""
        return [one for one in self.companions if one.extract.respondent_group == group]

    @property
    def files(self) -> tuple[Delivery, ...]:
        """Everything that was delivered."""
        return (*self.deliveries, *self.companions)

    @property
    def has_arrived(self) -> bool:
        """Whether anything of the mapping was delivered at all."""
        return bool(self.deliveries)


def look_at_landing(programme: Programme, landing: Path, mapping: str) -> Landing:
    """Match every file of `landing/<slug>/<mapping>/` against the programme.

    A file that no pattern matches is a note; an extract without a file stops the run, unless nothing of the mapping has
    arrived (it may not have been held yet).

    Raises:
        InputError: a file matches two extracts, or cannot be read.
    """
    folder = landing / programme.slug / mapping
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    visible = {name: path for name, path in files.items() if not any(p.startswith(".") for p in name.split("/"))}
    owner: dict[str, tuple[Extract, Part]] = {}
    missing: list[Finding] = []
    for extract in programme.extracts(mapping):
        matched = [name for name in visible if Path(name).match(extract.path)]
        for name in matched:
            if name in owner:
                raise InputError(
                    f"{mapping}/{name}: matches two extracts of programme {programme.slug} "
                    f"({owner[name][0].path} and {extract.path}); make the patterns distinct"
                )
            owner[name] = extract, "data"
        if not matched and not extract.optional:
            missing.append(
                Finding(
                    mapping=mapping,
                    file=extract.path,
                    reason="missing_extract",
                    message=f"no file has arrived for {extract.respondent_group} ({extract.content}) in {folder}; "
                    "deliver it, or limit the run with --mapping",
                    action="stop",
                )
            )
    for extract in programme.extracts(mapping):
        for part, pattern in companion_patterns(extract):
            owner.update({name: (extract, part) for name in visible if name not in owner and Path(name).match(pattern)})
    corrections = programme.corrections[programme.corrections["mapping"].eq(mapping)]
    missing += [
        Finding(
            mapping, str(name), "correction_unfounded", "corrections.csv corrects it, but no such file arrived", "stop"
        )
        for name in sorted(set(corrections["file"]) - set(owner))
    ]
    unknown = [
        Finding(mapping, name, "unknown_file", "matches no extract of the programme and is left alone", "note")
        for name in visible
        if name not in owner
    ]
    try:
        delivered = [
            Delivery(mapping, path, name, owner[name][0], sha256_file(path), path.stat().st_size, owner[name][1])
            for name, path in sorted(visible.items())
            if name in owner
        ]
    except OSError as error:
        raise InputError(f"{mapping}/{Path(str(error.filename)).name}: cannot be read: {error.strerror}") from None
    deliveries = tuple(file for file in delivered if file.part == "data")
    beside = tuple(file for file in delivered if file.part != "data")
    return Landing(mapping, deliveries, tuple(unknown + (missing if deliveries else [])), beside)


def companion_patterns(extract: Extract) -> list[tuple[Part, str]]:
    """Patterns of the files that say what was asked; what stands inside the file itself has none."""
    if extract.format != "csv":
        return []
    named: list[tuple[Part, str | None]] = [("structure", extract.structure), ("labels", extract.labels)]
    return [(part, pattern) for part, pattern in named if pattern is not None]
