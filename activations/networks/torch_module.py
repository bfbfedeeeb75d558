"""A trained network as a plain torch module, from the target's units to the target's units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from activations.fitting.network import Layer
from activations.fitting.scaling import Unscaled
from activations.nn import create

if TYPE_CHECKING:
    from activations.networks.fit import Fit

__all__ = ["FittedNetwork", "torch_module"]


class FittedNetwork(nn.Module):
    """Scaling, linear layers with activations between them, and scaling back; for classes their probabilities.

    Args:
        fit: the trained network.
    """

    centre: Tensor
    width: Tensor
    unit: Tensor
    mean: Tensor

    def __init__(self, fit: Fit) -> None:
        super().__init__()
        dtype = getattr(torch, fit.settings.precision)
        row = torch.from_numpy(fit.parameters.copy())
        scaling = fit.scaling
        self.scaled = not isinstance(scaling, Unscaled)
        self.classes = fit.target.classes
        width = scaling.high / 2 - scaling.low / 2
        unit, mean = (scaling.unit, scaling.mean * scaling.magnitude) if not self.classes else ([1.0], [0.0])
        for name, values in (
            ("centre", scaling.high / 2 + scaling.low / 2),
            ("width", width),
            ("unit", unit),
            ("mean", mean),
        ):
            self.register_buffer(name, torch.as_tensor(values, dtype=torch.float64).to(dtype))
        parts: list[nn.Module] = []
        for layer in fit.network.layers:
            parts.append(_linear(layer, row, biases=fit.network.biases))
            if layer.variant is not None:
                learned = zip(layer.variant.learnable, row[layer.theta : layer.end].tolist(), strict=True)
                values_at = {**dict(layer.variant.values), **dict(learned)}
                parts.append(create(layer.variant.activation, learnable=False, **values_at))
        self.layers = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> Tensor:
        """Values [points, outputs], or probabilities [points, classes], at inputs [points, inputs]."""
        outputs: Tensor = self.layers((x - self.centre) / self.width if self.scaled else x)
        if self.classes:
            return torch.softmax(outputs, dim=-1)
        return outputs * self.unit + self.mean if self.scaled else outputs


def torch_module(fit: Fit) -> FittedNetwork:
    """The network in evaluation mode."""
    return FittedNetwork(fit).eval()


def _linear(layer: Layer, row: Tensor, *, biases: bool) -> nn.Linear:
    linear = nn.Linear(layer.inputs, layer.outputs, bias=biases, dtype=row.dtype)
    with torch.no_grad():
        linear.weight.copy_(row[layer.weight : layer.bias].view(layer.inputs, layer.outputs).T)
        if biases:
            linear.bias.copy_(row[layer.bias : layer.theta])
    return linear.requires_grad_(False)
