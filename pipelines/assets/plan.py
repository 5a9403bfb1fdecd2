"""What a run will do, decided from what lies in the landing folder: which mappings, and which release comes of it.

Belongs here: the identity of a release. Does not belong here: Dagster (a run with nothing to do must not import it).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipelines.assets.timeline import timeline_lines
from pipelines.errors import InputError
from pipelines.extract import (
    Landing,
    forgotten_rows,
    forgotten_state,
    look_at_landing,
    municipalities_in,
    raw_folder,
    read_ledger,
)
from pipelines.files import sha256_text
from pipelines.programme import Programme
from pipelines.release import code_hash, current_release, inputs_hash, package_versions, release_id
from pipelines.settings import Settings


@dataclass(frozen=True)
class RunPlan:
    """One run: the programme limited to the mappings that have arrived, their files, and the release they make."""

    programme: Programme
    landings: tuple[Landing, ...]
    release_id: str
    hashes: dict[str, str]

    @property
    def notes(self) -> list[str]:
        """What was found in the landing folder and does not stop the run."""
        return [str(finding) for landing in self.landings for finding in landing.findings if finding.action == "note"]

    def landing(self, mapping: str) -> Landing:
        """The landing folder of a mapping."""
        return next(landing for landing in self.landings if landing.mapping == mapping)


def plan_run(programme: Programme, settings: Settings, mappings: tuple[str, ...] = ()) -> RunPlan:
    """Look at the landing folder and decide.

    Args:
        programme: the whole programme.
        settings: where the landing folder is.
        mappings: limit to these; left out: every mapping of which anything has arrived.

    Raises:
        InputError: nothing has arrived, or nothing of the base mapping or of a mapping that was asked for.
        ConfigurationError: an unknown mapping, or the base left out.
    """
    wanted = programme.limited_to(mappings) if mappings else programme
    landings = [look_at_landing(programme, settings.landing_dir, key) for key in wanted.mapping_keys]
    arrived = tuple(landing.mapping for landing in landings if landing.has_arrived)
    needed = mappings or (programme.base.key,)
    absent = [key for key in needed if key not in arrived]
    if absent:
        folder = settings.landing_dir / programme.slug / absent[0]
        why = "nothing can be put on the 500 scale without the base mapping" if absent[0] == programme.base.key else ""
        raise InputError(
            f"mapping {absent[0]}: no extract has arrived in {folder}{'; ' + why if why else ''}; deliver the files there "
            "or give --landing"
        )
    limited = programme.limited_to(arrived)
    kept = tuple(landing for landing in landings if landing.has_arrived)
    inputs = [(d.mapping, d.name, d.sha256) for landing in kept for d in landing.files]
    forgotten = forgotten_rows(programme, settings), forgotten_state(programme, settings)
    hashes = {
        "inputs": inputs_hash(inputs),
        "code": code_hash(),
        "packages": sha256_text(*(f"{name}=={version}" for name, version in package_versions().items())),
        "programme": programme.content_hash,
        "settings": sha256_text(
            *arrived,
            *([f"forgotten {forgotten}"] if any(forgotten) else []),
            *([f"documents {settings.documents}"] if settings.documents != "all" else []),
            *([f"pdf {settings.pdf}"] if settings.pdf != "all" else []),
        ),
    }
    return RunPlan(limited, kept, release_id(programme.slug, hashes), hashes)


STATES = {"accepted": "x", "here": "o", "rejected": "!", "missing": "-", "no rows": "."}
"""Marks of the delivery matrix."""


def describe_status(programme: Programme, settings: Settings, today: date | None = None) -> list[str]:
    """Lines for a person: what was expected and has arrived, gaps, what was superseded or rejected, timeline, release.

    Args:
        programme: the whole programme.
        settings: where landing folder and home are.
        today: the day that the timeline is told of; default: today.
    """
    lines = [f"{programme.label.en} ({programme.slug}), landing folder {settings.landing_dir / programme.slug}"]
    latest = _latest_deliveries(programme, settings)
    places = programme.municipalities["municipality_id"].tolist()
    lines.append(
        "x rows extracted   o arrived, not extracted   ! rejected   . file arrived, nothing from the municipality"
    )
    lines.append("- not arrived      columns: municipalities " + " ".join(places))
    gaps: list[str] = []
    for mapping in programme.mappings:
        landing = look_at_landing(programme, settings.landing_dir, mapping.key)
        base = ", base of the 500 scale" if mapping.base else ""
        lines.append(f"{mapping.key}: {mapping.label.en}{base}")
        found = {
            (group.code, table): municipalities_in(raw_folder(settings, programme, landing, group.code), table)
            for group in (programme.respondent_groups if landing.has_arrived else ())
            for table in ("respondents", "results")
        }
        for extract in programme.extracts(mapping.key):
            files = [d for d in landing.deliveries if d.extract is extract]
            group = extract.respondent_group
            if extract.optional and not files:
                continue
            counts = found.get((group, "results" if extract.content == "results" else "respondents"), {})
            is_rejected = any(
                latest.get((mapping.key, d.name), {}).get("sha256") == d.sha256
                and latest[mapping.key, d.name]["state"] == "rejected"
                for d in files
            )
            marks = []
            for place in places:
                state = "missing" if not files else "rejected" if is_rejected else "here"
                if files and counts and not is_rejected:
                    state = "accepted" if place in counts else "no rows"
                marks.append(STATES[state])
            arrived = ", ".join(f"{d.name} ({d.size:,} bytes)" for d in files)
            told = f"arrived: {arrived}" if files else "not arrived"
            lines.append(f"  {group:<18} {extract.content:<8} {' '.join(marks)}  {told}")
            if not files and landing.has_arrived:
                gaps.append(f"gap: {mapping.key} {group}: {extract.path} has not arrived")
            absent = [place for place in places if place not in counts]
            if counts and absent and extract.content != "roster":
                what = " (results)" if extract.content == "results" else ""
                gaps.append(f"gap: {mapping.key} {group}{what}: nothing from {', '.join(absent)}")
        lines += [f"  note: {finding}" for finding in landing.findings if finding.reason == "unknown_file"]
    lines += gaps
    lines += [
        f"rejected: {line['mapping']}/{line['file']} ({str(line['at'])[:10]}): {line['why']}"
        for line in latest.values()
        if line["state"] == "rejected"
    ]
    superseded = [
        line
        for line in read_ledger(settings.home)
        if line["programme"] == programme.slug and line["state"] == "superseded"
    ]
    lines += [
        f"superseded: {line['mapping']}/{line['file']} ({str(line['at'])[:10]}): {line['why']}" for line in superseded
    ]
    lines += timeline_lines(programme, settings, today or datetime.now(UTC).date())
    release = current_release(settings.home)
    lines.append(f"current release: {release}" if release else "no release yet")
    return lines


def _latest_deliveries(programme: Programme, settings: Settings) -> dict[tuple[str, str], dict[str, object]]:
    """The last line of the ledger of deliveries for each file of the programme, by mapping and name."""
    return {
        (str(line["mapping"]), str(line["file"])): line
        for line in read_ledger(settings.home)
        if line["programme"] == programme.slug
    }
