"""Negative controls: functions over a dimension with one fault each, and the check that must find it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mpmath
import torch
import torch.nn.functional as F  # noqa: N812 (the field's name for it)
from torch import Tensor, nn

from activations.axis import AxisActivation, AxisVariant, axis_activation
from activations.nn import create
from activations.testing.controls import with_slope_off

__all__ = ["AXIS_CONTROLS", "AxisControl", "shared_instance"]

PAPER = "a negative control of the conformance suite"
SOFTMAX = "exp(x_i) / sum_j exp(x_j)"


class AxisControl(NamedTuple):
    """A faulty function, the check that must fail on it, and words that its message must hold."""

    activation: AxisActivation
    check: str
    message: str


_calls = itertools.count()


def _softmax(values: Sequence[Any]) -> list[Any]:
    powers = [mpmath.exp(value) for value in values]
    return [power / mpmath.fsum(powers) for power in powers]


def _softmax_too_large(values: Sequence[Any]) -> list[Any]:
    return [share * mpmath.mpf("1.0000001") for share in _softmax(values)]


def _one_short(values: Sequence[Any]) -> list[Any]:
    return _softmax(values)[1:]


def _ramp(values: Sequence[Any]) -> list[Any]:
    return [max(value, value * 0) for value in values]


def _running_sum(values: Sequence[Any]) -> list[Any]:
    return list(itertools.accumulate(values))


def _pairs(values: Sequence[Any]) -> list[Any]:
    return [a + b for a, b in zip(values[::2], values[1::2], strict=True)]


@axis_activation(formula=SOFTMAX, reference=_softmax_too_large, paper=PAPER, permutation="equivariant")
def wrong_reference(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax, with a reference that is off by 1e-7."""
    return F.softmax(x, dim)


@axis_activation(formula=SOFTMAX, reference=_one_short, paper=PAPER, permutation="equivariant")
def too_few(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax, with a reference that gives one number less."""
    return F.softmax(x, dim)


@axis_activation(formula=SOFTMAX, reference=_softmax, paper=PAPER, permutation="equivariant")
def wrong_gradient(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax with a gradient that is off by 0.1 %."""
    return F.softmax(with_slope_off(x), dim)


@axis_activation(formula=SOFTMAX, reference=_softmax, paper=PAPER, permutation="equivariant")
def detached_sum(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax whose denominator is cut off from the gradient."""
    powers = torch.exp(x - x.amax(dim, keepdim=True).detach())
    return powers / powers.sum(dim, keepdim=True).detach()


@axis_activation(formula="max(x_i, 0)", reference=_ramp, paper=PAPER, permutation="equivariant")
def undeclared_kink(x: Tensor, *, dim: int = -1) -> Tensor:
    """ReLU that keeps silent about its kink."""
    return torch.relu(x)


@axis_activation(formula=SOFTMAX, reference=_softmax, paper=PAPER, permutation="equivariant", kinks="At ties.")
def declared_kink_missing(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax that claims a kink."""
    return F.softmax(x, dim)


@axis_activation(
    formula=SOFTMAX,
    reference=_softmax,
    paper=PAPER,
    permutation="equivariant",
    native="torch.nn.functional.log_softmax(dim)",
)
def wrong_native(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax that names torch's log_softmax as its own."""
    return F.softmax(x, dim)


@axis_activation(formula=SOFTMAX, reference=_softmax, paper=PAPER, permutation="equivariant")
def overflowing(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax without the largest value taken off."""
    powers = torch.exp(x)
    return powers / powers.sum(dim, keepdim=True)


@axis_activation(formula="sum of x_1 to x_i", reference=_running_sum, paper=PAPER, permutation="equivariant")
def not_equivariant(x: Tensor, *, dim: int = -1) -> Tensor:
    """A running sum that claims to be equivariant."""
    return x.cumsum(dim)


@axis_activation(formula=SOFTMAX, reference=_softmax, paper=PAPER)
def undeclared_equivariance(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax that keeps silent about permutations."""
    return F.softmax(x, dim)


@axis_activation(formula=SOFTMAX, reference=_softmax, paper=PAPER, permutation="equivariant")
def last_only(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax that works along the last dimension, whatever it is told."""
    return F.softmax(x, -1)


@axis_activation(formula="2*x_i", reference=lambda values: [2 * value for value in values], paper=PAPER)
def in_place(x: Tensor, *, dim: int = -1) -> Tensor:
    """Twice the input, doubled in place."""
    return x.mul_(2)


@axis_activation(formula="x_i", reference=list, paper=PAPER)
def noisy(x: Tensor, *, dim: int = -1) -> Tensor:
    """The identity with noise."""
    return x + 1e-9 * next(_calls)


@axis_activation(formula="x_(2*i) + x_(2*i + 1)", reference=_pairs, paper=PAPER)
def undeclared_divisor(x: Tensor, *, dim: int = -1) -> Tensor:
    """Sums of pairs that say nowhere that the size must be even."""
    return x.unflatten(dim, (-1, 2)).sum(-1)  # type: ignore[no-untyped-call, no-any-return]


@axis_activation(formula=SOFTMAX, reference=_softmax, paper=PAPER, permutation="equivariant")
def upcast(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax that turns half precision into single."""
    return F.softmax(x.float() if x.dtype in (torch.float16, torch.bfloat16) else x, dim)


@axis_activation(formula="sum of x_1 to x_i", reference=_running_sum, paper=PAPER)
def rounded_sums(x: Tensor, *, dim: int = -1) -> Tensor:
    """A running sum by differences of sums that are hundreds of times as large."""
    return (x + 300).cumsum(dim) - torch.full_like(x, 300).cumsum(dim)


@axis_activation(formula=SOFTMAX, reference=_softmax, paper=PAPER, permutation="equivariant")
def breaks_the_graph(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax that looks at its data."""
    return F.softmax(x, dim) if bool((x < 1e9).all()) else x.sign()


def _local() -> AxisActivation:
    @axis_activation(formula=SOFTMAX, reference=_softmax, paper=PAPER, permutation="equivariant")
    def hidden(x: Tensor, *, dim: int = -1) -> Tensor:
        """Softmax that no import finds."""
        return F.softmax(x, dim)

    return hidden


@axis_activation(
    formula=SOFTMAX,
    reference=_softmax,
    paper=PAPER,
    permutation="equivariant",
    skip={"value": "thought to be inaccurate"},
)
def skip_that_passes(x: Tensor, *, dim: int = -1) -> Tensor:
    """Softmax that is said to fail and does not."""
    return F.softmax(x, dim)


AXIS_CONTROLS: tuple[AxisControl, ...] = (
    AxisControl(wrong_reference, "value", "against the reference"),
    AxisControl(too_few, "value", "1 numbers give 1 results, not 0"),
    AxisControl(wrong_gradient, "gradient", "difference quotients"),
    AxisControl(wrong_gradient, "gradcheck", "gradcheck"),
    AxisControl(detached_sum, "gradient", "difference quotients"),
    AxisControl(undeclared_kink, "kinks", "declare kinks="),
    AxisControl(declared_kink_missing, "kinks", "none is at any"),
    AxisControl(wrong_native, "native", "torch.nn.functional.log_softmax"),
    AxisControl(overflowing, "finite", "should be finite"),
    AxisControl(not_equivariant, "permutation", "and is not"),
    AxisControl(undeclared_equivariance, "permutation", "declare permutation='equivariant'"),
    AxisControl(last_only, "shapes", "rows one by one"),
    AxisControl(in_place, "shapes", "in place"),
    AxisControl(noisy, "shapes", "deterministic"),
    AxisControl(undeclared_divisor, "sizes", "size 1 raises"),
    AxisControl(upcast, "dtypes", "keep the input's dtype"),
    AxisControl(rounded_sums, "dtypes", "roundings"),
    AxisControl(breaks_the_graph, "transforms", "vmap"),
    AxisControl(breaks_the_graph, "compile", "fullgraph"),
    AxisControl(_local(), "module", "can't be pickled"),
    AxisControl(skip_that_passes, "value", "remove the skip"),
)
"""Each fault with the check that finds it."""


def shared_instance() -> Callable[[AxisVariant], nn.Module]:
    """A maker that gives one module to everybody, for `check_module`."""
    made: dict[AxisVariant, nn.Module] = {}
    return lambda variant: made.setdefault(variant, create(variant))
