"""Usage: python -m tests.fuzz [COUNT] [SEED]."""

import sys
import time

from tests.fuzz.run import main

if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(given[0] if given else 10_000, given[1] if len(given) > 1 else time.time_ns() % 1_000_000))
