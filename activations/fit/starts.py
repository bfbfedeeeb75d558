"""A run of several starts: each is trained by itself, and the one with the smallest training loss is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor

from activations.fit.engine import Batch, Trajectories, predict, train
from activations.fit.losses import make_loss
from activations.fit.minibatches import Minibatches

__all__ = ["train_starts", "training_losses"]


def train_starts(batch: Batch, further: Iterable[Tensor], device: torch.device | str = "cpu") -> Trajectories:
    """Train every network of a batch from several starts, one after the other.

    Nothing but the training points decides which start is kept; of equal ones it is the first. A start that diverges
    is kept only if all do.

    Args:
        batch: the runs with their first start.
        further: parameters of the other starts, each of shape [runs, parameters].
        device: where to compute.

    Returns:
        What became of the start that is kept.
    """
    best = train(batch, device)
    least = None
    for parameters in further:
        if least is None:
            least = training_losses(batch, best)
        found = train(replace(batch, parameters=parameters), device)
        losses = training_losses(batch, found)
        better = losses < least
        least = torch.where(better, losses, least)
        best = Trajectories(
            torch.where(better[:, None], found.parameters, best.parameters),
            torch.where(better, found.steps, best.steps),
            best.looked_at,
            torch.where(better, found.losses, best.losses),
        )
    return best


def training_losses(batch: Batch, trained: Trajectories) -> Tensor:
    """The losses of trained networks at all training points, shape [runs]; infinite for those that diverged."""
    whole = Minibatches(replace(batch, recipe=replace(batch.recipe, batch_size=None)), "cpu")
    outputs = predict(batch.network, trained.parameters, whole.inputs)
    loss = make_loss(batch.recipe.loss, outputs.shape[1], outputs)
    loss.look_at(whole.targets)
    losses = loss.value(outputs)
    sound = torch.isfinite(losses) & (trained.steps == batch.steps)
    return torch.where(sound, losses, torch.full_like(losses, torch.inf))
