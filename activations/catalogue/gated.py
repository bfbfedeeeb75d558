"""Gated linear units: one half of the input gates the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.careful import ROUNDED_BY_TORCH
from activations.declare import activation
from activations.lazy import F, torch

if TYPE_CHECKING:
    from torch import Tensor

SHAZEER = "Shazeer 2020, arXiv:2002.05202"
GODIN = "Godin, Degrave, Dambre, De Neve 2018, arXiv:1707.08214"


@activation(
    formula="a*sigmoid(b)",
    paper="Dauphin, Fan, Auli, Grangier 2017, arXiv:1612.08083",
    absolute={"gradient": ROUNDED_BY_TORCH, "second-derivative": ROUNDED_BY_TORCH},
    aliases=("GLU",),
)
def glu(a: Tensor, b: Tensor) -> Tensor:
    """The first input times the sigmoid of the second.

    The module called with one tensor splits dimension `dim` into the halves a and b, as `torch.nn.GLU` does. torch,
    jax, Keras and MLX all gate with the second half.
    """
    return a * torch.sigmoid(b)


@activation(
    formula="a*max(b, 0)",
    paper=SHAZEER,
    aliases=("ReGLU",),
)
def reglu(a: Tensor, b: Tensor) -> Tensor:
    """The first input times the positive part of the second.

    The gradient in b at b = 0 is 0.
    """
    return a * torch.relu(b)


@activation(
    formula="a*b*ncdf(b)",
    paper=SHAZEER,
    derivative=("b*ncdf(b)", "a*(ncdf(b) + b*exp(-b^2/2)/sqrt(2*pi))"),
    aliases=("GEGLU",),
)
def geglu(a: Tensor, b: Tensor) -> Tensor:
    """The first input times the GELU of the second.

    Some implementations gate with the first half, and some take GELU's approximation by a tanh.
    """
    # Beyond reach the tail is 0 or 2 with derivative 0, which an overflowing a*b would make NaN in half precision.
    precision = torch.finfo(b.dtype)
    # Two logarithms: the product is subnormal, and 0 where those are flushed.
    reach = math.sqrt(-2 * (math.log(precision.tiny) + math.log(precision.eps)))
    tail: Tensor = torch.special.erfc(b.clamp(-reach, reach) * -math.sqrt(0.5))
    return a * (0.5 * b * tail)


@activation(
    formula="a*b*sigmoid(b)",
    paper=SHAZEER,
    derivative=("b*sigmoid(b)", "a*(sigmoid(b) + b*dsigmoid(b))"),
    aliases=("SwiGLU",),
)
def swiglu(a: Tensor, b: Tensor) -> Tensor:
    """The first input times the SiLU of the second.

    The second half is the gate, as in `torch.nn.GLU`; models of the LLaMA kind gate with the first. The paper's general
    form has a factor within the sigmoid, 1 here.
    """
    return a * F.silu(b)


@activation(
    formula="tanh(a)*sigmoid(b)",
    paper="van den Oord et al. 2016, arXiv:1606.05328",
    derivative=("4*dsigmoid(2*a)*sigmoid(b)", "tanh(a)*dsigmoid(b)"),
    aliases=("GTU", "gated_tanh_unit"),
)
def gtu(a: Tensor, b: Tensor) -> Tensor:
    """The tanh of the first input times the sigmoid of the second."""
    return torch.tanh(a) * torch.sigmoid(b)


@activation(
    formula="max(a, b)",
    paper="Goodfellow, Warde-Farley, Mirza, Courville, Bengio 2013, arXiv:1302.4389",
)
def maxout2(a: Tensor, b: Tensor) -> Tensor:
    """The larger of two inputs: maxout with two pieces.

    The gradient where both are equal is one half in each.
    """
    return torch.maximum(a, b)


@activation(
    formula="max(a, 0) - max(b, 0)",
    paper=GODIN,
    aliases=("DualReLU", "DReLU"),
)
def dual_relu(a: Tensor, b: Tensor) -> Tensor:
    """The difference of two rectifiers, which is unbounded on both sides.

    The gradient at 0 is 0.
    """
    return torch.relu(a) - torch.relu(b)


@activation(
    formula="(a if a > 0 else expm1(a)) - (b if b > 0 else expm1(b))",
    paper=GODIN,
    derivative="symbolic",
    aliases=("DualELU",),
)
def dual_elu(a: Tensor, b: Tensor) -> Tensor:
    """The difference of two ELUs, which is unbounded on both sides.

    It is also called DELU, the name of two other functions too: `delu` and `diff_elu`.
    """
    low_a, low_b = a.clamp(max=0), b.clamp(max=0)
    gap = low_a - low_b
    # The difference of two close exponentials cancels; expm1 of the difference of their arguments does not.
    near = gap.abs() < 1
    by_gap = torch.exp(low_b) * torch.expm1(torch.where(near, gap, torch.zeros_like(gap)))
    return torch.relu(a) - torch.relu(b) + torch.where(near, by_gap, torch.exp(low_a) - torch.exp(low_b))
