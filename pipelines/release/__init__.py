"""Release: from an audited candidate to what readers see, in one switch, with a trace that can be checked years later.

Belongs here: the identity of a release, its manifest, the gate, the rename and the switch of `current`, going back, how many
are kept, the ledger and its signatures, the lock of a home folder, and recomputing all of it. Does not belong here: making
marts, reports or a verdict; a release is taken as the files it is.

Nothing here imports pandas, dbt or Dagster, and DuckDB only inside functions: a run with nothing to do asks here whether that
is so, and must be quick.
"""

from __future__ import annotations

from pipelines.release.about import About
from pipelines.release.current import current_release, is_current
from pipelines.release.deliveries import Recipient, write_deliveries
from pipelines.release.history import catch_up, causes_of_next, is_caught_up, note_validation, write_difference
from pipelines.release.identity import code_hash, inputs_hash, package_versions, release_id
from pipelines.release.ledger import withdrawn
from pipelines.release.lock import home_lock
from pipelines.release.manifest import read_manifest, write_manifest
from pipelines.release.publish import Published, actor, publish
from pipelines.release.retention import retire
from pipelines.release.rollback import roll_back
from pipelines.release.sending import Sent, places_to_deliver, send_deliveries
from pipelines.release.signature import Checker, Signer, load_checker, load_signer
from pipelines.release.verify import Problem, last_line, verify

__all__ = [
    "About",
    "Checker",
    "Problem",
    "Published",
    "Recipient",
    "Sent",
    "Signer",
    "actor",
    "catch_up",
    "causes_of_next",
    "code_hash",
    "current_release",
    "home_lock",
    "inputs_hash",
    "is_caught_up",
    "is_current",
    "last_line",
    "load_checker",
    "load_signer",
    "note_validation",
    "package_versions",
    "places_to_deliver",
    "publish",
    "read_manifest",
    "release_id",
    "retire",
    "roll_back",
    "send_deliveries",
    "verify",
    "withdrawn",
    "write_deliveries",
    "write_difference",
    "write_manifest",
]
