"""The same parts give the same name; everything that decides what comes out is a part."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.release import code_hash, package_versions, release_id
from pipelines.settings import CHECKOUT


def test_release_id_follows_from_its_parts_whatever_their_order() -> None:
    parts = {"inputs": "a1", "code": "b2"}
    first = release_id("pfl", parts)
    assert re.fullmatch(r"pfl-[0-9a-f]{12}", first)
    assert release_id("pfl", dict(reversed(parts.items()))) == first
    for other in ({"inputs": "a1", "code": "b3"}, {"inputs": "b2", "code": "a1"}, {"inputs": "a", "code": "1b2"}):
        assert release_id("pfl", other) != first


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (
        "pipelines/cli.py",
        "pipelines/validation/page.html.j2",
        "pipelines/programmes/pfl/items.csv",
        "dbt_project/models/a.sql",
        "dbt_project/target/compiled.sql",
        "expectations/theme_scores.yaml",
        "reports/style/page.css",
        "pipelines/__pycache__/cli.py",
        "README.md",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("pipelines/cli.py", True),
        ("pipelines/validation/page.html.j2", True),
        ("dbt_project/models/a.sql", True),
        ("expectations/theme_scores.yaml", True),
        ("reports/style/page.css", True),
        ("pipelines/programmes/pfl/items.csv", False),
        ("dbt_project/target/compiled.sql", False),
        ("pipelines/__pycache__/cli.py", False),
        ("README.md", False),
    ],
)
def test_code_hash_covers_what_decides_the_output(checkout: Path, name: str, counts: bool) -> None:
    before = code_hash(checkout)
    assert code_hash(checkout) == before
    (checkout / name).write_text("changed", encoding="utf-8")
    assert (code_hash(checkout) != before) == counts


def test_code_hash_counts_names_too(checkout: Path) -> None:
    before = code_hash(checkout)
    (checkout / "dbt_project/models/a.sql").rename(checkout / "dbt_project/models/b.sql")
    assert code_hash(checkout) != before


def test_every_suffix_that_the_code_has_is_covered() -> None:
    """A template of a new kind must not change pages without changing the hash."""
    from pipelines.release.identity import CODE, LEFT_OUT

    for top, suffixes in CODE.items():
        for path in (CHECKOUT / top).rglob("*"):
            name = path.relative_to(CHECKOUT).as_posix()
            hidden = any(part.startswith((".", "__pycache__")) for part in Path(name).parts)
            if path.is_file() and not hidden and not name.startswith(LEFT_OUT) and path.suffix != ".md":
                assert path.suffix in suffixes, name


def test_versions_of_the_packages_are_known() -> None:
    assert {"duckdb", "pandas", "dbt-core", "great-expectations"} <= set(package_versions())
