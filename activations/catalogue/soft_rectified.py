"""Rectifiers with a soft bend: softplus and its relatives, parabolas and hyperbolas between two straight lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.careful import softplus_of
from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

KUNC = "Kunc, Kléma 2024, arXiv:2402.09092"
WURAOLA = "Wuraola, Patel, Nguang 2021, Neurocomputing 442"
# ln 2 in float64, and what that leaves out.
LN2, LN2_REST = math.log(2), 2.319046813846299e-17


def _shifted_softplus(u: Tensor) -> Tensor:
    """log((1 + exp(u))/2): expm1 and log1p keep its digits around 0."""
    positive = u > 0
    decay = torch.expm1(torch.where(positive, -u, u))
    return torch.where(positive, u, torch.zeros_like(u)) + torch.log1p(decay / 2)


@activation(
    formula="log1p(expm1(x)/2)",
    paper="Schütt, Kindermans, Sauceda et al. 2017, arXiv:1706.08566",
    derivative="sigmoid(x)",
    aliases=("ShiftedSoftplus", "ssp"),
)
def shifted_softplus(x: Tensor) -> Tensor:
    """Softplus lowered by ln 2, so that it passes through the origin.

    The difference softplus(x) - ln 2 as it is usually coded has no digits left near 0.
    """
    return _shifted_softplus(x)


@activation(
    formula="sqrt(softplus(x))",
    paper="transformers contributors 2026, github.com/huggingface/transformers",
    aliases=("SqrtSoftplus",),
    window=(-8, 8),
)
def sqrt_softplus(x: Tensor) -> Tensor:
    """The square root of softplus: near sqrt(x) to the right, exp(x/2) to the left.

    transformers calls it sqrtsoftplus. Softplus underflows to the left long before its root, so exp(x/2) is taken out
    of the root.
    """
    small = torch.exp(x.clamp(max=0))
    # log(1 + u)/u has no digits at u = 0; up to 1e-6 three terms of its series are exact.
    tiny = small < 1e-6
    inside = torch.where(tiny, torch.ones_like(small), small)
    ratio = torch.where(tiny, 1 - small * (0.5 - small / 3), torch.log1p(inside) / inside)
    positive = x.clamp(min=0)
    right = torch.sqrt(positive + torch.log1p(torch.exp(-positive)))
    return torch.where(x > 0, right, torch.exp(x.clamp(max=0) / 2) * torch.sqrt(ratio))


@activation(
    formula="a*(softplus(x) - b)",
    paper=KUNC,
    derivative="symbolic",
    aliases=("PSoftplus",),
    cases=({"a": 0.8, "b": 1.0}, {"a": 2.0, "b": 0.0}),
)
def parametric_softplus(x: Tensor, *, a: float = 1.5, b: float = math.log(2)) -> Tensor:
    """Softplus lowered by b, then multiplied by a."""
    # Around the origin softplus(x) - ln 2 is computed as a whole: at the default b hardly anything else remains.
    around = _shifted_softplus(x) + ((LN2 - b) + LN2_REST)
    return a * torch.where(x > -1, around, softplus_of(x) - b)


@activation(
    formula="softplus(k*x) + x/c - log(2)",
    paper="Ciuparu, Nagy-Dăbâcan, Mureșan 2020, Neurocomputing 384",
    derivative="symbolic",
    aliases=("Soft++",),
    cases=({"k": 2.0, "c": 5.0},),
)
def soft_plus_plus(x: Tensor, *, k: float = 1.0, c: float = 2.0) -> Tensor:
    """Softplus on a slope: a straight line of slope 1/c to the left and of slope k + 1/c to the right."""
    return _shifted_softplus(scaled(x, k)) + x / c


@activation(
    formula="(1 - rho)*max(0, x) + rho*softplus(x)",
    paper="Chen, Mai, Xiao, Zhang 2019, Neural Computation 31(6)",
    kinks=("0/(rho - 1)",),
    aliases=("RSP",),
    cases=({"rho": 0.9},),
)
def rand_softplus(x: Tensor, *, rho: float = 0.5) -> Tensor:
    """A mean of the rectifier and softplus, weighted by rho in [0, 1].

    In the paper rho follows from the noise in the layer's input; here it is a plain parameter, with 0.5 our default.
    The gradient at 0 is rho/2, the one from the left.
    """
    return (1 - rho) * torch.where(x > 0, x, torch.zeros_like(x)) + rho * softplus_of(x)


@activation(
    formula="(x + sqrt(x^2 + b))/2",
    paper="Barron 2021, arXiv:2112.11687",
    derivative="symbolic",
    cases=({"b": 4 * math.log(2) ** 2}, {"b": 0.25}),
)
def squareplus(x: Tensor, *, b: float = 4.0) -> Tensor:
    """A hyperbola between 0 and the identity: softplus without transcendental functions.

    b > 0 is the width of its bend; b = 4 ln(2)^2 gives it the value of softplus at 0. The sum as written loses the left
    tail, 10 % at -3000 in float32, and overflows in float16 beyond 255.
    """
    both = torch.hypot(x, torch.as_tensor(b, dtype=x.dtype, device=x.device).sqrt()) + torch.where(x > 0, x, -x)
    return torch.where(x > 0, 0.5 * both, 0.5 * b / both)


def _smelu(x: Tensor, beta: float) -> Tensor:
    middle = torch.where(x.abs() >= beta, torch.zeros_like(x), x + beta)
    return torch.where(x >= beta, x, middle * (middle / (4 * beta)))


@activation(
    formula="0 if x <= -beta else (x if x >= beta else (x + beta)^2/(4*beta))",
    paper="Shamir, Lin 2022, arXiv:2202.06499",
    derivative="symbolic",
    aliases=("SmeLU",),
    cases=({"beta": 0.5},),
)
def smelu(x: Tensor, *, beta: float = 2.0) -> Tensor:
    """A rectifier whose corner is a parabola between -beta and beta.

    With beta = 1/2 it is SqSoftplus, with beta = 1 `sparse_plus`.
    """
    return _smelu(x, beta)


@activation(
    formula="0 if x <= -1 else (x if x >= 1 else (x + 1)^2/4)",
    paper="Blondel, Martins, Niculae 2019, arXiv:1901.02324",
    derivative="symbolic",
    window=(-3, 3),
)
def sparse_plus(x: Tensor) -> Tensor:
    """The sparse counterpart of softplus: exactly 0 below -1 and the identity above 1.

    As in jax.nn and Keras; it is `smelu` with beta = 1.
    """
    return _smelu(x, 1.0)


@activation(
    formula="x + x^2/32 if x > 0 else (x + x^2/2 if x >= -2 else 0)",
    paper=WURAOLA,
    kinks=(-2,),
    derivative="symbolic",
    aliases=("square_swish",),
)
def squish(x: Tensor) -> Tensor:
    """Swish out of parabolas: one on each side of 0, and 0 below -2.

    The slope at exactly -2 is -1, the one from the right.
    """
    right = torch.where(x > 0, x, torch.zeros_like(x))
    left = x.clamp(-2, 0)
    return right * (1 + right / 32) + left * (left + 2) / 2


@activation(
    formula="x if x > 0 else (x + x^2/4 if x >= -2 else -1)",
    paper=WURAOLA,
    derivative="symbolic",
    aliases=("SQLU", "square_linear_unit"),
)
def sqlu(x: Tensor) -> Tensor:
    """ELU with the exponential replaced by a parabola that reaches -1 at -2."""
    left = x.clamp(-2, 0)
    return torch.where(x > 0, x, torch.zeros_like(x)) + left * (1 + left / 4)


def _bend(x: Tensor) -> Tensor:
    """sqrt(x^2 + 1) - 1 without cancellation at 0 and without overflow."""
    return x * (x / (1 + torch.hypot(x, x.new_ones(()))))


@activation(
    formula="(sqrt(x^2 + 1) - 1)/2 + x",
    paper=KUNC,
    derivative="symbolic",
    special={"-inf": math.nan, "inf": math.nan},
)
def bent_identity(x: Tensor) -> Tensor:
    """The identity with a bend: slope 1/2 far to the left and 3/2 far to the right."""
    return x + 0.5 * _bend(x)


@activation(
    formula="beta*(sqrt(x^2 + 1) - 1) + x",
    paper="Godfrey 2019, IEEE SMC 2019",
    same_at_defaults={"linear": "beta, 0 at first, bends it"},
    learnable=("beta",),
    derivative="symbolic",
    aliases=("BLU", "bendable_linear_unit"),
    cases=({"beta": 1.0}, {"beta": -0.75}),
    special={"-inf": math.nan, "inf": math.nan},
)
def blu(x: Tensor, *, beta: float = 0.0) -> Tensor:
    """The identity with a learnable bend: slopes 1 - beta to the left and 1 + beta to the right.

    The libraries start from beta = 0, the identity; `bent_identity` is beta = 1/2. The paper keeps beta in [-1, 1],
    where it is monotone.
    """
    return x + beta * _bend(x)


@activation(
    formula="alpha*tanh(lam*x) + beta*x",
    paper=KUNC,
    learnable=("alpha", "lam", "beta"),
    derivative="4*alpha*lam*dsigmoid(2*lam*x) + beta",
    aliases=("TanhLU",),
    cases=({"alpha": 2.0, "lam": 0.5, "beta": 0.25},),
)
def tanhlu(x: Tensor, *, alpha: float = 1.0, lam: float = 1.0, beta: float = 1.0) -> Tensor:
    """A tanh on top of a straight line: a sigmoid that does not saturate."""
    return alpha * torch.tanh(scaled(x, lam)) + beta * x


@activation(
    formula="max(x, sigmoid(x))",
    paper=KUNC,
    kinks=(0.6590460684074066,),
    derivative="symbolic",
    aliases=("MaxSig",),
)
def maxsig(x: Tensor) -> Tensor:
    """The larger of the input and its sigmoid: the sigmoid up to 0.659, the identity from there."""
    gate = torch.sigmoid(x)
    return torch.where(x > gate, x, gate)
