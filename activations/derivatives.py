"""Derivatives of an activation: closed forms, autograd to any order, and the formula's own derivative."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from activations.declare import Variant

__all__ = ["Method", "derivative"]

Method = Literal["auto", "closed", "autograd", "formula"]


def derivative(
    variant: Variant,
    *inputs: Tensor,
    order: int = 1,
    wrt: int | str = 0,
    method: Method = "auto",
    **overrides: Any,
) -> Tensor:
    """The elementwise derivative of an activation.

    Args:
        variant: the activation with its parameter values.
        *inputs: one tensor per input, any broadcastable shapes, floating.
        order: 0 for the value itself, 1, 2, …
        wrt: the variable: the number of an input, or the name of an input or parameter.
        method: "closed" takes the declared closed form (and autograd on it for higher orders), "autograd" the code's
            own graph, "formula" the symbolic derivative of the declared formula; "auto" prefers a declared closed form.
        **overrides: parameter values or tensors that replace the variant's.

    Returns:
        A tensor of the inputs' broadcast shape, dtype and device. It carries a graph if an input requires gradients.
        At a kink the value is the code's convention, torch's for torch's own functions.

    Raises:
        ValueError: the order is negative, `wrt` names nothing, or the closed form asked for is not declared.
    """
    activation = variant.activation
    variables = [*activation.inputs, *activation.defaults]
    name = activation.inputs[wrt] if isinstance(wrt, int) else wrt
    if name not in variables:
        raise ValueError(f"{activation.name} has no variable {name!r}; it has {', '.join(variables)}")
    if order < 0:
        raise ValueError(f"order={order} is negative; write 0 for the value, 1 for the first derivative")
    slopes = dict(zip(activation.inputs, activation.slopes, strict=False))
    declared = slopes.get(name) if order > 0 else None
    if method == "closed" and declared is None:
        raise ValueError(f"{activation.name} declares no closed derivative in {name}; write method='formula'")

    shape = torch.broadcast_shapes(*(tensor.shape for tensor in inputs))  # type: ignore[no-untyped-call]
    values: dict[str, Any] = dict(zip(activation.inputs, (tensor.expand(shape) for tensor in inputs), strict=True))
    values |= {**dict(variant.values), **overrides}
    if method == "formula":
        expression = activation.formula.derivative(name, order) if order else activation.formula
        return expression.to_torch()(**values)

    keep_graph = any(isinstance(value, Tensor) and value.requires_grad for value in values.values())
    point = torch.as_tensor(values[name], dtype=inputs[0].dtype, device=inputs[0].device).expand(shape)
    if not point.requires_grad:
        point = point.detach().clone().requires_grad_()
    values[name] = point
    closed = declared is not None and method != "autograd"
    body = declared if declared is not None and closed else activation
    with torch.enable_grad():
        arguments = [values.pop(key) for key in activation.inputs]
        result = body(*arguments, **values)
        for _ in range(order - 1 if closed else order):
            result = _slope(result, point)
    return result if keep_graph else result.detach()


def _slope(result: Tensor, point: Tensor) -> Tensor:
    """Differentiate an elementwise result once more; what does not depend on the point has slope 0."""
    if not result.requires_grad:
        return torch.zeros_like(point)
    (slope,) = torch.autograd.grad(result.sum(), point, create_graph=True, materialize_grads=True)
    return slope
