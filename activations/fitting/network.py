"""Small fully connected networks whose parameters are one flat row: their shape, layout and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from activations.declare import Variant
from activations.fitting.settings import SettingError, require_count

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MAX_LAYERS", "MAX_WIDTH", "Layer", "Network", "read_hidden"]

MAX_WIDTH = 2**20
MAX_LAYERS = 16


@dataclass(frozen=True)
class Layer:
    """Where a layer's parameters lie in the flat row.

    Attributes:
        inputs: number of inputs.
        outputs: number of linear outputs: the width times the activation's inputs; one projection follows the other.
        weight: start of the weight matrix [inputs, outputs], row by row.
        bias: start of the biases.
        theta: start of the activation's learnable parameters, one value each for the whole layer.
        end: behind the last parameter.
        variant: the activation behind it; None behind the output layer.
    """

    inputs: int
    outputs: int
    weight: int
    bias: int
    theta: int
    end: int
    variant: Variant | None = None

    def weight_of(self, rows: Tensor) -> Tensor:
        """The weights as a view of shape [runs, inputs, outputs] of rows [runs, parameters]."""
        return rows[:, self.weight : self.bias].view(len(rows), self.inputs, self.outputs)

    def bias_of(self, rows: Tensor) -> Tensor:
        """The biases as a view of shape [runs, 1, outputs]."""
        return rows[:, None, self.bias : self.theta]

    def theta_of(self, rows: Tensor) -> list[Tensor]:
        """The activation's learnable parameters, each as a view of shape [runs, 1, 1]."""
        return [rows[:, i, None, None] for i in range(self.theta, self.end)]


@dataclass(frozen=True)
class Network:
    """A fully connected network: linear layers with activations between them.

    A two-input activation gets two linear projections per hidden layer; every hidden layer has learnable activation
    parameters of its own.

    Attributes:
        inputs: number of inputs.
        hidden: widths of the hidden layers.
        outputs: number of outputs.
        variant: the activation of all hidden layers that have none of their own.
        own: activations of single hidden layers, None where the layer has the network's; empty for none at all.
        biases: whether the linear layers have any; without them their places in the row stay 0.
    """

    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    variant: Variant
    own: tuple[Variant | None, ...] = ()
    biases: bool = True

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The activation of each hidden layer."""
        own = self.own or (None,) * len(self.hidden)
        return tuple(variant or self.variant for variant in own)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The hidden layers, then the output layer."""
        layers = []
        fan_in, start = self.inputs, 0
        for width, variant in zip((*self.hidden, self.outputs), (*self.variants, None), strict=True):
            outputs = width * variant.inputs if variant else width
            bias = start + fan_in * outputs
            theta = bias + outputs
            end = theta + len(variant.learnable) if variant else theta
            layers.append(Layer(fan_in, outputs, start, bias, theta, end, variant))
            fan_in, start = width, end
        return tuple(layers)

    @property
    def parameters(self) -> int:
        """The length of the flat row: the number of trained values, those of the activation included."""
        return self.layers[-1].end

    @property
    def trained(self) -> int:
        """The number of trained values: the parameters but for biases that it does not have."""
        missing = 0 if self.biases else sum(layer.theta - layer.bias for layer in self.layers)
        return self.parameters - missing


def read_hidden(hidden: Sequence[int]) -> tuple[int, ...]:
    """Check the widths of hidden layers.

    Raises:
        SettingError: there is none, there are too many, or a width is out of range.
    """
    if not 1 <= len(hidden) <= MAX_LAYERS:
        raise SettingError(f"{len(hidden)} hidden layers; give from 1 to {MAX_LAYERS} widths")
    return tuple(require_count("width", width, 1, MAX_WIDTH) for width in hidden)
