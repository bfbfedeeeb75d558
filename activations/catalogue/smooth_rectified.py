"""Smooth relatives of the rectifier, most of them self-gated: the input times a sigmoid of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.careful import ROUNDED_BY_TORCH, softplus_of
from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import F, torch

if TYPE_CHECKING:
    from torch import Tensor

GELU_PAPER = "Hendrycks, Gimpel 2016, arXiv:1606.08415"


@activation(
    formula="softplus(beta*x)/beta",
    paper="Dugas, Bengio, Bélisle, Nadeau, Garcia 2000, NIPS 2000",
    native="torch.nn.functional.softplus(beta)",
    aliases=("Softplus", "smooth_relu"),
    cases=({"beta": 0.5}, {"beta": 5.0}),
    native_differs="it is x itself where beta*x > 20: off by 2e-9 in value and gradient, with second derivative 0",
)
def softplus(x: Tensor, *, beta: float = 1.0) -> Tensor:
    """The integral of the sigmoid: a rectifier with a smooth corner.

    Accurate everywhere; torch's own has a threshold of 20 beyond which it is the identity (`native=True`).
    """
    u = scaled(x, beta)
    value = softplus_of(u)
    return value if u is x else value / beta


@activation(
    formula="x*ncdf(x)",
    paper=GELU_PAPER,
    native="torch.nn.functional.gelu",
    native_differs="1 + erf loses the negative tail: 1.8 % off at -8 and 0 from -9 in float64",
    derivative="symbolic",
    aliases=("GELU",),
    special={"-inf": math.nan},
)
def gelu(x: Tensor) -> Tensor:
    """The input times the probability that a standard normal variable is below it.

    Computed with erfc, which keeps the negative tail; torch's 1 + erf loses it, 57 % off at -5.5 in float32
    (`native=True`). Default elsewhere: exact in torch and keras.activations, the tanh form (`gelu_tanh`) in jax.nn and
    keras.ops.
    """
    tail: Tensor = torch.special.erfc(x * -math.sqrt(0.5))
    return 0.5 * x * tail


@activation(
    formula="x/(1 + exp(-2*sqrt(2/pi)*(x + 0.044715*x^3)))",
    paper=GELU_PAPER,
    native="torch.nn.functional.gelu(approximate='tanh')",
    native_differs="1 + tanh loses the negative tail; in float32 its gradient is 30 % off at -5",
    aliases=("gelu_new", "gelu_fast", "gelu_pytorch_tanh", "SiELU"),
    special={"-inf": math.nan},
)
def gelu_tanh(x: Tensor) -> Tensor:
    """The approximation of GELU by a tanh.

    (1 + tanh(u))/2 is written as sigmoid(2u), which keeps the negative tail.
    """
    # Beyond 25 the gate is 0 or 1 in every dtype; the cube would overflow in half precision.
    near = x.clamp(-25, 25)
    u = 2 * math.sqrt(2 / math.pi) * (near + 0.044715 * near * near * near)
    # The small one of gate and 1 - gate: its derivatives do not cancel.
    gate = torch.sigmoid(torch.where(x > 0, -u, u))
    return x * torch.where(x > 0, 1 - gate, gate)


@activation(
    formula="x*sigmoid(x)",
    paper="Elfwing, Uchibe, Doya 2018, arXiv:1702.03118",
    native="torch.nn.functional.silu",
    aliases=("SiLU", "swish"),
    special={"-inf": math.nan},
    absolute={"second-derivative": ROUNDED_BY_TORCH},
)
def silu(x: Tensor) -> Tensor:
    """The input times its sigmoid.

    Also known as swish (Ramachandran, Zoph, Le 2017, arXiv:1710.05941), which some give a trainable factor.
    """
    return x * torch.sigmoid(x)


@activation(
    formula="x*tanh(softplus(x))",
    paper="Misra 2019, arXiv:1908.08681",
    native="torch.nn.functional.mish",
    aliases=("Mish",),
    special={"-inf": math.nan},
    absolute={"second-derivative": ROUNDED_BY_TORCH},
)
def mish(x: Tensor) -> Tensor:
    """The input times the tanh of its softplus: smooth, self-gated and non-monotonic."""
    return x * torch.tanh(F.softplus(x))


@activation(
    formula="x*min(max(x + 3, 0), 6)/6",
    paper="Howard, Sandler, Chu et al. 2019, arXiv:1905.02244",
    kinks=(-3, 3),
    native="torch.nn.functional.hardswish",
    aliases=("Hardswish", "hard_swish", "hard_silu"),
    special={"-inf": math.nan},
)
def hardswish(x: Tensor) -> Tensor:
    """SiLU with the sigmoid replaced by three straight pieces.

    The gradient at exactly -3 and 3 is 0 and 1 in torch 2.13, and was -0.5 and 1.5 up to torch 2.6.
    """
    return x * (x + 3).clamp(0, 6) / 6
