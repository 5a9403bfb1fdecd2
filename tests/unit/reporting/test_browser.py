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

from pipelines.programme import load_programme
from pipelines.reporting import style_guide, write_pupil_sheet
from pipelines.reporting.model import LANGUAGES
from tests.conftest import CHECKOUT, Built
from tests.unit.reporting.test_pupil import MADE_FROM, measured

TOOLS = CHECKOUT / "tests" / "browser"
PAGES = [
    "index.html",
    "en/index.html",
    "da/programme.html",
    "en/municipality-101.html",
    "da/school-901.html",
    "en/daycare-9-3-d108ac7694.html",
    "da/progression-municipality-101.html",
    "en/progression-programme.html",
    "da/theme-ro.html",
    "da/summary-municipality-101.html",
    "en/summary-programme.html",
    "en/quality-municipality-101.html",
    "da/response-municipality-101.html",
    "da/method.html",
    "en/data-book.html",
]
VALIDATION = [f"validation/{name}.html" for name in ("index", "vejledning", "guide")]
ALONE = ["pupil-da", "pupil-en", "style-guide-da", "style-guide-en"]
"""Pages that are part of no release."""

MEASURED = [measured(1.97, 40.0, 42.0, 48.4), measured(None, 40.0)]
BAD = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>Bad</title></head><body><main>
<img src="https://example.org/x.png"><p style="color:#ccc">faint</p><div style="width:2000px">wide</div>
<div class="pair"><div class="box" style="overflow:auto"><table><caption>cut</caption><tr><td style="min-width:1500px">x</td></tr>
</table></div></div><script>console.error('wrong')</script></main></body></html>"""
LONG = """<!DOCTYPE html><html lang="da"><head><meta charset="utf-8"><title>Lang</title></head><body><main class="short"><h1>Lang</h1>
<div style="height:400cm"></div></main></body></html>"""


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
    made = {"bad": BAD.encode(), "long": LONG.encode()}
    made |= {
        f"pupil-{k}": page for k, page in write_pupil_sheet(load_programme("thisted"), MEASURED, MADE_FROM).items()
    }
    made |= {f"style-guide-{k}": (style_guide.FOLDER / f"{k}.html").read_bytes() for k in LANGUAGES}
    for name, page in made.items():
        (folder / f"{name}.html").write_bytes(page)
    pages = {name: reports / name for name in PAGES} | {name: small.current / name for name in VALIDATION}
    pages |= {name: folder / f"{name}.html" for name in made}
    found = look(list(pages.values()), folder)
    return {name: found[str(path)] for name, path in pages.items()}


@pytest.mark.parametrize("name", [*PAGES, *VALIDATION, *ALONE])
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
        "table cut",
    ):
        assert expected in told, told
    assert "pages, not 2" in " ".join(findings["long"])
