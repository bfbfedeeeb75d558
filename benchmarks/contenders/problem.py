"""What every contender trains: the same networks from the same weights on the same points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from activations import create
from activations.declare import Variant
from activations.fitting.initialisation import initial_parameters
from activations.fitting.minibatches import epoch_order
from activations.fitting.network import Network
from activations.fitting.recipe import Recipe, Schedule
from activations.registry import default_registry

__all__ = ["Array", "Contender", "Problem", "torch_function"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Problem:
    """Networks with one input and one output, mean squared error, torch's defaults.

    Attributes:
        activation: its name in the registry.
        hidden: widths of the hidden layers.
        points: number of training points.
        runs: number of networks, seeds 0, 1, ...
        steps: of the optimizer.
        precision: "float32" or "float64".
        schedule: "cosine" or "constant".
        rate: learning rate at the first step.
        optimizer: "adam" or "sgd".
        batch: points of a minibatch; None for all points at every step.
    """

    activation: str
    hidden: tuple[int, ...]
    points: int
    runs: int = 12
    steps: int = 200
    precision: str = "float32"
    schedule: str = "cosine"
    rate: float = 1e-3
    optimizer: Literal["adam", "sgd"] = "adam"
    batch: int | None = None

    @property
    def shape(self) -> str:
        """The widths, as 1-64-64-1."""
        return "-".join(map(str, (1, *self.hidden, 1)))

    @cached_property
    def variant(self) -> Variant:
        """The activation."""
        return default_registry().variant(self.activation)

    @cached_property
    def network(self) -> Network:
        """The architecture."""
        return Network(1, self.hidden, 1, self.variant)

    @property
    def recipe(self) -> Recipe:
        """The training."""
        schedule: Schedule = "cosine" if self.schedule == "cosine" else "constant"
        return Recipe(optimizer=self.optimizer, schedule=schedule, batch_size=self.batch)

    @property
    def looked_at(self) -> int:
        """Points of a step."""
        return self.batch or self.points

    @property
    def work(self) -> str:
        """What a step does, in a few words."""
        points = f"{self.points} points" if self.batch is None else f"{self.batch} of {self.points} points"
        return f"{points}, {self.optimizer}"

    @cached_property
    def order(self) -> npt.NDArray[np.int64]:
        """The points that each step looks at, shape [steps, points of a step]; the same for all networks."""
        if self.batch is None:
            return np.tile(np.arange(self.points), (self.steps, 1))
        per_epoch = self.points // self.batch
        epochs = [epoch_order(0, i, self.points) for i in range(-(-self.steps // per_epoch))]
        taken = [order[: per_epoch * self.batch].reshape(per_epoch, self.batch) for order in epochs]
        return np.concatenate(taken)[: self.steps]

    def rate_at(self, step: int) -> float:
        """The learning rate at a step, counted from 0."""
        return self.rate * self.recipe.factor(step, self.steps)

    @cached_property
    def data(self) -> tuple[Array, Array]:
        """Inputs and targets, each [points, 1]."""
        x = np.linspace(-1, 1, self.points)[:, None]
        return x.astype(self.precision), np.sin(6 * x).astype(self.precision)

    @cached_property
    def rows(self) -> Array:
        """Initial parameters [runs, parameters]."""
        return np.stack([initial_parameters(self.network, seed) for seed in range(self.runs)]).astype(self.precision)

    def layers_of(self, row: Array) -> list[tuple[Array, Array]]:
        """The weights [inputs, outputs] and biases [outputs] of each layer in a row, or in rows [runs, parameters]."""
        split = []
        for layer in self.network.layers:
            weight = row[..., layer.weight : layer.bias]
            split.append(
                (weight.reshape(*row.shape[:-1], layer.inputs, layer.outputs), row[..., layer.bias : layer.theta])
            )
        return split

    def row_of(self, layers: list[tuple[Array, Array]]) -> Array:
        """The opposite of `layers_of`."""
        lead = layers[0][1].shape[:-1]
        flat = [part.reshape(*lead, -1) for weight, bias in layers for part in (weight, bias)]
        return np.concatenate(flat, axis=-1)


@dataclass(frozen=True)
class Contender:
    """One way to train.

    Attributes:
        name: what it is called in the table.
        obstacle: why it can't train a problem, or None.
        prepare: does what is done once (imports, compilation) and returns the training: a function that trains from
            the initial parameters for all steps and gives the trained rows of `trained` networks.
        one: whether it trains one network after the other; only the first one is then trained and timed.
    """

    name: str
    obstacle: Callable[[Problem], str | None]
    prepare: Callable[[Problem], Callable[[], Array]]
    one: bool = False

    def networks(self, problem: Problem) -> int:
        """How many networks a call trains."""
        return 1 if self.one else problem.runs


def torch_function(problem: Problem) -> Callable[[torch.Tensor], torch.Tensor]:
    """The activation as somebody writes it who knows torch: its own function, else our module."""
    native = problem.variant.activation.native
    values = dict(problem.variant.values)
    if native is not None and native.takes(values, problem.variant.activation.defaults):
        return native.bind(values)
    return create(problem.variant)
