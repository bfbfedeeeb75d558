"""Planes through the space of parameters: two weights, two random directions, or the main ones of a trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from activations.fitting.network import Network
from activations.fitting.points import Array
from activations.fitting.randomness import Purpose, generator
from activations.fitting.settings import SettingError

__all__ = ["DIRECTIONS", "Directions", "Plane", "random_plane", "trail_plane", "weight_places", "weight_plane"]

Directions: TypeAlias = Literal["weights", "random", "trajectory"]
DIRECTIONS: tuple[Directions, ...] = get_args(Directions)


@dataclass(frozen=True)
class Plane:
    """Two directions from a point.

    Attributes:
        centre: parameters, shape [parameters].
        directions: shape [2, parameters].
        labels: what the two coordinates are.
        explained: the shares of the trail's variance along principal components; None for other directions.
    """

    centre: Array
    directions: Array
    labels: tuple[str, str]
    explained: tuple[float, float] | None = None

    def coordinates(self, parameters: Array) -> Array:
        """The coordinates [count, 2] of the points of the plane that lie nearest to parameters [count, parameters]."""
        nearest, *_ = np.linalg.lstsq(self.directions.T, (parameters - self.centre).T, rcond=None)
        found: Array = nearest.T
        return found

    def share(self, parameters: Array) -> float:
        """How much of the squared distances of parameters [count, parameters] from the centre lies in the plane."""
        moved = parameters - self.centre
        farthest = float(np.abs(moved).max())
        if farthest == 0:
            return 1.0
        # In units of the farthest, whose square may overflow.
        whole = float(np.sum((moved / farthest) ** 2))
        inside = self.coordinates(parameters) @ self.directions / farthest
        return min(1.0, float(np.sum(inside**2)) / whole)


def weight_places(network: Network) -> list[int]:
    """The places of all weights in the flat row."""
    return [place for layer in network.layers for place in range(layer.weight, layer.bias)]


def weight_plane(network: Network, start: Array) -> Plane:
    """The plane of the two weights of a network that has no more; all else stays as it starts.

    Raises:
        SettingError: it has more.
    """
    places = weight_places(network)
    if len(places) != 2:
        raise SettingError(
            f"directions='weights' needs a network with 2 weights, this one has {len(places)}; "
            "write hidden=(1,) for one input and one output, or directions='random' or 'trajectory'"
        )
    centre = start.copy()
    centre[places] = 0.0
    directions = np.zeros((2, len(start)))
    directions[[0, 1], places] = 1.0
    return Plane(centre, directions, ("w1", "w2"))


def random_plane(network: Network, centre: Array, seed: int) -> Plane:
    """Two random directions, normalised by filter: Li et al. 2018, arXiv:1712.09913.

    The weights that lead into a unit are its filter: the random numbers of each have the norm of the trained ones.
    Biases and the activation's own parameters are not moved, as in that paper's figures.

    Args:
        network: the architecture with its activation.
        centre: the trained parameters.
        seed: decides the directions.
    """
    directions = np.zeros((2, len(centre)))
    for number, direction in enumerate(directions):
        for index, layer in enumerate(network.layers):
            random = generator(seed, Purpose.DIRECTIONS, 2 * index + number)
            drawn = random.standard_normal((layer.inputs, layer.outputs))
            trained = centre[layer.weight : layer.bias].reshape(drawn.shape)
            drawn *= np.linalg.norm(trained, axis=0) / np.linalg.norm(drawn, axis=0)
            direction[layer.weight : layer.bias] = drawn.ravel()
    return Plane(centre.copy(), directions, ("random direction 1", "random direction 2"))


def trail_plane(parameters: Array) -> Plane:
    """The plane through a trail's end along its first two principal components.

    Args:
        parameters: the trail, shape [snapshots, parameters].

    Raises:
        SettingError: the trail has too few points, or does not move.
    """
    if len(parameters) < 3 or parameters.shape[1] < 2:
        raise SettingError(
            f"directions='trajectory' needs a path of 3 points or more, this one has {len(parameters)}; take more "
            "steps, a smaller learning rate, or directions='random'"
        )
    if not np.ptp(parameters, axis=0).any():
        raise SettingError(
            "directions='trajectory' needs a path that moves, and every gradient of this one is 0; choose another "
            "activation, seed or learning rate, or directions='random'"
        )
    _, sizes, components = np.linalg.svd(parameters - parameters.mean(axis=0), full_matrices=False)
    whole = float(np.sum(sizes**2))
    end = parameters[-1]
    directions = components[:2].copy()
    # The sign of a component is arbitrary: the path begins on the positive side of both.
    directions[directions @ (parameters[0] - end) < 0] *= -1
    first, second = (float(size) ** 2 / whole for size in sizes[:2])
    labels = (f"component 1 ({first:.1%})", f"component 2 ({second:.1%})")
    return Plane(end.copy(), directions, labels, (first, second))
