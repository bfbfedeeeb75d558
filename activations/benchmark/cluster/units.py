"""Pieces of work for a cluster: large enough to be worth sending, small enough that little is lost with one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from activations.benchmark.plan import CHUNK_STEP, Run, chunks, operations

__all__ = ["LEAST", "MOST", "cost", "units", "wanted_seconds"]

LEAST, MOST = 2.0, 60.0  # seconds of a unit
UNITS_PER_THREAD = 4  # at least, where that makes none smaller than the least: no thread is idle while others end


def cost(runs: Sequence[Run]) -> float:
    """About how many operations runs take."""
    return sum(map(operations, runs))


def wanted_seconds(total: float, speed: float, threads: int) -> float:
    """How long a unit should take.

    Args:
        total: operations of all work.
        speed: operations that a thread makes in a second.
        threads: of all workers.
    """
    return min(MOST, max(LEAST, total / speed / max(1, threads) / UNITS_PER_THREAD))


def units(runs: Sequence[Run], most: Callable[[], float], *, together: bool = False) -> Iterator[list[Run]]:
    """Runs in units of at most so many operations, though of a whole chunk's step at least.

    Args:
        runs: in any order; those of one graph become neighbours.
        most: asked before each unit.
        together: leave runs of the same graph together as far as that goes, for an accelerator.
    """
    unit: list[Run] = []
    used = 0.0
    for part in chunks(runs, max(len(runs), 1) if together else None):
        each = cost(part[:1])
        for piece in _pieces(part, each, most()):
            if unit and used + len(piece) * each > most():
                yield unit
                unit, used = [], 0.0
            unit += piece
            used += len(piece) * each
    if unit:
        yield unit


def _pieces(part: list[Run], each: float, most: float) -> list[list[Run]]:
    """A chunk in pieces that a batch is not filled up for with copies."""
    size = max(1, math.floor(most / each / CHUNK_STEP)) * CHUNK_STEP
    return [part[i : i + size] for i in range(0, len(part), size)]
