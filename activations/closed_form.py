"""A function with a closed-form derivative as one node of the graph: it saves its inputs and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

__all__ = ["ClosedForm", "is_traced"]


def is_traced() -> bool:
    """Whether the compiler is tracing the call."""
    return torch.compiler.is_compiling()


class ClosedForm:
    """An elementwise function whose backward pass evaluates the derivative anew from the inputs.

    The graph of a composite body keeps every intermediate result, and its chain rule cancels where a derivative is the
    small difference of large factors. This keeps the inputs alone and is as accurate as the closed form. It works to
    any order, in forward mode, under `vmap` and under `torch.compile`.

    Args:
        function: the value, called with the inputs and the parameters by keyword.
        slopes: its derivatives in each input, called likewise. One that has an attribute `slopes` is a closed form
            again; another is differentiated by autograd.
        values: the parameters, as numbers.
    """

    def __init__(
        self, function: Callable[..., Tensor], slopes: Sequence[Callable[..., Tensor]], values: Mapping[str, Any]
    ) -> None:
        self.value = functools.partial(function, **values) if values else function
        self.slopes = slopes
        self.values = values

    def __call__(self, *inputs: Tensor) -> Tensor:
        # The compiler traces no node that has a forward mode of its own.
        node = _Node if is_traced() else _NodeWithForwardMode
        result: Tensor = node.apply(self, *inputs)  # type: ignore[no-untyped-call]
        return result

    def slope(self, index: int) -> Callable[..., Tensor]:
        """The derivative in one of the inputs, as a function of all of them."""
        slope = self.slopes[index]
        # The compiler asks for no derivative of the backward pass.
        further = None if is_traced() else getattr(slope, "slopes", None)
        return ClosedForm(slope, further, self.values) if further else functools.partial(slope, **self.values)


class _Node(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(function: ClosedForm, *inputs: Tensor) -> Tensor:
        return function.value(*inputs)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        function, *tensors = inputs
        ctx.function = function
        ctx.save_for_backward(*tensors)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs = ctx.saved_tensors
        gradients: list[Tensor | None] = [None]
        for index, tensor in enumerate(inputs):
            needed = ctx.needs_input_grad[index + 1]
            slope = ctx.function.slope(index)(*inputs) if needed else None
            gradients.append(None if slope is None else (gradient * slope).sum_to_size(tensor.shape))
        return tuple(gradients)


class _NodeWithForwardMode(_Node):
    generate_vmap_rule = True

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _Node.setup_context(ctx, inputs, output)
        ctx.save_for_forward(*inputs[1:])

    @staticmethod
    def jvp(ctx: Any, _: None, *tangents: Tensor | None) -> Tensor:
        inputs = ctx.saved_tensors
        parts = [
            tangent * ctx.function.slope(index)(*inputs)
            for index, tangent in enumerate(tangents)
            if tangent is not None
        ]
        total: Tensor = functools.reduce(torch.add, parts)
        return total
