"""Which runs have a network that can be drawn, and which of them stands for its activation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activations.benchmark.outcome import Outcome
    from activations.benchmark.result import Row, TargetResult

__all__ = ["error_of", "has_network", "is_tuned", "median_outcome"]


def has_network(outcome: Outcome) -> bool:
    """Whether the run's parameters and its target's values are known and it did not diverge."""
    return outcome.parameters is not None and outcome.run.target.has_values and math.isfinite(outcome.test.relative)


def median_outcome(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The run of the median seed; of an even number the better one of both. None for no run at all."""
    ordered = sorted(outcomes, key=lambda outcome: (outcome.test.relative, outcome.run.seed))
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def is_tuned(result: TargetResult) -> bool:
    """Whether there were a learning rate and a scale to choose."""
    return all(outcome.run.recipe.has_rate for outcomes in result.outcomes.values() for outcome in outcomes)


def error_of(row: Row, metric: str) -> float:
    """What ranks: the NRMSE, or the RMSE of a constant target."""
    if metric == "rmse" or row.nrmse is None:
        return row.rmse
    return row.nrmse
