"""The gate: what a candidate must show before it may become a release.

Belongs here: refusing. Does not belong here: judging data (`validation` did, and wrote its verdict down). The gate trusts
no one's word: it reads the verdict from disk and recomputes what the verdict is bound to.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import BlockedError, StorageError
from pipelines.files import sha256_named
from pipelines.release.manifest import misfits, read_manifest, read_verdict
from pipelines.release.places import MANIFEST, MARTS, VERDICT

KEPT = "nothing was released; the current release is untouched"


def check_gate(candidate: Path, release_id: str) -> dict[str, object]:
    """Let a candidate through, or not.

    Returns:
        Its manifest.

    Raises:
        BlockedError: the verdict is missing, unreadable, not `passed` or given on other marts; or a file does not fit the
            manifest. One line.
    """
    verdict = read_verdict(candidate)
    if verdict is None:
        raise BlockedError(f"{VERDICT} is missing or cannot be read; without a verdict {KEPT}")
    if verdict.get("verdict") != "passed":
        raise BlockedError(f"validation did not pass ({_counts(verdict)}); {KEPT}; see validation/index.html")
    try:
        manifest = read_manifest(candidate)
        first = next(misfits(candidate, manifest), None)
    except StorageError as error:
        raise BlockedError(f"{error}; {KEPT}") from None
    if first is not None:
        raise BlockedError(f"{first}; {KEPT}; run again")
    if verdict.get("marts_hash") != marts_hash(manifest):
        raise BlockedError(f"the marts are not those that the verdict was given on; {KEPT}; run again")
    if manifest.get("release_id") != release_id:
        raise BlockedError(
            f"{MANIFEST} is that of {manifest.get('release_id')}, not of {release_id}; {KEPT}; run again"
        )
    return manifest


def marts_hash(manifest: dict[str, object]) -> str:
    """SHA-256 over names and contents of the marts, from the hashes that the files were just found to have."""
    files = manifest["files"]
    if not isinstance(files, dict):
        return ""
    marts = {name.removeprefix(f"{MARTS}/"): files[name]["sha256"] for name in files if name.startswith(f"{MARTS}/")}
    return sha256_named(marts)


def _counts(verdict: dict[str, object]) -> str:
    """What blocked, in numbers."""
    return f"{verdict.get('errors')} errors, {verdict.get('could_not_run')} checks could not run"
