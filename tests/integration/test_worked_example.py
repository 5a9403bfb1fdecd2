"""The worked example of `pipelines/programmes/README.md`, typed as it stands there: a survey that is none of the shipped ones.

One whole run; it also stands for the other programmes that are made of files only, which `make programmes` runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from pipelines.programme import PROGRAMMES
from pipelines.settings import CHECKOUT
from tests.unit.reporting.pages import Page

LINES = 20


def test_twenty_lines_make_a_programme_that_runs(tmp_path: Path) -> None:
    text = (PROGRAMMES / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    assert len(example.splitlines()) <= LINES
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        ["bash", "-e"], input=example, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Released in" in done.stdout
    page = Page(tmp_path / "hjem" / "current" / "reports" / "public" / "da" / "municipality-101.html")
    assert "Spilleglæde" in page.text
    assert "Simulerede data" in page.text
