"""Sets of activations that the targets do not tell apart, by signed-rank tests of all pairs with Holm's correction."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from activations.benchmark.statistics.comparison import LEVEL
from activations.benchmark.statistics.panel import Panel
from activations.benchmark.statistics.signed_rank import holm, paired_differences, signed_rank_test
from activations.benchmark.statistics.suite_ranks import suite_ranks

__all__ = ["MOST_ACTIVATIONS", "Cliques", "cliques"]

MOST_ACTIVATIONS = 15  # of more, a diagram shows nothing but bars that overlap


@dataclass(frozen=True)
class Cliques:
    """Which activations the targets do not tell apart.

    Attributes:
        labels: best first, by mean rank.
        p_values: of each pair, with Holm's correction [activations][activations]; 1 on the diagonal.
        sets: all largest sets without a significant pair, those with the best first; an activation may be in several,
            and in the middle of a set one may be absent that differs from another of it.
    """

    labels: tuple[str, ...]
    p_values: tuple[tuple[float, ...], ...]
    sets: tuple[tuple[str, ...], ...]

    def to_dict(self) -> dict[str, Any]:
        """The cliques for strict JSON."""
        return {
            "labels": list(self.labels),
            "p_values": [list(row) for row in self.p_values],
            "sets": [list(one) for one in self.sets],
        }


def cliques(panel: Panel) -> Cliques | None:
    """The cliques at 5 %; None for more than 15 activations. A target counts by its median over the seeds.

    All targets count the same here, whatever their group: the test knows no weights.
    """
    count = len(panel.labels)
    if count > MOST_ACTIVATIONS:
        return None
    means = suite_ranks(panel)
    order = sorted(range(count), key=lambda k: (means[k], panel.labels[k]))
    middle = panel.medians[:, order]
    pairs = list(itertools.combinations(range(count), 2))
    tests = [signed_rank_test(paired_differences(middle[:, i], middle[:, j])) for i, j in pairs]
    corrected = holm(np.array([test.p_value for test in tests]))
    p_values = np.ones((count, count))
    for (i, j), p in zip(pairs, corrected, strict=True):
        p_values[i, j] = p_values[j, i] = p
    labels = tuple(panel.labels[k] for k in order)
    neighbours = [{j for j in range(count) if j != i and p_values[i, j] > LEVEL} for i in range(count)]
    found = sorted(tuple(sorted(clique)) for clique in _maximal(set(), set(range(count)), set(), neighbours))
    return Cliques(
        labels=labels,
        p_values=tuple(tuple(row) for row in p_values.tolist()),
        sets=tuple(tuple(labels[i] for i in clique) for clique in found),
    )


def _maximal(chosen: set[int], candidates: set[int], excluded: set[int], neighbours: list[set[int]]) -> list[set[int]]:
    """All sets of mutual neighbours that no further one fits to (Bron & Kerbosch 1973)."""
    if not candidates and not excluded:
        return [chosen]
    found = []
    for i in sorted(candidates):
        found += _maximal(chosen | {i}, candidates & neighbours[i], excluded & neighbours[i], neighbours)
        candidates = candidates - {i}
        excluded = excluded | {i}
    return found
