"""Activations over several targets: all that can be said about them, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from activations.benchmark.statistics.cliques import Cliques, cliques
from activations.benchmark.statistics.digits import Profile, interquartile_means, performance_profile
from activations.benchmark.statistics.improvement import Improvement, probability_of_improvement
from activations.benchmark.statistics.intervals import DRAWS
from activations.benchmark.statistics.panel import make_panel, resample_panel
from activations.benchmark.statistics.ratio_profile import RatioProfile, ratio_profile
from activations.benchmark.statistics.suite_ranks import (
    Stability,
    leave_one_target_out,
    suite_rank_intervals,
    suite_ranks,
)

__all__ = ["Aggregate", "Place", "aggregate"]


@dataclass(frozen=True)
class Place:
    """One activation over all targets, each group of targets weighing the same.

    Attributes:
        label: the activation.
        rank: from 1 by mean rank; equal ones share one.
        mean_rank: the mean over targets and seeds of its rank among the runs of one target and seed.
        mean_rank_interval: its 95 % bootstrap interval over targets and seeds; None where there is one of each.
        digits: interquartile mean of -log10 NRMSE, clipped to 0…5, over targets and seeds.
        digits_interval: its 95 % bootstrap interval; None where there is one of each.
    """

    label: str
    rank: int
    mean_rank: float
    mean_rank_interval: tuple[float, float] | None
    digits: float
    digits_interval: tuple[float, float] | None

    def to_dict(self) -> dict[str, Any]:
        """The place for strict JSON."""
        values: dict[str, Any] = dict(vars(self))
        for name in ("mean_rank_interval", "digits_interval"):
            values[name] = None if values[name] is None else list(values[name])
        return values


@dataclass(frozen=True)
class Aggregate:
    """Activations over several targets.

    Attributes:
        places: by mean rank and label, best first; the other parts are in this order too.
        targets: names of the targets.
        groups: the group of each target.
        seeds: for each target.
        dropped: activations that were left out because runs of theirs are missing on some target.
        profile: shares of runs that reach so many digits.
        ratios: shares of targets within a factor of the best.
        improvement: probabilities that one does better than another.
        stability: of the ranking without each target; None for a single target.
        cliques: sets that the targets do not tell apart; None for more than 15 activations.
    """

    places: tuple[Place, ...]
    targets: tuple[str, ...]
    groups: tuple[str, ...]
    seeds: int
    dropped: tuple[str, ...]
    profile: Profile
    ratios: RatioProfile
    improvement: Improvement
    stability: Stability | None
    cliques: Cliques | None

    @property
    def note(self) -> str:
        """A sentence for people where activations were left out, else empty."""
        if not self.dropped:
            return ""
        return f"left out, for want of runs on every target: {', '.join(self.dropped)}"

    def to_dict(self) -> dict[str, Any]:
        """Everything for strict JSON."""
        return {
            "places": [place.to_dict() for place in self.places],
            "targets": list(self.targets),
            "groups": list(self.groups),
            "seeds": self.seeds,
            "dropped": list(self.dropped),
            "note": self.note,
            "profile": self.profile.to_dict(),
            "ratios": self.ratios.to_dict(),
            "improvement": self.improvement.to_dict(),
            "stability": self.stability.to_dict() if self.stability else None,
            "cliques": self.cliques.to_dict() if self.cliques else None,
        }


def aggregate(
    errors: npt.ArrayLike,
    labels: Sequence[str],
    targets: Sequence[str],
    groups: Sequence[str],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> Aggregate:
    """Rank activations over several targets, all groups of targets weighing the same.

    The intervals come from one bootstrap, which draws targets within their groups and seeds within targets. Seeds thus
    enter twice, through the targets' own errors and through the second draw, and the intervals are rather too wide
    than too narrow. Of a group with a single target they cannot say how another target of it would turn out.

    Args:
        errors: log10 NRMSE [targets, activations, seeds]; infinite for a run that failed or diverged, NaN for one that
            was not made. An activation with a NaN is left out, and named in `dropped`.
        labels: of the activations.
        targets: their names.
        groups: the group of each target.
        rng: of the bootstrap.
        draws: of the bootstrap.

    Raises:
        DataError: the shape does not match, or no activation has all its runs.
    """
    given = make_panel(errors, labels, targets, groups)
    means = suite_ranks(given)
    order = sorted(range(len(means)), key=lambda k: (means[k], given.labels[k]))
    panel = given.ordered(order)
    means = means[order]
    resampling = resample_panel(panel, rng, draws)
    rank_low, rank_high = suite_rank_intervals(panel, resampling)
    right, right_low, right_high = interquartile_means(panel, resampling)
    places = tuple(
        Place(
            label=label,
            rank=1 + int((means < means[k]).sum()),
            mean_rank=float(means[k]),
            mean_rank_interval=(float(rank_low[k]), float(rank_high[k])) if panel.varies else None,
            digits=float(right[k]),
            digits_interval=(float(right_low[k]), float(right_high[k])) if panel.varies else None,
        )
        for k, label in enumerate(panel.labels)
    )
    return Aggregate(
        places=places,
        targets=panel.targets,
        groups=panel.groups,
        seeds=panel.seeds,
        dropped=panel.dropped,
        profile=performance_profile(panel, resampling),
        ratios=ratio_profile(panel),
        improvement=probability_of_improvement(panel, resampling),
        stability=leave_one_target_out(panel),
        cliques=cliques(panel),
    )
