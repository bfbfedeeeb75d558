"""Checks of values: against the reference, against torch, for large numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from mpmath import mpf
from torch import Tensor

from activations.axis import AxisVariant
from activations.errors import CheckFailedError
from activations.testing.axis.samples import Row, along, describe, inputs, jacobian_product, random_like, rows, truth
from activations.testing.oracle import DIGITS
from activations.testing.outcome import Measured, worst
from activations.testing.values import DTYPES

__all__ = ["check_finite", "check_native", "check_value", "worst_in_rows"]

VALUE_TOLERANCE = 1e-12
# What is added up along a dimension is exact to roundings of its largest term, so a part of that counts as floor.
SHARE_OF_LARGEST = 1e-3
FAR = 1e4


def check_value(variant: AxisVariant) -> Measured:
    """The values equal those of the reference at 50 digits, for rows of several sizes and scales."""
    return worst_in_rows(
        f"value against the reference at {DIGITS} digits",
        (
            (row, numbers, truth(variant, row), 0.0)
            for group in rows(variant)
            for row, numbers in zip(
                group, along(variant, torch.tensor(group, dtype=torch.float64)).tolist(), strict=True
            )
        ),
        VALUE_TOLERANCE,
    )


def check_native(variant: AxisVariant) -> Measured:
    """The function of torch agrees in value and gradient."""
    native = variant.activation.native
    if native is None:
        return Measured("torch has no function for it", applies=False)
    theirs = native.bind(dict(variant.values))
    largest = 0.0
    for group in rows(variant):
        x = inputs(variant, torch.tensor(group, dtype=torch.float64))
        seen: list[tuple[Tensor, Tensor]] = []
        for function in (variant, theirs):
            leaf = x.clone().requires_grad_()
            value = function(leaf)
            if seen and value.shape != seen[0][0].shape:
                raise CheckFailedError(f"{native} gives the shape {list(value.shape)}, not {list(seen[0][0].shape)}")
            seen.append((value.detach(), torch.autograd.grad(value, leaf, random_like(value))[0]))
        for what, mine, other in zip(("value", "gradient"), *seen, strict=True):
            error = float(((mine - other).abs() / (other.abs() + 1e-3)).nan_to_num(math.inf).max())
            if not error <= VALUE_TOLERANCE:
                raise CheckFailedError(f"{what} of {native} is off by {error:.2g} (allowed {VALUE_TOLERANCE:g})")
            largest = max(largest, error)
    return Measured(f"against {native}, value and gradient", largest)


def check_finite(variant: AxisVariant) -> Measured:
    """Value and gradient are finite out to ±1e4 in every dtype, ties included, wherever the true ones are."""
    compared = 0
    for dtype in DTYPES:
        for row in far_rows(variant, dtype):
            leaf = torch.tensor([row], dtype=dtype, requires_grad=True)
            value = along(variant, leaf)
            (slope,) = torch.autograd.grad(value, leaf, random_like(value))
            want = truth(variant, row)
            _require_finite(f"value in {dtype}", value[0], row, want, torch.finfo(dtype).max)
            # At ties the difference quotient is some gradient too, and as large as they get.
            bounds = jacobian_product(variant, row, [1.0] * len(want))
            _require_finite(f"gradient in {dtype}", slope[0], row, bounds, torch.finfo(dtype).max)
            compared += len(want) + len(row)
    return Measured(f"value and gradient finite to ±1e4 in {len(DTYPES)} dtypes, {compared} numbers")


def far_rows(variant: AxisVariant, dtype: torch.dtype) -> list[Row]:
    """Rows with large and equal numbers, as the dtype holds them."""
    size = -(-4 // variant.step) * variant.step
    patterns = [
        [FAR, -FAR, FAR, 0.0],
        [-FAR, -FAR, -FAR, -FAR],
        [FAR, FAR, FAR, FAR],
        [0.0, 0.0, 0.0, 0.0],
        [FAR, 100.0, -100.0, -FAR],
        [89.0, -89.0, 1e3, -1e3],
    ]
    found = [[pattern[i % 4] for i in range(size)] for pattern in patterns]
    *_, group = rows(variant, scales=(0.3,))
    found += [[FAR * x for x in row] for row in group]
    return [tuple(torch.tensor(row, dtype=dtype).double().tolist()) for row in found]


def worst_in_rows(
    what: str, compared: Iterable[tuple[Row, Sequence[float], Sequence[mpf], float]], tolerance: float
) -> Measured:
    """The largest error, relative to the right number and a part of the largest one in its row.

    Args:
        what: what is compared, in words.
        compared: rows, what was got for them, what should have been, and the size of the terms that cancel in it.
        tolerance: the largest error that passes.

    Raises:
        CheckFailedError: an error exceeds the tolerance, or there are more or fewer numbers than there should be.
    """
    places: list[str] = []
    got: list[float] = []
    want: list[mpf] = []
    floors: list[float] = []
    for row, numbers, references, terms in compared:
        if len(numbers) != len(references):
            raise CheckFailedError(f"{what}: {len(row)} numbers give {len(numbers)} results, not {len(references)}")
        places += [describe(row, i) for i in range(len(numbers))]
        got += numbers
        want += references
        largest = max(terms, float(min(max(map(abs, references), default=mpf(0)), mpf(1e300))))
        floors += [max(SHARE_OF_LARGEST * largest, 1e-288)] * len(numbers)
    return worst(what, places, got, want, tolerance=tolerance, floor=floors)


def _require_finite(what: str, got: Tensor, row: Row, want: Sequence[mpf], largest: float) -> None:
    for i, (number, reference) in enumerate(zip(got.tolist(), want, strict=True)):
        if abs(reference) < mpf(largest) * 0.99 and not math.isfinite(number):
            raise CheckFailedError(f"{what} is {number} for {describe(row, i)}, where it should be finite")
