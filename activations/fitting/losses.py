"""Losses of a batch: their slopes, into one buffer, and their values where somebody looks."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from activations.fitting.recipe import HUBER_DELTA, Loss

__all__ = ["BatchLoss", "make_loss"]


class BatchLoss(ABC):
    """The mean loss of each run over its points and outputs.

    Args:
        points: how many points count; those behind them only fill up a buffer.
        like: gives shape [runs, points, outputs], dtype and device of outputs.
        factor: of the slope of one output.
    """

    def __init__(self, points: int, like: Tensor, factor: float) -> None:
        self.points = points
        self.factor = factor
        self.targets, self.buffer = (torch.empty_like(like, requires_grad=False) for _ in range(2))
        self.uncounted = self.buffer[:, points:]
        self.has_uncounted = like.shape[1] > points

    def look_at(self, targets: Tensor) -> None:
        """Take targets of shape [runs, points, outputs] from now on."""
        self.targets.copy_(targets)

    def slope(self, outputs: Tensor) -> Tensor:
        """The gradient of each run's loss in its outputs [runs, points, outputs]."""
        self.fill(outputs)
        if self.has_uncounted:
            self.uncounted.zero_()
        return self.buffer

    def value(self, outputs: Tensor) -> Tensor:
        """The loss of each run, shape [runs]."""
        return self.mean(outputs[:, : self.points], self.targets[:, : self.points])

    @abstractmethod
    def fill(self, outputs: Tensor) -> None:
        """Write the slope into the buffer."""

    @abstractmethod
    def mean(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean loss over points and outputs, shape [runs]."""


class _Linear(BatchLoss):
    """A loss whose slope is (prediction - target) times a constant; the target is multiplied beforehand."""

    def __init__(self, points: int, like: Tensor, factor: float) -> None:
        super().__init__(points, like, factor)
        self.subtrahend = torch.empty_like(self.targets)

    def look_at(self, targets: Tensor) -> None:
        super().look_at(targets)
        torch.mul(self.targets, -self.factor, out=self.subtrahend)

    def fill(self, outputs: Tensor) -> None:
        torch.add(self.subtrahend, self.predicted(outputs), alpha=self.factor, out=self.buffer)

    def predicted(self, outputs: Tensor) -> Tensor:
        return outputs


class _Squares(_Linear):
    def mean(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).square_().mean(dim=(1, 2))


class _CrossEntropy(_Linear):
    def predicted(self, outputs: Tensor) -> Tensor:
        return torch.softmax(outputs, dim=-1)

    def mean(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return -(torch.log_softmax(outputs, dim=-1).mul_(targets)).sum(dim=-1).mean(dim=1)


class _Huber(BatchLoss):
    def fill(self, outputs: Tensor) -> None:
        difference = torch.sub(outputs, self.targets, out=self.buffer)
        difference.clamp_(-HUBER_DELTA, HUBER_DELTA).mul_(self.factor)

    def mean(self, outputs: Tensor, targets: Tensor) -> Tensor:
        loss = torch.nn.functional.huber_loss(outputs, targets, reduction="none", delta=HUBER_DELTA)
        return loss.mean(dim=(1, 2))


def make_loss(loss: Loss, points: int, like: Tensor) -> BatchLoss:
    """A loss of outputs like a tensor [runs, points, outputs], of which so many points count."""
    if loss == "cross-entropy":
        return _CrossEntropy(points, like, 1 / points)
    kind, factor = (_Huber, 1.0) if loss == "huber" else (_Squares, 2.0)
    return kind(points, like, factor / (points * like.shape[2]))
