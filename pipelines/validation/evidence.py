"""Evidence: every result and every failing key on disk, and the verdict over them, bound to the marts it was given on.

Belongs here: what is written below `validation/` of a candidate. Does not belong here: acting on the verdict. Nothing
here bears a clock time, a duration or a path of the machine: the same data give the same bytes.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import __version__
from pipelines.errors import StorageError
from pipelines.files import sha256_file, sha256_named, write_atomically
from pipelines.marts import SIMULATED
from pipelines.validation.page import render, render_guides
from pipelines.validation.results import CheckResult
from pipelines.validation.verdict import About, Verdict

RESULTS = "results.parquet"
FAILING_KEYS = "failing_keys.parquet"
VERDICT = "verdict.json"
PAGE = "index.html"

RESULT_SCHEMA = pa.schema(
    [
        ("check_id", pa.string()),
        ("table", pa.string()),
        ("context", pa.string()),
        ("source", pa.string()),
        ("severity", pa.string()),
        ("owner", pa.string()),
        ("why_da", pa.string()),
        ("why", pa.string()),
        ("verdict", pa.string()),
        ("n_checked", pa.int64()),
        ("n_failed", pa.int64()),
        ("message", pa.string()),
        ("parameters", pa.string()),
    ]
)
"""One row per check and context."""

KEY_SCHEMA = pa.schema([(name, pa.string()) for name in ("check_id", "table", "context", "key")])
"""One row per check, context and failing row; `key` is its business key as JSON, in the order of the suite's key."""


def write_evidence(
    results: Iterable[CheckResult], folder: Path, marts_dir: Path | None = None, about: About | None = None
) -> Verdict:
    """Write results, failing keys, the page and at last the verdict.

    A mart that no check looked at is itself a check that could not run: nothing unguarded is released.

    Args:
        results: of all checks of the run.
        folder: `validation/` of a candidate's release.
        marts_dir: the marts that the verdict is bound to; left out: `marts/` beside `folder`.
        about: the run, for the page.

    Raises:
        StorageError: the folder cannot be written.
    """
    marts_dir = folder.parent / "marts" if marts_dir is None else marts_dir
    found = [*results]
    found = sorted([*found, *_unguarded(found, marts_dir)], key=_order)
    marts = _hashes(marts_dir)
    verdict = _verdict(found, marts)
    mark, programme = _about(marts_dir, marts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / VERDICT).unlink(missing_ok=True)
        marked = {"kortlaegning.programme": programme, "kortlaegning.data": mark}
        for table, name in ((_results_table(found), RESULTS), (_keys_table(found), FAILING_KEYS)):
            pq.write_table(table.replace_schema_metadata(marked), folder / name, compression="zstd")
        simulated = mark == SIMULATED
        page = render(
            found, verdict, marts=marts, marts_dir=marts_dir, about=about, programme=programme, is_simulated=simulated
        )
        guides = {} if about is None else render_guides(about, marts_dir, programme, simulated)
        for name, text in {PAGE: page, **guides}.items():
            write_atomically(folder / name, text.encode())
        content = asdict(verdict) | {"marts": marts, "data": mark, "created_by": _created_by()}
        write_atomically(
            folder / VERDICT, (json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
        )
    except OSError as error:
        raise StorageError(
            f"{folder}: the evidence cannot be written: {error.strerror}; nothing was released"
        ) from error
    return verdict


def _order(result: CheckResult) -> tuple[str, ...]:
    """A total order, so that the same results give the same bytes."""
    return (result.check_id, result.context, result.table, result.verdict, result.severity, result.message)


def _verdict(results: Sequence[CheckResult], marts: Mapping[str, str]) -> Verdict:
    """Errors and checks that could not run block, warnings do not; without a check there is nothing to rely on."""
    failed = [r for r in results if r.verdict == "failed"]
    errors = sum(r.severity == "error" for r in failed)
    unknown = sum(r.verdict == "could_not_run" for r in results)
    return Verdict(
        verdict="passed" if results and not errors and not unknown else "failed",
        checks=len(results),
        errors=errors,
        warnings=len(failed) - errors,
        could_not_run=unknown,
        # The same words as `release.gate`, which computes it again from the files it is about to release.
        marts_hash=sha256_named(marts),
        blocking=tuple(str(r) for r in results if r.blocks),
    )


def _hashes(marts_dir: Path) -> dict[str, str]:
    """SHA-256 of every file below the marts, by its name relative to them, in order of the names."""
    names = sorted(path.relative_to(marts_dir).as_posix() for path in marts_dir.rglob("*") if path.is_file())
    return {name: sha256_file(marts_dir / name) for name in names}


def _unguarded(results: Sequence[CheckResult], marts_dir: Path) -> list[CheckResult]:
    """A result for each file below the marts that no expectation looked at, and for marts that are not there at all."""
    guarded = {f"{r.context}/{r.table}.parquet" for r in results if r.source == "great_expectations"}
    files = sorted(path.relative_to(marts_dir).as_posix() for path in marts_dir.rglob("*") if path.is_file())
    lacking = [
        (Path(file).stem, f"marts/{file} has no suite in expectations/; write one, with its audiences")
        for file in files
        if file not in guarded
    ]
    if not files:
        lacking = [("marts", "there are no marts to release")]
    return [
        CheckResult(
            check_id="evidence.guarded",
            table=table,
            context=message.split(" ", 1)[0],
            source="great_expectations",
            severity="error",
            owner="engineering",
            why="What no expectation looked at is released unseen.",
            why_da="Det, som ingen kontrol har set på, bliver udgivet uset.",
            verdict="could_not_run",
            message=message,
        )
        for table, message in lacking
    ]


def _about(marts_dir: Path, marts: Iterable[str]) -> tuple[str, str]:
    """Mark of the data and slug of the programme, as the first readable mart bears them."""
    for name in marts:
        try:
            metadata = pq.read_schema(marts_dir / name).metadata or {}
        except (OSError, pa.ArrowException):
            continue
        return metadata.get(b"kortlaegning.data", b"").decode(), metadata.get(b"kortlaegning.programme", b"").decode()
    return "", ""


def _results_table(results: Sequence[CheckResult]) -> pa.Table:
    """`results.parquet`."""
    return pa.table({name: [getattr(r, name) for r in results] for name in RESULT_SCHEMA.names}, schema=RESULT_SCHEMA)


def _keys_table(results: Sequence[CheckResult]) -> pa.Table:
    """`failing_keys.parquet`: keys of one check and context in the order of their text."""
    failed = [r for r in results if len(r.failing_keys)]
    rows = [(r.check_id, r.table, r.context, key) for r in failed for key in sorted(keys_as_json(r.failing_keys))]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(KEY_SCHEMA)
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=KEY_SCHEMA)


def keys_as_json(keys: pd.DataFrame) -> list[str]:
    """Each row as a JSON object."""
    plain = keys.astype(object).where(keys.notna(), None)
    columns = [column.tolist() for _, column in plain.items()]
    rows = zip(*columns, strict=True) if columns else ()
    return [json.dumps(dict(zip(keys.columns, row, strict=True)), ensure_ascii=False, default=str) for row in rows]


def _created_by() -> dict[str, str]:
    """What made the verdict."""
    return {"kortlaegning": __version__, "great_expectations": importlib.metadata.version("great_expectations")}
