"""The documents of a full-size third round: files a second and memory, HTML, PDF and workbooks together.

Belongs here: measuring. Does not belong here: asserting times. The result is in `documents.md`.

usage: python -m tests.bench.documents HOME    HOME holds a release of pfl at full size
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from pipelines.marts import AUDIENCES
from pipelines.programme import load_programme
from pipelines.reporting import Edition, InputFile, Provenance, write_reports
from pipelines.workers import Workers

CORES = 2


def measure(marts: Path, out: Path) -> None:
    """Write every document and print a table."""
    provenance = Provenance("bench", "bench", (InputFile("2019", "bench.csv", "0" * 64),), simulated=True)
    editions = [Edition(audience, marts / audience, out / audience) for audience in AUDIENCES]
    began = time.monotonic()
    with Workers(CORES - 1) as workers:
        written = write_reports(load_programme("pfl"), editions, provenance, workers)
    seconds = time.monotonic() - began
    kinds = Counter(path.suffix for path in written)
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print("| files | HTML | PDF | workbooks | archives | seconds | files a second | peak memory, both processes |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {len(written):,} | {kinds['.html']:,} | {kinds['.pdf']:,} | {kinds['.xlsx']} | {kinds['.zip']} | {seconds:.0f} | "
        f"{len(written) / seconds:.1f} | {own:.0f} + {child:.0f} MiB |"
    )


def main(home: Path) -> None:
    """Measure the documents of a home's release."""
    with tempfile.TemporaryDirectory() as scratch:
        measure(home / "current" / "marts", Path(scratch))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
