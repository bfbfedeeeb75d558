"""What a function does on both sides of a point: kinks, jumps and poles, told from values in many digits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import mpmath

from activations.derivation.precise import DIGITS, Values, evaluate
from activations.expression import Expression
from activations.expression.mpmath_product import as_float

__all__ = ["Sides", "sides"]

ROUNDING = 2.0**-50  # a kink within four roundings of the point counts as at the point
AT_ZERO = 1e-30
FARTHER = 1024
SAME = 1e-12  # relative: less than that is no change
STEPS_OUT = 4  # a jump is larger than so many times what the function changes by on either side of it


@dataclass(frozen=True)
class Sides:
    """The limits of a function from both sides of a point.

    Attributes:
        name: the variable along which the point is approached.
        left: from below: a number, an infinity, or NaN where there is no limit.
        right: from above.
        broken: whether the function is discontinuous there, or has no value.
    """

    name: str
    left: float
    right: float
    broken: bool


def sides(formula: Expression, values: Values, name: str) -> Sides:
    """Compare both sides of a point along one variable.

    A change across the point that dwarfs those beside it is a break, as is a value that grows without bound. As a
    break need not be at a floating number (1/3 is none), one within a few roundings counts as at the point.

    Args:
        formula: the function, or one of its derivatives.
        values: the point, with the parameters.
        name: the variable.
    """
    x = float(values[name])
    step = ROUNDING * abs(x) or AT_ZERO

    def at(distance: float) -> Any:
        with mpmath.workdps(20 * DIGITS):
            moved = {**values, name: mpmath.mpf(x) + distance}
        return evaluate(formula, moved)

    near, far = (at(-step), at(step)), (at(-FARTHER * step), at(FARTHER * step))
    here = evaluate(formula, values)
    limits = (_limit(near[0], far[0]), _limit(near[1], far[1]))
    if not all(mpmath.isfinite(value) for value in (here, *near, *far)):
        return Sides(name, *limits, broken=True)
    size = max(map(abs, near))
    change, beside = abs(near[1] - near[0]), max(abs(a - b) for a, b in zip(near, far, strict=True))
    jumps = change > SAME * size and change > STEPS_OUT * beside
    grows = size > 2 * max(map(abs, far)) and size > 1
    return Sides(name, *limits, broken=bool(jumps or grows))


def _limit(near: Any, far: Any) -> float:
    """Where values are bound for, judged from one and another from nearer by."""
    if mpmath.isnan(near):
        return math.nan
    value = as_float(near)
    if abs(near - far) <= 1e-6 * max(1, abs(near)):
        return _tidy(value)
    return math.copysign(math.inf, value) if abs(near) > abs(far) else _tidy(value)


def _tidy(value: float) -> float:
    """Without the digits that the distance from the point has left."""
    return float(f"{value:.12g}") if abs(value) > 1e-20 else 0.0
