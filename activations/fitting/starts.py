"""A run of several starts: each is trained as a run of its own, and the one with the smallest training loss is kept."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from activations.fitting.engine import Batch, Trajectories, predict
from activations.fitting.losses import make_loss
from activations.fitting.minibatches import Minibatches

__all__ = ["keep_best_starts", "training_losses"]


def keep_best_starts(batch: Batch, trained: Trajectories, starts: int) -> Trajectories:
    """What became of the best start of each run.

    Nothing but the training points decides which one that is; of equal ones it is the first. A start that diverged is
    kept only if all did.

    Args:
        batch: what was trained; the starts of a run follow each other.
        trained: what became of it.
        starts: of each run.
    """
    if starts == 1:
        return trained
    best = training_losses(batch, trained).view(-1, starts).argmin(dim=1)
    kept = best + starts * torch.arange(len(best))
    return Trajectories(trained.parameters[kept], trained.steps[kept], trained.looked_at, trained.losses[:, kept])


def training_losses(batch: Batch, trained: Trajectories) -> Tensor:
    """The losses of trained networks at all training points, shape [runs]; infinite for those that diverged."""
    whole = Minibatches(replace(batch, recipe=replace(batch.recipe, batch_size=None)), "cpu")
    outputs = predict(batch.network, trained.parameters, whole.inputs)
    loss = make_loss(batch.recipe.loss, outputs.shape[1], outputs)
    loss.look_at(whole.targets)
    losses = loss.value(outputs)
    sound = torch.isfinite(losses) & (trained.steps == batch.steps)
    return torch.where(sound, losses, torch.full_like(losses, torch.inf))
