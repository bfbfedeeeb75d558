"""A preset's training by the engine and by hand, side by side, step by step."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from activations.fitting.batched import Training
from activations.fitting.devices import steady_arithmetic
from activations.fitting.engine import Batch
from activations.fitting.initialisation import initial_parameters
from activations.fitting.minibatches import Minibatches
from activations.fitting.network import Network
from activations.fitting.points import Array
from activations.fitting.recipe import Recipe
from activations.fitting.settings import SettingError
from activations.networks.by_hand import predict_by_hand, train_by_hand
from activations.networks.division import divide
from activations.networks.presets import Preset
from activations.registry import default_registry

__all__ = ["HandCheck", "check_by_hand"]


@dataclass(frozen=True)
class HandCheck:
    """How far two trainings in float64 are apart.

    Attributes:
        preset: what is trained.
        steps: number of steps that were compared.
        differences: the largest absolute difference of a parameter behind each step, shape [steps].
        test_error: the root mean squared test error of the network that was trained by hand.
    """

    preset: str
    steps: int
    differences: Array
    test_error: float

    @property
    def largest(self) -> float:
        """The largest of all differences."""
        return float(self.differences.max())


def check_by_hand(preset: Preset, steps: int | None = None) -> HandCheck:
    """Train a preset with torch and with NumPy from the same start on the same minibatches.

    Args:
        preset: one that has a version by hand.
        steps: those of the preset if None.

    Raises:
        SettingError: it has none.
    """
    if not preset.by_hand:
        raise SettingError(f"preset {preset.name!r} has no version by hand; take relu-sin or relu-square")
    steps = steps or preset.steps
    target = preset.target
    network = Network(target.dimension, preset.hidden, target.outputs, default_registry().variant(preset.activation))
    samples = divide(target, preset.seed, preset.split, preset.scaling)
    start = initial_parameters(network, preset.seed, mode=preset.initialisation)
    batch = Batch(
        network=network,
        inputs=torch.as_tensor(samples.scaling.input_to_network(samples.training.x))[None],
        targets=torch.as_tensor(samples.scaling.value_to_network(samples.training.y))[None],
        parameters=torch.as_tensor(start)[None],
        learning_rates=torch.tensor([preset.learning_rate], dtype=torch.float64),
        steps=steps,
        recipe=Recipe(optimizer=preset.optimizer, schedule=preset.schedule, batch_size=preset.batch_size),
        seeds=(preset.seed,),
    )
    (hidden,) = preset.hidden
    by_hand = train_by_hand(_minibatches(batch), start, hidden=hidden, learning_rate=preset.learning_rate)
    differences = []
    row = start
    with torch.no_grad(), steady_arithmetic():
        training = Training(batch, "cpu")
        for step, (_, row) in enumerate(itertools.islice(by_hand, steps)):
            training.prepare(step)
            training.step()
            engine = training.rows[0, : network.parameters].numpy()
            differences.append(np.abs(engine - row).max())
    outputs = predict_by_hand(samples.scaling.input_to_network(samples.test.x), row, hidden=hidden)
    error = samples.scaling.value_from_network(outputs) - samples.test.y
    return HandCheck(preset.name, steps, np.array(differences), float(np.sqrt(np.mean(error**2))))


def _minibatches(batch: Batch) -> Iterator[tuple[Array, Array]]:
    data = Minibatches(batch, "cpu")
    for step in range(batch.steps):
        inputs, targets = data.at(step)
        yield inputs[0].numpy(), targets[0].numpy()
