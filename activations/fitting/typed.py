"""Targets that are typed: formulas and curves, with the domain they are fitted on. Imports nothing heavy."""

from __future__ import annotations

import math
from collections.abc import Sequence

from activations.errors import DataError, ExpressionError
from activations.expression import parse
from activations.fitting.curve import is_curve, parse_curve
from activations.fitting.target import VARIABLES, Domain, Interval, Target

__all__ = ["DEFAULT_DOMAIN", "default_points", "formula_target", "read_domain"]

DEFAULT_DOMAIN: Interval = (-1.0, 1.0)


def formula_target(
    text: str,
    domain: Interval | Domain | None = None,
    *,
    points: int | None = None,
    noise: float = 0.0,
) -> Target:
    """A target from a formula in `x`, or in `x1`, `x2`, … up to `x9`; or from a curve, `t -> (cos(t), sin(t))`.

    Args:
        text: the formula; its dimension is the largest number among its variables. A curve has one input, and one
            output per formula in the brackets.
        domain: one interval for all inputs, or one per input; [-1, 1] without it.
        points: number of training points; 101 on a grid in one dimension, 256 per dimension drawn uniformly in more.
        noise: standard deviation of the noise on them.

    Raises:
        ExpressionError: a mistake in the formula.
        DataError: the domain is no interval, or has another dimension.
    """
    if is_curve(text):
        dimension, outputs = 1, len(parse_curve(text)[1])
    else:
        expression = parse(text, VARIABLES)
        if "x" in expression.names and len(expression.names) > 1:
            raise ExpressionError("write the formula in x alone, or in x1, x2, …", text=text, column=1)
        numbered = [int(name[1:]) for name in expression.names if name != "x"]
        given = 1 if domain is None or isinstance(domain[0], int | float) else len(domain)
        dimension, outputs = max([given, *numbered]), 1
    return Target(
        name=text.strip(),
        domain=read_domain(DEFAULT_DOMAIN if domain is None else domain, dimension),
        formula=text,
        points=default_points(dimension) if points is None else points,
        sampling="grid" if dimension == 1 else "uniform",
        noise=noise,
        source="typed formula",
        outputs=outputs,
    )


def default_points(dimension: int) -> int:
    """The number of training points of a function that comes without one."""
    return 101 if dimension == 1 else 256 * dimension


def read_domain(domain: Interval | Domain, dimension: int) -> Domain:
    """Check a domain: one interval for every input, or one interval per input.

    Raises:
        DataError: it is no interval, or has another dimension.
    """
    if len(domain) == 2 and all(isinstance(bound, int | float) for bound in domain):
        intervals: Sequence[Sequence[float]] = [domain] * dimension  # type: ignore[list-item]
    else:
        intervals = domain  # type: ignore[assignment]
    if len(intervals) != dimension:
        raise DataError(f"the domain has {len(intervals)} intervals, the target {dimension} inputs; give one each")
    read = []
    for interval in intervals:
        low, high = (float(bound) for bound in interval)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise DataError(f"the domain from {low:g} to {high:g} is no interval; give two finite numbers, low first")
        read.append((low, high))
    return tuple(read)
