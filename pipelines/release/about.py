"""What a run knows of its release.

Belongs here: the record that the manifest, the data package and the validation page are written from. Does not belong here:
writing them, and gathering it (`assets.provenance`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class About:
    """What the run knows of a release; all else in the manifest is read off its files.

    `inputs` has one entry per extract: mapping, file, sha256, size, rows. `hashes` are the parts of the release id.
    `settings` are those that change what comes out. `models` names each model of the warehouse with its `sha256` and what
    it reads (`depends_on`), `programme_files` each file of the programme with its SHA-256. All of it must be
    plain JSON.
    """

    release_id: str
    programme: str
    is_simulated: bool
    inputs: Sequence[Mapping[str, object]]
    hashes: Mapping[str, str]
    settings: Mapping[str, object] = field(default_factory=dict)
    models: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    programme_files: Mapping[str, str] = field(default_factory=dict)
