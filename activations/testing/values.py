"""Checks of values: against the formula, against torch, at the ends of the number line."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from mpmath import mpf
from torch import Tensor

from activations.declare import Variant
from activations.errors import CheckFailedError
from activations.testing.oracle import DIGITS, Points, describe, limit, points, truth
from activations.testing.outcome import Measured, worst

__all__ = ["check_finite", "check_native", "check_special", "check_value", "tensors"]

VALUE_TOLERANCE = 1e-12
FAR = (30.0, 50.0, 89.0, 100.0, 256.0, 1e3, 1e4)
SIZES = (1, 2, 7, 8, 16, 17, 33, 64)
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


def tensors(at: Points, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """The points as one tensor per input."""
    return [torch.tensor(column, dtype=dtype) for column in zip(*at, strict=True)]


def check_value(variant: Variant) -> Measured:
    """The value equals the formula at 50 digits, by the body and by the function that runs in its place."""
    at = points(variant)
    places = [describe(variant, point) for point in at]
    runs = variant.activation.bind(dict(variant.values))
    body = variant.activation.bind(dict(variant.values), native=False)
    seen: dict[str, Callable[..., Tensor]] = {"value": runs}
    if runs is not body and variant.activation.native is not None:
        seen["value of the body"] = body
    results = [
        worst(
            f"{what} against the formula at {DIGITS} digits",
            places,
            function(*tensors(at)).tolist(),
            truth(variant, at),
            tolerance=VALUE_TOLERANCE,
        )
        for what, function in seen.items()
    ]
    return max(results, key=lambda result: result.error or 0.0)


def check_native(variant: Variant) -> Measured:
    """The function of torch agrees with the body in value and gradient, or differs as declared."""
    activation = variant.activation
    values = dict(variant.values)
    if activation.native is None or not activation.native.takes(values, activation.defaults):
        return Measured("torch has no function for it", applies=False)
    at = points(variant)
    ours = _value_and_slope(activation.bind(values, native=False), tensors(at))
    theirs = _value_and_slope(activation.bind(values, native=True), tensors(at))
    largest, where = 0.0, ""
    for what, mine, other in zip(("value", "gradient"), ours, theirs, strict=True):
        error = (mine - other).abs() / (other.abs() + 1e-3)
        worst_at = int(error.nan_to_num(math.inf).argmax())
        if not where or not error[worst_at] <= largest:
            largest = float(error[worst_at])
            where = f"{what} at {describe(variant, at[worst_at])}: {mine[worst_at]:.17g}, torch {other[worst_at]:.17g}"
    compared = f"body against {activation.native}, value and gradient, {len(at)} points"
    relative = _relative_difference(ours[0], theirs[0])
    if activation.native_differs:
        if values == activation.defaults and max(largest, relative) <= VALUE_TOLERANCE:
            raise CheckFailedError(f"{activation.native} agrees to {largest:.1g}; remove native_differs")
        return Measured(f"{compared}; it differs as declared: {activation.native_differs}", max(largest, relative))
    if not largest <= VALUE_TOLERANCE:
        raise CheckFailedError(f"{compared}: off by {largest:.2g} (allowed {VALUE_TOLERANCE:g}), {where}")
    return Measured(compared, largest, where)


def check_finite(variant: Variant) -> Measured:
    """Value and gradient are finite out to ±1e4 in every dtype, wherever the true ones are representable."""
    line = [sign * x for x in FAR for sign in (-1.0, 1.0)] + [0.1, -0.1, 1e-4, -1e-4]
    at = tuple((x,) * variant.inputs for x in line if all(abs(x - kink) > 1e-3 for kink in variant.kinks or ()))
    compared = 0
    for dtype in DTYPES:
        rounded = tuple(
            tuple(column) for column in zip(*(t.double().tolist() for t in tensors(at, dtype)), strict=True)
        )
        leaves = [tensor.requires_grad_() for tensor in tensors(at, dtype)]
        value = variant(*leaves)
        slopes = torch.autograd.grad(value.float().sum(), leaves, materialize_grads=True)
        largest = torch.finfo(dtype).max
        seen = [("value", value, truth(variant, rounded))]
        for name, slope in zip(variant.activation.inputs, slopes, strict=True):
            seen.append((f"gradient in {name}", slope, truth(variant, rounded, name, 1)))
        for what, result, reference in seen:
            for point, number, exact in zip(rounded, result.tolist(), reference, strict=True):
                if abs(exact) < mpf(largest) * 0.99:
                    compared += 1
                    if not math.isfinite(number):
                        raise CheckFailedError(
                            f"{what} in {dtype} is {number} at {describe(variant, point)}, "
                            f"where it should be {float(exact):.6g}"
                        )
    return Measured(f"value and gradient finite to ±1e4 in {len(DTYPES)} dtypes, {compared} numbers")


def check_special(variant: Variant) -> Measured:
    """Infinities give the limit or what is declared, NaN gives NaN, -0.0 gives f(0), for tensors of every size."""
    if variant.inputs != 1:
        return Measured("limits are those of one input", applies=False)
    inputs = {"-inf": -math.inf, "inf": math.inf, "nan": math.nan}
    want = {
        "-inf": limit(variant, -1),
        "inf": limit(variant, 1),
        "nan": math.nan,
        **variant.activation.special,
    }
    for dtype in DTYPES:
        for name, x in inputs.items():
            for size in SIZES:
                got = variant(torch.full((size,), x, dtype=dtype)).double()
                if not _same(got, want[name]):
                    raise CheckFailedError(
                        f"value at {name} in {dtype} is {_distinct(got)} for {size} elements, "
                        f"expected {want[name]:.6g}; mend it, or declare special={{{name!r}: …}}"
                    )
        tiny = torch.finfo(dtype).smallest_normal / 8
        zeros = variant(torch.tensor([0.0, -0.0, tiny, -tiny], dtype=dtype)).double()
        spread = zeros[:2].max() - zeros[:2].min()
        if not bool(torch.isfinite(zeros).all()) or (spread != 0 and not _jumps_at_zero(variant)):
            raise CheckFailedError(f"values at 0, -0 and subnormal ±{tiny:.3g} in {dtype} are {zeros.tolist()}")
    return Measured(f"±inf, NaN, ±0 and subnormals in {len(DTYPES)} dtypes and {len(SIZES)} tensor sizes")


def _value_and_slope(function: Callable[..., Tensor], inputs: list[Tensor]) -> tuple[Tensor, Tensor]:
    leaves = [tensor.requires_grad_() for tensor in inputs]
    value = function(*leaves)
    (slope,) = torch.autograd.grad(value.sum(), leaves[:1], materialize_grads=True)
    return value.detach(), slope


def _relative_difference(mine: Tensor, other: Tensor) -> float:
    return float(((mine - other).abs() / mine.abs().clamp(min=1e-300)).nan_to_num(0.0).max())


def _same(got: Tensor, want: float) -> bool:
    if math.isnan(want):
        return bool(got.isnan().all())
    if math.isinf(want):
        return bool((got == want).all())
    # The limit is an extrapolation, good to a few digits.
    return bool(((got - want).abs() <= 2e-2 * max(1.0, abs(want))).all())


def _distinct(values: Tensor) -> str:
    return " and ".join(dict.fromkeys(f"{value:.6g}" for value in values.tolist()))


def _jumps_at_zero(variant: Variant) -> bool:
    return 0.0 in (variant.jumps or ())
