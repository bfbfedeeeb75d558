"""Honest statistics of errors: intervals, ties, races, and means over targets. From numpy alone.

Errors are log10 NRMSE wherever a function does not say otherwise: smaller is better, and the infinity of a failed or
diverged run counts as worst; it is never dropped. Seeds are paired: column s of all activations was trained from the
same random numbers. Whatever draws random numbers takes its generator, and gives the same for the same generator.
"""

from __future__ import annotations

from activations.benchmark.statistics.aggregate import Aggregate, Place, aggregate
from activations.benchmark.statistics.comparison import (
    Comparison,
    Standing,
    compare,
    seeds_needed,
    significance_possible,
)
from activations.benchmark.statistics.inputs import logarithms
from activations.benchmark.statistics.intervals import median, median_interval, resamples
from activations.benchmark.statistics.json_numbers import finite_or_none
from activations.benchmark.statistics.racing import FINALISTS, RACE_ABOVE, Race, race
from activations.benchmark.statistics.ranking import ranks

__all__ = [
    "FINALISTS",
    "RACE_ABOVE",
    "Aggregate",
    "Comparison",
    "Place",
    "Race",
    "Standing",
    "aggregate",
    "compare",
    "finite_or_none",
    "logarithms",
    "median",
    "median_interval",
    "race",
    "ranks",
    "resamples",
    "seeds_needed",
    "significance_possible",
]
