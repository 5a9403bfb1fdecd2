"""What all checks of a run say together, and what is told of the run beside it.

Belongs here: the two records. Does not belong here: writing them (`evidence`, `page`), and acting on them (`release`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Verdict:
    """What all checks say together. `errors` and `warnings` count checks that failed, not rows."""

    verdict: Literal["passed", "failed"]
    checks: int
    errors: int
    warnings: int
    could_not_run: int
    marts_hash: str
    blocking: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        """Whether the candidate may be released."""
        return self.verdict == "passed"

    def __str__(self) -> str:
        """One line."""
        counts = (
            f"{self.checks} checks: {self.errors} errors, {self.warnings} warnings, {self.could_not_run} could not run"
        )
        return f"{self.verdict}; {counts}"


class About(Protocol):
    """What the page tells of a run; the manifest's `About` has it."""

    @property
    def release_id(self) -> str:
        """Id that the candidate will have as a release."""

    @property
    def hashes(self) -> Mapping[str, str]:
        """Parts of the id."""

    @property
    def inputs(self) -> Sequence[Mapping[str, object]]:
        """Extracts behind the candidate: mapping, file, sha256, rows."""
