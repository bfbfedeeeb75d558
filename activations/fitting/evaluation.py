"""The values of a target that is a function, at any points, in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from activations.errors import DataError
from activations.fitting.function import call
from activations.fitting.points import Array
from activations.fitting.target import VARIABLES, Target

if TYPE_CHECKING:
    from activations.expression import Expression

__all__ = ["evaluate", "noise_factor"]


def evaluate(target: Target, x: Array) -> Array:
    """The values of a target's formula, curve or function, without noise.

    Args:
        target: one that has a value at any point.
        x: inputs of shape [points, dimension].

    Returns:
        Values of shape [points, outputs], or class numbers [points].

    Raises:
        DataError: a value is not finite, or no class number; the message holds the first such point and their number.
    """
    if target.function is not None:
        y = call(target, x)
    else:
        y = np.stack([_values(expression, target.variables, x) for expression in target.expressions], axis=1)
    if y.shape[1] != target.outputs:
        raise DataError(f"{target.name}: {y.shape[1]} values at a point, declared outputs={target.outputs}")
    _refuse(target, x, ~np.isfinite(y).all(axis=1), "not finite", "give a domain without such points")
    if not target.classes:
        return y
    numbers = y[:, 0]
    bad = (numbers != np.rint(numbers)) | (numbers < 0) | (numbers >= target.classes)
    _refuse(target, x, bad, "no class number", f"give whole numbers from 0 to {target.classes - 1}")
    return numbers.astype(np.int64)


def noise_factor(target: Target, x: Array) -> Array:
    """What multiplies the size of the noise at inputs [points, dimension], shape [points].

    Raises:
        DataError: it is negative or not finite somewhere.
    """
    if not target.noise_profile:
        return np.ones(len(x))
    from activations.expression import parse

    factor = _values(parse(target.noise_profile, VARIABLES), target.variables, x)
    _refuse(target, x, ~(np.isfinite(factor) & (factor >= 0)), "no size of noise", "give a profile from 0 on")
    return factor


def _values(expression: Expression, names: Sequence[str], x: Array) -> Array:
    import torch

    columns = {name: torch.from_numpy(np.ascontiguousarray(x[:, i])) for i, name in enumerate(names)}
    values: Array = expression.to_torch()(**columns).numpy()
    return values


def _refuse(target: Target, x: Array, bad: Array, what: str, remedy: str) -> None:
    wrong = np.flatnonzero(bad)
    if len(wrong):
        where = ", ".join(f"{name}={value:g}" for name, value in zip(target.variables, x[wrong[0]], strict=True))
        raise DataError(f"{target.name}: {what} at {where} (first of {len(wrong)}); {remedy}")
