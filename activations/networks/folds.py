"""Several networks of one architecture, each trained without some of the rows, in one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from activations.declare import Variant
from activations.fitting import engine
from activations.fitting.batched import train_batched
from activations.fitting.devices import keep_freed_memory, resolve_device, steady_arithmetic
from activations.fitting.engine import Batch
from activations.fitting.initialisation import initial_parameters
from activations.fitting.network import Network
from activations.fitting.points import Array
from activations.fitting.randomness import Purpose, generator
from activations.fitting.scaling import Scaling, Unscaled
from activations.fitting.settings import SettingError
from activations.networks.settings import FitSettings

__all__ = ["Division", "FoldNetworks", "divisions", "train_folds"]

OWN_STREAM = 2  # of the random numbers that split rows


@dataclass(frozen=True)
class Division:
    """Rows by what one network does with them, as row numbers.

    Attributes:
        training: those that it is trained on; of every division equally many.
        calibration: those that tell how large its residuals are.
        judged: those that it judges; each row is judged once.
    """

    training: Array
    calibration: Array
    judged: Array


def divisions(rows: int, folds: int, seed: int, held_out: float = 0.0) -> list[Division]:
    """Divide rows at random so that each is judged once, by a network that has not seen it.

    Args:
        rows: how many there are.
        folds: number of networks.
        seed: of the random order.
        held_out: the share of the rows which a network does not judge that are kept from training and calibrate; with 0
            the judged ones are compared to each other.
    """
    order = generator(seed, Purpose.SPLIT, OWN_STREAM).permutation(rows)
    parts = np.array_split(order, folds)
    least = rows - max(map(len, parts))
    size = least - round(held_out * least)
    found = []
    for number, judged in enumerate(parts):
        others = np.concatenate([part for place, part in enumerate(parts) if place != number])
        # The parts keep their random order, but who is in which fold must not decide who trains.
        others = generator(seed, Purpose.SPLIT, OWN_STREAM + 1 + number).permutation(others)
        calibration = others[size:] if held_out else others[:0]
        found.append(Division(np.sort(others[:size]), np.sort(calibration), np.sort(judged)))
    return found


@dataclass(frozen=True)
class FoldNetworks:
    """Trained networks with the same layers, each with its own scaling.

    Attributes:
        network: the architecture with its activation.
        parameters: shape [networks, parameters].
        scalings: one per network.
    """

    network: Network
    parameters: torch.Tensor
    scalings: tuple[Scaling, ...]

    def predict(self, number: int, x: Array) -> Array:
        """What one of the networks predicts, shape [points], in the target's units.

        Args:
            number: of the network, from 0.
            x: inputs of shape [points, inputs].
        """
        scaling = self.scalings[number]
        row = self.parameters[number : number + 1]
        inputs = torch.as_tensor(scaling.input_to_network(x), dtype=row.dtype)[None]
        outputs = engine.predict(self.network, row, inputs)[0].double().numpy()
        found: Array = scaling.value_from_network(outputs)[:, 0]
        return found


def train_folds(
    x: Array,
    y: Array,
    parts: Sequence[Array],
    variant: Variant,
    settings: FitSettings,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> FoldNetworks:
    """Train a network for each part of the rows.

    Args:
        x: inputs of shape [rows, inputs].
        y: values of shape [rows].
        parts: for each network the rows that train it, equally many.
        variant: the activation.
        settings: how to train; a split has no meaning here.
        device: "auto", "cpu", "cuda", …
        progress: told the number of steps made, and of how many.

    Raises:
        SettingError: a network diverged.
        DeviceError: the device is not there.
    """
    place = resolve_device(device)
    dtype = getattr(torch, settings.precision)
    network = Network(x.shape[1], settings.hidden, 1, variant, (), settings.bias)
    domain = tuple(zip(x.min(axis=0).tolist(), x.max(axis=0).tolist(), strict=True))
    kind = Unscaled if settings.scaling == "none" else Scaling
    scalings = tuple(kind.of(domain, y[part][:, None]) for part in parts)
    pairs = list(zip(scalings, parts, strict=True))
    start = initial_parameters(network, settings.seed, mode=settings.initialisation)
    batch = Batch(
        network=network,
        inputs=torch.as_tensor(np.stack([scaling.input_to_network(x[part]) for scaling, part in pairs]), dtype=dtype),
        targets=torch.as_tensor(
            np.stack([scaling.value_to_network(y[part][:, None]) for scaling, part in pairs]), dtype=dtype
        ),
        parameters=torch.as_tensor(np.stack([start] * len(parts)), dtype=dtype),
        learning_rates=torch.full((len(parts),), settings.learning_rate or 1.0, dtype=dtype),
        steps=settings.steps,
        recipe=replace(settings.recipe, starts=1),
        seeds=(settings.seed,) * len(parts),
    )
    keep_freed_memory()
    with steady_arithmetic():
        trained = train_batched(batch, place, progress) if batch.recipe.has_rate else engine.train(batch, place)
    if int(trained.steps.min()) < settings.steps:
        rate = f" from a learning rate of {settings.learning_rate:g}" if settings.learning_rate else ""
        raise SettingError(
            f"training diverged at step {int(trained.steps.min())}{rate}; choose a smaller rate, or scale the data"
        )
    return FoldNetworks(network, trained.parameters, scalings)
