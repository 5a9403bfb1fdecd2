"""What a process of the pipeline asks of Python's memory management, and of the C library below it.

Belongs here: settings of a whole process. Does not belong here: limits of DuckDB, which are settings of a run.
"""

import ctypes
import gc
from contextlib import suppress

RARELY = (50_000, 20, 50)
"""Objects made before the youngest generation is looked through, and how often before the older ones are."""


def collect_rarely() -> None:
    """Look for circles of garbage a hundredth as often as Python does by itself.

    A run keeps millions of objects (imports, dbt's manifest, what stands in the documents) and makes few circles: each
    search of all of them took 0.15 s and found next to nothing, 7 s of processor time in a demo's two processes.
    """
    gc.set_threshold(*RARELY)


def give_back() -> None:
    """Collect what a run leaves behind in circles, and let the allocator return it: glibc keeps what threads freed.

    Without, a process of many runs grew by 4 MB each.
    """
    gc.collect()
    with suppress(OSError, AttributeError):  # other C libraries have no such function
        ctypes.CDLL(None).malloc_trim(0)
