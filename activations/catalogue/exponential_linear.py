"""The identity to the right of 0, a saturating exponential to its left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


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
    native="torch.nn.functional.celu(alpha)",
    aliases=("CELU",),
    cases=({"alpha": 0.5}, {"alpha": 3.0}),
)
def celu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    """ELU with its exponential scaled so that the derivative is continuous for every alpha > 0."""
    return torch.where(x > 0, x, alpha * _expm1_below_zero(x / alpha))
