"""Check results as Dagster shows them: counts, failing keys, severity."""

import dagster as dg

from pipelines.validation import CheckResult, keys_shown

BEFORE_THE_VERDICT = {"dagster/priority": "1"}
"""Tag of steps that the verdict needs but does not depend on: Dagster has no dependency on a check."""
SHOWN = 50
"""Failing keys shown on the asset check; all of them are in the release's validation folder."""


def check_result(asset: list[str], name: str, results: list[CheckResult]) -> dg.AssetCheckResult:
    """One asset check from the results of a table's expectations."""
    bad = [result for result in results if result.verdict != "passed"]
    errors = [result for result in bad if result.severity == "error" or result.verdict == "could_not_run"]
    records = [
        dg.TableRecord(
            {
                "check": result.check_id,
                "context": result.context,
                "verdict": result.verdict,
                "key": key,
            }
        )
        for result in bad
        for key in (keys_shown(result, SHOWN) or [""])
    ]
    schema = dg.TableSchema([dg.TableColumn(name) for name in ("check", "context", "verdict", "key")])
    first = f"{bad[0].check_id} ({bad[0].context}): {bad[0].n_failed} rows" if bad else ""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=not bad,
        severity=dg.AssetCheckSeverity.ERROR if errors else dg.AssetCheckSeverity.WARN,
        description=first or f"{len(results)} checks passed",
        metadata={
            "checks": len(results),
            "failed": len(bad),
            "failing_keys": dg.MetadataValue.table(records[:SHOWN], schema=schema),
        },
    )
