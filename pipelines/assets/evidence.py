"""A run's check results by stage, some of them still being found by a worker.

Belongs here: who gives out checks and who waits for them. Does not belong here: the checks, and what follows from them.
"""

from collections.abc import Callable
from typing import Any

from pipelines.errors import BlockedError
from pipelines.validation import CheckResult
from pipelines.workers import Job, Workers

STAGES = ("extracts", "dbt_estimates", "staging", "dbt_marts", "marts")
"""Without evidence of each there is no verdict."""


class Evidence:
    """What the steps of one run found: each gives out or notes its checks; the verdict takes all."""

    def __init__(self) -> None:
        """Nothing is found yet."""
        self._jobs: dict[str, dict[str, Job[list[CheckResult]]]] = {}
        self._kept: list[tuple[str, str, Callable[..., list[CheckResult]], tuple[Any, ...]]] = []

    def note(self, stage: str, results: list[CheckResult]) -> None:
        """Results that a step has found itself."""
        self._jobs.setdefault(stage, {})[""] = Job(list, (results,), None)

    def give(
        self, workers: Workers, stage: str, name: str, check: Callable[..., list[CheckResult]], *arguments: Any
    ) -> None:
        """Let a worker find results while this process goes on."""
        self._jobs.setdefault(stage, {})[name] = workers.give(check, *arguments)

    def keep(self, stage: str, name: str, check: Callable[..., list[CheckResult]], *arguments: Any) -> None:
        """Keep a check until workers have time for it; who asks for its results before finds them itself."""
        self._jobs.setdefault(stage, {})[name] = Job(check, arguments, None)
        self._kept.append((stage, name, check, arguments))

    def give_kept(self, workers: Workers) -> None:
        """Let workers find the results of all checks that were kept."""
        for stage, name, check, arguments in self._kept:
            self.give(workers, stage, name, check, *arguments)
        self._kept.clear()

    def of(self, stage: str, start: str = "") -> list[CheckResult]:
        """Results of a stage, of the checks whose name starts so.

        Raises:
            BlockedError: the stage gave none.
        """
        if stage not in self._jobs:
            raise BlockedError(f"this run has no evidence of {stage}; run the whole job")
        return [result for name, job in self._jobs[stage].items() if name.startswith(start) for result in job.result()]

    def complete(self) -> list[CheckResult]:
        """Results of every stage.

        Raises:
            BlockedError: one is missing.
        """
        return [result for stage in STAGES for result in self.of(stage)]

    def so_far(self) -> list[CheckResult]:
        """Results of the stages that there are, for a run that ends early."""
        return [result for stage in STAGES if stage in self._jobs for result in self.of(stage)]
