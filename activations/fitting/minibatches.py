"""The points that a step looks at: all of them, or one minibatch after the other in an order of its own per epoch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from activations.fitting.engine import Batch
from activations.fitting.randomness import Purpose, generator
from activations.fitting.settings import SettingError

__all__ = ["Minibatches", "epoch_order"]


class Minibatches:
    """The data of a batch of runs, step by step.

    Every epoch has an order that the run's seed and the epoch's number fix, the same for all activations. The points
    that are left over at an epoch's end, fewer than a minibatch, are not looked at in that epoch.

    Args:
        batch: the runs.
        device: where the points go.
        multiple: the points of a step are filled up to a multiple of this number with copies of the last one.

    Attributes:
        points: number of different points per step.
        filled: number of points with the copies.

    Raises:
        SettingError: a minibatch is larger than the data, or seeds are missing.
    """

    def __init__(self, batch: Batch, device: torch.device | str, multiple: int = 1) -> None:
        self.inputs = batch.inputs.to(device)
        self.targets = _values(batch).to(device)
        available = self.inputs.shape[1]
        self.points = available if batch.recipe.batch_size is None else batch.recipe.batch_size
        if self.points > available:
            raise SettingError(f"batch_size={self.points} is more than the {available} training points")
        self.whole = batch.recipe.batch_size is None
        if not self.whole and len(batch.seeds) != len(self.inputs):
            raise SettingError("minibatches need a seed for each run")
        self.filled = -(-self.points // multiple) * multiple
        self.seeds = batch.seeds
        self.per_epoch = available // self.points
        self.epoch = -1

    def moves(self, step: int) -> bool:
        """Whether a step looks at other points than the one before it."""
        return step == 0 or not self.whole

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs [runs, points, inputs] and targets [runs, points, outputs] of a step."""
        if self.whole:
            return self._filled(self.inputs), self._filled(self.targets)
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self.epoch:
            self.epoch = epoch
            self.order = self._order(epoch)
        chosen = self._filled(self.order[:, place * self.points : (place + 1) * self.points, None])
        return _taken(self.inputs, chosen), _taken(self.targets, chosen)

    def _filled(self, values: Tensor) -> Tensor:
        copies = self.filled - self.points
        return torch.cat([values, values[:, -1:].expand(-1, copies, -1)], dim=1) if copies else values

    def _order(self, epoch: int) -> Tensor:
        count = self.inputs.shape[1]
        orders = [epoch_order(seed, epoch, count) for seed in self.seeds]
        return torch.from_numpy(np.stack(orders)).to(self.inputs.device)


def epoch_order(seed: int, epoch: int, count: int) -> npt.NDArray[np.int64]:
    """The order in which an epoch looks at so many points, shape [count]."""
    return generator(seed, Purpose.MINIBATCHES, epoch).permutation(count)


def _taken(values: Tensor, chosen: Tensor) -> Tensor:
    return values.gather(1, chosen.expand(-1, -1, values.shape[2]))


def _values(batch: Batch) -> Tensor:
    """The targets as values: class numbers become ones and zeros."""
    if batch.recipe.loss != "cross-entropy":
        return batch.targets
    return torch.nn.functional.one_hot(batch.targets, batch.network.outputs).to(batch.parameters.dtype)
