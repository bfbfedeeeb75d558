"""Activations on one target: intervals, the chance of being best, and which ones tie with the best."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from activations.benchmark.statistics.inputs import checked_errors
from activations.benchmark.statistics.intervals import (
    DRAWS,
    bootstrap_medians,
    medians,
    middle_range,
    resamples,
    seed_counts,
)
from activations.benchmark.statistics.json_numbers import finite_or_none
from activations.benchmark.statistics.ranking import rank_bounds
from activations.benchmark.statistics.signed_rank import holm, paired_differences, signed_rank_test

__all__ = ["LEVEL", "TIE_FACTOR", "Comparison", "Standing", "compare", "seeds_needed", "significance_possible"]

LEVEL = 0.05
TIE_FACTOR = 1.1  # errors within it are equal for all practical purposes
RANKED_AT_ONCE = 1_000_000  # values, which bounds the memory


@dataclass(frozen=True)
class Standing:
    """What the seeds say about one activation on one target.

    Attributes:
        label: the activation.
        rank: from 1, the tie group first, then by median; equal medians share one.
        rank_text: for people: "1–4" for each of a tie group of four, else the rank.
        median: of log10 NRMSE over the seeds.
        interval: 95 % bootstrap interval of the median; None for a single seed.
        rank_interval: 95 % bootstrap interval of the rank by median; None for a single seed. Where many activations are
            nearly equal it is too short for the truly first and last of them: draws move ranks towards the middle.
        best_probability: share of bootstrap draws in which its median is the smallest; ties are split.
        p_value: of the paired signed-rank test against the best, with Holm's correction; None for the best.
        tied_with_best: the test does not show it to be worse than the best, or its median is within a factor 1.1.
    """

    label: str
    rank: int
    rank_text: str
    median: float
    interval: tuple[float, float] | None
    rank_interval: tuple[int, int] | None
    best_probability: float
    p_value: float | None
    tied_with_best: bool

    def to_dict(self) -> dict[str, Any]:
        """The standing for strict JSON: None for what is not finite."""
        values: dict[str, Any] = dict(vars(self))
        values["median"] = finite_or_none(self.median)
        values["interval"] = None if self.interval is None else [finite_or_none(end) for end in self.interval]
        values["rank_interval"] = None if self.rank_interval is None else list(self.rank_interval)
        return values


@dataclass(frozen=True)
class Comparison:
    """Activations on one target.

    Attributes:
        standings: the tie group first, then the others, each by median and label. The first is the best.
        seeds: that were compared.
        significance_possible: whether so many seeds could tell so many activations apart at all.
    """

    standings: tuple[Standing, ...]
    seeds: int
    significance_possible: bool

    @property
    def tie_group(self) -> tuple[str, ...]:
        """The labels that tie with the best, the best first."""
        return tuple(standing.label for standing in self.standings if standing.tied_with_best)

    @property
    def note(self) -> str:
        """A sentence for people where the seeds are too few, else empty."""
        if self.significance_possible:
            return ""
        needed = seeds_needed(len(self.standings))
        return (
            f"quick: no significance possible with {self.seeds} {'seed' if self.seeds == 1 else 'seeds'}; "
            f"{len(self.standings)} activations need {needed}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The comparison for strict JSON."""
        return {
            "standings": [standing.to_dict() for standing in self.standings],
            "seeds": self.seeds,
            "significance_possible": self.significance_possible,
            "note": self.note,
        }


def significance_possible(activations: int, seeds: int) -> bool:
    """Whether the clearest result, one activation best at every seed, would be significant after the correction."""
    # n signs agree by chance with the probability 2 / 2**n; there are tests against all but the best.
    return (activations - 1) * 2.0 ** (1 - seeds) <= LEVEL


def seeds_needed(activations: int) -> int:
    """The smallest number of seeds with which so many activations can be told apart from the best."""
    return next(seeds for seeds in itertools.count(1) if significance_possible(activations, seeds))


def compare(errors: npt.ArrayLike, labels: Sequence[str], rng: np.random.Generator, draws: int = DRAWS) -> Comparison:
    """Compare activations on one target over paired seeds.

    An activation is outside the tie group if the signed-rank test shows, after Holm's correction for all tests against
    the best, that it is worse (5 %), and if its median is not within a factor 1.1 of the best one. Which is best is
    read from the same seeds. Hence these promises and no more, which the tests check on simulated equal activations:
    somebody is called the only best in at most 5 % of experiments, and an activation that is as good as any is left
    out of the tie group in at most 5 %. That some one of many equal activations is left out happens more often.

    The order of the activations makes no difference.

    Args:
        errors: log10 NRMSE [activations, seeds]; infinite for a run that failed or diverged.
        labels: one per activation.
        rng: of the bootstrap, whose samples all activations share.
        draws: of the bootstrap.

    Raises:
        DataError: labels do not match, there is no seed, or an error is NaN.
    """
    values = checked_errors(errors, labels)
    count, seeds = values.shape
    middle = medians(values)
    best = min(range(count), key=lambda i: (middle[i], labels[i]))
    p_values, tied = _ties(values, middle, best)
    drawn = bootstrap_medians(values, seed_counts(resamples(seeds, rng, draws)))
    low, high = middle_range(drawn)
    rank_low, rank_high = _rank_intervals(middle, drawn)
    chances = _best_probabilities(drawn)

    order = sorted(range(count), key=lambda i: (not tied[i], middle[i], labels[i]))
    group = sum(tied)
    standings: list[Standing] = []
    for place, i in enumerate(order, start=1):
        previous = standings[-1] if standings else None
        shared = previous and previous.median == middle[i] and previous.tied_with_best == tied[i]
        rank = previous.rank if previous and shared else place
        standings.append(
            Standing(
                label=labels[i],
                rank=rank,
                rank_text=(f"1–{group}" if group > 1 else "1") if tied[i] else str(rank),
                median=float(middle[i]),
                interval=(float(low[i]), float(high[i])) if seeds > 1 else None,
                rank_interval=(int(rank_low[i]), int(rank_high[i])) if seeds > 1 else None,
                best_probability=float(chances[i]),
                p_value=None if i == best else float(p_values[i]),
                tied_with_best=tied[i],
            )
        )
    return Comparison(tuple(standings), seeds, significance_possible(count, seeds))


def _ties(
    errors: npt.NDArray[np.float64], middle: npt.NDArray[np.float64], best: int
) -> tuple[npt.NDArray[np.float64], list[bool]]:
    """Corrected p-values against the best (its own is 1), and who ties with it."""
    others = [i for i in range(len(errors)) if i != best]
    tests = {i: signed_rank_test(paired_differences(errors[i], errors[best])) for i in others}
    p_values = np.ones(len(errors))
    p_values[others] = holm(np.array([tests[i].p_value for i in others]))
    tied = [
        # The best by median may be the worse one seed by seed: nobody is left out for being better than it.
        i == best or p_values[i] > LEVEL or tests[i].lean <= 0 or middle[i] <= middle[best] + math.log10(TIE_FACTOR)
        for i in range(len(errors))
    ]
    return p_values, [bool(i) for i in tied]


def _rank_intervals(
    middle: npt.NDArray[np.float64], drawn: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Intervals of ranks, from the medians [activations] and those of the draws [activations, draws].

    Equal medians reach from the first to the last of their ranks. Draws are noisier than what they were drawn from and
    move ranks towards the middle; an interval that has lost the rank itself is widened to hold it.
    """
    count, draws = drawn.shape
    lowest, highest = np.empty((count, draws)), np.empty((count, draws))
    step = max(1, RANKED_AT_ONCE // count)
    for start in range(0, draws, step):
        piece = slice(start, start + step)
        first, last = rank_bounds(np.ascontiguousarray(drawn[:, piece].T))
        lowest[:, piece], highest[:, piece] = first.T, last.T
    first, last = rank_bounds(middle)
    return np.minimum(middle_range(lowest)[0], first), np.maximum(middle_range(highest)[1], last)


def _best_probabilities(drawn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The share of draws in which a median [activations, draws] is the smallest; draws with ties are split."""
    smallest = drawn == drawn.min(axis=0)
    chances: npt.NDArray[np.float64] = (smallest / smallest.sum(axis=0)).mean(axis=1)
    return chances
