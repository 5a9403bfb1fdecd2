"""Every type of page in headless Chromium: no overflow, nothing fetched, WCAG 2.2 AA, the keyboard. One browser for all.

Needs Chromium, node and `npm ci` in tests/browser (`.ci/run` sees to it and demands it with REQUIRE_BROWSER); skipped without.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, Built

TOOLS = CHECKOUT / "tests" / "browser"
PAGES = [
    "index.html",
    "en/index.html",
    "da/programme.html",
    "en/municipality-101.html",
    "da/school-901.html",
    "da/progression-municipality-101.html",
    "da/theme-ro.html",
    "da/summary-municipality-101.html",
    "en/quality-municipality-101.html",
    "da/response-municipality-101.html",
    "da/method.html",
    "en/data-book.html",
]
VALIDATION = "validation/index.html"
BAD = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>Bad</title></head><body><main>
<img src="https://example.org/x.png"><p style="color:#ccc">faint</p><div style="width:2000px">wide</div>
<script>console.error('wrong')</script></main></body></html>"""


def absent() -> str | None:
    """What is not here; None where everything is."""
    needed = {
        "node": shutil.which("node"),
        "chromium": shutil.which("chromium"),
        "npm ci in tests/browser": (TOOLS / "node_modules").is_dir(),
    }
    return next((name for name, found in needed.items() if not found), None)


def look(pages: list[Path], folder: Path) -> dict[str, list[str]]:
    """Findings per page."""
    (folder / "pages.json").write_text(json.dumps([str(page) for page in pages]), encoding="utf-8")
    done = subprocess.run(
        [
            shutil.which("node") or "node",
            str(TOOLS / "check.mjs"),
            shutil.which("chromium") or "chromium",
            str(folder / "pages.json"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def findings(reports: Path, small: Built, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    missing = absent()
    if missing is not None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(f"{missing} is missing and REQUIRE_BROWSER is set")
        pytest.skip(f"{missing} is not here")
    folder = tmp_path_factory.mktemp("browser")
    bad = folder / "bad.html"
    bad.write_text(BAD, encoding="utf-8")
    pages = {**{name: reports / name for name in PAGES}, VALIDATION: small.current / VALIDATION, "bad": bad}
    found = look(list(pages.values()), folder)
    return {name: found[str(path)] for name, path in pages.items()}


@pytest.mark.parametrize("name", [*PAGES, VALIDATION])
def test_the_page_is_good(findings: dict[str, list[str]], name: str) -> None:
    assert findings[name] == []


def test_a_bad_page_is_told_of(findings: dict[str, list[str]]) -> None:
    told = " ".join(findings["bad"])
    for expected in (
        "at 360 px",
        "on paper",
        "fetched: https",
        "console: wrong",
        "no language",
        "axe color-contrast",
        "axe image-alt",
    ):
        assert expected in told, told
