"""Going back: readers are given an earlier release again, and the ledger says so.

Belongs here: choosing it, holding it against its hashes before the switch, the line and the switch. Does not belong here:
removing the release that was wrong; it stays, for whoever has to explain it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipelines.errors import BlockedError, ConfigurationError
from pipelines.release import current, ledger
from pipelines.release.gate import check_gate
from pipelines.release.ledger import Line
from pipelines.release.places import LEDGER, RELEASES, storage
from pipelines.release.publish import Published, check_fields, recorded, utc_now
from pipelines.release.signature import Signer


def roll_back(
    home: Path,
    release_id: str | None,
    ledger_fields: Mapping[str, object],
    now: Callable[[], datetime] = utc_now,
    signer: Signer | None = None,
) -> Published:
    """Let readers see an earlier release again. The caller holds the lock of the home folder.

    The release is read whole and held against its manifest, its verdict and the ledger first.

    Args:
        home: the home folder.
        release_id: the release; left out: the one that readers saw before the current one.
        ledger_fields: `actor` and `trigger`, and what else the line shall tell (`reason`).
        now: the clock.
        signer: signs the line.

    Raises:
        ConfigurationError: there is no such release.
        BlockedError: it does not fit its hashes. Nothing was changed.
        StorageError: disk full, permission, a broken ledger.
    """
    check_fields(ledger_fields)
    with storage(home, "nothing was changed"):
        lines = ledger.read_ledger(home)
        leaving = ledger.in_force(lines)
        if leaving is None:
            raise ConfigurationError(f"{home}: nothing was ever released here; there is nothing to go back to")
        chosen = release_id or _before(lines, leaving)
        released = [line for line in lines if line.release_id == chosen and line.event in ledger.GIVEN_TO_READERS]
        if not released:
            known = ", ".join(dict.fromkeys(line.release_id for line in lines if line.event == "released"))
            raise ConfigurationError(f"{chosen} was never released here; released were {known}")
        target = home / RELEASES / chosen
        if not target.is_dir():
            gone = "retention removed it" if chosen in ledger.removed(lines) else "its folder is missing"
            raise ConfigurationError(f"{RELEASES}/{chosen}: {gone}; run again with the extracts that it was made of")
        manifest = check_gate(target, chosen)
        facts = recorded(target, manifest)
        if facts["manifest_sha256"] != released[-1].content.get("manifest_sha256"):
            raise BlockedError(
                f"{RELEASES}/{chosen} is not what {LEDGER}, line {released[-1].number}, was written for; nothing was changed"
            )
        fields = dict(ledger_fields) | facts | {"from": leaving.release_id, "programme": manifest.get("programme")}
        time = now().isoformat(timespec="seconds")
        line = ledger.append(home, "rolled_back", chosen, time, fields, signer)
    with storage(
        home, f"{chosen} is recorded, but not yet what readers see; run `kortlaegning rollback {chosen}` again"
    ):
        current.switch(home, chosen)
    return Published(chosen, target, True, line)


def _before(lines: Sequence[Line], leaving: Line) -> str:
    """The release that readers saw before this one, and that is still there.

    Raises:
        ConfigurationError: there was none.
    """
    gone = ledger.removed(lines)
    for line in reversed(lines):
        if line.event in ledger.GIVEN_TO_READERS and line.release_id not in (leaving.release_id, *gone):
            return line.release_id
    raise ConfigurationError(f"{leaving.release_id} is the only release; there is nothing to go back to")
