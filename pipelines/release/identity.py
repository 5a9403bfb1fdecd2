"""What a release is called: a name that follows from what it was made of.

Belongs here: the hash of the code and the id. Does not belong here: which inputs a run has (`assets.plan`).
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pipelines.files import sha256_file, sha256_text
from pipelines.settings import CHECKOUT

PACKAGES = (
    "dagster",
    "dbt-core",
    "dbt-duckdb",
    "duckdb",
    "great-expectations",
    "jinja2",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "statsmodels",
    "typst",
    "xlsxwriter",
)
"""Packages whose version can change a figure or a page."""

CODE = {
    "pipelines": (".py", ".yaml", ".yml", ".csv", ".j2"),
    "dbt_project": (".sql", ".yml", ".yaml", ".csv"),
    "expectations": (".yaml",),
    "reports": (".j2", ".html", ".css", ".yaml", ".yml", ".json", ".svg", ".txt", ".typ", ".csv", ".woff2"),
}
"""Files that decide what comes out, by top folder and suffix."""

LEFT_OUT = ("pipelines/programmes", "dbt_project/target", "dbt_project/logs", "dbt_project/dbt_packages")
"""Programmes count through their own hash; the rest is written by dbt."""


def release_id(programme_slug: str, parts: Mapping[str, str]) -> str:
    """`<slug>-<12 hex digits>` of named hashes: the same parts give the same id, on every machine.

    Args:
        programme_slug: the programme's.
        parts: name to hash, for instance inputs, code, programme, settings.
    """
    named = [text for name in sorted(parts) for text in (name, parts[name])]
    return f"{programme_slug}-{sha256_text(*named)[:12]}"


def inputs_hash(files: Iterable[tuple[str, str, str]]) -> str:
    """SHA-256 over mapping, name and SHA-256 of every extract, in order."""
    return sha256_text(*(part for entry in sorted(files) for part in entry))


def code_hash(checkout: Path = CHECKOUT) -> str:
    """SHA-256 over names and contents of everything in the checkout that decides what comes out."""
    return sha256_text(*(part for path in _code(checkout) for part in (path, sha256_file(checkout / path))))


def package_versions() -> dict[str, str]:
    """Versions of the packages that can change a figure or a page."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def _code(checkout: Path) -> Iterator[str]:
    """Paths relative to the checkout, in order."""
    found = []
    for top, suffixes in CODE.items():
        for path in (checkout / top).rglob("*"):
            name = path.relative_to(checkout).as_posix()
            hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(checkout).parts)
            if path.suffix in suffixes and not hidden and not name.startswith(tuple(f"{out}/" for out in LEFT_OUT)):
                found.append(name)
    return iter(sorted(found))
