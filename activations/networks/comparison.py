"""Does one activation fail where another works? The same fit by both, over several seeds: as described, and tuned."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Literal

import numpy as np
import torch

from activations.fitting.devices import steady_arithmetic
from activations.fitting.engine import Batch, predict, train
from activations.fitting.initialisation import initial_parameters
from activations.fitting.network import Network
from activations.fitting.recipe import Recipe
from activations.networks.division import divide
from activations.networks.presets import Preset, preset_named
from activations.registry import default_registry

__all__ = ["RATES", "SEEDS", "Rival", "compare_activations"]

Way = Literal["as described", "tuned rate", "tuned Adam"]
WAYS: tuple[Way, ...] = ("as described", "tuned rate", "tuned Adam")

RATES = tuple(10.0 ** (k / 2) for k in range(-8, 1))
SEEDS = 9
TUNING_SEEDS = 3
FIRST_TUNING_SEED = 1000  # far from those that are judged


@dataclass(frozen=True)
class Rival:
    """What became of one activation in one way.

    Attributes:
        preset: the fit's name.
        activation: of all hidden layers.
        way: "as described" is the preset with another activation; "tuned rate" has the best of `RATES` for each
            activation; "tuned Adam" too, and Adam, a cosine schedule, scaled data and initial weights that suit the
            activation.
        learning_rate: that was used.
        errors: the root mean squared test error of each seed, in the target's units; infinite for one that diverged.
        spread: the standard deviation of the test values.
    """

    preset: str
    activation: str
    way: Way
    learning_rate: float
    errors: tuple[float, ...]
    spread: float

    @property
    def middle(self) -> float:
        """The median error."""
        return median(self.errors)

    @property
    def r2(self) -> float:
        """R² of the median error; minus infinity if more than half of the seeds diverged."""
        return 1 - (self.middle / self.spread) ** 2

    @property
    def diverged(self) -> int:
        """The number of seeds that diverged."""
        return sum(not math.isfinite(error) for error in self.errors)


def compare_activations(
    presets: Sequence[str] = ("relu-sin", "relu-square", "cubic-1"),
    activations: Sequence[str] = ("relu", "sigmoid"),
    *,
    seeds: int = SEEDS,
    rates: Sequence[float] = RATES,
    steps: int | None = None,
    ways: Sequence[Way] = WAYS,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> list[Rival]:
    """Train each preset with each activation in each way.

    Rates are chosen by the largest error of three seeds that are not among those that are judged: one at which any
    of them diverges is no choice.

    Args:
        presets: names of presets of regressions.
        activations: names.
        seeds: number of seeds that are judged.
        rates: that tuning tries.
        steps: of each run; those of the preset if None.
        ways: which of the three.
        progress: told how many rivals are done, of how many, and which one is trained.
    """
    plan = [(preset_named(name), activation, way) for name in presets for activation in activations for way in ways]
    found = []
    for done, (preset, activation, way) in enumerate(plan):
        progress(done, len(plan), f"{preset.name}: {activation}, {way}")
        shorter = replace(preset, activation=activation, steps=steps or preset.steps)
        described = _changed(shorter, way)
        rate = described.learning_rate
        if way != "as described":
            tuning = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + TUNING_SEEDS)
            errors = _errors(described, tuning, rates)
            rate = min(zip(map(max, errors), rates, strict=True))[1]
        (judged,) = _errors(described, range(seeds), [rate])
        test = divide(preset.target, 0, preset.split, preset.scaling).test
        found.append(Rival(preset.name, activation, way, rate, tuple(judged), float(test.y.std())))
    progress(len(plan), len(plan), "")
    return found


def _changed(preset: Preset, way: Way) -> Preset:
    if way != "tuned Adam":
        return preset
    return replace(preset, optimizer="adam", schedule="cosine", scaling="standard", initialisation="moments")


def _errors(preset: Preset, seeds: Sequence[int], rates: Sequence[float]) -> list[list[float]]:
    """The test errors of every seed at every rate [rates][seeds], all trained as one batch."""
    target = preset.target
    variant = default_registry().variant(preset.activation)
    network = Network(target.dimension, preset.hidden, target.network_outputs, variant)
    samples = [divide(target, seed, preset.split, preset.scaling) for seed in seeds]
    start = [initial_parameters(network, seed, mode=preset.initialisation) for seed in seeds]
    runs = len(seeds) * len(rates)

    def stacked(parts: list[Any]) -> torch.Tensor:
        """A part per seed as a tensor with a row per run, the seeds of one rate after those of the other."""
        return torch.as_tensor(np.stack(parts * len(rates)), dtype=torch.float32)

    batch = Batch(
        network=network,
        inputs=stacked([sample.scaling.input_to_network(sample.training.x) for sample in samples]),
        targets=stacked([sample.scaling.value_to_network(sample.training.y) for sample in samples]),
        parameters=stacked(start),
        learning_rates=torch.tensor(np.repeat(rates, len(seeds)), dtype=torch.float32),
        steps=preset.steps,
        recipe=Recipe(optimizer=preset.optimizer, schedule=preset.schedule, batch_size=preset.batch_size),
        seeds=tuple(seeds) * len(rates),
    )
    with steady_arithmetic():
        trained = train(batch)
        tests = [sample.scaling.input_to_network(sample.test.x) for sample in samples]
        outputs = [
            predict(network, trained.parameters[i : i + 1], stacked(tests)[i : i + 1])[0].double().numpy()
            for i in range(runs)
        ]
    errors = []
    for i in range(runs):
        sample = samples[i % len(seeds)]
        with np.errstate(over="ignore", invalid="ignore"):
            difference = sample.scaling.value_from_network(outputs[i]) - sample.test.y
            error = float(np.sqrt(np.mean(difference**2)))
        finished = int(trained.steps[i]) == preset.steps
        errors.append(error if finished and math.isfinite(error) else math.inf)
    return [errors[first : first + len(seeds)] for first in range(0, runs, len(seeds))]
