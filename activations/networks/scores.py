"""How surprising residuals are: robust and conformal p-values, and which of many to take for real."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from activations.fitting.points import Array
from activations.fitting.settings import SettingError

__all__ = [
    "RobustScale",
    "benjamini_hochberg",
    "conformal_p_values",
    "conformal_width",
    "needed_rows",
    "require_rows",
    "robust_p_values",
    "robust_scale",
]

NORMAL = 1 / NormalDist().inv_cdf(0.75)  # the standard deviation of normal numbers over their MAD: 1.4826
MEAN_NORMAL = math.sqrt(math.pi / 2)  # and over their mean absolute deviation
SLACK = 1e-9  # of a count of rows: 0.29*100 is a little less than 29


@dataclass(frozen=True)
class RobustScale:
    """The middle and the spread of residuals, whatever a few of them are.

    Attributes:
        center: the median.
        scale: 1.4826 times the median absolute deviation from it, which is the standard deviation of normal residuals.
            If more than half of the residuals are equal, the mean absolute deviation in its place; 0 if all are.
    """

    center: float
    scale: float


def robust_scale(residuals: Array) -> RobustScale:
    """Median and scaled median absolute deviation.

    Args:
        residuals: shape [rows], finite.
    """
    center = float(np.median(residuals))
    apart = np.abs(residuals - center)
    scale = NORMAL * float(np.median(apart))
    return RobustScale(center, scale or MEAN_NORMAL * float(apart.mean()))


def robust_p_values(residuals: Array, of: RobustScale) -> tuple[Array, Array]:
    """Distances from the center in scales, and how often normal numbers are at least as far, on either side.

    Args:
        residuals: shape [rows].
        of: the center and scale of residuals that count as normal.
    """
    apart = np.abs(residuals - of.center)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(apart == 0, 0.0, apart / of.scale)
    return scores, np.array([math.erfc(score / math.sqrt(2)) for score in scores])


def conformal_p_values(calibration: Array, scores: Array) -> Array:
    """(1 + number of calibration scores at least as large) / (1 + number of calibration scores).

    A row that is drawn like the calibration rows gets a value of at most alpha with a probability of at most alpha,
    whatever the distribution and however good the predictions (Vovk, Gammerman, Shafer 2005, "Algorithmic Learning in
    a Random World").

    Args:
        calibration: scores of rows that neither trained the network nor are judged, shape [held out].
        scores: those of the rows to judge, shape [rows].
    """
    ordered = np.sort(calibration)
    larger = len(ordered) - np.searchsorted(ordered, scores, side="left")
    found: Array = (1.0 + larger) / (1.0 + len(ordered))
    return found


def conformal_width(calibration: Array, alpha: float) -> float:
    """The score beyond which a conformal p-value is at most alpha."""
    extreme = math.floor(alpha * (len(calibration) + 1) + SLACK)
    return float(np.sort(calibration)[len(calibration) - extreme])


def needed_rows(alpha: float) -> int:
    """The least number of calibration rows with which a conformal p-value can be as small as alpha."""
    return max(1, math.ceil(1 / alpha - SLACK) - 1)


def require_rows(count: int, alpha: float, rows: int) -> None:
    """Refuse a rate that so few calibration rows can't tell.

    Args:
        count: number of calibration rows.
        alpha: the rate.
        rows: of how many in all.

    Raises:
        SettingError: they are too few; the message says how many it takes.
    """
    needed = needed_rows(alpha)
    if count < needed:
        least = math.ceil(1e4 / (count + 1)) / 1e4
        raise SettingError(
            f"alpha={alpha:g} takes at least {needed} held-out rows, and of {rows} rows {count} are held out; "
            f"give more rows, alpha={least:g} or more, or method 'mad'"
        )


def flagged(p_values: Array, alpha: float) -> Array:
    """Which are at most alpha, up to rounding."""
    found: Array = p_values <= alpha * (1 + SLACK)
    return found


def benjamini_hochberg(p_values: Array, rate: float) -> Array:
    """Which of many to take for real so that the share of false ones among them is at most the rate on average.

    Benjamini, Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x. It holds for independent p-values and for
    conformal ones from the same calibration rows (Bates and others 2023, doi:10.1214/22-AOS2244).

    Args:
        p_values: shape [rows].
        rate: the false discovery rate.
    """
    order = np.argsort(p_values, kind="stable")
    bounds = rate * np.arange(1, len(order) + 1) / len(order)
    under = np.flatnonzero(p_values[order] <= bounds * (1 + SLACK))
    found = np.zeros(len(order), dtype=bool)
    if len(under):
        found[p_values <= p_values[order][under[-1]]] = True
    return found
