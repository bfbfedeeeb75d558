"""The two precisions that networks are trained in. Imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Precision", "precision_of"]

Precision: TypeAlias = Literal["float32", "float64"]


def precision_of(values: Tensor) -> Precision:
    """That of a tensor's numbers."""
    return "float64" if values.itemsize == 8 else "float32"
