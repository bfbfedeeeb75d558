"""A formula and its derivatives in as many digits as it takes."""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import mpmath

from activations.expression import Expression

__all__ = ["DIGITS", "Values", "central_difference", "evaluate", "scale", "symbolic"]

DIGITS = 50
MOST_DIGITS = 1600

Values: TypeAlias = Mapping[str, Any]
"""A number for every input and parameter of a formula."""


@functools.lru_cache(maxsize=1024)
def symbolic(formula: Expression, index: tuple[str, ...]) -> Expression:
    """The formula differentiated in each of the names in turn.

    Raises:
        ExpressionError: it grows too large.
    """
    return symbolic(formula, index[:-1]).derivative(index[-1]) if index else formula


def evaluate(formula: Expression, values: Values) -> Any:
    """The value to 50 digits, or NaN where there is none: digits are added until cancellation does not show."""
    function = formula.to_mpmath()
    digits, value = DIGITS, _at(function, values, DIGITS)
    while digits < MOST_DIGITS:
        digits = min(8 * digits, MOST_DIGITS)
        finer = _at(function, values, digits)
        if not mpmath.isfinite(finer):
            return finer
        # Two zeros prove nothing: both may be all that is left of a difference.
        if finer != 0 and abs(value - finer) <= mpmath.mpf(10) ** (10 - DIGITS) * abs(finer):
            return finer
        value = finer
    return value


def _at(function: Callable[..., Any], values: Values, digits: int) -> Any:
    with mpmath.workdps(digits):
        return function(**values)


def scale(value: Any) -> float:
    """By how much to move a number to stay close to it: its own size, or 1 for zero."""
    return abs(float(value)) or 1.0


def central_difference(formula: Expression, values: Values, index: tuple[str, ...]) -> Any:
    """The derivative as a quotient of differences with a tiny step, in many digits: it knows no rule of calculus.

    Args:
        formula: what to differentiate.
        values: where.
        index: the names to differentiate in; one that comes twice stands for a second derivative.

    Returns:
        The central difference with a step of 1e-50 relative to each number, whose error is far below 50 digits.
    """
    orders = Counter(index)
    smallest = min((scale(values[name]) for name in orders), default=1.0)
    digits = round(DIGITS * (len(index) + 2) + len(index) * max(0.0, -math.log10(smallest)))
    function = formula.to_mpmath()
    with mpmath.workdps(digits):
        steps = {name: mpmath.mpf(10) ** -DIGITS * scale(values[name]) for name in orders}
        total = mpmath.mpf(0)
        for places in itertools.product(*(range(order + 1) for order in orders.values())):
            moved, weight = dict(values), 1
            for (name, order), place in zip(orders.items(), places, strict=True):
                moved[name] = mpmath.mpf(values[name]) + (mpmath.mpf(order) / 2 - place) * steps[name]
                weight *= (-1) ** place * math.comb(order, place)
            total += weight * function(**moved)
        for name, order in orders.items():
            total /= steps[name] ** order
        return total
