"""Tensor differentiation by hand: the gradients of x1ᵀ·A·x2 + b in both vectors, the matrix and the shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from activations.errors import DataError

__all__ = ["BilinearGradients", "bilinear_gradients", "example"]

FIRST = (0.5, -1.0, 2.0)
SECOND = (1.5, 0.25)
MATRIX = ((1.0, -0.5), (0.25, 2.0), (-1.5, 0.75))
SHIFT = 0.1


@dataclass(frozen=True)
class BilinearGradients:
    """The value of x1ᵀ·A·x2 + b and its gradients, by hand and by torch.

    Attributes:
        x1: the first vector.
        x2: the second vector.
        matrix: A, a row per entry of x1 and a column per entry of x2.
        shift: b, a single number.
        value: x1ᵀ·A·x2 + b.
        layer_value: the same from `torch.nn.Bilinear` with these weights.
        formulas: the gradient in each of x1, x2, A and b, as text.
        by_hand: the gradients from these formulas.
        by_autograd: the gradients that torch's layer gets.
    """

    x1: Tensor
    x2: Tensor
    matrix: Tensor
    shift: Tensor
    value: float
    layer_value: float
    formulas: dict[str, str]
    by_hand: dict[str, Tensor]
    by_autograd: dict[str, Tensor]

    @property
    def difference(self) -> float:
        """The largest difference between the two."""
        gradients = [float((self.by_hand[name] - self.by_autograd[name]).abs().max()) for name in self.formulas]
        return max(abs(self.value - self.layer_value), *gradients)

    def to_dict(self) -> dict[str, Any]:
        """All of it as numbers."""
        return {
            "x1": self.x1.tolist(),
            "x2": self.x2.tolist(),
            "A": self.matrix.tolist(),
            "b": self.shift.tolist(),
            "value": self.value,
            "layer_value": self.layer_value,
            "gradients": {
                name: {
                    "formula": formula,
                    "by_hand": self.by_hand[name].tolist(),
                    "by_autograd": self.by_autograd[name].tolist(),
                }
                for name, formula in self.formulas.items()
            },
            "largest_difference": self.difference,
        }


def bilinear_gradients(x1: Tensor, x2: Tensor, matrix: Tensor, shift: Tensor) -> BilinearGradients:
    """Differentiate x1ᵀ·A·x2 + b in all that it depends on, by hand and through `torch.nn.Bilinear`.

    Args:
        x1: vector of m numbers, floating.
        x2: vector of n numbers.
        matrix: A of shape [m, n].
        shift: b, a single number.

    Raises:
        DataError: the shapes do not fit.
    """
    if x1.dim() != 1 or x2.dim() != 1 or matrix.shape != (len(x1), len(x2)) or shift.numel() != 1:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in (x1, x2, matrix, shift))
        raise DataError(f"x1, x2, A and b have the shapes {shapes}; give (m,), (n,), (m, n) and ()")
    by_hand = {
        "x1": matrix @ x2,
        "x2": matrix.T @ x1,
        "A": torch.outer(x1, x2),
        "b": torch.ones_like(shift),
    }
    layer = nn.Bilinear(len(x1), len(x2), 1, dtype=matrix.dtype)
    with torch.no_grad():
        layer.weight.copy_(matrix[None])
        layer.bias.copy_(shift.reshape(1))
    first, second = (vector.detach().clone().requires_grad_() for vector in (x1, x2))
    with torch.enable_grad():
        result = layer(first, second).squeeze()
        slopes = torch.autograd.grad(result, [first, second, layer.weight, layer.bias])
    by_autograd = dict(zip(by_hand, (slopes[0], slopes[1], slopes[2][0], slopes[3].reshape(shift.shape)), strict=True))
    return BilinearGradients(
        x1=x1,
        x2=x2,
        matrix=matrix,
        shift=shift,
        value=float(x1 @ matrix @ x2 + shift),
        layer_value=float(result.detach()),
        formulas={"x1": "A·x2", "x2": "Aᵀ·x1", "A": "x1·x2ᵀ", "b": "1"},
        by_hand=by_hand,
        by_autograd=by_autograd,
    )


def example() -> BilinearGradients:
    """That of a vector of three numbers and one of two."""
    x1, x2, matrix, shift = (torch.tensor(part, dtype=torch.float64) for part in (FIRST, SECOND, MATRIX, SHIFT))
    return bilinear_gradients(x1, x2, matrix, shift)
