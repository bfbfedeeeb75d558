"""Rectifiers: the identity to the right of 0, another line to its left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

KUNC = "Kunc, Kléma 2024, arXiv:2402.09092"
LIEW = "Liew, Khalil-Hani, Bakhteri 2016, Neurocomputing 216"
MODULUS = "Vallés-Pérez et al. 2023, arXiv:2301.05993"
PISHCHIK = "Pishchik 2023, doi:10.20944/preprints202301.0463.v1"


@activation(
    formula="x if x > 0 else 0",
    paper="Nair, Hinton 2010, ICML 2010",
    kinks=(0,),
    native="torch.nn.functional.relu",
    aliases=("ReLU", "rectifier", "ramp"),
)
def relu(x: Tensor) -> Tensor:
    """The positive part of its input.

    The gradient at 0 is 0, as in torch and jax.nn; jnp.maximum(x, 0) gives 0.5.
    """
    return torch.where(x > 0, x, torch.zeros_like(x))


@activation(
    formula="min(max(x, 0), 6)",
    paper="Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10, University of Toronto",
    kinks=(0, 6),
    native="torch.nn.functional.relu6",
    aliases=("ReLU6",),
    window=(-3, 9),
)
def relu6(x: Tensor) -> Tensor:
    """The positive part of its input, cut at 6.

    The gradient at 0 and at 6 is 0, as in torch and jax.
    """
    return x.clamp(0, 6)


@activation(
    formula="x if x > 0 else negative_slope*x",
    paper="Maas, Hannun, Ng 2013, ICML 2013",
    kinks=(0,),
    native="torch.nn.functional.leaky_relu(negative_slope)",
    aliases=("LeakyReLU", "lrelu"),
    cases=({"negative_slope": 0.3}, {"negative_slope": -1.0}),
)
def leaky_relu(x: Tensor, *, negative_slope: float = 0.01) -> Tensor:
    """A rectifier that lets a small multiple of negative inputs pass.

    Other defaults for the slope: 0.01 in torch and jax, 0.2 in Keras 3, 0.3 in Keras 2, 0.1 in darknet. The gradient
    at 0 is the slope.
    """
    return torch.where(x > 0, x, negative_slope * x)


@activation(
    formula="x if x > 0 else weight*x",
    paper="He, Zhang, Ren, Sun 2015, arXiv:1502.01852",
    kinks=(0,),
    learnable=("weight",),
    aliases=("PReLU",),
    cases=({"weight": -0.5},),
)
def prelu(x: Tensor, *, weight: float = 0.25) -> Tensor:
    """A leaky rectifier whose slope is learnt.

    `PReLU(channels=n)` learns one slope per channel, as `torch.nn.PReLU(n)` does, and reads its `state_dict`. The
    gradient at 0 is the slope.
    """
    return torch.where(x > 0, x, weight * x)


def _rrelu_in_training(x: Tensor, *, lower: float, upper: float) -> Tensor:
    slope = lower + (upper - lower) * torch.rand_like(x)
    return torch.where(x > 0, x, slope * x)


@activation(
    formula="x if x >= 0 else (lower + upper)/2*x",
    paper="Xu, Wang, Chen, Li 2015, arXiv:1505.00853",
    kinks=(0,),
    aliases=("RReLU",),
    cases=({"lower": 0.2, "upper": 0.6},),
    training=_rrelu_in_training,
)
def rrelu(x: Tensor, *, lower: float = 1 / 8, upper: float = 1 / 3) -> Tensor:
    """A leaky rectifier whose slope is drawn at random in training.

    In training mode each negative input gets a slope drawn uniformly from [lower, upper]; in evaluation mode the slope
    is their mean, and that is what the formula, the proofs, the pictures and the benchmark speak of. The paper divides
    by a number drawn from U(3, 8) instead.
    """
    return torch.where(x > 0, x, (lower + upper) / 2 * x)


@activation(
    formula="min(max(x, 0), n)",
    paper=LIEW,
    kinks=(0, "n"),
    learnable=("n",),
    aliases=("ReLUN", "BReLU", "bounded_relu", "clipped_relu", "capped_relu"),
    cases=({"n": 2.5},),
    window=(-2, 4),
)
def relun(x: Tensor, *, n: float = 1.0) -> Tensor:
    """The positive part of its input, cut at a height that may be learnt.

    ReLU6 is n = 6. The gradient at 0 and at n is 0.
    """
    positive = torch.relu(x)
    return torch.where(positive >= n, torch.zeros_like(x) + n, positive)


@activation(
    formula="x if x > 0 else x/a",
    paper=KUNC,
    kinks=("0/(a - 1)",),
    aliases=("VeryLeakyReLU", "VLReLU"),
    cases=({"a": 5.5},),
)
def very_leaky_relu(x: Tensor, *, a: float = 3.0) -> Tensor:
    """A leaky rectifier that divides negative inputs by a number, 3 by default.

    Lasagne has the slope 1/3 too; torch_activation takes 3 for the slope itself. The gradient at 0 is 1/a.
    """
    return torch.where(x > 0, x, x / a)


@activation(
    formula="abs(x)",
    paper="Hu 2018, ICNC-FSKD 2018",
    kinks=(0,),
    aliases=("vReLU", "modulus", "absolute_value", "AbsVal"),
)
def abs(x: Tensor) -> Tensor:
    """The absolute value.

    The gradient at 0 is 0, as in torch; jax gives 1.
    """
    # torch.abs has a second derivative without storage, which can be neither read nor drawn.
    return x * torch.sign(x)


@activation(
    formula="x if x >= 0 else a*abs(x)",
    paper=KUNC,
    kinks=("0/(a + 1)",),
    aliases=("AbsLU", "absolute_linear_unit"),
    cases=({"a": 0.2},),
)
def abslu(x: Tensor, *, a: float = 0.5) -> Tensor:
    """A leaky rectifier whose leak is folded upwards: negative inputs become positive.

    It is the absolute value for a = 1. The gradient at 0 is -a.
    """
    return torch.where(x > 0, x, -a * x)


@activation(
    formula="max(x, -delta)",
    paper="Macêdo, Zanchettin, Oliveira, Ludermir 2019, Expert Systems with Applications 124",
    kinks=("-delta",),
    aliases=("DisplacedReLU", "DisReLU", "shifted_relu"),
    cases=({"delta": 0.3},),
    window=(-4, 4),
)
def displaced_relu(x: Tensor, *, delta: float = 1.0) -> Tensor:
    """A rectifier whose corner is moved along the diagonal, to the left and below 0.

    With delta = 1 it is what Clevert, Unterthiner, Hochreiter 2016, arXiv:1511.07289, call SReLU; elsewhere that is the
    S-shaped rectifier. The gradient at the corner is 0. torch_activation starts from delta = 0.5; its ShiftedReLU is
    another function, max(0, x - 0.5).
    """
    return torch.where(x <= -delta, torch.zeros_like(x) - delta, x)


@activation(
    formula="x - a if x >= a else 0",
    paper=KUNC,
    kinks=("a",),
    aliases=("DelayReLU", "DRLU", "delayed_relu"),
    cases=({"a": 1.5},),
    window=(-0.5, 0.5),
)
def delay_relu(x: Tensor, *, a: float = 0.06) -> Tensor:
    """A rectifier that begins at a instead of 0.

    The gradient at a is 0.
    """
    return torch.relu(x - a)


@activation(
    formula="max(x, 0) + b",
    paper="Qiu, Xu, Cai 2018, arXiv:1706.08098",
    same_at_defaults={"relu": "its value to the left of 0 is learnt"},
    kinks=(0,),
    learnable=("b",),
    aliases=("FlexibleReLU", "FReLU"),
    cases=({"b": -0.375},),
)
def flexible_relu(x: Tensor, *, b: float = 0.0) -> Tensor:
    """A rectifier with a height that is learnt; ReLU itself until it has learnt one.

    FReLU is also the name of the funnel rectifier, which looks at neighbouring pixels. The gradient at 0 is 0.
    """
    return torch.relu(x) + b


@activation(
    formula="alpha*max(x, 0) + beta",
    paper=PISHCHIK,
    same_at_defaults={"relu": "its slope and its height are learnt"},
    kinks=("0/alpha",),
    learnable=("alpha", "beta"),
    aliases=("ShiLU", "shifted_rectified_linear_unit"),
    cases=({"alpha": 0.5, "beta": -0.25},),
)
def shilu(x: Tensor, *, alpha: float = 1.0, beta: float = 0.0) -> Tensor:
    """A rectifier with a slope and a height that are learnt; ReLU itself until it has learnt them.

    The gradient at 0 is 0.
    """
    return alpha * torch.relu(x) + beta


@activation(
    formula="a*x if x >= 0 else b*x",
    paper=KUNC,
    same_at_defaults={"leaky_relu": "the slope to the right is learnt too"},
    kinks=("0/(a - b)",),
    learnable=("a", "b"),
    aliases=("DPReLU", "dual_parametric_relu"),
    cases=({"a": 1.5, "b": -0.25},),
)
def dp_relu(x: Tensor, *, a: float = 1.0, b: float = 0.01) -> Tensor:
    """A rectifier with a learnt slope on either side of 0; it starts as the leaky rectifier.

    The gradient at 0 is b.
    """
    return torch.where(x > 0, a * x, b * x)


@activation(
    formula="a*x + m if x >= 0 else b*x + m",
    paper=KUNC,
    kinks=("0/(a - b)",),
    learnable=("a", "b", "m"),
    aliases=("DualLine",),
    cases=({"a": 1.5, "b": 0.25, "m": 0.5},),
)
def dual_line(x: Tensor, *, a: float = 1.0, b: float = 0.01, m: float = -0.22) -> Tensor:
    """A rectifier with a learnt slope on either side of 0 and a learnt height.

    The gradient at 0 is b.
    """
    return torch.where(x > 0, a * x, b * x) + m


@activation(
    formula="a*x if x >= 0 else 0.01*a*x",
    paper=KUNC,
    same_at_defaults={"leaky_relu": "one factor scales both sides"},
    kinks=("0/a",),
    learnable=("a",),
    aliases=("LeLeLU", "leaky_learnable_relu"),
    cases=({"a": 2.5},),
)
def lelelu(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The leaky rectifier with slope 0.01, times a factor that is learnt.

    The gradient at 0 is a/100.
    """
    return a * torch.where(x > 0, x, 0.01 * x)


@activation(
    formula="a*x + c*(1 - a) if x >= c else b*x + c*(1 - b)",
    paper="Inturrisi, Khoo, Kouzani, Pagliarella 2021, arXiv:2108.00700",
    kinks=("c + 0/(a - b)",),
    learnable=("a", "b", "c"),
    aliases=("PiLU",),
    cases=({"a": 0.75, "b": 0.25, "c": -0.5},),
)
def pilu(x: Tensor, *, a: float = 1.0, b: float = 0.01, c: float = 1.0) -> Tensor:
    """Two lines of learnt slopes that meet on the diagonal, at a point that is learnt too.

    Default of c elsewhere: 0 in torch_activation. The gradient at c is b.
    """
    beyond = x - c
    return torch.where(beyond > 0, a * beyond, b * beyond) + c


@activation(
    formula="x - gamma + zeta if x > gamma else beta*(x - gamma) + zeta",
    paper="Liu, Shen, Savvides, Cheng 2020, arXiv:2003.03488",
    same_at_defaults={"prelu": "it is shifted on both axes by learnt amounts"},
    kinks=("gamma + 0/(beta - 1)",),
    learnable=("gamma", "zeta", "beta"),
    aliases=("RPReLU", "react_prelu"),
    cases=({"gamma": 0.5, "zeta": -0.25, "beta": 0.125},),
)
def rprelu(x: Tensor, *, gamma: float = 0.0, zeta: float = 0.0, beta: float = 0.25) -> Tensor:
    """PReLU with a corner that is free to move: ReActNet's activation.

    Default of beta elsewhere: 1, which is the identity, in torch_activation. The gradient at the corner is beta.
    """
    beyond = x - gamma
    return torch.where(beyond > 0, beyond, beta * beyond) + zeta


@activation(
    formula="(1 + sigmoid(beta))*x if x >= 0 else clip(alpha, 0.01, 0.99)*x",
    paper="Chen, Li, Xu 2020, arXiv:2006.13858",
    kinks=(0,),
    learnable=("alpha", "beta"),
    aliases=("AReLU", "attention_relu"),
    cases=({"alpha": 0.25, "beta": -1.0},),
)
def arelu(x: Tensor, *, alpha: float = 0.9, beta: float = 2.0) -> Tensor:
    """A rectifier that amplifies positive inputs and damps negative ones, both by learnt factors.

    Negative inputs are multiplied by alpha kept within [0.01, 0.99]; an alpha beyond these bounds gets no gradient. The
    gradient at 0 is that factor.
    """
    damped, amplified = (torch.as_tensor(value, dtype=x.dtype, device=x.device) for value in (alpha, beta))
    return torch.where(x > 0, (1 + torch.sigmoid(amplified)) * x, damped.clamp(0.01, 0.99) * x)


@activation(
    formula="a*x + max(x, 0)",
    paper=KUNC,
    kinks=(0,),
    aliases=("LiReLU",),
    cases=({"a": 0.5}, {"a": -0.25}),
)
def li_relu(x: Tensor, *, a: float = 0.1) -> Tensor:
    """A rectifier added to a line.

    darknet's ramp is a = 0.1; torch_activation takes 0.2 and nonlinear 0.01. The gradient at 0 is a.
    """
    return torch.where(x > 0, (1 + a) * x, a * x)


@activation(
    formula="a*x if x <= 0 else (x if x < b else a*x + (1 - a)*b)",
    paper=LIEW,
    kinks=("0/(a - 1)", "b + 0/(a - 1)"),
    aliases=("BoundedLeakyReLU", "BLReLU"),
    cases=({"a": 0.3, "b": 2.5},),
    window=(-3, 4),
)
def bounded_leaky_relu(x: Tensor, *, a: float = 0.1, b: float = 1.0) -> Tensor:
    """The identity on [0, b] that goes on with a small slope on both sides.

    The gradient at 0 and at b is a.
    """
    return torch.where(x <= 0, a * x, torch.where(x < b, x, a * (x - b) + b))


@activation(
    formula="x^2 if x > 0 else 0",
    paper="So, Mańke, Liu, Dai, Shazeer et al. 2021, arXiv:2109.08668",
    aliases=("SquaredReLU", "relu2", "relu_squared", "ReQU"),
    window=(-3, 3),
)
def squared_relu(x: Tensor) -> Tensor:
    """The square of the positive part of its input.

    Its derivative has a kink at 0. In float16 it overflows beyond 255.
    """
    positive = torch.relu(x)
    return positive * positive


@activation(
    formula="x^s if x > 0 else 0",
    paper="Li, Tang, Yu 2019, arXiv:1909.05136",
    aliases=("RePU", "rectified_power_unit"),
    cases=({"s": 4.0}, {"s": 2.5}),
    window=(-2, 2),
)
def repu(x: Tensor, *, s: float = 3.0) -> Tensor:
    """A power of the positive part of its input, the cube by default.

    ReLU is s = 1 and its square s = 2; s may be any number above 1.
    """
    # The power of 0 has no logarithm, which the gradient in s would ask for.
    base = torch.where(x <= 0, torch.ones_like(x), x)
    return torch.where(x <= 0, torch.zeros_like(x), base**s)


@activation(
    formula="s*max(x, 0)^2 + b",
    paper="Yu et al. 2022, arXiv:2210.13452",
    learnable=("s", "b"),
    aliases=("StarReLU",),
    cases=({"s": 0.5, "b": 0.25},),
    window=(-3, 3),
)
def star_relu(x: Tensor, *, s: float = 0.8944, b: float = -0.4472) -> Tensor:
    """The squared rectifier, scaled and shifted to mean 0 and variance 1 for normal inputs.

    The defaults are 2/sqrt(5) and -1/sqrt(5), rounded as in the paper.
    """
    positive = torch.relu(x)
    return s * positive * positive + b


@activation(
    formula="log1p(beta*max(x, 0))",
    paper="Liu, Zhang, Gao, Qu, Ji 2019, arXiv:1908.03682",
    kinks=("0/beta",),
    aliases=("NLReLU", "natural_log_relu"),
    cases=({"beta": 2.0},),
)
def nlrelu(x: Tensor, *, beta: float = 1.0) -> Tensor:
    """The logarithm of 1 plus the positive part of its input.

    The gradient at 0 is 0.
    """
    return torch.log1p(beta * torch.relu(x))


@activation(
    formula="x if x >= 0 else a*x/(1 - x)",
    paper="Lin, Shen 2018, Procedia Computer Science 131",
    kinks=("0/(a - 1)",),
    derivative="symbolic",
    aliases=("SignReLU", "PolyLU", "FPLUS", "DLU"),
    cases=({"a": 0.5},),
    special={"-inf": math.nan},
)
def signrelu(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The identity, continued to the left of 0 by a softsign that saturates at -a.

    PolyLU, 1/(1 - x) - 1 for negative x, DLU and FPLUS are the same for a = 1, where the derivative is continuous. The
    gradient at 0 is a.
    """
    negative = x.clamp(max=0)
    return torch.where(x > 0, x, a * negative / (1 - negative))


@activation(
    formula="x - a*log1p(x) if x >= 0 else 0",
    paper=KUNC,
    kinks=("0/(a - 1)",),
    learnable=("a",),
    aliases=("PReNU", "parametric_rectified_nonlinear_unit"),
    cases=({"a": 0.75},),
    special={"inf": math.nan},
)
def prenu(x: Tensor, *, a: float = 0.25) -> Tensor:
    """A rectifier less a multiple of its logarithm.

    The derivative is continuous for a = 1 alone. The gradient at 0 is 0.
    """
    positive = torch.relu(x)
    return positive - a * torch.log1p(positive)


@activation(
    formula="x if x > 0 else epsilon*(sin(x) - cos(x))",
    paper="Rodrigues 2018, keras-contrib, SineReLU",
    jumps=("0/epsilon",),
    derivative="symbolic",
    aliases=("SineReLU",),
    cases=({"epsilon": 1.0},),
)
def sine_relu(x: Tensor, *, epsilon: float = 0.0025) -> Tensor:
    """A rectifier with a small wave to the left of 0.

    The value jumps by epsilon at 0; at 0 itself it is -epsilon. torch_activation and pyzjr take epsilon = 1.
    """
    negative = x.clamp(max=0)
    return torch.where(x > 0, x, epsilon * (torch.sin(negative) - torch.cos(negative)))


@activation(
    formula="min(x, sin(x))",
    paper=KUNC,
    aliases=("MinSin",),
    window=(-10, 10),
)
def minsin(x: Tensor) -> Tensor:
    """The smaller of the identity and the sine: the identity to the left of 0, a sine to its right."""
    return torch.where(x < 0, x, torch.sin(x.clamp(min=0)))


@activation(
    formula="max(x, 0) + a*sin(b*x)",
    paper=KUNC,
    kinks=(0,),
    learnable=("a", "b"),
    aliases=("VLU", "PVLU", "variational_linear_unit"),
    cases=({"a": 0.125}, {"a": -0.5, "b": 3.0}),
    special={"inf": math.nan},
    window=(-10, 10),
)
def vlu(x: Tensor, *, a: float = 1.0, b: float = 1.0) -> Tensor:
    """A rectifier with a sine added to it.

    The gradient at 0 is that of the sine, a*b.
    """
    return torch.relu(x) + a * torch.sin(b * x)


@activation(
    formula="x^2*(2 - abs(x)) if abs(x) <= 1 else abs(x)",
    paper=MODULUS,
    derivative="symbolic",
    aliases=("SoftModulusQ",),
    window=(-3, 3),
)
def soft_modulus_q(x: Tensor) -> Tensor:
    """The absolute value with a smooth tip: a cubic within [-1, 1].

    Some print the condition the other way round, with the cubic outside.
    """
    size = x.abs()
    near = x.clamp(-1, 1)
    return torch.where(size > 1, size, near * near * (2 - near.abs()))


@activation(
    formula="x*tanh(x/a)",
    paper=MODULUS,
    aliases=("SoftModulusT",),
    cases=({"a": 0.5},),
    window=(-0.1, 0.1),
)
def soft_modulus_t(x: Tensor, *, a: float = 0.01) -> Tensor:
    """The absolute value with a smooth tip of width a, made by a tanh.

    LiSHT is a = 1. a is to stay positive.
    """
    # The derivative of tanh cancels in its tails, that of the sigmoid to the left does not.
    u = x / a
    size = u.abs()
    return torch.where(size < 1, x * torch.tanh(u), x.abs() * (1 - 2 * torch.sigmoid(-2 * size)))
