"""A slope that costs nothing at its default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["scaled"]


def scaled(x: Tensor, factor: Any) -> Tensor:
    """`factor * x`, without the multiplication where the factor is the number 1."""
    if isinstance(factor, float) and factor == 1.0:
        return x
    product: Tensor = factor * x
    return product
