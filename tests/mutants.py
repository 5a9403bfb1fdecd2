"""Breaks every rule of the models and the inference, one at a time, and lists the breaks that no cheap test notices: `make mutants`.

Belongs here: what a break is, who judges it, the breaks that change nothing and why, and the run. Does not belong here: assertions.

A break of a model is built on top of a survey that was measured once: only what follows from it is built again, and taken back. The
judges, cheapest first: the model's dbt unit tests, the small surveys held against the second implementation
(`tests/unit/models/small.py`), then the tests of the models that `JUDGES` names. Breaks of Python are judged by
`tests/unit/inference`, each in a process that was split off after the slow imports.

usage: python -m tests.mutants [NAME…]   (models, or files of the inference such as levels.py; all of them write tests/bench/mutants.md)
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.settings import CHECKOUT
from pipelines.workers import Workers

RESULT = CHECKOUT / "tests" / "bench" / "mutants.md"
TERM = r"[a-z_]+\.[a-z_]+"
SQL = (
    (r" >= ", " > "),
    (r" <= ", " < "),
    (r" > ", " >= "),
    (r" < ", " <= "),
    (r" - 1\b", ""),
    (r"\bmin\(", "max("),
    (r"\bleast\(", "greatest("),
    (rf"\n +and {TERM} = {TERM}", ""),
    (rf"\bon\s+{TERM} = {TERM}(?=\s+and )", "on true"),
    (r"\band [a-z_.]+ = '[a-z_]+'", ""),
    (r" <> ", " = "),
    (r"\* 100\b", "* 10"),
    (r"\b100 \*", "10 *"),
    (r"\bsum\((?!case)", "avg("),
    (r" is not null\b", " is null"),
)
"""Pattern and what stands in its place."""
PYTHON = (
    (r" >= ", " > "),
    (r" <= ", " < "),
    (r" > ", " >= "),
    (r" < ", " <= "),
    (r" - 1\b", ""),
    (r" - 2\b", ""),
    (r"\.min\(", ".max("),
    (r"\.any\(", ".all("),
    (r"\.all\(", ".any("),
    (r"\.ne\(", ".eq("),
    (r"\.eq\(", ".ne("),
    (r"\.notna\(", ".isna("),
    (r"\.isna\(", ".notna("),
    (r"\bnp\.where\((\w+), ", r"np.where(~(\1), "),
    (r" \+ 1\b", ""),
    (r"(?<=[a-z_)\]]) \* (?=[a-z_(])", " / "),
    (r"(?<=[a-z_)\]]) \+ (?=[a-z_(])", " - "),
)
MODELS = "tests/unit/models/"
AWKWARD, LINKED, RESULTS, TARGETS = (
    f"{MODELS}test_{name}.py" for name in ("awkward", "linked", "results", "theme_targets")
)
SHORT = "not forty and not nobody_is_linked"
"""Tests that a judgement does without: they look at size alone."""
JUDGES = {
    "stg_results_placed": [RESULTS],
    "stg_results": [RESULTS],
    "int_pupil_gains": [RESULTS],
    "int_gain_estimates": [RESULTS],
    "academic_results": [RESULTS],
    "int_test_target_values": [TARGETS, RESULTS],
    "int_theme_target_values": [TARGETS, RESULTS],
    "result_targets": [TARGETS, RESULTS],
}
"""Who judges what the surveys and the model's unit tests do not notice; the others are judged by `OTHERS`."""
OTHERS = [AWKWARD, LINKED]
LONGEST = 5.0
"""Seconds of processor time after which models that lost a condition are stopped: that they do not end has been noticed."""


@dataclass(frozen=True)
class Same:
    """Breaks that change no figure: of these models, those whose name holds this text, and why."""

    where: str
    text: str
    why: str
    pattern: str = ""
    """Of this kind alone."""

    def explains(self, place: Break) -> bool:
        """Whether it is one of these."""
        is_kind = self.pattern in ("", place.pattern)
        return is_kind and re.fullmatch(self.where, place.where) is not None and self.text in place.name


NOUGHT = "both give zero where there is no spread at all"
ONE_MUNICIPALITY = "a school lies in one municipality"
ALONE = "a mean of one cluster has no interval whatever its variance (`contrasts.with_interval`)"
CLUSTERED = "in an initiative schools are the clusters: nobody stands for himself"
NO_CLASS = "only the values of a class could be those of another breakdown, and a class has no clusters of its own"
ONE = "one cluster differs from its own mean by nothing, and nothing over nothing is no figure either"
NO_SLUG = "no municipality bears the slug of the programme"
ONE_N = "all items of a theme tell the same figure of it"
EQUIVALENT: tuple[Same, ...] = (
    Same(".*", "> 0.00000000001 * ", NOUGHT, r" > "),
    Same(
        "int_gain_estimates",
        "> 0.00000000001 * ",
        "what sums of 18 decimals leave of equal gains is no spread to `intervals.ROUNDING`",
    ),
    Same(
        "int_pupil_gains",
        "-> avg(] (4)",
        "a bound n times as small is still far above what sums of 18 decimals leave of equal scores",
    ),
    Same("int_change_clusters", "sum(sums.", "a person who is linked answers once a round"),
    Same("int_turnover", "and delta is not null and false", "where nobody is linked there is no row"),
    Same("int_trend_items", "sum( [", "a sum of counts is nothing when its mean is"),
    Same("stg_units", "min(lineages.municipality_id)", ONE_MUNICIPALITY),
    Same("int_initiative_changes", "and schools.municipality_id = cells.municipality_id", ONE_MUNICIPALITY),
    Same("int_initiative_changes", "sd * sd / n", CLUSTERED),
    Same("int_initiative_changes", "sum(n) as bigint) [", CLUSTERED),
    Same("int_initiative_changes", "min(case when is_clustered", CLUSTERED),
    Same("int_initiative_changes|int_social_gap.*", "case when count(*) > 1 then", ALONE),
    Same(
        "int_social_gaps",
        "min(n) [",
        "persons count where a school has no clusters, and no rule asks for that",
    ),
    Same("int_change_estimates", "case when count(*) > 1 then", ONE),
    Same("int_level_estimates", "means.n_clusters > 1", ONE),
    Same(
        "int_change_estimates",
        ".breakdown = ",
        "a change has no breakdown but gender and grade band, whose values are other words",
    ),
    Same(
        "int_social_gap_changes",
        "and clusters.breakdown = 'background'",
        "the clusters of a change are not those of classes",
    ),
    Same("int_item_contributions", ".theme = items_", "an item has one theme"),
    Same("int_item_contributions", "parameters.sigma > 0", "without spread in the base there is no change"),
    Same("int_level_estimates", "and means.breakdown = cluster", NO_CLASS),
    Same("int_item_distributions", ".theme = by_level.theme", "an item has one theme"),
    Same("int_weighted_levels", "and levels.level = ", NO_SLUG),
    Same("int_composition", "totals.level = changes.level", NO_SLUG),
    Same("int_composition", "on changes.level = schools.level", NO_SLUG),
    Same(
        "int_composition",
        "and breakdown = 'all' [\\band",
        "of a school's sums that of all is the largest, on scales without negative values",
    ),
    Same("int_item_contributions", "min(n_theme_from), min(n_theme_to)) [\\bmin\\( -> max(] (3)", ONE_N),
    Same("int_item_contributions", "min(n_theme_from), min(n_theme_to)) [\\bmin\\( -> max(] (4)", ONE_N),
    Same("progression.py", "clear & (delta > 0)", "a difference of nothing has p = 1 and is never clear"),
    Same("reliability.py", ".all() [< ->", "no distance is a thousandth to the last bit"),
    Same("reliability.py", "loadings = np.clip(", "where a search begins is not where it ends"),
    Same("reliability.py", ".all() [> ->", "no search ends at a uniqueness of zero to the last bit"),
    Same("int_gain_estimates", "when variances.clusters > 1", ONE, r" > "),
    Same("int_gain_estimates", ".breakdown = ", "a grade, a class (with its grade) and all have no value in common"),
    Same(
        "int_intra_class", "case when k > 1 then", "one unit lacks the other of the two, and nothing comes of one alone"
    ),
)
"""What is left after the judges, each with its reason; one that explains nothing any more is told."""


@dataclass(frozen=True)
class Break:
    """One change of one place, however often a template repeats it."""

    where: str
    pattern: str
    new: str
    line: str
    place: int

    @property
    def name(self) -> str:
        """How it is told and declared."""
        again = f" ({self.place + 1})" if self.place else ""
        return f"{self.line} [{self.pattern.strip()} -> {self.new.strip()}]{again}"

    def of(self, text: str) -> str:
        """The text with this break; unchanged where it has no such line."""
        parts, last = [], 0
        for found, line, place in matches(text, self.pattern):
            if (line, place) == (self.line, self.place):
                parts += [text[last : found.start()], found.expand(self.new)]
                last = found.end()
        return "".join([*parts, text[last:]])


def matches(text: str, pattern: str) -> Iterator[tuple[re.Match[str], str, int]]:
    """Every match with its line and its number in that line. Lines that differ by a number only are of one template."""
    found_in: Counter[int] = Counter()
    for found in re.finditer(pattern, text):
        start = text.rfind("\n", 0, found.start() + 1) + 1
        line = re.sub(r"\s+", " ", f"{text}\n"[start : f"{text}\n".find("\n", found.end())].strip())
        # A template repeats it with other numbers, joined by a plus or a comma, and names the last.
        line = re.sub(r"( \+|( as \w+)?,?)$", "", re.sub(r"(?<=[a-z_])\d+", "#", line))
        yield found, line, found_in[start]
        found_in[start] += 1


def breaks(where: str, text: str, rules: tuple[tuple[str, str], ...], skip: str) -> list[Break]:
    """Every break of a text that is another text."""
    found = [
        Break(where, pattern, new, line, place)
        for pattern, new in rules
        for _, line, place in matches(text, pattern)
        if not re.search(skip, line)
    ]
    return list(dict.fromkeys(found))


# The models


class Laboratory:
    """A survey that was measured once, on which breaks are tried and taken back."""

    def __init__(self, con: Any, models: Sequence[Any], rules: Any, scratch: Path) -> None:
        self.con, self.models, self.rules, self.scratch = con, models, rules, scratch
        con.execute("create schema before")
        for model in models:
            con.execute(f"create table before.{model.name} as select * from {model.name}")
        self.before = {model.name: self._print(model.name) for model in models}

    @contextmanager
    def broken(self, place: Break) -> Iterator[set[str]]:
        """What the break makes another table, by name."""
        from pipelines.inference import SOURCES, TABLES, infer

        changed: set[str] = set()
        stop = self._watch()
        try:
            for step in ("estimates", "marts"):
                for model in self.models:
                    if model.tag == step and (model.name == place.where or changed & set(model.reads)):
                        self._build(model, place.of(model.sql) if model.name == place.where else model.sql, changed)
                if step == "estimates" and any(changed & set(read) for read in SOURCES.values()):
                    infer(self.con, self.scratch, self.rules, Workers(0))
                    self._register(TABLES)
                    # What inference gives is a source: its marts are built again whatever they read.
                    changed |= {f"inference.{name}" for name in TABLES}
                    for model in self.models:
                        if model.name in TABLES:
                            self._build(model, model.sql, changed)
            stop.set()
            yield changed
        finally:
            stop.set()
            self._take_back(place, changed)

    def _build(self, model: Any, sql: str, changed: set[str]) -> None:
        kind = "view" if model.is_view else "table"
        changed.add(model.name)
        self.con.execute(f"create or replace {kind} {model.name} as {sql}").fetchall()
        if self._print(model.name) == self.before[model.name]:
            changed.discard(model.name)

    def _register(self, tables: Sequence[str]) -> None:
        for name in tables:
            source = f"read_parquet('{self.scratch}/{name}.parquet')"
            self.con.execute(f"create or replace table inference.{name} as select * from {source}").fetchall()

    def _watch(self) -> threading.Event:
        """Interrupts what takes too long, until the event is set."""
        stop, began = threading.Event(), time.process_time()

        def look() -> None:
            while not stop.wait(0.2):
                if time.process_time() - began > LONGEST:
                    self.con.interrupt()

        threading.Thread(target=look, daemon=True).start()
        return stop

    def _take_back(self, place: Break, changed: set[str]) -> None:
        for model in self.models:
            if model.name in changed or model.name == place.where:
                kind, sql = ("view", model.sql) if model.is_view else ("table", f"select * from before.{model.name}")
                self.con.execute(f"create or replace {kind} {model.name} as {sql}").fetchall()

    def _print(self, name: str) -> tuple[Any, ...]:
        """What two tables of the same rows have in common."""
        found: tuple[Any, ...] = self.con.execute(
            f"select count(*), sum(cast(hash(t) as decimal(38, 0))) from {name} as t"
        ).fetchone()
        return found


def unit_tests() -> dict[str, list[dict[str, Any]]]:
    """The unit tests of dbt by model."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((CHECKOUT / "dbt_project" / "models").rglob("unit_tests.yml")):
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["unit_tests"]:
            found[test["model"]].append(test)
    return found


def passes(test: dict[str, Any], sql: str, name: str) -> bool:
    """Whether a model's SQL gives what a unit test expects: dbt does the same, in a hundred times the time."""
    import duckdb

    with duckdb.connect() as con:
        con.execute(f"attach ':memory:' as {name}")
        con.execute(f"use {name}")
        con.execute("create schema raw")
        con.execute("create schema inference")
        for given in test["given"]:
            parts = re.findall(r"'(\w+)'", given["input"])
            con.execute(f"create table {'.'.join(parts)} as {given['rows']}").fetchall()
        wanted = test["expect"]["rows"]
        columns = list(wanted[0])
        rows = con.execute(f"select {', '.join(columns)} from ({sql})").fetchall()
    expected = [tuple(row[column] for column in columns) for row in wanted]
    return sorted(map(repr, map(comparable, rows))) == sorted(map(repr, map(comparable, expected)))


def comparable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as dbt compares it: numbers by their value."""
    return tuple(
        round(float(value), 9) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
        for value in (getattr(cell, "real", cell) if not isinstance(cell, bool) else cell for cell in row)
    )


def judge_models(wanted: Sequence[str], tell: Callable[[Break, str], None]) -> None:
    """Every break of the models; `tell` hears who noticed it."""
    from tests import compiled
    from tests.oracle import test_oracle
    from tests.unit.models.small import InMemory, compare_turnover, linked_survey, small_survey

    original, tests = compiled.compiled_models, unit_tests()
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        oracles = {name.removeprefix("test_"): test for name, test in vars(test_oracle).items() if name[:5] == "test_"}
        surveys: list[tuple[Laboratory, dict[str, Callable[[Any], None]]]] = []

        def held_against(test: Callable[[Any], None], wanted: Any) -> Callable[[Any], None]:
            return lambda con: test((InMemory(con), wanted))

        def measure(name: str, programme: Any, frames: tuple[Any, Any], results: Any, checks: dict[str, Any]) -> None:
            con = stack.enter_context(compiled.measured(programme, *frames, results=results))
            for check in checks.values():
                check(con)
            laboratory = Laboratory(con, original(programme), programme.definition.thresholds, Path(scratch) / name)
            surveys.append((laboratory, checks))

        for rule in ("clusters", "satterthwaite"):
            survey = small_survey(Path(scratch) / rule, f"thresholds: {{degrees_of_freedom: {rule}}}\n")
            checks = {name: held_against(test, survey.oracle) for name, test in oracles.items()}
            measure(rule, survey.programme, (survey.respondents, survey.answers), survey.results, checks)
        programme, respondents, answers, turnover = linked_survey(Path(scratch) / "linked")
        measure(
            "linked", programme, (respondents, answers), None, {"turnover": partial(compare_turnover, oracle=turnover)}
        )
        models, linked = surveys[0][0].models, {model.name: model.sql for model in surveys[-1][0].models}
        for model in models:
            for test in tests[model.name]:
                assert passes(test, model.sql, compiled.NAME), f"{test['name']} fails with nothing broken"

        def by_survey(place: Break) -> bool:
            for laboratory, checks in surveys:
                try:
                    with laboratory.broken(place) as changed:
                        for name in changed & set(checks):
                            checks[name](laboratory.con)
                except Exception:
                    # A figure that is another one, or whatever stops the run: it has been noticed.
                    return True
            return False

        def by_unit_tests(place: Break) -> bool:
            [model] = [model for model in models if model.name == place.where]
            try:
                return not all(passes(test, place.of(model.sql), compiled.NAME) for test in tests[place.where])
            except Exception:
                return True

        def by_tests(place: Break, files: Sequence[str]) -> bool:
            def broken(programme: Any) -> tuple[Any, ...]:
                return tuple(
                    replace(model, sql=place.of(model.sql)) if model.name == place.where else model
                    for model in original(programme)
                )

            compiled.compiled_models = broken
            try:
                return run_tests(files, "-k", SHORT) != 0
            finally:
                compiled.compiled_models = original

        for model in models:
            if wanted and model.name not in wanted:
                continue
            # Some lines are there only where persons are linked.
            sqls = (model.sql, linked[model.name])
            for place in dict.fromkeys(place for sql in sqls for place in breaks(model.name, sql, SQL, r"^--|^\{")):
                if by_unit_tests(place):
                    tell(place, "dbt unit tests")
                elif by_survey(place):
                    tell(place, "small surveys")
                else:
                    declared = any(same.explains(place) for same in EQUIVALENT)
                    files = () if declared else JUDGES.get(model.name, OTHERS)
                    noticed = next((file for file in files if by_tests(place, [file])), "")
                    tell(place, Path(noticed).stem)
            say(f"done: {model.name}")


# The inference


class Broken(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module with another text."""

    def __init__(self, module: str, path: Path, text: str) -> None:
        self.module, self.path, self.text = module, path, text

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Of this module alone."""
        return importlib.util.spec_from_loader(name, self, origin=str(self.path)) if name == self.module else None

    def get_source(self, name: str) -> str:
        """The other text."""
        return self.text


def judge_inference(wanted: Sequence[str], tell: Callable[[Break, str], None]) -> None:
    """Every break of the inference, by its unit tests."""
    import hypothesis  # noqa: F401
    import statsmodels.multivariate.factor  # noqa: F401

    import pipelines.inference  # noqa: F401

    for path in sorted((CHECKOUT / "pipelines" / "inference").glob("*.py")):
        if path.stem == "__init__" or (wanted and path.name not in wanted):
            continue
        text = path.read_text(encoding="utf-8")
        # The module's own tests come first: they are the likeliest to notice.
        own = f"tests/unit/inference/test_{path.stem}.py"
        tests = [*([own] if (CHECKOUT / own).exists() else []), "tests/unit/inference"]
        for place in breaks(path.name, text, PYTHON, r'^#|"""|^from |^def |^[A-Z][^=(]*[.,:]'):
            child = os.fork()
            if child == 0:
                for name in [name for name in sys.modules if re.match(r"pipelines\.inference|tests\b", name)]:
                    del sys.modules[name]
                sys.meta_path.insert(0, Broken(f"pipelines.inference.{path.stem}", path, place.of(text)))
                os._exit(min(run_tests(tests), 1))
            _, outcome = os.waitpid(child, 0)
            tell(place, "tests/unit/inference" if outcome else "")


def run_tests(files: Sequence[str], *options: str) -> int:
    """The exit code of pytest, without a word."""
    held = os.dup(1)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            arguments = ["-x", "-q", "-p", "no:cacheprovider", *options]
            return int(pytest.main([*arguments, *(str(CHECKOUT / file) for file in files)]))
        finally:
            os.dup2(held, 1)
            os.close(held)


# The run


@dataclass(frozen=True)
class Verdict:
    """A break, who noticed it (nobody: empty), and why it changes nothing where that is declared."""

    place: Break
    noticed: str
    why: Same | None


def main() -> int:
    """All breaks, or those of the modules and models that are named; the exit code tells whether anything is unexplained."""
    wanted = sys.argv[1:]
    inference = [path.name for path in (CHECKOUT / "pipelines" / "inference").glob("*.py")]
    found: list[Verdict] = []

    def tell(place: Break, noticed: str) -> None:
        why = next((same for same in EQUIVALENT if not noticed and same.explains(place)), None)
        found.append(Verdict(place, noticed, why))
        if not noticed and why is None:
            say(f"survives: {place.where}: {place.name}")

    # The inference first: it splits processes off, which is sound only before a database has threads.
    if not wanted or set(wanted) & set(inference):
        judge_inference(wanted, tell)
    if not wanted or set(wanted) - set(inference):
        judge_models(wanted, tell)
    survivors = [verdict for verdict in found if not verdict.noticed and verdict.why is None]
    needed = {verdict.why for verdict in found}
    looked_at = {verdict.place.where for verdict in found}
    stale = [same for same in EQUIVALENT if same not in needed and (not wanted or same.where in looked_at)]
    for same in stale:
        say(f"declared as equivalent, and none is left: {same.where}: {same.text}")
    counts = Counter(verdict.noticed or ("equivalent" if verdict.why else "nobody") for verdict in found)
    say(f"{len(found)} breaks: " + ", ".join(f"{who} {n}" for who, n in counts.most_common()))
    if not wanted:
        RESULT.write_text(page(found), encoding="utf-8")
    return int(bool(survivors or stale))


def page(found: Sequence[Verdict]) -> str:
    """The figures as Markdown: by model or file, by judge, and why what is left changes nothing."""
    judges = list(dict.fromkeys(verdict.noticed for verdict in found if verdict.noticed))
    rows = []
    for where in dict.fromkeys(verdict.place.where for verdict in found):
        mine = [verdict for verdict in found if verdict.place.where == where]
        counts = Counter(verdict.noticed for verdict in mine)
        same = sum(verdict.why is not None for verdict in mine)
        cells = [len(mine), *(counts[judge] for judge in judges), same, counts[""] - same]
        rows.append(f"| {where} | " + " | ".join(str(n or "") for n in cells) + " |")
    totals = Counter(verdict.noticed for verdict in found)
    same = sum(verdict.why is not None for verdict in found)
    cells = [len(found), *(totals[judge] for judge in judges), same, totals[""] - same]
    head = ["", "breaks", *judges, "change nothing", "unexplained"]
    left = [verdict for verdict in found if not verdict.noticed]
    explained = [f"| {v.place.where} | `{v.place.name}` | {v.why.why} |" for v in left if v.why]
    open_ones = [f"* {v.place.where}: `{v.place.name}`" for v in left if v.why is None]
    return "\n".join(
        [
            "# Breaks, and who notices them",
            "",
            "Written by `make mutants` (`tests/mutants.py`): every rule of the models and of the inference is broken, one at a time, and the",
            "cheapest judge that notices is counted.",
            "",
            f"| {' | '.join(head)} |",
            "|---" + "|---:" * (len(head) - 1) + "|",
            f"| **all** | {' | '.join(f'**{n}**' for n in cells)} |",
            *rows,
            "",
            "## What nobody notices, and why it changes nothing",
            "",
            "| where | break | why |",
            "|---|---|---|",
            *explained,
            "",
            *(["## Unexplained", "", *open_ones, ""] if open_ones else []),
        ]
    )


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
