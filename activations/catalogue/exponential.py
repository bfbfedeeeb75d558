"""Exponential growth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.careful import VANISHES
from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


@activation(
    formula="expm1(x) if x >= 0 else -expm1(-x)",
    paper="Hafner, Pasukonis, Ba, Lillicrap 2023, arXiv:2301.04104",
    aliases=("SymExp",),
    window=(-3, 3),
)
def symexp(x: Tensor) -> Tensor:
    """The exponential of |x| less 1, with the sign of x: the inverse of symlog.

    It overflows beyond 88.7 in float32 and 11.1 in float16.
    """
    # Not abs(x), whose slope at 0 is 0 and would be the result's.
    value = torch.expm1(torch.where(x < 0, -x, x))
    return torch.where(x < 0, -value, value)


@activation(
    formula="exp(x)",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    native="torch.exp",
    aliases=("exp",),
    window=(-4, 3),
)
def exponential(x: Tensor) -> Tensor:
    """The exponential function.

    It overflows beyond 88.7 in float32 and 11.1 in float16. torch_activation's Exponential is exp(-x).
    """
    return torch.exp(x)


def _expm1_over(x: Tensor, a: Tensor) -> Tensor:
    """expm1(a x)/a, smooth where a x is 0: there its series is summed."""
    u = a * x
    near = u.abs() < 0.25
    one = torch.ones_like(u)
    small = torch.where(near, u, torch.zeros_like(u))
    series = one
    for n in range(13, 1, -1):
        series = 1 + small / n * series
    return torch.where(near, x * series, torch.expm1(torch.where(near, one, u)) / torch.where(near, one, a))


def _log1p_over(x: Tensor, a: Tensor) -> Tensor:
    """log1p(a x)/a, smooth where u = a x is 0: there the series of 2 artanh(u/(2 + u)) is summed."""
    u = a * x
    near = u.abs() < 0.25
    one = torch.ones_like(u)
    small = torch.where(near, u, torch.zeros_like(u))
    ratio = small / (2 + small)
    square = ratio * ratio
    series = one / 23
    for odd in range(21, 0, -2):
        series = 1 / odd + square * series
    near_value = x * (2 / (2 + small)) * series
    return torch.where(near, near_value, torch.log1p(torch.where(near, one, u)) / torch.where(near, one, a))


@activation(
    # At alpha = 0 the first terms of the series in alpha: they give the derivative in alpha there.
    formula="x + alpha*(1 + x^2/2) if alpha == 0 else "
    "(-log(1 - alpha*(x + alpha))/alpha if alpha < 0 else expm1(alpha*x)/alpha + alpha)",
    paper="Godfrey, Gashler 2015, arXiv:1602.01321",
    same_at_defaults={"linear": "alpha, 0 at first, bends it to a logarithm or an exponential"},
    learnable=("alpha",),
    derivative="1/(1 - alpha*(alpha + x)) if alpha < 0 else exp(alpha*x)",
    cases=({"alpha": 0.5}, {"alpha": -0.03125}),
    window=(-3, 3),
    special={"-inf": math.nan, "inf": math.nan},
)
def soft_exponential(x: Tensor, *, alpha: float = 0.0) -> Tensor:
    """A family from the logarithm (alpha = -1) over the identity (0) to the exponential (1), with alpha learnt.

    The default 0 is the identity; `soft_exponential:alpha=0.5` shows more. For alpha < 0 it is undefined (NaN) to the
    left of 1/alpha - alpha. Its second derivative in alpha differs on the two sides of 0; at 0 it is the mean of both.
    """
    value = torch.as_tensor(alpha, dtype=x.dtype, device=x.device)
    # Each side sees only values of alpha that it is made for; at 0 both are x with the same slopes.
    above, below = value.clamp(min=0), value.clamp(max=0)
    growing = _expm1_over(x, above) + above
    flattening = _log1p_over(x + below, -below)
    share = (1 + torch.sign(value)) / 2
    return share * growing + (1 - share) * flattening


def _sinh(x: Tensor) -> Tensor:
    """The hyperbolic sine up to the largest number; torch's own overflows a little earlier in float32."""
    # Two halves and not one: their slopes are halved before they are added.
    return 2 * torch.sinh(x / 2) * torch.cosh(x / 2)


@activation(
    formula="sinh(x)/3 if x > 0 else x^3/4",
    paper="Parisi, Ma, RaviChandran, Lanzillotta 2021, Machine Learning with Applications 6:100112",
    kinks=(0,),
    window=(-4, 4),
)
def hyper_sinh(x: Tensor) -> Tensor:
    """A hyperbolic sine to the right of 0, a cubic to its left.

    The gradient at 0 is 0.
    """
    left = x.clamp(max=0)
    return torch.where(x > 0, _sinh(x.clamp(min=0)) / 3, (left / 2) * (left / 2) * left)


@activation(
    formula="sinh(a*x) + asinh(a*x)",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    cases=({"a": 0.5},),
    window=(-4, 4),
    absolute={"second-derivative": VANISHES},
)
def comb_h_sine(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The hyperbolic sine plus its inverse."""
    u = scaled(x, a)
    return _sinh(u) + torch.asinh(u)
