"""Shared ground of the tests: the small extracts, the real data when they are there, and one built release.

Belongs here: fixtures that several files use. Does not belong here: assertions.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from pipelines import cli
from pipelines.settings import CHECKOUT

DATA = Path(__file__).parent / "data"
REAL_DATA = CHECKOUT.parent / "shared" / "data"
SMALL = "pisa_school_quality"

# What a test does not ask for is not drawn: a thousand documents and their PDFs would take most of a run's time.
os.environ.setdefault("KORTLAEGNING_DOCUMENTS", "sample")
os.environ.setdefault("KORTLAEGNING_PDF", "joint")


# How long an example takes says more about the machine than about the code.
settings.register_profile("kortlaegning", deadline=None)
settings.load_profile("kortlaegning")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the public data sets; a test that needs them is skipped without, unless REQUIRE_REAL_DATA is set."""
    if not REAL_DATA.is_dir():
        if os.environ.get("REQUIRE_REAL_DATA"):
            pytest.fail(f"{REAL_DATA} is missing and REQUIRE_REAL_DATA is set")
        pytest.skip("the public data sets are not beside the checkout")
    return REAL_DATA


@dataclass(frozen=True)
class Built:
    """A home after one run."""

    home: Path
    landing: Path

    @property
    def current(self) -> Path:
        """The current release."""
        return (self.home / "current").resolve()

    def run(self, *options: str, programme: str = SMALL) -> int:
        """Run again in the same home."""
        return run_cli(
            "run", "--programme", programme, "--landing", str(self.landing), "--home", str(self.home), *options
        )


def run_cli(*arguments: str) -> int:
    """The command line in this process; its exit code."""
    try:
        return cli.main(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)


def copy_of(built: Built, folder: Path) -> Built:
    """A copy of a built home and its landing folder, to be broken."""
    shutil.copytree(built.home, folder / "home", symlinks=True)
    shutil.copytree(built.landing, folder / "landing")
    return Built(folder / "home", folder / "landing")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The small extracts, released once a session. Read only: take `copy_of` to change anything."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(DATA / SMALL, folder / "landing" / SMALL)
    built = Built(folder / "home", folder / "landing")
    assert built.run() == 0
    return built
