"""Checks of derivatives: against difference quotients of the reference, slow-mode gradcheck, and ties."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import mpmath
import torch
from mpmath import mpf
from torch import Tensor

from activations.axis import AxisVariant
from activations.errors import CheckFailedError
from activations.testing.axis.samples import Row, along, jacobian_product, random_like, rows, truth
from activations.testing.axis.values import worst_in_rows
from activations.testing.oracle import DIGITS
from activations.testing.outcome import Measured

__all__ = ["check_gradcheck", "check_gradient", "check_kinks"]

SLOPE_TOLERANCE = 1e-10
SAME_SLOPE = mpf("1e-20")


def check_gradient(variant: AxisVariant) -> Measured:
    """Autograd's gradient of a random sum of the results equals a difference quotient of the reference."""

    def compared() -> Iterator[tuple[Row, list[float], list[mpf], float]]:
        for group in rows(variant):
            leaf = torch.tensor(group, dtype=torch.float64, requires_grad=True)
            value = along(variant, leaf)
            weights = random_like(value)
            slopes = _gradient(value, leaf, weights)
            for row, slope, weighted in zip(group, slopes.tolist(), weights.tolist(), strict=True):
                yield row, slope, jacobian_product(variant, row, weighted), max(map(abs, weighted))

    return worst_in_rows(f"gradient against difference quotients at {3 * DIGITS} digits", compared(), SLOPE_TOLERANCE)


def check_gradcheck(variant: AxisVariant) -> Measured:
    """Slow gradcheck and gradgradcheck hold, away from ties."""
    compared = 0
    for group in rows(variant, scales=(1.0, 3.0)):
        leaf = torch.tensor(group, dtype=torch.float64, requires_grad=True)
        try:
            torch.autograd.gradcheck(lambda x: along(variant, x), leaf, eps=1e-6, atol=1e-7, rtol=1e-5)
            torch.autograd.gradgradcheck(lambda x: along(variant, x), leaf, eps=1e-6, atol=1e-5, rtol=1e-4)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:300]
            raise CheckFailedError(f"gradcheck in slow mode: {reason}") from None
        compared += leaf.numel()
    return Measured(f"gradcheck and gradgradcheck, slow mode, in {compared} numbers")


def check_kinks(variant: AxisVariant) -> Measured:
    """One-sided slopes differ at ties and whole numbers just where kinks are declared; the gradient there is finite."""
    found = ""
    looked = 0
    for row in _ties(variant):
        leaf = torch.tensor([row], dtype=torch.float64, requires_grad=True)
        value = along(variant, leaf)
        if not bool(_gradient(value, leaf, random_like(value)).isfinite().all()):
            raise CheckFailedError(f"the gradient for {row} is not finite")
        place = _kink(variant, row)
        found = found or place
        looked += 1
    if found and not variant.activation.kinks:
        raise CheckFailedError(f"it has a kink at {found}; declare kinks= with the gradient that is taken there")
    if variant.activation.kinks and not found:
        raise CheckFailedError(f"kinks are declared, and none is at any of {looked} rows of equal and whole numbers")
    seen = f"; a kink at {found}" if found else ""
    return Measured(f"one-sided slopes in {looked} rows of equal and whole numbers{seen}")


def _ties(variant: AxisVariant) -> Iterator[Row]:
    """Rows of few different whole numbers: ties, zeros, and neighbours one apart."""
    size = -(-3 // variant.step) * variant.step
    for pattern in itertools.product((0.0, 1.0, -1.0), repeat=3):
        yield tuple(pattern[i * 3 // size] for i in range(size))


def _kink(variant: AxisVariant, row: Row) -> str:
    """The first place where the slopes to both sides differ, in words; empty if there is none."""
    source = random.Random(1)
    direction = [mpf(source.gauss(0.0, 1.0)) for _ in row]
    with mpmath.workdps(3 * DIGITS):
        step = mpf(10) ** -DIGITS
        ahead, here, behind = (
            truth(variant, [mpf(x) + sign * step * d for x, d in zip(row, direction, strict=True)], 3 * DIGITS)
            for sign in (1, 0, -1)
        )
        for i, (after, value, before) in enumerate(zip(ahead, here, behind, strict=True)):
            if abs(after - 2 * value + before) / step > SAME_SLOPE:
                return f"result {i} for {row}"
    return ""


def _gradient(value: Tensor, leaf: Tensor, weights: Tensor) -> Tensor:
    return torch.autograd.grad(value, leaf, weights, materialize_grads=True)[0]
