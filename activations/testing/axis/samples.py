"""What functions over a dimension are looked at with: rows of numbers, and the truth about each at 50 digits."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import mpmath
import torch
from mpmath import mpf
from torch import Tensor

from activations.axis import AxisVariant
from activations.errors import CheckFailedError
from activations.testing.oracle import DIGITS

__all__ = ["Row", "along", "describe", "inputs", "jacobian_product", "random_like", "rows", "truth"]

Row = tuple[float, ...]
GROUPS = (1, 2, 4)  # sizes, in units of the step that the function takes
LONG = 12
SCALES = (0.1, 1.0, 5.0, 30.0)


def rows(variant: AxisVariant, scales: Sequence[float] = SCALES) -> Iterator[list[Row]]:
    """Rows of normal numbers of several scales without ties, one list for each size; the same on every machine."""
    for groups in (*GROUPS, -(-LONG // variant.step)):
        size = groups * variant.step
        source = random.Random(size)
        yield [tuple(source.gauss(0.0, scale) for _ in range(size)) for scale in scales for _ in range(2)]


def inputs(variant: AxisVariant, stacked: Tensor) -> Tensor:
    """Rows of shape [count, size] as an input of the function: each lies along its dimension."""
    between = [1] * (variant.least_rank(2) - 2)
    return stacked.reshape(stacked.shape[0], *between, stacked.shape[1]).movedim(-1, variant.dim)


def along(variant: AxisVariant, stacked: Tensor) -> Tensor:
    """The results of the function for rows of shape [count, size], as rows."""
    result = variant(inputs(variant, stacked)).movedim(variant.dim, -1)
    return result.reshape(stacked.shape[0], result.shape[-1])


def truth(variant: AxisVariant, row: Sequence[Any], digits: int = DIGITS) -> list[mpf]:
    """The reference's results for the numbers along the dimension.

    Raises:
        CheckFailedError: the reference gives something else than a list of numbers.
    """
    with mpmath.workdps(digits):
        result = variant.activation.reference([mpf(x) for x in row], **variant.settings)
        if not isinstance(result, list) or not all(isinstance(x, mpf) for x in result):
            raise CheckFailedError(f"the reference gives {str(result)[:100]}; give a list of mpmath numbers")
        return result


def jacobian_product(variant: AxisVariant, row: Row, weights: Sequence[float]) -> list[mpf]:
    """The weighted sum of the reference's results, differentiated by each number: central differences."""
    slopes = []
    with mpmath.workdps(3 * DIGITS):
        step = mpf(10) ** -DIGITS
        exact = [mpf(x) for x in row]
        for i in range(len(row)):
            shifted = [
                truth(variant, [x + sign * step * (j == i) for j, x in enumerate(exact)], 3 * DIGITS)
                for sign in (1, -1)
            ]
            sums = [mpmath.fsum(mpf(w) * y for w, y in zip(weights, results, strict=True)) for results in shifted]
            slopes.append((sums[0] - sums[1]) / (2 * step))
    return slopes


def describe(row: Row, index: int) -> str:
    """The place of a number in words."""
    shown = ", ".join(f"{x:.6g}" for x in row[:6]) + (", …" if len(row) > 6 else "")
    return f"number {index} of {len(row)} for ({shown})"


def random_like(tensor: Tensor, seed: int = 0) -> Tensor:
    """Normal numbers of the tensor's shape, dtype and device, the same on every machine."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(tensor.shape, generator=generator, dtype=torch.float64).to(tensor)
