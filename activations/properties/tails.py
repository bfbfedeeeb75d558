"""What a function does towards ±infinity: limits, growth without bound, asymptotes."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from activations.properties.breaks import Curve

__all__ = ["Asymptote", "Side", "asymptote", "grows", "limit", "shortened"]

Side = Literal[-1, 1]

POINTS_PER_DECADE = 12
DECADES = 15
FEWER_DECADES = 8  # farther out, rounding of f hides the intercept of a sloped asymptote
SLOW = 0.45  # a change that shrinks slower than this from third to third of the decades does not end
NEGLIGIBLE = 1e-10
ROUNDING = 4e-16  # of x, at most, in the value of a function that is computed without care


@dataclass(frozen=True)
class Asymptote:
    """The line `slope*x + intercept` that the function approaches; the slope is 0 for a limit."""

    slope: float
    intercept: float


def grows(function: Curve, side: Side, seen: float) -> bool:
    """Whether the function takes ever larger values towards that side, as log does and tanh does not.

    Args:
        function: an elementwise function of a float64 tensor.
        side: 1 for plus infinity, -1 for minus infinity.
        seen: the largest value known so far; only what exceeds it is growth.
    """
    points, values = _ladder(function, side, DECADES)
    third = len(values) // 3
    if third == 0:
        return False
    start, middle, end = (max(seen, float(values[:stop].max())) for stop in (third, 2 * third, len(values)))
    noise = ROUNDING * float(points[-1].abs())
    return end - middle > max(SLOW * (middle - start), 1e-9 * (1.0 + abs(middle)), noise)


def limit(function: Curve, side: Side) -> float | None:
    """The finite limit towards that side, or None if there is none."""
    # Farther out a slow approach ends better, but a function that is not computed with care is noise there.
    found = _limit(function, side, DECADES)
    return _limit(function, side, FEWER_DECADES) if found is None else found


def _limit(function: Curve, side: Side, decades: int, noise: float = 0.0) -> float | None:
    """The limit, judged by how the values' changes shrink; changes up to `noise` are rounding."""
    _, values = _ladder(function, side, decades)
    third = len(values) // 3
    if third == 0:
        return None
    inner, outer = values[third : 2 * third], values[2 * third :]
    change, earlier = float(outer.max() - outer.min()), float(inner.max() - inner.min())
    scale = min(1.0, float(values.abs().max()))
    if change > max(NEGLIGIBLE * scale, noise) and change > SLOW * earlier:
        return None
    last = float(values[-1])
    if decades < DECADES:
        return last + 0.0
    # A limit approached like 1/sqrt(x) is exact only there; a sum that lost its digits shows by a leap.
    for value in function(side * torch.tensor([1e20, 1e40, 1e80], dtype=torch.float64)).tolist():
        if not math.isfinite(value) or abs(value - last) > change + noise:
            break
        last = value
    return last + 0.0


def asymptote(function: Curve, side: Side) -> Asymptote | None:
    """The line that the function approaches towards that side, or None."""
    level = limit(function, side)
    if level is not None:
        return Asymptote(0.0, shortened(level))
    slope = limit(lambda x: function(x) / x, side)
    if slope is None or abs(slope) < 1e-6:
        return None
    slope = shortened(slope)
    remainder: Curve = lambda x: function(x) - slope * x  # noqa: E731 (a formula)
    noise = 1e-15 * max(1.0, abs(slope)) * 10.0**FEWER_DECADES
    intercept = _limit(remainder, side, FEWER_DECADES, noise)
    if intercept is None:
        return None
    return Asymptote(slope, shortened(_extrapolated(remainder, side, intercept)))


def _ladder(function: Curve, side: Side, decades: int) -> tuple[Tensor, Tensor]:
    """Points from 1 outwards, evenly spaced in the logarithm, as far as the values are finite."""
    count = decades * POINTS_PER_DECADE
    # The offset keeps the points from being powers of two or ten, where rounding is untypically kind.
    points = side * 10.0 ** ((torch.arange(count, dtype=torch.float64) + 0.37) / POINTS_PER_DECADE)
    values = function(points)
    stop = int(torch.cat([values.isfinite(), torch.tensor([False])]).logical_not().nonzero()[0])
    return points[:stop], values[:stop]


def _extrapolated(function: Curve, side: Side, plain: float) -> float:
    """Richardson's limit of a function that differs from it by powers of 1/x; `plain` is the fall-back."""
    levels = function(side * 2.0 ** torch.arange(8, 15, dtype=torch.float64)).tolist()
    order = 1
    while len(levels) > 1:
        weight = 2.0**order
        levels = [(weight * far - near) / (weight - 1.0) for near, far in itertools.pairwise(levels)]
        order += 1
    found = levels[0]
    return found if math.isfinite(found) and abs(found - plain) <= 1e-5 * (1.0 + abs(plain)) else plain


def shortened(value: float, error: float = 2e-11) -> float:
    """The number with nine digits after the point if it is that within the error, relative to max(1, |value|)."""
    rounded = round(value, 9)
    return (rounded if abs(rounded - value) <= error * max(1.0, abs(value)) else value) + 0.0
