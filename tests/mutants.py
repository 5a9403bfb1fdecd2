"""Breaks every rule of the models and the inference, one at a time, and lists the breaks that no cheap test notices: `make mutants`.

Belongs here: what a break is, and the run. Does not belong here: assertions. For SQL the judge is the small survey held against the second
implementation (`tests/unit/models/small.py`); for Python the tests of `tests/unit/inference`, run on a copy of the checkout.

usage: python -m tests.mutants [sql|python] [EVERY]   (every EVERYth break only; default: all)
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.settings import CHECKOUT
from tests.compiled import Model, ancestors, compiled_models, measured
from tests.unit.models.small import disagreements, small_survey

SQL = (
    (r" >= ", " > "),
    (r" <= ", " < "),
    (r" > ", " >= "),
    (r" < ", " <= "),
    (r" - 1\b", ""),
    (r"\bmin\(", "max("),
    (r"\bleast\(", "greatest("),
    (r"\n            and [a-z_]+\.[a-z_]+ = [a-z_]+\.[a-z_]+", ""),
    (r" <> ", " = "),
    (r"\* 100\b", "* 10"),
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
    (r"\bnp\.where\((\w+), ", r"np.where(~(\1), "),
    (r" \+ 1\b", ""),
    (r"(?<=[a-z_)\]]) \* (?=[a-z_(])", " / "),
    (r"(?<=[a-z_)\]]) \+ (?=[a-z_(])", " - "),
)
OUT_OF_SCOPE = ("extract_reconciliation", "response_rates", "item_distributions")
"""Models that only restate what others compute, or that other tests hold."""


@dataclass(frozen=True)
class Break:
    """One change of one place."""

    where: str
    line: str
    text: str


def breaks(where: str, text: str, rules: tuple[tuple[str, str], ...], skip: str) -> Iterator[Break]:
    """Every place of a text that a rule matches; a line that stands there several times (one for each level) counts once."""
    seen: set[tuple[str, str]] = set()
    for pattern, new in rules:
        for found in re.finditer(pattern, text):
            line = text[text.rfind("\n", 0, found.start() + 1) + 1 : text.find("\n", found.end())].strip()
            if (line, pattern) in seen or re.search(skip, line):
                continue
            seen.add((line, pattern))
            changed = text[: found.start()] + found.expand(new) + text[found.end() :]
            yield Break(where, f"{line}   [{pattern} -> {new}]", changed)


def sql_survivors(every: int) -> tuple[int, list[Break]]:
    """Breaks of the models that leave every mart as the second implementation has it."""
    tried, left = 0, []
    with tempfile.TemporaryDirectory() as scratch:
        survey = small_survey(Path(scratch))
        models = compiled_models(survey.programme)
        looked_at = ancestors(models, tuple(m.name for m in models if m.tag == "marts" and m.name not in OUT_OF_SCOPE))
        chosen = [m for m in models if m.name in looked_at and m.tag == "estimates"]
        places = [b for m in chosen for b in breaks(m.name, m.sql, SQL, r"^--|^\{")]
        for place in places[::every]:
            tried += 1

            def changed(model: Model, place: Break = place) -> str:
                return place.text if model.name == place.where else model.sql

            try:
                with measured(survey.programme, survey.respondents, survey.answers, change=changed) as con:
                    noticed = bool(disagreements(con, survey.oracle))
            except Exception:
                # Whatever stops the run has been noticed.
                noticed = True
            if not noticed:
                left.append(place)
                say(f"survives: {place.where}: {place.line}")
    return tried, left


def python_survivors(every: int) -> tuple[int, list[Break]]:
    """Breaks of the inference that its unit tests do not notice."""
    tried, left = 0, []
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "checkout"
        shutil.copytree(
            CHECKOUT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "data", ".*_cache", "__pycache__")
        )
        folder = copy / "pipelines" / "inference"
        files = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
        originals = {path: path.read_text(encoding="utf-8") for path in files}
        places = [
            replace(b, where=str(path))
            for path, text in originals.items()
            for b in breaks(path.name, text, PYTHON, r'^#|"""|^from |^def |^[A-Z][^=(]*[.,:]')
        ]
        for place in places[::every]:
            tried += 1
            path = Path(place.where)
            path.write_text(place.text, encoding="utf-8")
            # The module's own tests come first: they are the likeliest to notice.
            own = [f"tests/unit/inference/test_{path.stem}.py"]
            tests = [name for name in own if (copy / name).exists()] + ["tests/unit/inference"]
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
            outcome = subprocess.run(
                command,
                cwd=copy,
                env={"PYTHONPATH": str(copy), "PATH": "", "HOME": scratch},
                capture_output=True,
                check=False,
            )
            if outcome.returncode == 0:
                left.append(place)
                say(f"survives: {path.name}: {place.line}")
            path.write_text(originals[path], encoding="utf-8")
    return tried, left


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Both kinds, or the one that is named; the exit code tells whether anything survived."""
    kinds = {"sql": sql_survivors, "python": python_survivors}
    named = [argument for argument in sys.argv[1:] if argument in kinds] or list(kinds)
    every = next((int(argument) for argument in sys.argv[1:] if argument.isdecimal()), 1)
    survivors = 0
    for kind in named:
        tried, left = kinds[kind](every)
        survivors += len(left)
        say(f"{kind}: {tried} breaks, {tried - len(left)} noticed, {len(left)} not")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
