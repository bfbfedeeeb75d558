"""Gated linear units: one half of the input gates the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


@activation(
    formula="a*sigmoid(b)",
    paper="Dauphin, Fan, Auli, Grangier 2017, arXiv:1612.08083",
    aliases=("GLU",),
)
def glu(a: Tensor, b: Tensor) -> Tensor:
    """The first input times the sigmoid of the second.

    The module called with one tensor splits dimension `dim` into the halves a and b, as `torch.nn.GLU` does. torch,
    jax, Keras and MLX all gate with the second half.
    """
    return a * torch.sigmoid(b)
