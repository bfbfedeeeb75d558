"""The independent truth: the declared formula and its derivatives at 50 digits, and where they are looked at."""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Callable

import mpmath
from mpmath import mpf

from activations.declare import Variant

__all__ = [
    "DIGITS",
    "REACH",
    "Points",
    "describe",
    "irregular_line",
    "limit",
    "numerical_derivative",
    "points",
    "truth",
]

DIGITS = 50
REACH = 30.0
KINK_GAP = 1e-3
MOST_DIGITS = 64 * DIGITS
NOTHING = -400  # powers of ten: a value below is 0 in every dtype

Points = tuple[tuple[float, ...], ...]
"""One tuple of inputs per point."""


@functools.lru_cache(maxsize=512)
def points(variant: Variant, count: int = 241, *, reach: float = REACH, tiny: bool = True) -> Points:
    """Irregular points of [-reach, reach] away from kinks, with tiny and tinier ones around 0.

    The same on every machine. For two inputs the second one is another of these points.
    """
    kinks = variant.kinks or ()
    line = [x for x in irregular_line(count, reach, tiny) if all(abs(x - kink) > KINK_GAP for kink in kinks)]
    columns = [line]
    for _ in range(1, variant.inputs):
        columns.append(_deranged(line))
    return tuple(zip(*columns, strict=True))


def _deranged(line: list[float]) -> list[float]:
    """The numbers in another order, the same on every machine, in which none is at its old place: inputs differ."""
    for seed in itertools.count(1):
        order = random.Random(seed).sample(line, len(line))
        if all(new != old for new, old in zip(order, line, strict=True)):
            return order
    raise AssertionError("there is always another seed")


def irregular_line(count: int, reach: float = REACH, tiny: bool = True) -> list[float]:
    """Sorted numbers of [-reach, reach] that avoid round ones, the same on every machine."""
    source = random.Random(20240229)
    step = 2 * reach / (count - 1)
    line = [-reach + step * (i + source.uniform(0.05, 0.95)) for i in range(count - 1)]
    if tiny:
        line += [sign * 10.0**-power for power in (1, 2, 3, 4, 6, 8, 12, 20, 100, 300) for sign in (-1, 1)]
    return sorted(line)


def describe(variant: Variant, point: tuple[float, ...]) -> str:
    """A point in words: x=0.5, or a=1, b=2."""
    return ", ".join(f"{name}={x:.17g}" for name, x in zip(variant.activation.inputs, point, strict=True))


@functools.lru_cache(maxsize=4096)
def truth(variant: Variant, at: Points, wrt: str = "", order: int = 0) -> tuple[mpf, ...]:
    """The formula, or its derivative of the given order with respect to the named variable, at 50 digits."""
    formula = variant.activation.formula
    function = (formula.derivative(wrt, order) if order else formula).to_mpmath()
    return tuple(_evaluate(function, variant, point) for point in at)


def numerical_derivative(variant: Variant, point: tuple[float, ...], wrt: str) -> mpf:
    """A central difference at three times the digits: it knows no rule of differentiation."""
    with mpmath.workdps(3 * DIGITS):
        values = _arguments(variant, point)
        function = variant.activation.formula.to_mpmath()
        x, h = mpf(values.pop(wrt)), mpf(10) ** -DIGITS
        return (function(**values, **{wrt: x + h}) - function(**values, **{wrt: x - h})) / (2 * h)


def limit(variant: Variant, sign: int) -> float:
    """The limit of the formula at sign times infinity; NaN where there is none, as for a sine.

    Judged from four values, each ten times farther out: differences that shrink mean a finite limit.
    """
    ladder = tuple((sign * x,) for x in (123.4, 1234.5, 12345.6, 123456.7))
    values = truth(variant, ladder)
    first, before, after = (b - a for a, b in itertools.pairwise(values))
    if abs(after) <= abs(before) / 2 <= abs(first) / 4 or abs(after) < mpf("1e-30"):
        return float(values[-1])
    if first * before > 0 and before * after > 0:
        return math.copysign(math.inf, after)
    return math.nan


def _evaluate(function: Callable[..., mpf], variant: Variant, point: tuple[float, ...]) -> mpf:
    """The value at 50 digits, or at as many more as it takes until the formula's own cancellation does not show."""
    digits, value = DIGITS, _at_digits(function, variant, point, DIGITS)
    # A sum with a small input shows it at so many digits: 2 + 1e-300 is on which side of a kink at 2?
    needed = DIGITS - min((math.floor(math.log10(abs(x))) for x in point if x and math.isfinite(x)), default=0)
    while digits < MOST_DIGITS:
        digits = max(2 * digits, needed)
        finer = _at_digits(function, variant, point, digits)
        if not mpmath.isfinite(finer):
            return finer
        # Two zeros prove nothing: both may be all that is left of a difference.
        if finer != 0 and abs(value - finer) <= mpf(10) ** (10 - DIGITS) * abs(finer):
            return finer
        # Far below what any dtype holds, and there are as many digits again: it need not be known better.
        if digits >= 2 * -NOTHING and max(abs(value), abs(finer)) < mpf(10) ** NOTHING:
            return finer
        value = finer
    return value


def _at_digits(function: Callable[..., mpf], variant: Variant, point: tuple[float, ...], digits: int) -> mpf:
    with mpmath.workdps(digits):
        return function(**_arguments(variant, point))


def _arguments(variant: Variant, point: tuple[float, ...]) -> dict[str, mpf]:
    values = {name: mpf(value) for name, value in variant.values}
    return values | {name: mpf(x) for name, x in zip(variant.activation.inputs, point, strict=True)}
