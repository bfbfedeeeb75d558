"""Checks of derivatives: autograd, closed forms, the formula's own, and slow-mode gradcheck."""

from __future__ import annotations

from typing import Any

import torch
from mpmath import mpf
from torch import Tensor

from activations.declare import Variant
from activations.derivatives import derivative
from activations.errors import CheckFailedError
from activations.testing.oracle import DIGITS, Points, describe, numerical_derivative, points, truth
from activations.testing.outcome import Measured, worst
from activations.testing.values import tensors

__all__ = [
    "check_closed_form",
    "check_gradcheck",
    "check_gradient",
    "check_learnable",
    "check_second_derivative",
]

SLOPE_TOLERANCE = 1e-10
# With the tolerance this is an absolute error of 1e-300.
LEAST = 1e-290
# 1 - tanh(x)^2 and its like are exact to one rounding of their largest value, not to one of their tiny tails: where
# that is declared, errors are relative to at least this part of the largest value.
TAIL = 1e-4
QUOTIENT_TOLERANCE = mpf("1e-30")


def check_gradient(variant: Variant) -> Measured:
    """Autograd's first derivative in every input equals the formula's derivative at 50 digits."""
    return _against_truth(variant, "gradient", order=1)


def check_second_derivative(variant: Variant) -> Measured:
    """Autograd's second derivative in every input equals the formula's at 50 digits."""
    return _against_truth(variant, "second-derivative", order=2)


def check_closed_form(variant: Variant) -> Measured:
    """The formula's symbolic derivative equals a difference quotient, and a declared closed form equals it."""
    at = points(variant, 25, tiny=False)
    largest, where = mpf(0), ""
    for name in variant.activation.inputs:
        exact = truth(variant, at, name, 1)
        for point, symbolic in zip(at, exact, strict=True):
            numerical = numerical_derivative(variant, point, name)
            error = abs(numerical - symbolic) / (1 + abs(symbolic))
            if not error <= QUOTIENT_TOLERANCE:
                raise CheckFailedError(
                    f"symbolic derivative in {name} is {float(symbolic):.17g} at {describe(variant, point)}, "
                    f"the difference quotient {float(numerical):.17g}"
                )
            if error >= largest:
                largest, where = error, describe(variant, point)
    compared = f"symbolic derivative against a difference quotient at {3 * DIGITS} digits, {len(at)} points"
    results = [Measured(compared, float(largest), where)]
    at = points(variant)
    results += [
        worst(
            f"declared closed form in {name} against the formula's derivative",
            [describe(variant, point) for point in at],
            derivative(variant, *tensors(at), wrt=name, method="closed").tolist(),
            truth(variant, at, name, 1),
            tolerance=SLOPE_TOLERANCE,
        )
        for name, _ in zip(variant.activation.inputs, variant.activation.slopes, strict=False)
    ]
    return max(results, key=lambda result: result.error or 0.0)


def check_gradcheck(variant: Variant) -> Measured:
    """Slow gradcheck and gradgradcheck hold in inputs and parameters, away from kinks."""
    at = points(variant, 13, reach=3.0, tiny=False)
    inputs = [tensor.requires_grad_() for tensor in tensors(at)]
    names = [name for name, _ in variant.values]
    values = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for _, value in variant.values]

    def run(*arguments: Tensor) -> Tensor:
        overrides = dict(zip(names, arguments[len(inputs) :], strict=True))
        return variant(*arguments[: len(inputs)], **overrides)

    # gradcheck asks for a function of all its inputs; one that ignores some is given a term that is zero.
    def connected(*arguments: Tensor) -> Tensor:
        return run(*arguments) + 0.0 * sum(argument.sum() for argument in arguments)

    for function, given in ((connected, [*inputs, *values]), (lambda *a: variant(*a) + 0.0 * sum(a), inputs)):
        try:
            torch.autograd.gradcheck(function, given, eps=1e-6, atol=1e-7, rtol=1e-5)
            # A difference quotient of gradients: where those cancel (a parameter near its pole) it keeps four digits.
            torch.autograd.gradgradcheck(function, given, eps=1e-6, atol=1e-4, rtol=1e-4)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:300]
            raise CheckFailedError(f"gradcheck in slow mode: {reason}") from None
    return Measured(f"gradcheck and gradgradcheck, slow mode, {len(at)} points, in {', '.join(['inputs', *names])}")


def check_learnable(variant: Variant) -> Measured:
    """The gradient in each parameter equals the formula's derivative in it at 50 digits."""
    if not variant.values:
        return Measured("it has no parameters", applies=False)
    at = points(variant, 61, tiny=False)
    results = []
    for name, value in variant.values:
        parameter = torch.full((len(at),), value, dtype=torch.float64, requires_grad=True)
        result = variant(*tensors(at), **{name: parameter})
        slope = _first_gradient(result, parameter)
        what = f"gradient in parameter {name}"
        want = truth(variant, at, name, 1)
        results.append(_compare(variant, at, what, slope, want, _tail(want, least_scale=1.0)))
    return max(results, key=lambda result: result.error or 0.0)


def _against_truth(variant: Variant, check: str, order: int) -> Measured:
    """Compare with the truth: relative to each value, or to the largest where `absolute` says so.

    A typed formula says nothing of itself and may be either.
    """
    at = points(variant)
    reason = variant.activation.absolute.get(check)
    results, needed = [], False
    for name in variant.activation.inputs:
        got = derivative(variant, *tensors(at), order=order, wrt=name, method="autograd")
        what = f"derivative of order {order} in {name}"
        want = truth(variant, at, name, order)
        try:
            results.append(_compare(variant, at, what, got, want, LEAST))
        except CheckFailedError as error:
            needed = True
            results.append(_compare(variant, at, f"{what} (absolute)", got, want, _tail(want)))
            if reason is None and not variant.activation.typed:
                raise CheckFailedError(
                    f'{error}; in absolute terms it is exact: give the closed form, derivative="symbolic", '
                    f'or say why in absolute={{{check!r}: "…"}}'
                ) from None
    if reason is not None and not needed and dict(variant.values) == variant.activation.defaults:
        raise CheckFailedError(f"it is exact to its own rounding; remove absolute[{check!r}] ({reason})")
    return max(results, key=lambda result: result.error or 0.0)


def _tail(want: tuple[mpf, ...], least_scale: float = 0.0) -> float:
    scale = max((abs(exact) for exact in want if abs(exact) < mpf("1e300")), default=mpf(0))
    return max(TAIL * min(max(float(scale), least_scale), 1e3), LEAST)


def _compare(variant: Variant, at: Points, what: str, got: Tensor, want: tuple[mpf, ...], floor: float) -> Measured:
    return worst(
        f"{what} against the formula's at {DIGITS} digits",
        [describe(variant, point) for point in at],
        got.tolist(),
        want,
        tolerance=SLOPE_TOLERANCE,
        floor=floor,
    )


def _first_gradient(result: Tensor, parameter: Tensor) -> Any:
    if not result.requires_grad:
        return torch.zeros_like(parameter)
    return torch.autograd.grad(result.sum(), parameter, materialize_grads=True)[0]
