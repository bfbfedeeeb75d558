"""The linear pieces that a trained network really has, of the many that its architecture could have."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activations.fitting.network import Network
from activations.floors.pieces import activation_pieces

__all__ = ["trained_breaks", "trained_pieces"]

Array: TypeAlias = npt.NDArray[np.float64]

BENDS = 1e-6  # a change of slope, relative to the steepest piece; float32 rounds more finely


def trained_pieces(network: Network, parameters: npt.NDArray[Any]) -> int | None:
    """The number of linear pieces of a trained network on its domain; None if it is not made of such."""
    breaks = trained_breaks(network, parameters)
    return None if breaks is None else len(breaks) + 1


def trained_breaks(
    network: Network, parameters: npt.NDArray[Any], low: float = -1.0, high: float = 1.0
) -> Array | None:
    """Where a trained network of one input bends.

    Layer by layer, every crossing of a kink is found on each interval on which the layers below are straight. What
    bends inside and not in the output, because it cancels or has no weight, does not count.

    Args:
        network: the architecture with its activation.
        parameters: shape [parameters].
        low: the lower end of the domain, in the network's units.
        high: the upper end.

    Returns:
        The places in increasing order; None if the network has more than one input or output, or its activation is not
        continuous and piecewise linear in one input.
    """
    import torch

    if network.inputs > 1 or network.outputs > 1 or network.variant.inputs > 1:
        return None
    rows = torch.from_numpy(np.asarray(parameters, dtype=np.float64))[None]
    x = np.array([low, high])
    values = x[:, None]
    for layer in network.layers[:-1]:
        theta = dict(zip(network.variant.learnable, layer.theta_of(rows), strict=True))
        learnt = {name: float(value) for name, value in theta.items()}
        variant = network.variant.activation.variant(False, **{**dict(network.variant.values), **learnt})
        pieces = activation_pieces(variant)
        if pieces is None or pieces.degree > 1 or variant.jumps or variant.kinks is None:
            return None
        linear = values @ layer.weight_of(rows)[0].numpy() + layer.bias_of(rows)[0].numpy()
        refined = np.unique(np.concatenate([x, *(_crossings(x, linear - kink) for kink in variant.kinks)]))
        linear = np.stack([np.interp(refined, x, unit) for unit in linear.T], axis=1)
        x, values = refined, variant(torch.from_numpy(linear)).numpy()
    last = network.layers[-1]
    output = (values @ last.weight_of(rows)[0].numpy())[:, 0]
    return _bends(x, output)


def _crossings(x: Array, heights: Array) -> Array:
    """Where units [places, units] that are straight between the places cross zero."""
    before, after = heights[:-1], heights[1:]
    interval, unit = np.nonzero(before * after < 0)
    first, second = before[interval, unit], after[interval, unit]
    crossings: Array = x[interval] + (x[interval + 1] - x[interval]) * (first / (first - second))
    return crossings


def _bends(x: Array, values: Array) -> Array:
    """The inner places at which the slope changes; places that rounding parted are one."""
    apart = np.concatenate([[True], np.diff(x) > 1e-9 * (x[-1] - x[0])])
    apart[-1] = True
    x, values = x[apart], values[apart]
    slopes = np.diff(values) / np.diff(x)
    steepest = float(np.abs(slopes).max())
    bends: Array = x[1:-1][np.abs(np.diff(slopes)) > BENDS * steepest]
    return bends
