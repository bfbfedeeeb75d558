"""A variant as a function of one float64 tensor: its value, or its derivative of any order."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from activations.declare import Variant
from activations.derivatives import derivative
from activations.properties.breaks import Curve

__all__ = ["curve"]


def curve(variant: Variant, order: int = 0, method: Literal["auto", "autograd"] = "autograd") -> Curve:
    """The derivative of that order as a plain function, without a graph.

    It is the code's own derivative. Where torch has none (the second derivative of `hardsigmoid`), it is the
    formula's.

    Args:
        variant: a one-input activation with its parameter values.
        order: 0 for the value itself.
        method: "autograd" differentiates the code; "auto" prefers a declared closed form.
    """

    def evaluate(x: Tensor) -> Tensor:
        if order == 0:
            return variant(x).detach()
        try:
            return derivative(variant, x, order=order, method=method)
        except RuntimeError as error:
            if "not implemented" not in str(error):
                raise
            return derivative(variant, x, order=order, method="formula")

    return evaluate
