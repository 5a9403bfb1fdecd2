"""Running a suite on a frame: the seam to Great Expectations.

Belongs here: all that knows of Great Expectations. Does not belong here: where frames come from (`tables`) and where
results go (`evidence`).

What it was measured to like (600,000 rows, two cores): a frame with only the columns that the expectation reads (0.1 s;
with 22 columns 0.7 s, because it copies the frame once a metric), no index columns (it gives row positions, we give
keys), and `COMPLETE` only for what failed. So each expectation gets its own narrow frame, which also keeps an exception in
one from being taken for another's. One call costs 4 ms, which a batch and a validator around it would double, and a suite
in one call no less an expectation. The package takes 3 to 8 s to import: only inside functions.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from pipelines.errors import ConfigurationError
from pipelines.programme import Programme
from pipelines.validation.derived import DERIVED, Scope
from pipelines.validation.results import CheckResult, Outcome, context_text
from pipelines.validation.suites import Expectation, Suite, When, resolve

log = logging.getLogger(__name__)


def run_suite(suite: Suite, frame: pd.DataFrame, programme: Programme, context: Mapping[str, str]) -> list[CheckResult]:
    """Run a suite's expectations on a table.

    Args:
        suite: the expectations.
        frame: the table, any index.
        programme: what references and derived columns look at.
        context: mapping and respondent_group of an extract, audience of a mart.

    Returns:
        One result per expectation that holds in this context, in the suite's order.

    Raises:
        ConfigurationError: an expectation has a parameter that Great Expectations does not know.
    """
    columns = _Columns(frame.reset_index(drop=True), Scope(programme, suite.key, suite.stays, context))
    return [_run_one(suite, expectation, columns, context) for expectation in suite.of(context)]


def could_not_run(suite: Suite, context: Mapping[str, str], message: str) -> list[CheckResult]:
    """The results of a suite whose table cannot be read."""
    return [
        _result(suite, expectation, context, _Outcome("could_not_run", message=message))
        for expectation in suite.of(context)
    ]


@dataclass(frozen=True)
class _Outcome:
    """What became of one expectation, before it is put together with what the suite says of it."""

    verdict: Outcome
    n_checked: int = 0
    n_failed: int = 0
    keys: pd.DataFrame | None = None
    message: str = ""
    seconds: float = 0.0


class _NoColumnError(LookupError):
    """Its text names a column and holds nothing of the data, which no other error from inside can promise."""


class _Columns:
    """A table's own columns and, when asked for, derived ones."""

    def __init__(self, frame: pd.DataFrame, scope: Scope) -> None:
        self.frame, self._scope = frame, scope
        self._derived: dict[str, pd.Series] = {}

    def get(self, name: str) -> pd.Series:
        """A column.

        Raises:
            _NoColumnError: the table has no such column, or not those that it is derived from.
        """
        if name in self.frame.columns:
            return self.frame[name]
        if name not in self._derived:
            if name not in DERIVED:
                raise _NoColumnError(f"column {name} is not in the table")
            try:
                self._derived[name] = DERIVED[name](self.frame, self._scope)
            except KeyError as error:
                raise _NoColumnError(f"column {name} cannot be derived: {error} is not in the table") from None
        return self._derived[name]

    def rows(self, when: When) -> pd.Series | None:
        """Mask of the rows that a condition names; None for all."""
        conditions = [
            self.get(name).isin(list(value) if isinstance(value, tuple) else [value])
            for name, value in when.equals.items()
        ]
        conditions += [self.get(name).notna() for name in when.present]
        conditions += [self.get(name).isna() for name in when.absent]
        if not conditions:
            return None
        mask = conditions[0]
        for condition in conditions[1:]:
            mask = mask & condition
        return mask

    def narrow(self, expectation: Expectation) -> pd.DataFrame:
        """The rows and columns that an expectation is about; the index is the position in the table."""
        if not expectation.columns:
            # About the table as a whole: its columns need no rows, its rows no columns.
            return self.frame.head(0) if expectation.expectation.startswith("expect_table_column") else self.frame[[]]
        data = pd.DataFrame({name: self.get(name) for name in expectation.columns}, index=self.frame.index)
        mask = self.rows(expectation.when)
        return data if mask is None else data[mask]


def _run_one(suite: Suite, expectation: Expectation, columns: _Columns, context: Mapping[str, str]) -> CheckResult:
    """One expectation on its part of the table."""
    began = time.perf_counter()
    ready = _expectation(suite, expectation, columns, context)
    try:
        data = columns.narrow(expectation)
        # Of no row nothing is wrong: a programme without tests or initiatives has empty marts, and a call costs 4 ms.
        is_idle = bool(expectation.columns) and data.empty
        outcome = _Outcome("passed") if is_idle else _judge(ready, suite, columns, data)
    except _NoColumnError as error:
        outcome = _Outcome("could_not_run", message=str(error))
    except Exception as error:
        # Whatever goes wrong inside is no statement about the data; the text of the error can hold a value of theirs.
        log.debug("%s.%s could not run", suite.table, expectation.id, exc_info=True)
        outcome = _Outcome("could_not_run", message=f"stopped with {type(_root(error)).__name__}")
    return _result(suite, expectation, context, outcome, time.perf_counter() - began)


def _judge(ready: Any, suite: Suite, columns: _Columns, data: pd.DataFrame) -> _Outcome:
    """Let Great Expectations judge, and name what failed by its key."""
    result = _validate(ready, data, "BASIC")
    found = result.result
    if result.success:
        return _Outcome("passed", n_checked=_checked(found, data), n_failed=int(found.get("unexpected_count") or 0))
    if "unexpected_count" in found:
        complete = _validate(ready, data, "COMPLETE").result
        positions = complete["unexpected_index_list"]
        keys = columns.frame.loc[positions, list(suite.key)].reset_index(drop=True)
        checked = _checked(found, data)
        return _Outcome("failed", checked, len(positions), keys, f"{len(positions)} of {checked} rows")
    missing = (found.get("details") or {}).get("mismatched", {}).get("missing", [])
    if missing:
        message = f"missing columns: {', '.join(missing)}"
        return _Outcome("failed", len(columns.frame.columns), len(missing), pd.DataFrame({"column": missing}), message)
    if not found:
        return _Outcome("could_not_run", message="gave no result")
    rows = f"; the table has {len(columns.frame)} rows" if not len(data.columns) else ""
    return _Outcome("failed", _checked(found, data), 1, None, f"the table as a whole does not hold it{rows}")


def _expectation(suite: Suite, expectation: Expectation, columns: _Columns, context: Mapping[str, str]) -> Any:
    """The expectation as Great Expectations has it.

    Raises:
        ConfigurationError: it does not know a parameter, or misses one.
    """
    from great_expectations.compatibility.pydantic import ValidationError

    where = f"{suite.file}: {expectation.id}"
    given = {
        name: resolve(value, columns._scope.programme, context, where) for name, value in expectation.parameters.items()
    }
    try:
        return _made(expectation.expectation, json.dumps(given, sort_keys=True))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"] if part != "__root__")
        message = "is not a known parameter" if first["type"] == "value_error.extra" else first["msg"]
        raise ConfigurationError(f"{where}: parameters{'.' + name if name else ''}: {message}") from None


@lru_cache(maxsize=1024)
def _made(name: str, parameters: str) -> Any:
    """An expectation by its name and its parameters as JSON: most are asked of every extract, and of both audiences' marts."""
    from great_expectations.expectations.registry import get_expectation_impl

    _prepare()
    make: Any = get_expectation_impl(name)
    return make(**json.loads(parameters))


def _validate(ready: Any, data: pd.DataFrame, result_format: str) -> Any:
    """One call of Great Expectations: the metrics of a frame that an expectation needs, and its judgement of them.

    What its batches and validators do around these three steps is copying and checking for frames that it would keep.
    """
    from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
    from great_expectations.validator.metrics_calculator import MetricsCalculator

    engine = PandasExecutionEngine(batch_data_dict={"frame": data})
    how = {"result_format": result_format, "catch_exceptions": False}
    needed = ready.get_validation_dependencies(engine, how).get_metric_configurations()
    metrics, _ = MetricsCalculator(engine, show_progress_bars=False).compute_metrics(needed, how)
    return ready.metrics_validate(metrics, how, engine)


@lru_cache(maxsize=1)
def _prepare() -> None:
    """Make the package quiet and let it remember, once in this process."""
    # Its loggers repeat every exception, with values of the data in it; here they become results. Not by level: some of
    # them set their own.
    root = logging.getLogger("great_expectations")
    root.addHandler(logging.NullHandler())
    root.propagate = False
    from great_expectations import util
    from great_expectations.core import id_dict
    from great_expectations.expectations import expectation, expectation_configuration

    _remember_last(expectation.Expectation, expectation_configuration.ExpectationConfiguration)
    _know_nothing(util, id_dict)


def _remember_last(judged: Any, configured: Any) -> None:
    """Keep the expectation that was asked last together with its configuration.

    One call asks each for the other a hundred times, and each time it would be put together anew.
    """
    configuration_of, expectation_of = judged.configuration.fget, configured.to_domain_obj
    last: tuple[Any, Any] = (None, None)

    def configuration(expectation: Any) -> Any:
        nonlocal last
        if last[0] is not expectation:
            last = (expectation, configuration_of(expectation))
        return last[1]

    def expectation(configuration: Any) -> Any:
        return last[0] if last[1] is configuration else expectation_of(configuration)

    judged.configuration, configured.to_domain_obj = property(configuration), expectation


def _know_nothing(*modules: Any) -> None:
    """Let it see at once that None is None. It asks numpy four times first, sixty thousand times a run."""
    convert = modules[0].convert_to_json_serializable

    def quick(data: Any) -> Any:
        return data if data is None else convert(data)

    for module in modules:
        module.convert_to_json_serializable = quick


def _checked(found: Mapping[str, Any], data: pd.DataFrame) -> int:
    """Rows that were looked at, without those whose value is empty and not the expectation's business.

    Of an expectation about a table's columns it is their number.
    """
    return int(found.get("element_count", len(data) or len(data.columns))) - int(found.get("missing_count") or 0)


def _root(error: BaseException) -> BaseException:
    """The exception that was raised first; Great Expectations raises one of its own from it."""
    while (earlier := error.__cause__ or error.__context__) is not None:
        error = earlier
    return error


def _result(
    suite: Suite, expectation: Expectation, context: Mapping[str, str], outcome: _Outcome, seconds: float = 0.0
) -> CheckResult:
    """A full result."""
    return CheckResult(
        check_id=f"{suite.table}.{expectation.id}",
        table=suite.table,
        context=context_text(context),
        source="great_expectations",
        severity=expectation.severity,
        owner=expectation.owner,
        why=expectation.why.en,
        why_da=expectation.why.da,
        verdict=outcome.verdict,
        n_checked=outcome.n_checked,
        n_failed=outcome.n_failed,
        failing_keys=_no_keys(suite.key) if outcome.keys is None else outcome.keys,
        seconds=seconds,
        message=outcome.message,
        parameters=_declared(expectation),
    )


@lru_cache
def _no_keys(key: tuple[str, ...]) -> pd.DataFrame:
    """The failing keys of a check that no row failed; one frame for all of them."""
    return pd.DataFrame(columns=list(key))


def _declared(expectation: Expectation) -> str:
    """What is expected, as the suite declares it; settings by their name, whose values the manifest has."""
    when = {name: value for name, value in expectation.when.model_dump().items() if value}
    declared = {"expectation": expectation.expectation, **expectation.parameters} | ({"when": when} if when else {})
    return json.dumps(declared, ensure_ascii=False, sort_keys=True)
