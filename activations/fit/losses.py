"""Losses of a batch: their slopes, into one buffer, and their values where somebody looks."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from activations.fit.recipe import HUBER_DELTA, Loss

__all__ = ["BatchLoss", "make_loss"]


class BatchLoss(ABC):
    """The mean loss of each run over its points and outputs."""

    @abstractmethod
    def look_at(self, targets: Tensor) -> None:
        """Take targets of shape [runs, points, outputs] from now on."""

    @abstractmethod
    def slope(self, outputs: Tensor) -> Tensor:
        """The gradient of each run's loss in its outputs [runs, points, outputs]."""

    @abstractmethod
    def value(self, outputs: Tensor) -> Tensor:
        """The loss of each run, shape [runs]."""


class _Linear(BatchLoss):
    """A loss whose slope is (prediction - target) times a constant; the target is multiplied beforehand."""

    def __init__(self, shape: tuple[int, ...], like: Tensor, factor: float) -> None:
        self.factor = factor
        self.buffer = like.new_empty(shape)

    def look_at(self, targets: Tensor) -> None:
        self.targets = targets
        self.subtrahend = targets * -self.factor

    def slope(self, outputs: Tensor) -> Tensor:
        return torch.add(self.subtrahend, self.predicted(outputs), alpha=self.factor, out=self.buffer)

    def predicted(self, outputs: Tensor) -> Tensor:
        return outputs


class _Squares(_Linear):
    def value(self, outputs: Tensor) -> Tensor:
        return (outputs - self.targets).square_().mean(dim=(1, 2))


class _CrossEntropy(_Linear):
    def predicted(self, outputs: Tensor) -> Tensor:
        return torch.softmax(outputs, dim=-1)

    def value(self, outputs: Tensor) -> Tensor:
        return -(torch.log_softmax(outputs, dim=-1).mul_(self.targets)).sum(dim=-1).mean(dim=1)


class _Huber(BatchLoss):
    def __init__(self, shape: tuple[int, ...], like: Tensor, factor: float) -> None:
        self.factor = factor
        self.buffer = like.new_empty(shape)

    def look_at(self, targets: Tensor) -> None:
        self.targets = targets

    def slope(self, outputs: Tensor) -> Tensor:
        difference = torch.sub(outputs, self.targets, out=self.buffer)
        return difference.clamp_(-HUBER_DELTA, HUBER_DELTA).mul_(self.factor)

    def value(self, outputs: Tensor) -> Tensor:
        loss = torch.nn.functional.huber_loss(outputs, self.targets, reduction="none", delta=HUBER_DELTA)
        return loss.mean(dim=(1, 2))


def make_loss(loss: Loss, runs: int, points: int, outputs: int, like: Tensor) -> BatchLoss:
    """A loss with buffers for outputs [runs, points, outputs] of the dtype and device of another tensor."""
    shape = (runs, points, outputs)
    if loss == "cross-entropy":
        return _CrossEntropy(shape, like, 1 / points)
    kind, factor = (_Huber, 1.0) if loss == "huber" else (_Squares, 2.0)
    return kind(shape, like, factor / (points * outputs))
