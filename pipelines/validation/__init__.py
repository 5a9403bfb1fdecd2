"""Validation: expectations on extracts and marts, one record of evidence for them and dbt's tests, and the verdict.

Belongs here: running the suites of `expectations/` with Great Expectations, bringing dbt's test results into the same
form, and writing what an auditor reads. Does not belong here: acting on the verdict (`release` refuses by it),
correcting data, and rules of disclosure (`disclosure` applies them; here they are checked on what it left).

Three verdicts a check, never two: `passed`, `failed`, `could_not_run`. A check that could not run blocks like an error,
since nothing is known about what it was to guard.
"""

from __future__ import annotations

from pipelines.validation.attack import attack_marts
from pipelines.validation.evidence import write_evidence
from pipelines.validation.results import CheckResult, from_dbt, keys_shown
from pipelines.validation.run import run_suite
from pipelines.validation.suites import EXPECTATIONS, Suite, load_suites
from pipelines.validation.tables import (
    mart_suites,
    staging_samples,
    validate_extract,
    validate_mart,
    validate_marts,
    validate_results,
    validate_sample,
)
from pipelines.validation.verdict import Verdict

__all__ = [
    "EXPECTATIONS",
    "CheckResult",
    "Suite",
    "Verdict",
    "attack_marts",
    "from_dbt",
    "keys_shown",
    "load_suites",
    "mart_suites",
    "run_suite",
    "staging_samples",
    "validate_extract",
    "validate_mart",
    "validate_marts",
    "validate_results",
    "validate_sample",
    "write_evidence",
]
