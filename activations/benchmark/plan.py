"""Runs, their keys, and the chunks of equal graph in which they are trained."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from activations.declare import Variant
from activations.errors import PluginError
from activations.fitting.initialisation import Initialisation
from activations.fitting.network import Network
from activations.fitting.precision import Precision
from activations.fitting.recipe import DEFAULT_RECIPE, Recipe
from activations.fitting.settings import SettingError
from activations.fitting.target import Target

__all__ = [
    "CHUNK",
    "CHUNK_STEP",
    "Precision",
    "Run",
    "batched_seconds",
    "bytes_per_run",
    "chunks",
    "operations",
    "require_memory",
    "require_picklable",
]

CHUNK = 12  # runs that are trained together on a CPU
LARGE_CHUNK = 48  # small ones, whose time goes into calls and not into arithmetic
CHUNK_VALUES = 250_000  # of one layer's buffer: beyond them more runs at once gain nothing
CHUNK_STEP = 4  # a batch of gradient descents on a CPU is filled up to a multiple of it
MEMORY_LIMIT = 4 * 2**30  # bytes for one chunk


@dataclass(frozen=True)
class Run:
    """One network to be trained: everything that its result depends on.

    Attributes:
        target: what is fitted.
        variant: the activation.
        hidden: widths of the hidden layers.
        learning_rate: Adam's, at the first step.
        scale: of the first layer; see `activations.fitting.initialisation`.
        seed: fixes the initial weights' random numbers, sample positions and noise.
        steps: of the optimizer.
        initialisation: "moments" or "torch".
        precision: "float32" or "float64".
        recipe: optimizer, schedule, loss and batch size.
        own: activations of single hidden layers; see `activations.fitting.network.Network`.
    """

    target: Target
    variant: Variant
    hidden: tuple[int, ...]
    learning_rate: float
    scale: float
    seed: int
    steps: int
    initialisation: Initialisation = "moments"
    precision: Precision = "float32"
    recipe: Recipe = DEFAULT_RECIPE
    own: tuple[Variant | None, ...] = ()

    @cached_property
    def key(self) -> str:
        """A hash of all this, the digests of activation and target included: the same on every machine."""
        own = [variant.digest if variant else None for variant in self.own]
        text = json.dumps(
            [self.target.digest, self.variant.digest, own, self.recipe.to_dict(), *self._graph, *self._own]
        )
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def network(self) -> Network:
        """The network that is trained."""
        return Network(self.target.dimension, self.hidden, self.target.network_outputs, self.variant, self.own)

    @property
    def graph(self) -> tuple[Any, ...]:
        """What runs must share to be trained in one batch."""
        return (self.target.digest, self.variant, self.own, self.recipe, *self._graph)

    @property
    def _graph(self) -> tuple[Any, ...]:
        return self.hidden, self.steps, self.initialisation, self.precision

    @property
    def _own(self) -> tuple[Any, ...]:
        return self.learning_rate, self.scale, self.seed


def chunks(runs: Iterable[Run], size: int | None = None) -> list[list[Run]]:
    """Group runs of the same graph, in order, into chunks of at most `size`.

    The usual size is for a CPU. There a run without a learning rate has its starts alone for company: the last digits
    of the systems of equations that it solves depend on its place among others.
    """
    groups: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(run.graph, []).append(run)
    made = []
    for group in groups.values():
        recipe = group[0].recipe
        step = size or (max(1, _together(group[0]) // recipe.starts) if recipe.has_rate else 1)
        made += [group[i : i + step] for i in range(0, len(group), step)]
    return made


def _together(run: Run) -> int:
    """How many runs are trained together on a CPU: as many as are fastest."""
    values = _points(run) * max(layer.outputs for layer in run.network.layers)
    return max(CHUNK, min(LARGE_CHUNK, CHUNK_VALUES // values))


def _points(run: Run) -> int:
    return run.recipe.batch_size or run.target.points


def bytes_per_run(run: Run) -> int:
    """About what a run takes of a device's memory while it is trained."""
    return _bytes(run.network, _points(run), 4 if run.precision == "float32" else 8)


def operations(run: Run) -> float:
    """About how many operations a run takes."""
    layers = run.network.layers
    step = _points(run) * sum(6.0 * layer.inputs * layer.outputs + 20.0 * layer.outputs for layer in layers)
    return run.steps * run.recipe.starts * step


def batched_seconds(run: Run) -> float:
    """About how long the batched engine takes for a run on one core of a usual machine: calls, and arithmetic."""
    calls = run.steps * run.recipe.starts * len(run.network.layers)
    return 5e-6 * calls + 2.5e-11 * operations(run)


def _bytes(network: Network, points: int, size: int) -> int:
    units = sum(layer.outputs for layer in network.layers)
    # Parameters, gradients, two moments and the update; about five values per unit and point.
    return size * 5 * (network.parameters + points * units)


def require_memory(targets: Sequence[Target], variants: Sequence[Variant], hidden: tuple[int, ...]) -> None:
    """Refuse networks whose chunk would take too much memory, before anything is allocated.

    Raises:
        SettingError: with the estimate.
    """
    for target in targets:
        for variant in variants:
            network = Network(target.dimension, hidden, target.network_outputs, variant)
            size = CHUNK * _bytes(network, target.points, 4)
            if size > MEMORY_LIMIT:
                raise SettingError(
                    f"{variant.label} with hidden layers {','.join(map(str, hidden))} on {target.name} takes about "
                    f"{size / 2**30:.1f} GiB; the limit is {MEMORY_LIMIT / 2**30:.0f} GiB: choose smaller widths"
                )


def require_picklable(targets: Sequence[Target], variants: Sequence[Variant] = ()) -> None:
    """Refuse what can't be sent to other processes, before any is started.

    Raises:
        SettingError: with the target's name.
        PluginError: with the activation's name.
    """
    for variant in variants:
        try:
            pickle.dumps(variant)
        except Exception as error:
            raise PluginError(
                f"{variant.label} can't be sent to other processes ({error}); declare it at the top of a module, or "
                "train with jobs=1"
            ) from None
    for target in targets:
        try:
            pickle.dumps(target.function)
        except Exception as error:  # anything may be in a closure
            raise SettingError(
                f"the function of {target.name} can't be sent to other processes ({error}); define it at the top of "
                "a module, or train with jobs=1"
            ) from None
