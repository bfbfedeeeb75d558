"""The activation inside the engine: its value, and the product of its derivatives with a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from activations.closed_form import ClosedForm
from activations.declare import Variant

__all__ = ["Nonlinearity"]


class Nonlinearity:
    """The activation of one layer of a batch: the single place where the engine depends on the activation.

    A declared closed-form derivative is used where no parameter is learnable, unless torch's own function computes the
    activation: its backward kernel is faster. Everything else is a local autograd graph from the pre-activation to the
    result. A body that is random in training (`rrelu`) is taken in its deterministic form.

    Args:
        variant: the activation.
        theta: its learnable parameters in this layer, each of shape [runs, 1, 1].
    """

    def __init__(self, variant: Variant, theta: Sequence[Tensor]) -> None:
        activation = variant.activation
        self.values = dict(variant.values)
        self.inputs = variant.inputs
        self.theta = theta
        self.learnable = variant.learnable
        self.function = activation.bind(self.values)
        self.closed = self.function if isinstance(self.function, ClosedForm) and not theta else None
        self.activation = activation

    def forward(self, linear: Tensor) -> Tensor:
        """The activation of pre-activations [runs, points, inputs·width]; result [runs, points, width]."""
        self.linear = linear
        if self.closed is not None:
            return self.closed.value(*self._parts())
        with torch.enable_grad():
            self.leaves = [value.detach().requires_grad_() for value in self.theta]
            parts = self._parts()
            if self.leaves:
                values = {**self.values, **dict(zip(self.learnable, self.leaves, strict=True))}
                self.result = self.activation(*parts, **values)
            else:
                self.result = self.function(*parts)
        return self.result.detach()

    def backward(self, slope: Tensor) -> list[Tensor]:
        """The gradients of the pre-activation and of the learnable parameters, from that of the result."""
        if self.closed is not None:
            parts = self._parts()
            slopes = [self.closed.slope(index)(*parts) * slope for index in range(self.inputs)]
            return [slopes[0] if self.inputs == 1 else torch.cat(slopes, dim=-1)]
        variables = [self.linear, *self.leaves]
        node: Any = self.result.grad_fn
        if node is None:
            return [torch.zeros_like(variable) for variable in variables]
        if len(variables) == 1 and _leads_only_to(node, self.linear):
            # torch's own function is a graph of one node, whose kernel costs less than a walk through the graph.
            return [node(slope)]
        return list(torch.autograd.grad(self.result, variables, slope, materialize_grads=True))

    def _parts(self) -> tuple[Tensor, ...]:
        return self.linear.chunk(self.inputs, dim=-1) if self.inputs > 1 else (self.linear,)


def _leads_only_to(node: Any, leaf: Tensor) -> bool:
    following = node.next_functions
    return len(following) == 1 and getattr(following[0][0], "variable", None) is leaf
