"""An error surface and all that is known of it: values, path, settings."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from activations.declare import Variant
from activations.fitting.initialisation import Initialisation
from activations.fitting.network import Network
from activations.fitting.points import Array
from activations.fitting.recipe import Loss, Optimizer, Schedule
from activations.fitting.target import Interval, Target
from activations.networks.plane import Directions
from activations.networks.surface_face import SurfaceFace

__all__ = ["Path", "Place", "Scaled", "Surface", "SurfaceSettings"]

Scaled: TypeAlias = Literal["standard", "none"]

EQUAL = 1e-6  # relative difference of losses at minima that count as one depth
MOST_MINIMA = 2


@dataclass(frozen=True)
class Place:
    """A point of the surface.

    Attributes:
        x: the first coordinate.
        y: the second one.
        loss: the error there.
    """

    x: float
    y: float
    loss: float


@dataclass(frozen=True)
class Path:
    """The optimizer's way over the surface.

    Attributes:
        steps: numbers of steps made, from 0, shape [snapshots].
        epochs: the same in passes through the data, not whole numbers everywhere.
        x: first coordinates of the points of the plane that are nearest.
        y: second ones.
        losses: of the networks themselves, over all training points; the surface's height below may differ, since a
            plane holds a path only in part.
        heights: of the surface at these coordinates.
        parameters: shape [snapshots, parameters].
        share: how much of the squared distance from the centre lies in the plane; 1 for two weights.
        diverged: whether it left the finite numbers, where it ends here.
    """

    steps: Array
    epochs: Array
    x: Array
    y: Array
    losses: Array
    heights: Array
    parameters: Array = field(repr=False)
    share: float = 1.0
    diverged: bool = False

    @property
    def end(self) -> Place:
        """The last point, with the network's own loss."""
        return Place(float(self.x[-1]), float(self.y[-1]), float(self.losses[-1]))


@dataclass(frozen=True)
class SurfaceSettings:
    """How a surface is made: see `loss_surface`, whose arguments these are, with all defaults filled in."""

    hidden: tuple[int, ...]
    bias: bool
    directions: Directions
    points: int
    span: tuple[Interval, Interval]
    seed: int
    optimizer: Optimizer
    learning_rate: float
    steps: int
    epochs: float
    batch_size: int | None
    schedule: Schedule
    loss: Loss
    scaling: Scaled
    initialisation: Initialisation
    precision: Literal["float32", "float64"]
    start: tuple[float, float] | None


@dataclass(frozen=True)
class Surface(SurfaceFace):
    """The error of networks over a grid of two coordinates.

    Attributes:
        target: what is fitted.
        activation: of the hidden layers.
        network: the architecture.
        settings: how it was made.
        labels: what the coordinates are: two weights, random directions, or components with their share of variance.
        x: first coordinates, increasing, shape [points].
        y: second coordinates, shape [points].
        losses: at `x[i]` and `y[j]` in row j and column i, shape [points, points]; not finite where it overflows.
        path: the optimizer's way.
        centre: the parameters at (0, 0), shape [parameters].
        directions: what one unit of each coordinate adds, shape [2, parameters].
        explained: shares of the path's variance along both components; None for other directions.
        training: number of training points that the error is over.
    """

    target: Target
    activation: Variant
    network: Network
    settings: SurfaceSettings
    labels: tuple[str, str]
    x: Array = field(repr=False)
    y: Array = field(repr=False)
    losses: Array = field(repr=False)
    path: Path = field(repr=False)
    centre: Array = field(repr=False)
    directions: Array = field(repr=False)
    explained: tuple[float, float] | None
    training: int

    @property
    def minimum(self) -> Place | None:
        """The lowest point of the grid; None if no error is finite."""
        return next(iter(self.minima), None)

    @property
    def minima(self) -> tuple[Place, ...]:
        """Points of the grid that are as low as any, up to a millionth, in order; a plateau gives one of its points."""
        finite = np.where(np.isfinite(self.losses), self.losses, np.inf)
        lowest = float(finite.min())
        if math.isinf(lowest):
            return ()
        deep = finite <= lowest + EQUAL * abs(lowest)
        found: list[tuple[int, int]] = []
        for j, i in sorted(map(tuple, np.argwhere(deep).tolist()), key=lambda place: (finite[place], place)):
            if len(found) > MOST_MINIMA:
                break
            if all(max(abs(j - other[0]), abs(i - other[1])) > 2 for other in found):
                found.append((j, i))
        if len(found) > MOST_MINIMA:  # a valley or a plateau
            found = found[:1]
        return tuple(Place(float(self.x[i]), float(self.y[j]), float(finite[j, i])) for j, i in found)

    @property
    def title(self) -> str:
        """The activation and the architecture: "tanh 1-1-1 without biases"."""
        widths = "-".join(map(str, (self.network.inputs, *self.network.hidden, self.network.outputs)))
        return f"{self.activation.label} {widths}{'' if self.settings.bias else ' without biases'}"

    def to_dict(self) -> dict[str, Any]:
        """All but the parameters of every snapshot, for strict JSON; numbers that are not finite are null."""
        return {
            "target": self.target.name,
            "formula": self.target.formula,
            "activation": self.activation.label,
            "network": [self.network.inputs, *self.network.hidden, self.network.outputs],
            "parameters": self.network.parameters,
            "training_points": self.training,
            "settings": asdict(self.settings),
            "labels": list(self.labels),
            "explained": list(self.explained) if self.explained else None,
            "minima": [asdict(place) for place in self.minima],
            "end": {name: _finite(value) for name, value in asdict(self.path.end).items()},
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "losses": [[_finite(value) for value in row] for row in self.losses.tolist()],
            "path": {
                "steps": self.path.steps.tolist(),
                "epochs": self.path.epochs.tolist(),
                **{
                    name: [_finite(value) for value in getattr(self.path, name).tolist()]
                    for name in ("x", "y", "losses", "heights")
                },
                "share": self.path.share,
                "diverged": self.path.diverged,
            },
        }

    def arrays(self) -> dict[str, Array]:
        """All arrays by name, for NumPy's files."""
        path = {f"path_{name}": getattr(self.path, name) for name in ("steps", "epochs", "x", "y", "losses", "heights")}
        whole = {name: getattr(self, name) for name in ("x", "y", "losses", "centre", "directions")}
        return {**whole, **path, "path_parameters": self.path.parameters}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
