"""Initial parameters: the same random numbers for every activation, scaled to suit each."""

from __future__ import annotations

import functools
import math
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from activations.declare import Variant
from activations.fitting.network import Layer, Network
from activations.fitting.randomness import Purpose, generator
from activations.moments import gain, gaussian_moments
from activations.uniform_init import Place

__all__ = ["INITIALISATIONS", "Initialisation", "initial_parameters", "start_scale"]

Initialisation: TypeAlias = Literal["moments", "torch"]
INITIALISATIONS: tuple[Initialisation, ...] = get_args(Initialisation)

STREAMS = 1 << 8  # of random numbers that a start may take: two for each of a network's layers are enough
START_SCALES = (1.0, 3.0, 10.0)


def start_scale(start: int) -> float:
    """What multiplies the first layer's scale at one of several starts: 1, 3, 10, and again from the beginning."""
    return START_SCALES[start % len(START_SCALES)]


def initial_parameters(
    network: Network, seed: int, scale: float = 1.0, mode: Initialisation = "moments", start: int = 0
) -> npt.NDArray[np.float64]:
    """The initial parameters of one network as a flat row.

    "moments": the first layer's pre-activations have standard deviation `scale` for inputs uniform on [-1, 1], half
    of their variance from the biases, which spread the units over the domain. The weights of each later layer are
    normal with variance gain²/fan-in, its biases 0, where the gain brings the activation's output, at the standard
    deviation of its pre-activation, to mean square 1. So every later layer starts at standard deviation 1. A layer that
    feeds an activation with an initialisation of its own has that one: uniform weights and biases, those of the first
    layer times `scale`; so has the output layer behind such an activation, if it says how.

    "torch": weights and biases uniform on ±1/sqrt(fan-in), as `torch.nn.Linear` has them, those of the first layer
    times `scale`; made from the same normal numbers.

    Args:
        network: the architecture with its activation.
        seed: fixes the random numbers, the same for all activations.
        scale: of the first layer.
        mode: "moments" or "torch".
        start: another one has other random numbers.
    """
    row = np.empty(network.parameters)
    before: Variant | None = None
    deviation = scale  # of the pre-activations of the activation before
    for index, layer in enumerate(network.layers):
        first_scale = scale if index == 0 else 1.0
        parts = layer.variant.inputs if layer.variant else 1
        weight, bias = _normals(seed, start, index, layer.inputs, layer.outputs // parts, parts)
        if mode == "torch":
            bound = first_scale / math.sqrt(layer.inputs)
            weight, bias = bound * _uniform(weight), bound * _uniform(bias)
        elif (bounds := _own_bounds(before, layer)) is not None:
            weight_bound, bias_bound = (first_scale * bound for bound in bounds)
            weight, bias = weight_bound * _uniform(weight), bias_bound * _uniform(bias)
            size = _mean_square(before, deviation)
            deviation = math.sqrt((layer.inputs * size * weight_bound**2 + bias_bound**2) / 3)
        elif before is None:
            # A uniform input on [-1, 1] has variance 1/3.
            weight = weight * (scale * math.sqrt(1.5 / layer.inputs))
            bias = bias * (scale * math.sqrt(0.5))
        else:
            weight = weight * (gain(before, deviation) / math.sqrt(layer.inputs))
            bias = np.zeros_like(bias)
            deviation = 1.0
        row[layer.weight : layer.bias] = weight.ravel()
        row[layer.bias : layer.theta] = bias if network.biases else 0.0
        if layer.variant is not None:
            values = dict(layer.variant.values)
            row[layer.theta : layer.end] = [values[name] for name in layer.variant.learnable]
        before = layer.variant
    return row


def _own_bounds(before: Variant | None, layer: Layer) -> tuple[float, float] | None:
    """What the activation behind a layer, or the one before the output layer, brings for its weights and biases."""
    owner = layer.variant or before
    if owner is None or owner.activation.init is None:
        return None
    place: Place = "output" if layer.variant is None else "first" if before is None else "hidden"
    return owner.activation.init.bounds(place, layer.inputs, dict(owner.values))


def _mean_square(before: Variant | None, deviation: float) -> float:
    """The mean square of a layer's inputs: of a uniform one on [-1, 1], or of an activation's output."""
    if before is None:
        return 1 / 3
    square = gaussian_moments(before, deviation).mean_square
    return square if math.isfinite(square) else 1.0


@functools.lru_cache(maxsize=1024)
def _normals(seed: int, start: int, layer: int, fan_in: int, width: int, parts: int) -> tuple[Any, Any]:
    """Standard normals for weights [fan_in, parts·width] and biases, each projection from a stream of its own."""
    streams = [start * STREAMS + layer * 2 + part for part in range(parts)]
    weights = [generator(seed, Purpose.WEIGHTS, i).standard_normal((fan_in, width)) for i in streams]
    biases = [generator(seed, Purpose.BIASES, i).standard_normal(width) for i in streams]
    return np.concatenate(weights, axis=1), np.concatenate(biases)


def _uniform(normal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Uniform numbers on [-1, 1] from standard normals."""
    import torch

    uniform: npt.NDArray[np.float64] = torch.special.erf(torch.from_numpy(normal) / math.sqrt(2)).numpy()
    return uniform
