"""Which files of the landing folder belong to which extract.

Belongs here: matching files against the programme's patterns, hashes, and what is missing or not known. Does not belong
here: reading what is inside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import InputError
from pipelines.extract.findings import Finding
from pipelines.files import sha256_file
from pipelines.programme import Extract, Programme


@dataclass(frozen=True)
class Delivery:
    """One delivered file and the extract whose pattern it matches."""

    mapping: str
    path: Path
    name: str
    extract: Extract
    sha256: str
    size: int


@dataclass(frozen=True)
class Landing:
    """What lies in the landing folder of one mapping."""

    mapping: str
    deliveries: tuple[Delivery, ...]
    findings: tuple[Finding, ...]

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
    owner: dict[str, Extract] = {}
    missing: list[Finding] = []
    for extract in programme.extracts(mapping):
        matched = [name for name in visible if Path(name).match(extract.path)]
        for name in matched:
            if name in owner:
                raise InputError(
                    f"{mapping}/{name}: matches two extracts of programme {programme.slug} "
                    f"({owner[name].path} and {extract.path}); make the patterns distinct"
                )
            owner[name] = extract
        if not matched:
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
        deliveries = tuple(
            Delivery(mapping, visible[name], name, extract, sha256_file(visible[name]), visible[name].stat().st_size)
            for name, extract in sorted(owner.items())
        )
    except OSError as error:
        raise InputError(f"{mapping}/{Path(str(error.filename)).name}: cannot be read: {error.strerror}") from None
    return Landing(mapping, deliveries, tuple(unknown + (missing if deliveries else [])))
