"""Streams of random numbers that depend on the seed and on what they are for, and on nothing else.

Belongs here: how a stream is named. Does not belong here: what is drawn from it.

Every mapping, respondent group and purpose has a stream of its own, so that the order in which files are written, the
number of processors and a group more or less change nothing in the others.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: str) -> np.random.Generator:
    """The random numbers of `seed` for the purpose that `names` spell out."""
    digest = hashlib.sha256("/".join(names).encode()).digest()
    words = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=words)))
