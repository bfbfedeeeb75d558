"""Wilcoxon's signed-rank test of paired errors, exact for few seeds, and Holm's correction for many tests."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from activations.benchmark.statistics.ranking import rank_bounds

__all__ = ["EXACT", "SignedRank", "holm", "paired_differences", "signed_rank_test"]

EXACT = 50  # non-zero differences up to which the distribution is counted out: 2**50 is exact in an int64


@dataclass(frozen=True)
class SignedRank:
    """The result of a signed-rank test.

    Attributes:
        p_value: two-sided.
        lean: the mean sign of the differences, weighted by their ranks: from -1 (all negative) to 1 (all positive).
    """

    p_value: float
    lean: float


def paired_differences(errors: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Errors less others, seed by seed: where both failed the difference is 0."""
    with np.errstate(invalid="ignore"):
        return np.where(errors == others, 0.0, errors - others)


def signed_rank_test(differences: npt.NDArray[np.float64]) -> SignedRank:
    """Whether paired differences are symmetric about 0, by Wilcoxon's signed-rank test.

    Differences of equal size share their mean rank. Those that are 0 take part in the ranking and are then left out
    (Pratt 1959): seeds without a difference speak against one. The distribution is that of all choices of signs,
    given these ranks; it is counted out for up to 50 non-zero differences and approximated by the normal one above.

    Args:
        differences: [seeds]; infinite ones are larger than all others.
    """
    # Twice the mean rank, a whole number.
    doubled = np.add(*rank_bounds(np.abs(differences)))
    positive, negative = int(doubled[differences > 0].sum()), int(doubled[differences < 0].sum())
    if not positive + negative:
        return SignedRank(1.0, 0.0)
    kept = np.sort(doubled[differences != 0])
    smaller = min(positive, negative)
    if len(kept) <= EXACT:
        p = 2 * _shares_below(tuple(kept.tolist()))[smaller]
    else:
        # The mean and the variance of the sum of ranks whose signs are tosses of a coin.
        p = math.erfc((kept.sum() / 2 - smaller) / math.sqrt(np.square(kept).sum() / 4) / math.sqrt(2))
    return SignedRank(min(1.0, float(p)), (positive - negative) / (positive + negative))


@functools.lru_cache(maxsize=256)
def _shares_below(weights: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """The share of all subsets of the weights whose sum is at most i, for each i."""
    counts = np.zeros(sum(weights) + 1, np.int64)
    counts[0] = 1
    for weight in weights:
        counts[weight:] += counts[:-weight].copy()
    shares: npt.NDArray[np.float64] = np.cumsum(counts) / 2.0 ** len(weights)
    return shares


def holm(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """P-values [tests] corrected for their number (Holm 1979): the level bounds the chance of any false rejection."""
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(factors * p_values[order]))
    return corrected
