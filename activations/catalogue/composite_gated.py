"""Gated by a function of a function: the input times a bounded function of its exponential, sigmoid or softplus."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.careful import sigmoid_of, softplus_of
from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

KUNC = "Kunc, Kléma 2024, arXiv:2402.09092"
BISWAS_EIS = "Biswas, Kumar, Banerjee, Pandey 2020, arXiv:2009.13501"
BISWAS_ERF = "Biswas, Kumar, Banerjee, Pandey 2022, arXiv:2109.04386"
BISWAS_TANHSOFT = "Biswas, Kumar, Banerjee, Pandey 2020, arXiv:2009.03863"
ZHU = "Zhu, Zeng, Liu, Zhang 2021, doi:10.1016/j.neucom.2021.06.067"
# -inf times a closed gate.
NO_LEFT_LIMIT = {"-inf": math.nan}


def _tanh(u: Tensor) -> Tensor:
    """The tanh by exponentials beyond ±1, so that its derivatives do not cancel where it is nearly ±1."""
    decay = torch.exp(torch.where(u > 0, -2 * u, 2 * u))
    outer = (1 - decay) / (1 + decay)
    return torch.where(u.abs() < 1, torch.tanh(u), torch.where(u > 0, outer, -outer))


def _tanh_of_exp(u: Tensor, factor: float = 1.0) -> Tensor:
    """tanh(factor*exp(u)) with derivatives that neither overflow nor cancel."""
    # Beyond 10 the tanh is 1 in every dtype; exp would overflow in half precision.
    return _tanh(scaled(torch.exp(u.clamp(max=10)), factor))


def _gumbel(x: Tensor) -> Tensor:
    """1 - exp(-exp(x)) with derivatives that neither overflow nor cancel."""
    # Beyond 7 it is 1 in every dtype; exp would overflow.
    right = 1 - torch.exp(-torch.exp(x.clamp(0, 7)))
    return torch.where(x > 0, right, -torch.expm1(-torch.exp(x.clamp(max=0))))


@activation(
    formula="a*x*tanh(log1p(sigmoid(b*x)))",
    paper="Wang, Ren, Wang 2022, doi:10.3390/electronics11040540",
    derivative="symbolic",
    cases=({"a": 2.0, "b": 0.5},),
    special=NO_LEFT_LIMIT,
)
def smish(x: Tensor, *, a: float = 1.0, b: float = 1.0) -> Tensor:
    """The input times the tanh of the logarithm of 1 plus its sigmoid; of slope 0.6 to the right."""
    gate = sigmoid_of(scaled(x, b))
    # tanh(log(1 + s)) is a quotient of polynomials.
    square = gate * (2 + gate)
    return a * x * (square / (2 + square))


@activation(
    formula="x*log1p(sigmoid(x))",
    paper=ZHU,
    derivative="symbolic",
    special=NO_LEFT_LIMIT,
)
def logish(x: Tensor) -> Tensor:
    """The input times the logarithm of 1 plus its sigmoid; of slope ln 2 to the right."""
    return x * torch.log1p(torch.sigmoid(x))


@activation(
    formula="a*x*log1p(sigmoid(b*x))",
    paper=ZHU,
    derivative="symbolic",
    aliases=("PLogish", "parametric_logish"),
    cases=({"a": 2.0, "b": 0.5},),
    window=(-2, 2),
    special=NO_LEFT_LIMIT,
)
def plogish(x: Tensor, *, a: float = 1.0, b: float = 10.0) -> Tensor:
    """Logish with a height a and a steepness b."""
    return a * x * torch.log1p(sigmoid_of(b * x))


@activation(
    formula="x*log(2 - exp(-exp(x)))",
    paper="Kaytan, Aydilek, Yeroğlu 2023, Neural Computing and Applications",
    special=NO_LEFT_LIMIT,
)
def gish(x: Tensor) -> Tensor:
    """The input times ln(2 - exp(-exp(x))); of slope ln 2 to the right.

    The formula as it is usually coded is 0 below -37 in float64, and its gradient NaN from 710.
    """
    return x * torch.log1p(_gumbel(x))


@activation(
    formula="x*(1 - exp(-exp(x)))",
    paper=KUNC,
    aliases=("LogLogish",),
    special=NO_LEFT_LIMIT,
)
def loglogish(x: Tensor) -> Tensor:
    """The input times the complementary log-log function."""
    return x * _gumbel(x)


@activation(
    formula="x*exp(-exp(-x))",
    paper=KUNC,
    aliases=("ExpExpish",),
    special=NO_LEFT_LIMIT,
)
def expexpish(x: Tensor) -> Tensor:
    """The input times the Gumbel distribution function, which vanishes doubly exponentially to the left."""
    # Below -7 the gate is 0 in every dtype; exp would overflow.
    return x * torch.exp(-torch.exp(-x.clamp(min=-7)))


@activation(
    formula="x*tanh(exp(x))",
    paper="Liu, Di 2020, arXiv:2003.09855",
    derivative="tanh(exp(x)) + x*(exp(min(x, 6.5))*sech(exp(min(x, 6.5)))^2)",
    aliases=("TanhExp", "TeLU", "tanh_exponential"),
    special=NO_LEFT_LIMIT,
)
def tanhexp(x: Tensor) -> Tensor:
    """The input times the tanh of its exponential.

    Fernandez, Mali 2024 (arXiv:2412.20269) call the same function TeLU; another TeLU is `tanh_elu`. Its gradient as it
    is usually coded is NaN from 89 in float32.
    """
    return x * _tanh_of_exp(x)


@activation(
    formula="x*tanh(beta*exp(gamma*x))",
    paper=BISWAS_TANHSOFT,
    learnable=("beta", "gamma"),
    aliases=("TanhSoft2",),
    cases=({"beta": 1.5, "gamma": 0.5},),
    special=NO_LEFT_LIMIT,
)
def tanhsoft2(x: Tensor, *, beta: float = 0.6, gamma: float = 1.0) -> Tensor:
    """The input times the tanh of a weighted exponential of it.

    At beta = gamma = 1 it is `tanhexp`.
    """
    return x * _tanh_of_exp(scaled(x, gamma), beta)


@activation(
    formula="tanh(alpha*x)*softplus(x)",
    paper=BISWAS_TANHSOFT,
    learnable=("alpha",),
    derivative="symbolic",
    aliases=("TanhSoft1",),
    cases=({"alpha": 0.4},),
)
def tanhsoft1(x: Tensor, *, alpha: float = 0.87) -> Tensor:
    """Softplus times a tanh, which makes it pass through the origin.

    torch_activation starts from alpha = 1.
    """
    return _tanh(alpha * x) * softplus_of(x)


@activation(
    formula="x*tanh(alpha*x if alpha*x > 0 else expm1(alpha*x))",
    paper="Mercioni, Holban 2020, ieeexplore 9301084",
    learnable=("alpha",),
    derivative="symbolic",
    aliases=("TanhELU", "LearnableTeLU"),
    cases=({"alpha": 0.5},),
)
def tanh_elu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """The input times the tanh of its ELU: never negative, of slope -tanh(1) far to the left.

    The authors call it TeLU, a name that later went to `tanhexp`.
    """
    u = scaled(x, alpha)
    return x * _tanh(torch.where(u > 0, u, torch.expm1(u.clamp(max=0))))


@activation(
    formula="x*erf(alpha*exp(beta*x))",
    paper=BISWAS_ERF,
    learnable=("alpha", "beta"),
    aliases=("ErfAct",),
    cases=({"alpha": 0.5, "beta": 1.0},),
    special=NO_LEFT_LIMIT,
)
def erf_act(x: Tensor, *, alpha: float = 0.75, beta: float = 0.75) -> Tensor:
    """The input times the error function of a weighted exponential of it.

    Other defaults for alpha and beta: 0.5 and 1 in activations-plus, 1 and 0.5 in torch_activation.
    """
    # Beyond 10 the gate is 1 in every dtype; exp would overflow in half precision.
    return x * torch.erf(alpha * torch.exp((beta * x).clamp(max=10)))


@activation(
    formula="x*erf(softplus(x))",
    paper="Nag, Bhattacharyya 2021, arXiv:2108.09598",
    derivative="symbolic",
    special=NO_LEFT_LIMIT,
)
def serf(x: Tensor) -> Tensor:
    """The input times the error function of its softplus."""
    return x * torch.erf(softplus_of(x))


@activation(
    formula="x*erf(gamma*softplus(delta*x))",
    paper=BISWAS_ERF,
    learnable=("gamma", "delta"),
    derivative="symbolic",
    cases=({"gamma": 0.8, "delta": 1.5},),
    special=NO_LEFT_LIMIT,
)
def pserf(x: Tensor, *, gamma: float = 1.25, delta: float = 0.85) -> Tensor:
    """Serf with a learnable height and steepness inside its gate."""
    return x * torch.erf(gamma * softplus_of(delta * x))


@activation(
    formula="x*tanh(x*ncdf(x))",
    paper="Naveen 2022, TechRxiv",
    derivative="symbolic",
)
def phish(x: Tensor) -> Tensor:
    """The input times the tanh of its GELU: never negative."""
    # Below -40 it is 0 in every dtype; the product of two large factors would overflow in half precision.
    left = x.clamp(min=-40)
    tail: Tensor = torch.special.erfc(left * -math.sqrt(0.5))
    return left * torch.tanh(0.5 * left * tail)


@activation(
    formula="x*sin(pi/2*sigmoid(x))",
    paper=KUNC,
    derivative="(cos(pi/2*sigmoid(-x)) if x > 0 else sin(pi/2*sigmoid(x))) + pi/2*x*sin(pi/2*sigmoid(-x))*dsigmoid(x)",
    aliases=("SinSig",),
    special=NO_LEFT_LIMIT,
)
def sinsig(x: Tensor) -> Tensor:
    """The input times the sine of a quarter turn of its sigmoid."""
    return x * torch.sin(math.pi / 2 * torch.sigmoid(x))


@activation(
    formula="x*tanh(sigmoid(x))",
    paper=KUNC,
    derivative="tanh(sigmoid(x)) + 4*x*dsigmoid(2*sigmoid(x))*dsigmoid(x)",
    aliases=("TSReLU", "tangent_sigmoid_relu"),
    special=NO_LEFT_LIMIT,
)
def tsrelu(x: Tensor) -> Tensor:
    """The input times the tanh of its sigmoid; of slope tanh(1) = 0.76 to the right."""
    return x * torch.tanh(torch.sigmoid(x))


@activation(
    formula="x*sigmoid(exp(-x))",
    paper=KUNC,
    aliases=("GSwish",),
)
def generalized_swish(x: Tensor) -> Tensor:
    """The input times the sigmoid of its decaying exponential: the identity to the left, x/2 to the right."""
    # Below -7 the gate is 1 in every dtype; exp would overflow.
    return x * sigmoid_of(torch.exp(-x.clamp(min=-7)))


@activation(
    formula="x*sigmoid(x*sigmoid(x))",
    paper=KUNC,
    derivative="symbolic",
    aliases=("DoubleSiLU",),
)
def double_silu(x: Tensor) -> Tensor:
    """The input times the sigmoid of its SiLU: x/2 to the left, the identity to the right.

    torch_activation documents this and computes silu(silu(x)).
    """
    # Below -40 the inner SiLU adds nothing to 1/2; the product of two large factors would overflow in half precision.
    left = x.clamp(min=-40)
    return x * torch.sigmoid(left * torch.sigmoid(left))


@activation(
    formula="max(x, x*exp(-abs(x)))",
    paper=KUNC,
    special=NO_LEFT_LIMIT,
)
def suish(x: Tensor) -> Tensor:
    """The identity to the right of 0, the input times its exponential to the left."""
    return torch.where(x > 0, x, x * torch.exp(x.clamp(max=0)))


@activation(
    formula="x/(1 - x*exp(-(x + exp(x))))",
    paper="Vagerwal 2021, arXiv:2112.12078",
    aliases=("CoLU", "collapsing_linear_unit"),
    special=NO_LEFT_LIMIT,
)
def colu(x: Tensor) -> Tensor:
    """The collapsing linear unit: the identity to the right, a dip that vanishes to the left."""
    # To the left both sides of the fraction are multiplied by exp(x), to the right the exponent saturates before 7.
    left, right = x.clamp(max=0), x.clamp(0, 7)
    decay = torch.exp(left)
    below = left * decay / (decay - left * torch.exp(-decay))
    return torch.where(x > 0, x / (1 - right * torch.exp(-right - torch.exp(right))), below)


@activation(
    formula="x*softplus(x)/(abs(x) + delta*exp(-theta*x))",
    paper=BISWAS_EIS,
    learnable=("delta", "theta"),
    aliases=("EIS1",),
    cases=({"delta": 2.0, "theta": 0.5},),
    special={"-inf": math.nan, "inf": math.nan},
    absolute={"second-derivative": "to the right it is the small difference of large terms"},
)
def eis1(x: Tensor, *, delta: float = 1.16, theta: float = 1.0) -> Tensor:
    """Softplus times the input over its size plus a decaying exponential.

    A member of the paper's family with sqrt(x^2) in its denominator, for which the abstract prints x.
    """
    u = scaled(x, theta)
    size = torch.where(x > 0, x, -x)
    # Both sides of the fraction are multiplied by exp(u) where u < 0.
    left = torch.exp(u.clamp(max=0))
    right = torch.exp(-u.clamp(min=0))
    return x * left / (size * left + delta * right) * softplus_of(x)


@activation(
    formula="x*softplus(x)/sqrt(1 + x^2)",
    paper=BISWAS_EIS,
    aliases=("EIS2",),
    special={"-inf": math.nan, "inf": math.nan},
)
def eis2(x: Tensor) -> Tensor:
    """Softplus times the inverse square root unit."""
    return x / torch.hypot(x, x.new_ones(())) * softplus_of(x)
