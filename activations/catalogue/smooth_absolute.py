"""Smooth absolute values: even functions, 0 slope at their centre and straight lines far out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

KUNC = "Kunc, Kléma 2024, arXiv:2402.09092"


@activation(
    formula="x^2/(2*a) if abs(x) <= a else abs(x) - a/2",
    paper=KUNC,
    derivative="symbolic",
    aliases=("BiFiring", "bfire"),
    cases=({"a": 2.5},),
)
def huber(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The absolute value with a parabola between -a and a.

    The Huber loss divided by a, which torch calls the smooth L1 loss with beta = a.
    """
    size = torch.where(x < 0, -x, x)
    inner = torch.where(size < a, size, a)
    return inner / a * (size - inner / 2)


@activation(
    formula="log(cosh(x))",
    paper="FluxML contributors 2017, NNlib.jl, logcosh",
    aliases=("lncosh",),
)
def log_cosh(x: Tensor) -> Tensor:
    """The logarithm of the hyperbolic cosine: a parabola at 0, |x| - ln 2 far out."""
    inside = x.abs() < 1
    # log(cosh(x)) = log1p(2 sinh(x/2)^2) keeps its digits at 0, the other form does not overflow.
    half = torch.sinh(torch.where(inside, x, torch.zeros_like(x)) / 2)
    size = torch.where(x < 0, -x, x)
    return torch.where(inside, torch.log1p(2 * half * half), size + (torch.log1p(torch.exp(-2 * size)) - math.log(2)))


@activation(
    formula="sqrt((x - a)^2 + b^2)",
    paper="Ertuğrul 2018, Neural Networks 99",
    learnable=("a", "b"),
    aliases=("trained_activation_function", "hypot_activation"),
    cases=({"a": -1.0, "b": 0.5},),
)
def multiquadric(x: Tensor, *, a: float = 0.0, b: float = 1.0) -> Tensor:
    """A hyperbola around a, with its lowest point |b| above the axis.

    The paper calls it the trained activation function and gives no defaults; 0 and 1 are mlpack's multi-quadratic.
    """
    return torch.hypot(x - a, torch.as_tensor(b, dtype=x.dtype, device=x.device))


@activation(
    formula="x*tanh(x)",
    paper="Roy, Manna, Dubey, Chaudhuri 2019, arXiv:1901.05894",
    derivative="tanh(x) + 4*x*dsigmoid(2*x)",
    aliases=("LiSHT", "linearly_scaled_tanh"),
)
def lisht(x: Tensor) -> Tensor:
    """The input times its tanh: even, non-negative, |x| far out."""
    return x * torch.tanh(x)


@activation(formula="x*atan(x)", paper=KUNC)
def self_arctan(x: Tensor) -> Tensor:
    """The input times its arctangent: even, of slope pi/2 far out."""
    return x * torch.atan(x)


@activation(
    formula="alpha*x*erf(x/sqrt(2))",
    paper="Yu, Su 2019, arXiv:1911.03925",
    aliases=("SGELU", "symmetric_gelu"),
    cases=({"alpha": 0.1},),
)
def sgelu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """GELU made symmetric: the input times the probability that a standard normal is smaller in size.

    Other defaults for alpha: 0.1 in nonlinear and 1.702 in pyzjr.
    """
    return alpha * x * torch.erf(x * math.sqrt(0.5))


@activation(
    formula="x*tanh((1 - exp(-x))/(1 + exp(-x)))",
    paper=KUNC,
    derivative="tanh(tanh(x/2)) + 2*x*sech(tanh(x/2))^2*dsigmoid(x)",
    aliases=("TBSReLU", "tangent_bipolar_sigmoid_relu"),
)
def tbsrelu(x: Tensor) -> Tensor:
    """The input times the tanh of the bipolar sigmoid, which is tanh(x/2): even, of slope tanh(1) far out.

    The quotient of exponentials as it is usually coded is NaN below -709 in float64 and below -88 in float32.
    """
    return x * torch.tanh(torch.tanh(x / 2))
