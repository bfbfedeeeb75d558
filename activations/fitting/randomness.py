"""Random numbers by purpose: the same for every activation, grouping, order and device."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

__all__ = ["MAX_SEED", "Purpose", "generator"]

MAX_SEED = 2**63 - 1


class Purpose(IntEnum):
    """What random numbers are for; the number is part of every key and must never change."""

    WEIGHTS = 0
    BIASES = 1
    TRAINING_POINTS = 2
    VALIDATION_POINTS = 3
    TRAINING_NOISE = 4
    VALIDATION_NOISE = 5
    SPLIT = 6
    BOOTSTRAP = 7
    TEST_POINTS = 8
    MINIBATCHES = 9
    COMPARISON = 10
    PROBES = 11
    DIRECTIONS = 12


def generator(seed: int, purpose: Purpose, index: int = 0) -> np.random.Generator:
    """A counter-based generator keyed by seed and purpose.

    Args:
        seed: from 0 to 2**63 - 1.
        purpose: what the numbers are for.
        index: tells streams of one purpose apart, as the layer does for weights.
    """
    return np.random.Generator(np.random.Philox(key=np.array([seed, purpose << 32 | index], dtype=np.uint64)))
