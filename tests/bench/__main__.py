"""`make bench`: all measurements, one after the other."""

import tempfile
from pathlib import Path

from tests.bench import disclosure, documents, full_size, landing_to_raw, memory

if __name__ == "__main__":
    landing_to_raw.main(1.0)
    with tempfile.TemporaryDirectory() as scratch:
        full_size.main(1.0, Path(scratch))
        disclosure.main(Path(scratch) / "home")
        documents.main(Path(scratch) / "home")
    memory.main()
