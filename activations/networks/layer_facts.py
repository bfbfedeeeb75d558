"""The parameters of a network, layer by layer, in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

from activations.fitting.network import Network
from activations.fitting.points import Array
from activations.fitting.weights import named_weights

__all__ = ["LayerFacts", "layer_facts"]


@dataclass(frozen=True)
class LayerFacts:
    """Some parameters of a layer.

    Attributes:
        name: as in the model's file: "hidden.0.weight", "hidden.0.bias", "hidden.0.activation.beta", …, "output.bias".
        shape: [outputs, inputs] of a weight, [outputs] of a bias, [1] of a learned parameter of the activation.
        count: how many numbers these are.
        mean: of the numbers.
        deviation: their standard deviation.
    """

    name: str
    shape: tuple[int, ...]
    count: int
    mean: float
    deviation: float


def layer_facts(network: Network, parameters: Array) -> list[LayerFacts]:
    """The facts of every part of a flat row of parameters, but of biases that the network does not have."""
    found = []
    for name, values in named_weights(network, parameters).items():
        if network.biases or not name.endswith(".bias"):
            wide = values.astype("float64")
            found.append(LayerFacts(name, values.shape, values.size, float(wide.mean()), float(wide.std())))
    return found
