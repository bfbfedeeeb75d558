"""Torch's own activation functions as pairs of kernels that work in buffers: the value, and the backward pass.

A call of an activation allocates its result and keeps a graph; in a step of a small network that takes longer than the
arithmetic. Here a kernel writes where it is told. It is as accurate as the network needs it: to the rounding of the
largest values around, not to the digits of a tail that is added to them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from activations.declare import Variant

__all__ = ["KERNELS", "Kernel", "kernel_of"]

aten = torch.ops.aten


@dataclass(frozen=True)
class Kernel:
    """How an activation is computed in place.

    Attributes:
        forward: writes the values of its first argument into the second one.
        backward: multiplies its first argument, the gradient of the values, by the derivative. The second argument is
            what is kept, and may be destroyed.
        keeps_values: what is kept are the values, and they are written over the inputs; else the inputs are.
    """

    forward: Callable[..., object]
    backward: Callable[..., object]
    keeps_values: bool = False


def kernel_of(variant: Variant) -> Kernel | None:
    """The kernel of an activation, with its parameters filled in; None if it has none or learns a parameter."""
    native = variant.activation.native
    values = dict(variant.values)
    if native is None or variant.learnable or not native.takes(values, variant.activation.defaults):
        return None
    kernel = KERNELS.get(str(native))
    if kernel is None or not native.parameters:
        return kernel
    chosen = {name: values[name] for name in native.parameters}
    return Kernel(
        functools.partial(kernel.forward, **chosen),
        functools.partial(kernel.backward, **chosen),
        kernel.keeps_values,
    )


def _tanh(x: Tensor, out: Tensor) -> None:
    # 1 - 2/(1 + exp(2x)): torch's tanh is correctly rounded and takes up to four times as long. This one is exact to
    # the rounding of 1.
    torch.mul(x, _constant(2 / math.log(2), x), out=out).exp2_().add_(_constant(1.0, x))
    torch.sub(_constant(1.0, x), out.reciprocal_(), alpha=2, out=out)


def _sine(slope: Tensor, x: Tensor) -> None:
    slope.mul_(x.cos_())


def _cosine(slope: Tensor, x: Tensor) -> None:
    slope.mul_(x.sin_().neg_())


def _elu(x: Tensor, out: Tensor, alpha: float = 1.0, scale: float = 1.0, steepness: float = 1.0) -> None:
    aten.elu.out(x, alpha, scale, steepness, out=out)


def _elu_slope(slope: Tensor, x: Tensor, alpha: float = 1.0, scale: float = 1.0, steepness: float = 1.0) -> None:
    aten.elu_backward.grad_input(slope, alpha, scale, steepness, False, x, grad_input=slope)


def _leaky_relu_slope(slope: Tensor, x: Tensor, negative_slope: float) -> None:
    aten.leaky_relu_backward.grad_input(slope, x, negative_slope, False, grad_input=slope)


def _hardtanh_slope(slope: Tensor, x: Tensor, min_val: float, max_val: float) -> None:
    aten.hardtanh_backward.grad_input(slope, x, min_val, max_val, grad_input=slope)


@functools.cache
def _number(value: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(value, dtype=dtype, device=device)


def _constant(value: float, like: Tensor) -> Tensor:
    """A number as a tensor: torch takes longer to wrap a number than to multiply a small tensor by it."""
    return _number(value, like.dtype, like.device)


SELU = (1.6732632423543772, 1.0507009873554805)  # alpha and scale

# By the text of a declaration's `native`. One whose values differ from the declared ones by more than rounding, such
# as torch's softplus, does not belong here.
KERNELS: dict[str, Kernel] = {
    "torch.cos": Kernel(lambda x, out: torch.cos(x, out=out), _cosine),
    "torch.exp": Kernel(lambda x, out: torch.exp(x, out=out), lambda slope, y: slope.mul_(y), keeps_values=True),
    "torch.nn.functional.celu(alpha)": Kernel(
        lambda x, out, alpha: _elu(x, out, alpha, 1.0, 1 / alpha),
        lambda slope, x, alpha: _elu_slope(slope, x, alpha, 1.0, 1 / alpha),
    ),
    "torch.nn.functional.elu(alpha)": Kernel(_elu, _elu_slope),
    "torch.nn.functional.gelu": Kernel(
        lambda x, out: aten.gelu.out(x, out=out),
        lambda slope, x: aten.gelu_backward.grad_input(slope, x, grad_input=slope),
    ),
    "torch.nn.functional.hardtanh(min_val, max_val)": Kernel(
        lambda x, out, min_val, max_val: torch.clamp(x, min_val, max_val, out=out), _hardtanh_slope
    ),
    "torch.nn.functional.leaky_relu(negative_slope)": Kernel(
        lambda x, out, negative_slope: aten.leaky_relu.out(x, negative_slope, out=out), _leaky_relu_slope
    ),
    "torch.nn.functional.relu": Kernel(
        lambda x, out: torch.clamp_min(x, 0, out=out),
        lambda slope, y: aten.threshold_backward.grad_input(slope, y, 0, grad_input=slope),
        keeps_values=True,
    ),
    "torch.nn.functional.relu6": Kernel(
        lambda x, out: torch.clamp(x, 0, 6, out=out), functools.partial(_hardtanh_slope, min_val=0, max_val=6)
    ),
    "torch.nn.functional.selu": Kernel(
        lambda x, out: _elu(x, out, *SELU), lambda slope, x: _elu_slope(slope, x, *SELU)
    ),
    "torch.nn.functional.silu": Kernel(
        lambda x, out: aten.silu.out(x, out=out),
        lambda slope, x: aten.silu_backward.grad_input(slope, x, grad_input=slope),
    ),
    "torch.sigmoid": Kernel(
        lambda x, out: torch.sigmoid(x, out=out),
        lambda slope, y: aten.sigmoid_backward.grad_input(slope, y, grad_input=slope),
        keeps_values=True,
    ),
    "torch.sin": Kernel(lambda x, out: torch.sin(x, out=out), _sine),
    "torch.square": Kernel(lambda x, out: torch.square(x, out=out), lambda slope, x: slope.mul_(x.add_(x))),
    "torch.tanh": Kernel(
        _tanh, lambda slope, y: aten.tanh_backward.grad_input(slope, y, grad_input=slope), keeps_values=True
    ),
}
