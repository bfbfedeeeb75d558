"""Elementary functions in the form that keeps its digits, for the bodies of several families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ROUNDED_BY_TORCH", "VANISHES", "sigmoid_of", "size_of", "softplus_of"]

# Why a derivative may be exact to the rounding of its largest value only.
ROUNDED_BY_TORCH = "torch's own backward pass subtracts from 1 and leaves the tails its rounding"
VANISHES = "it vanishes at 0, where its terms cancel"


def softplus_of(u: Tensor) -> Tensor:
    """log(1 + exp(u)) without overflow or threshold."""
    return torch.logaddexp(u, u.new_zeros(()))


def sigmoid_of(u: Tensor) -> Tensor:
    """The sigmoid by its smaller half, so that its derivatives do not cancel where it is nearly 1."""
    small = torch.sigmoid(torch.where(u > 0, -u, u))
    return torch.where(u > 0, 1 - small, small)


def size_of(x: Tensor) -> Tensor:
    """The absolute value with slope 1 at 0, where torch's has 0: an odd function of it times a sign keeps its slope."""
    return torch.where(x < 0, -x, x)
