"""Straight pieces, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


@activation(
    formula="min(max(x, min_val), max_val)",
    paper="Collobert 2004, Large Scale Machine Learning, PhD thesis, Université Paris 6",
    kinks=("min_val", "max_val"),
    native="torch.nn.functional.hardtanh(min_val, max_val)",
    aliases=("Hardtanh", "hard_tanh"),
    cases=({"min_val": -0.5, "max_val": 2.0},),
    window=(-3, 3),
)
def hardtanh(x: Tensor, *, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """The identity, cut at both ends.

    The gradient at the ends is 0 in torch and 1 in jax; here as in torch, unless the ends are learnt.
    """
    low, high = (torch.as_tensor(end, dtype=x.dtype, device=x.device) for end in (min_val, max_val))
    return x.clamp(low, high)


@activation(
    formula="min(max(x/6 + 1/2, 0), 1)",
    paper="Howard, Sandler, Chu et al. 2019, arXiv:1905.02244",
    kinks=(-3, 3),
    native="torch.nn.functional.hardsigmoid",
    native_differs="its gradient takes 1/6 in float32, 3e-8 off in float64, and it has no second derivative",
    aliases=("Hardsigmoid", "hard_sigmoid"),
)
def hardsigmoid(x: Tensor) -> Tensor:
    """A sigmoid of three straight pieces with slope 1/6.

    The same name means x/5 + 1/2 in Keras 2 and ONNX, and (x + 1)/2 in BinaryConnect.
    """
    return (x / 6 + 0.5).clamp(0, 1)
