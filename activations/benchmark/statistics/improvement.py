"""How probable it is that one activation does better than another on a target and seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from activations.benchmark.statistics.intervals import middle_range
from activations.benchmark.statistics.json_numbers import nested
from activations.benchmark.statistics.panel import Panel, Resampling

__all__ = ["Improvement", "probability_of_improvement"]


@dataclass(frozen=True)
class Improvement:
    """Probabilities that the activation of the row has a smaller error than that of the column.

    Attributes:
        labels: of rows and columns.
        probability: [activations, activations]; its diagonal is 1/2.
        low: lower ends of the 95 % bootstrap intervals.
        high: upper ends.
    """

    labels: tuple[str, ...]
    probability: npt.NDArray[np.float64] = field(repr=False)
    low: npt.NDArray[np.float64] = field(repr=False)
    high: npt.NDArray[np.float64] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The matrix for strict JSON."""
        return {
            "labels": list(self.labels),
            "probability": nested(self.probability),
            "low": nested(self.low),
            "high": nested(self.high),
        }


def probability_of_improvement(panel: Panel, resampling: Resampling) -> Improvement:
    """The share of target-seed pairs that each activation does better on than each other one.

    Both are compared at the same seed, from the same random numbers; equal errors count half, and all groups of
    targets weigh the same.
    """
    count = len(panel.labels)
    cells, weights = panel.cells, panel.cell_weights
    probability, low, high = (np.full((count, count), 0.5) for _ in range(3))
    for k in range(count - 1):
        others = slice(k + 1, count)
        column = cells[:, k : k + 1]
        won = (column < cells[:, others]) + 0.5 * (column == cells[:, others])
        probability[k, others] = weights @ won
        low[k, others], high[k, others] = middle_range(resampling.weighted_sums(won))
        probability[others, k] = 1 - probability[k, others]
        low[others, k], high[others, k] = 1 - high[k, others], 1 - low[k, others]
    return Improvement(panel.labels, *(np.clip(part, 0.0, 1.0) for part in (probability, low, high)))
