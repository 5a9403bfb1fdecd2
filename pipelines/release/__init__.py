"""Release: from an audited candidate to what readers see, in one switch, with a trace that can be checked years later.

Belongs here: the identity of a release, its manifest, the gate, the rename and the switch of `current`, the ledger, the
lock of a home folder, and recomputing all hashes. Does not belong here: making marts, reports or a verdict; a release is
taken as the files it is.

Nothing here imports pandas, dbt or Dagster: a run with nothing to do asks here whether that is so, and must be quick.
"""

from __future__ import annotations

from pipelines.release.current import current_release, is_current
from pipelines.release.identity import code_hash, package_versions, release_id
from pipelines.release.lock import home_lock
from pipelines.release.manifest import About, read_manifest, write_manifest
from pipelines.release.publish import Published, publish
from pipelines.release.verify import Problem, verify

__all__ = [
    "About",
    "Problem",
    "Published",
    "code_hash",
    "current_release",
    "home_lock",
    "is_current",
    "package_versions",
    "publish",
    "read_manifest",
    "release_id",
    "verify",
    "write_manifest",
]
