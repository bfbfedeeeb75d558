"""Curves with a gap at each jump: a jump is never drawn as a steep line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["with_gaps"]

Array: TypeAlias = npt.NDArray[Any]

SUSPICIOUS = 0.02  # of the range between neighbouring points
BISECTIONS = 45


def with_gaps(x: Array, y: Array, function: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Insert NaN where a function jumps between two points of its curve, with the ends of the jump on both sides.

    Where neighbours differ much, the interval is halved towards the larger difference again and again: the
    difference vanishes where the function is continuous, however steep, and stays where it jumps. Of several jumps
    between two points one is found.

    Args:
        x: the points in order, shape [points].
        y: values there.
        function: gives values [n] at points [n].
    """
    spread = np.ptp(y)
    step = np.abs(np.diff(y))
    found = np.flatnonzero(step > SUSPICIOUS * spread)
    low, high, below, above = x[found], x[found + 1], y[found], y[found + 1]
    for _ in range(BISECTIONS if len(found) else 0):
        middle = low + (high - low) / 2
        value = function(middle)
        left = np.abs(value - below) > np.abs(above - value)
        high, above = np.where(left, middle, high), np.where(left, value, above)
        low, below = np.where(left, low, middle), np.where(left, below, value)
    jumps = np.abs(above - below) > 0.3 * step[found]
    gap = np.full(int(jumps.sum()), np.nan)
    ends = np.stack([low[jumps], high[jumps], high[jumps]], axis=1).ravel()
    values = np.stack([below[jumps], gap, above[jumps]], axis=1).ravel()
    places = np.repeat(found[jumps] + 1, 3)
    return np.insert(x, places, ends), np.insert(y, places, values)
