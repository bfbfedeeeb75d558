"""Which runs have a network that can be drawn, and which of them stands for its activation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activations.benchmark.outcome import Outcome
    from activations.benchmark.result import Row, TargetResult

__all__ = ["drawable", "error_of", "has_network", "interval_of", "median_outcome"]


def has_network(outcome: Outcome) -> bool:
    """Whether the run's parameters are known and it did not diverge; a store may keep results alone."""
    parameters = outcome.parameters
    return parameters is not None and len(parameters) > 0 and math.isfinite(outcome.test.relative)


def drawable(result: TargetResult) -> TargetResult:
    """The same without fits that can't be drawn."""
    kept = tuple(fit for fit in result.fits if fit.parameters is not None and len(fit.parameters))
    return result if len(kept) == len(result.fits) else replace(result, fits=kept)


def median_outcome(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The run of the median seed; of an even number the better one of both. None for no run at all."""
    ordered = sorted(outcomes, key=lambda outcome: (outcome.test.relative, outcome.run.seed))
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def error_of(row: Row, metric: str) -> float:
    """What ranks: the NRMSE, or the RMSE of a constant target."""
    if metric == "rmse" or row.nrmse is None:
        return row.rmse
    return row.nrmse


def interval_of(row: Row) -> tuple[float, float] | None:
    """Both ends; None where there is none, for a single seed."""
    return row.interval
