"""The activation inside the engine: its value, and the product of its derivatives with a gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from activations.closed_form import ClosedForm
from activations.declare import Variant
from activations.fitting.kernels import kernel_of

__all__ = ["Nonlinearity"]


class Nonlinearity:
    """The activation of one layer of a batch: the single place where the engine depends on the activation.

    There are three ways, the first that is possible is taken: torch's own kernels in buffers; a declared closed-form
    derivative, where no parameter is learnable; a local autograd graph from the pre-activation to the result. A body
    that is random in training (`rrelu`) is taken in its deterministic form.

    Args:
        variant: the activation.
        theta: its learnable parameters in this layer, each of shape [runs, 1, 1].

    Attributes:
        keeps_graph: whether the pre-activations must be a leaf of autograd.
    """

    def __init__(self, variant: Variant, theta: Sequence[Tensor]) -> None:
        activation = variant.activation
        self.values = dict(variant.values)
        self.inputs = variant.inputs
        self.theta = theta
        self.learnable = variant.learnable
        self.kernel = kernel_of(variant)
        self.function = activation.bind(self.values)
        closed = self.function if isinstance(self.function, ClosedForm) and not theta else None
        self.closed = closed.value if closed else None
        self.slopes = [_plain(closed.slope(index)) for index in range(self.inputs)] if closed else []
        self.keeps_graph = self.kernel is None and self.closed is None
        self.activation = activation
        self.buffer: Tensor | None = None

    def forward(self, linear: Tensor) -> Tensor:
        """The activation of pre-activations [runs, points, inputs·width]; result [runs, points, width].

        The pre-activations belong to this layer from now on: they may be written over.
        """
        self.linear = linear
        if self.kernel is not None:
            if self.kernel.keeps_values:
                self.kernel.forward(linear, linear)
                return linear
            if self.buffer is None:
                self.buffer = torch.empty_like(linear)
            self.kernel.forward(linear, self.buffer)
            return self.buffer
        if self.closed is not None:
            return self.closed(*self._parts())
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
        """The gradients of the pre-activation and of the learnable parameters, from that of the result.

        The latter may be written over.
        """
        if self.kernel is not None:
            self.kernel.backward(slope, self.linear)
            return [slope]
        if self.closed is not None:
            parts = self._parts()
            slopes = [function(*parts) * slope for function in self.slopes]
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


def _plain(slope: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A derivative without the node that would differentiate it: nobody does, and it costs as much as the value."""
    return slope.value if isinstance(slope, ClosedForm) else slope


def _leads_only_to(node: Any, leaf: Tensor) -> bool:
    following = node.next_functions
    return len(following) == 1 and getattr(following[0][0], "variable", None) is leaf
