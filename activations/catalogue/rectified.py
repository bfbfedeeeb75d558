"""Rectifiers: the identity to the right of 0, another line to its left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


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
