"""Mean ranks over targets, and how firmly they stand when a target is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from activations.benchmark.statistics.intervals import middle_range
from activations.benchmark.statistics.panel import Panel, Resampling, balanced_weights
from activations.benchmark.statistics.ranking import mean_ranks, rank_bounds

__all__ = ["Stability", "kendall_tau", "leave_one_target_out", "suite_rank_intervals", "suite_ranks"]

TOP = 3


def suite_ranks(panel: Panel) -> npt.NDArray[np.float64]:
    """The mean rank of each activation [activations], all groups of targets weighing the same.

    The ranks are those among the runs of one target and one seed, so that the mean is that of a run. Ranks of medians
    would have no honest interval: drawing seeds adds noise to medians, which moves all ranks towards the middle.
    """
    return _balanced(panel.groups, _ranks_by_target(panel))


def suite_rank_intervals(
    panel: Panel, resampling: Resampling
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """95 % bootstrap intervals of the mean ranks over targets and seeds: low and high ends [activations]."""
    return middle_range(resampling.weighted_sums(mean_ranks(panel.cells)))


def _ranks_by_target(panel: Panel) -> npt.NDArray[np.float64]:
    """Mean ranks over the seeds [targets, activations]."""
    ranked: npt.NDArray[np.float64] = mean_ranks(panel.cells).reshape(len(panel.targets), panel.seeds, -1).mean(axis=1)
    return ranked


def _balanced(groups: Sequence[str], ranks: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    means: npt.NDArray[np.float64] = np.round(balanced_weights(groups) @ ranks, 9)
    return means  # rounded, so that equal means are equal in spite of the order of summation


@dataclass(frozen=True)
class Stability:
    """How the ranking by mean rank changes when one target is left out, for each target in turn.

    Attributes:
        labels: best first, by all targets.
        ranks: the lowest and the highest rank of each; equal mean ranks reach from the first to the last of them.
        first: share of the leavings-out in which it has the best mean rank; ties are split.
        top: share of them in which it is among the best three, or ties with one.
        smallest_tau: Kendall's tau-b of the mean ranks with and without the target that changes them most; None if
            they are all equal.
    """

    labels: tuple[str, ...]
    ranks: tuple[tuple[int, int], ...]
    first: tuple[float, ...]
    top: tuple[float, ...]
    smallest_tau: float | None

    def to_dict(self) -> dict[str, Any]:
        """The stability for strict JSON."""
        return {
            "labels": list(self.labels),
            "ranks": [list(ends) for ends in self.ranks],
            "first": list(self.first),
            "top": list(self.top),
            "smallest_tau": self.smallest_tau,
        }


def leave_one_target_out(panel: Panel) -> Stability | None:
    """How the ranking changes without each target; None for a single target. A group that is left empty is gone."""
    count = len(panel.targets)
    if count < 2:
        return None
    by_target = _ranks_by_target(panel)
    whole = _balanced(panel.groups, by_target)
    without = np.empty((count, len(panel.labels)))
    for t in range(count):
        rest = [i for i in range(count) if i != t]
        without[t] = _balanced([panel.groups[i] for i in rest], by_target[rest])
    lowest, highest = rank_bounds(without)
    best = lowest == 1
    first = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    top = (lowest <= TOP).mean(axis=0)
    taus = [tau for tau in (kendall_tau(whole, row) for row in without) if tau is not None]
    order = sorted(range(len(panel.labels)), key=lambda k: (whole[k], panel.labels[k]))
    return Stability(
        labels=tuple(panel.labels[k] for k in order),
        ranks=tuple((int(lowest[:, k].min()), int(highest[:, k].max())) for k in order),
        first=tuple(float(first[k]) for k in order),
        top=tuple(float(top[k]) for k in order),
        smallest_tau=min(taus, default=None),
    )


def kendall_tau(values: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> float | None:
    """Kendall's rank correlation tau-b of two rows [items]; None if all values of one of them are equal."""
    signs, other_signs = (np.sign(row[:, None] - row[None, :]) for row in (values, others))
    scale = np.sqrt(np.square(signs).sum() * np.square(other_signs).sum())
    return float((signs * other_signs).sum() / scale) if scale else None
