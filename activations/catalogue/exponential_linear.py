"""The identity to the right of 0, a saturating exponential to its left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

KUNC = "Kunc, Kléma 2024, arXiv:2402.09092"
BASIRAT = "Basirat, Roth 2018, arXiv:1808.00783"


def _expm1_below_zero(x: Tensor) -> Tensor:
    """expm1 where x < 0, and 0 with a clean gradient elsewhere: the branch that is not taken must not overflow."""
    return torch.expm1(x.clamp(max=0))


@activation(
    formula="x if x > 0 else alpha*expm1(x)",
    paper="Clevert, Unterthiner, Hochreiter 2016, arXiv:1511.07289",
    kinks=("0/(alpha - 1)",),
    native="torch.nn.functional.elu(alpha)",
    aliases=("ELU",),
    cases=({"alpha": 0.5},),
)
def elu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """The identity, continued to the left of 0 by an exponential that saturates at -alpha.

    Its derivative is continuous for alpha = 1 alone.
    """
    return torch.where(x > 0, x, alpha * _expm1_below_zero(x))


@activation(
    formula="1.0507009873554804934193349852946*(x if x > 0 else 1.6732632423543772848170429916717*expm1(x))",
    paper="Klambauer, Unterthiner, Mayr, Hochreiter 2017, arXiv:1706.02515",
    kinks=(0,),
    native="torch.nn.functional.selu",
    aliases=("SELU",),
)
def selu(x: Tensor) -> Tensor:
    """ELU with the two constants for which mean 0 and variance 1 are a fixed point through the layers.

    MLX rounds the constants, an error of 1e-6.
    """
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return scale * torch.where(x > 0, x, alpha * _expm1_below_zero(x))


@activation(
    formula="x if x > 0 else alpha*expm1(x/alpha)",
    paper="Barron 2017, arXiv:1704.07483",
    same_at_defaults={"elu": "alpha scales the argument of the exponential too"},
    native="torch.nn.functional.celu(alpha)",
    aliases=("CELU",),
    cases=({"alpha": 0.5}, {"alpha": 3.0}),
)
def celu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """ELU with its exponential scaled so that the derivative is continuous for every alpha > 0."""
    return torch.where(x > 0, x, alpha * _expm1_below_zero(x / alpha))


@activation(
    formula="a/b*x if x >= 0 else a*expm1(x/b)",
    paper="Trottier, Giguère, Chaib-draa 2017, arXiv:1605.09332",
    same_at_defaults={"elu": "two learnt parameters set slope, saturation and decay"},
    learnable=("a", "b"),
    derivative="symbolic",
    aliases=("PELU",),
    cases=({"a": 0.5, "b": 2.0},),
)
def pelu(x: Tensor, *, a: float = 1.0, b: float = 1.0) -> Tensor:
    """ELU with a learnt slope and a learnt decay, and a continuous derivative for all of them.

    Both are to stay positive.
    """
    return torch.where(x > 0, a / b * x, a * _expm1_below_zero(x / b))


@activation(
    formula="x if x > 0 else alpha*expm1(beta*x)",
    paper="Li, Fan, Li, Wu, Ming 2018, arXiv:1606.00305",
    kinks=("0/(alpha*beta - 1)",),
    learnable=("alpha", "beta"),
    derivative="symbolic",
    aliases=("MPELU",),
    cases=({"alpha": 2.0, "beta": 0.5}, {"alpha": 1.5, "beta": 2.0}),
)
def mpelu(x: Tensor, *, alpha: float = 0.25, beta: float = 1.0) -> Tensor:
    """ELU with a learnt depth and a learnt decay.

    Its derivative is continuous for alpha*beta = 1 alone. beta is to stay positive. The gradient at 0 is alpha*beta.
    """
    return torch.where(x > 0, x, alpha * _expm1_below_zero(beta * x))


@activation(
    formula="x if x > 0 else alpha*(max(1 + (1 - t)*x, 0)^(1/(1 - t)) - 1)",
    paper="Cheng, Li, Wu, Ma, Ngan 2020, Neural Networks 125",
    kinks=("0/(alpha - 1)",),
    learnable=("alpha",),
    derivative="symbolic",
    aliases=("PDELU",),
    cases=({"t": 0.5}, {"alpha": 0.75, "t": 0.75}),
    window=(-12, 6),
)
def pdelu(x: Tensor, *, alpha: float = 1.0, t: float = 0.9) -> Tensor:
    """ELU with its exponential deformed into a power, which reaches -alpha at x = -1/(1 - t).

    t is to stay within (0, 1): it tends to ELU as t tends to 1, where the formula has no value. The gradient at 0 is
    alpha.
    """
    gap = 1 - t
    fall = gap * x.clamp(max=0)
    # Near 0 the power less 1 cancels; near base 0 the derivatives of the other form do.
    near = fall > -0.5
    by_logarithm = torch.expm1(torch.log1p(torch.where(near, fall, torch.zeros_like(fall))) / gap)
    base = torch.where(near, torch.ones_like(fall), (1 + fall).clamp(min=torch.finfo(x.dtype).tiny))
    return torch.where(x > 0, x, alpha * torch.where(near, by_logarithm, base ** (1 / gap) - 1))


@activation(
    formula="alpha*x if x > 0 else alpha*x*exp(beta*x)",
    paper="Ying, Su, Shan, Miao, Wang et al. 2019, IEEE Access 7",
    same_at_defaults={"suish": "two learnt parameters set slope and decay"},
    learnable=("alpha", "beta"),
    derivative="symbolic",
    aliases=("PREU", "REU", "rectified_exponential_unit"),
    cases=({"alpha": 0.5, "beta": 2.0},),
    special={"-inf": math.nan},
)
def preu(x: Tensor, *, alpha: float = 1.0, beta: float = 1.0) -> Tensor:
    """A line whose left half is damped by an exponential, both learnt.

    The rectified exponential unit, REU, is the same with both parameters fixed at 1.
    """
    return alpha * x * torch.exp(beta * x.clamp(max=0))


@activation(
    formula="x*sigmoid(x) if x >= 0 else expm1(x)*sigmoid(x)",
    paper=BASIRAT,
    derivative="symbolic",
    aliases=("ELiSH", "exponential_linear_sigmoid_squashing"),
)
def elish(x: Tensor) -> Tensor:
    """ELU times a sigmoid, which makes it SiLU to the right of 0."""
    return torch.where(x > 0, x, _expm1_below_zero(x)) * torch.sigmoid(x)


@activation(
    formula="(x if x >= 0 else expm1(x))*max(0, min(1, (x + 1)/2))",
    paper=BASIRAT,
    kinks=(-1, 1),
    derivative="symbolic",
    aliases=("HardELiSH",),
    window=(-3, 3),
)
def hard_elish(x: Tensor) -> Tensor:
    """ELU times a sigmoid of three straight pieces.

    Kunc, Kléma 2024 print 1 + exp(-x) for expm1(x), which would jump at 0. The gradient at -1 and at 1 is that of the
    piece between them.
    """
    return torch.where(x > 0, x, _expm1_below_zero(x)) * ((x + 1) / 2).clamp(0, 1)


@activation(
    formula="x if x >= 0 else x/sqrt(1 + alpha*x^2)",
    paper="Carlile, Delamarter, Kinney, Marti, Whitney 2017, arXiv:1710.09967",
    learnable=("alpha",),
    derivative="symbolic",
    aliases=("ISRLU", "inverse_square_root_linear_unit"),
    cases=({"alpha": 3.0},),
    special={"-inf": math.nan},
)
def isrlu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """The identity, continued to the left of 0 by an inverse square root that saturates at -1/sqrt(alpha).

    Its first two derivatives are continuous. alpha is to stay positive. The square is left to hypot, which does not
    overflow.
    """
    negative = x.clamp(max=0)
    return torch.where(x > 0, x, negative / torch.hypot(alpha**0.5 * negative, torch.ones_like(x)))


@activation(
    formula="lam*x if x >= 0 else lam*alpha*x*exp(x)",
    paper="Zhang, Li 2018, arXiv:1807.10117",
    kinks=("0/(alpha - 1)",),
    derivative="symbolic",
    aliases=("SERLU",),
    cases=({"lam": 1.0, "alpha": 1.5},),
    special={"-inf": math.nan},
)
def serlu(x: Tensor, *, lam: float = 1.07862, alpha: float = 2.90427) -> Tensor:
    """A scaled line whose left half is damped by an exponential, so that it comes back to 0.

    The constants are those for which standard normal inputs give mean 0 and variance 1, rounded as in the paper from
    1.078618283 and 2.904271233. The gradient at 0 is lam*alpha.
    """
    negative = x.clamp(max=0)
    return lam * torch.where(x > 0, x, alpha * negative * torch.exp(negative))


@activation(
    formula="x if x >= 0 else (1 - x)^(-n) - 1",
    paper="Li, Ding, Li 2018, arXiv:1802.00212",
    kinks=("0/(n - 1)",),
    derivative="symbolic",
    aliases=("PoLU", "power_linear_unit"),
    cases=({"n": 2.0}, {"n": 0.5}),
)
def polu(x: Tensor, *, n: float = 1.5) -> Tensor:
    """The identity, continued to the left of 0 by a power that saturates at -1.

    The derivative is continuous for n = 1 alone, which is `signrelu`. The gradient at 0 is n.
    """
    return torch.where(x > 0, x, torch.expm1(-n * torch.log1p(-x.clamp(max=0))))


@activation(
    formula="x if x >= 0 else a*(x*exp(x) - b*exp(b*x))",
    paper=KUNC,
    jumps=("0/(a*b)",),
    derivative="symbolic",
    aliases=("DiffELU", "difference_elu"),
    cases=({"a": 1.0, "b": 0.5},),
    special={"-inf": math.nan},
)
def diff_elu(x: Tensor, *, a: float = 0.3, b: float = 0.1) -> Tensor:
    """The identity, continued to the left of 0 by the difference of two exponentials.

    The value jumps by a*b at 0; at 0 itself it is 0.
    """
    negative = x.clamp(max=0)
    return torch.where(x >= 0, x, a * (negative * torch.exp(negative) - b * torch.exp(b * negative)))


@activation(
    formula="(n + 1/2)*x + abs(exp(-x) - 1) if x > 0 else x*sigmoid(x)",
    paper="Pishchik 2023, doi:10.20944/preprints202301.0463.v1",
    kinks=("0/(n + 1)",),
    learnable=("n",),
    derivative="symbolic",
    aliases=("DELU",),
    cases=({"n": 0.5},),
    special={"-inf": math.nan},
)
def delu(x: Tensor, *, n: float = 1.0) -> Tensor:
    """SiLU to the left of 0, a line plus a saturating exponential to its right.

    Two other functions are called DELU too: the difference of two ELUs (`dual_elu`) and `diff_elu`. The gradient at 0
    is that of SiLU, 1/2. torch_activation starts from n = 0.
    """
    return torch.where(x > 0, (n + 0.5) * x - torch.expm1(-x.clamp(min=0)), x * torch.sigmoid(x))


@activation(
    formula="x if x >= 0 else alpha*tanh(beta*x)",
    paper="Duggal, Gupta 2017, ICCVW 2017",
    kinks=("0/(alpha*beta - 1)",),
    learnable=("alpha", "beta"),
    derivative="symbolic",
    aliases=("PTELU", "SigLU", "maxtanh"),
    cases=({"alpha": 2.0, "beta": 0.75},),
)
def ptelu(x: Tensor, *, alpha: float = 1.0, beta: float = 1.0) -> Tensor:
    """The identity, continued to the left of 0 by a tanh with a learnt depth and a learnt slope.

    At the defaults it is the larger of x and tanh(x), which is also known as SigLU, and twice continuously
    differentiable. The gradient at 0 is alpha*beta.
    """
    return torch.where(x > 0, x, alpha * torch.tanh(beta * x.clamp(max=0)))


@activation(
    formula="x if x >= 0 else tanh(x/2)",
    paper=KUNC,
    kinks=(0,),
    derivative="symbolic",
    aliases=("ThLU",),
)
def thlu(x: Tensor) -> Tensor:
    """The identity, continued to the left of 0 by a tanh of half its input.

    The gradient at 0 is 1/2.
    """
    return torch.where(x > 0, x, torch.tanh(x.clamp(max=0) / 2))


@activation(
    formula="x if x >= 0 else (tanh(x) if x > a else tanh(a))",
    paper=KUNC,
    kinks=("a",),
    learnable=("a",),
    derivative="symbolic",
    aliases=("TaLU", "tangent_linear_unit"),
    cases=({"a": -0.5},),
    window=(-3, 3),
)
def talu(x: Tensor, *, a: float = -1.0) -> Tensor:
    """The identity, continued to the left of 0 by a tanh that stops falling at a.

    a is to stay negative. The gradient at a is 0.
    """
    held = torch.where(x <= a, torch.zeros_like(x) + a, x)
    return torch.where(x > 0, x, torch.tanh(held.clamp(max=0)))


@activation(
    formula="tanh(a) + sech(a)^2*(x - a) if x <= a else (tanh(x) if x < b else tanh(b) + sech(b)^2*(x - b))",
    paper="Wang, Qin, Wang, Xiang, Chen 2019, Neurocomputing 363",
    learnable=("a", "b"),
    derivative="symbolic",
    aliases=("ReLTanh",),
    cases=({"a": -2.0, "b": 0.5},),
)
def reltanh(x: Tensor, *, a: float = -1.5, b: float = 0.0) -> Tensor:
    """A tanh that goes on along its tangents outside (a, b), so that no gradient vanishes.

    a is to stay below b; the authors' code keeps a at most -1.5 and b within [0, 0.5]. The derivative is continuous.
    """
    low, high = (torch.as_tensor(end, dtype=x.dtype, device=x.device) for end in (a, b))
    inside = x.clamp(low, high)
    slope = 4 * torch.sigmoid(2 * inside) * torch.sigmoid(-2 * inside)
    return torch.tanh(inside) + slope * (x - inside)


@activation(
    formula="x if x >= 0 else a*erf(x)",
    paper=KUNC,
    kinks=(0,),
    learnable=("a",),
    derivative="symbolic",
    aliases=("ErfReLU",),
    cases=({"a": 0.5},),
)
def erf_relu(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The identity, continued to the left of 0 by the error function.

    The gradient at 0 is 2*a/sqrt(pi).
    """
    return torch.where(x > 0, x, a * torch.erf(x.clamp(max=0)))


@activation(
    formula="x if x >= 0 else 2*log((exp(x) + 1)/2)",
    paper="Zhao, Liu, Li, Luo 2018, Applied Intelligence 48(7)",
    derivative="symbolic",
    aliases=("SLU", "softplus_linear_unit"),
)
def slu(x: Tensor) -> Tensor:
    """The identity, continued to the left of 0 by twice the softplus, lowered to meet it."""
    return torch.where(x > 0, x, 2 * torch.log1p(_expm1_below_zero(x) / 2))


@activation(
    formula="alpha*x + log(2) if x >= 0 else log1p(exp(x))",
    paper="Xu, Huang, Wang, Hu 2018, ICDSBA 2018",
    kinks=("0/(2*alpha - 1)",),
    derivative="symbolic",
    aliases=("ReSP", "rectified_softplus"),
    cases=({"alpha": 1.0},),
)
def resp(x: Tensor, *, alpha: float = 1.7) -> Tensor:
    """A line through log(2) to the right of 0, the softplus to its left.

    Slopes of 1.4 to 2 are recommended; elsewhere 1.5 (nonlinear) and 1 (activations-plus). The gradient at 0 is 1/2.
    """
    return torch.where(x > 0, alpha * x + math.log(2), torch.log1p(torch.exp(x.clamp(max=0))))


@activation(
    formula="x if x >= 0 else x/(1 + a*exp(-b*x))",
    paper=KUNC,
    kinks=("0/a",),
    aliases=("SaRa",),
    cases=({"a": 2.0, "b": 1.5},),
    special={"-inf": math.nan},
)
def sara(x: Tensor, *, a: float = 0.5, b: float = 0.7) -> Tensor:
    """The identity to the right of 0, the input times a sigmoid to its left.

    a and b are to be positive. The gradient at 0 is 1/(1 + a).
    """
    negative = x.clamp(max=0)
    # exp(-b*x) would overflow.
    decay = torch.exp(b * negative)
    return torch.where(x > 0, x, negative * (decay / (decay + a)))


@activation(
    formula="alpha_p*x^2 + beta*x if x > 0 else alpha_n*(expm1(x) - x) + beta*x",
    paper="Huang, Schlag 2024, arXiv:2411.13010",
    learnable=("alpha_p", "alpha_n"),
    derivative="symbolic",
    aliases=("xIELU",),
    cases=({"alpha_p": 0.25, "alpha_n": 1.5, "beta": 0.25},),
    window=(-6, 3),
)
def xielu(x: Tensor, *, alpha_p: float = 0.8, alpha_n: float = 0.8, beta: float = 0.5) -> Tensor:
    """The integral of a shifted ELU: a parabola to the right of 0, an exponential and a rising line to its left.

    The paper learns both factors through a softplus, with alpha_n above beta; here they are the factors themselves. The
    code of transformers holds the input of expm1 below -1e-6, which makes a jump of that size at 0.
    """
    positive, negative = x.clamp(min=0), x.clamp(max=0)
    right = (alpha_p * positive + beta) * positive
    return torch.where(x > 0, right, alpha_n * torch.expm1(negative) + (beta - alpha_n) * negative)
