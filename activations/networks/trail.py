"""The way of an optimizer through the parameters: some of them held, the others noted from time to time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from activations.fitting.batched import Passes, aligned
from activations.fitting.engine import Batch
from activations.fitting.network import Network
from activations.fitting.optimizers import make_optimizer
from activations.fitting.points import Array

__all__ = ["Trail", "follow", "held_parameters"]

SNAPSHOTS = 500
SNAPSHOT_NUMBERS = 2**25  # of all snapshots together
LEAST_SNAPSHOTS = 20
FARTHEST = 1e6  # a parameter beyond that is on its way to infinity


@dataclass(frozen=True)
class Trail:
    """Where an optimizer was.

    Attributes:
        steps: the numbers of steps made, from 0, increasing; shape [snapshots].
        parameters: after so many steps, shape [snapshots, parameters], in float64.
        diverged: whether a parameter or gradient left the finite numbers, or was to; the trail ends before that.
    """

    steps: Array
    parameters: Array
    diverged: bool


def held_parameters(network: Network, *, bias: bool, theta: bool) -> Array:
    """Which values of a flat row stay as they are.

    Args:
        network: the architecture with its activation.
        bias: whether biases are trained.
        theta: whether learnable parameters of the activation are trained.

    Returns:
        Truth values of shape [parameters].
    """
    held = np.zeros(network.parameters, dtype=bool)
    for layer in network.layers:
        held[layer.bias : layer.theta] = not bias
        held[layer.theta : layer.end] = not theta
    return held


def follow(
    batch: Batch, held: Array, device: torch.device | str, told: Callable[[int], None] = lambda done: None
) -> Trail:
    """Train the one network of a batch by a descent, and note where it is.

    Args:
        batch: of a single run; its recipe's optimizer has a learning rate.
        held: which parameters stay as they are, shape [parameters].
        device: where to compute.
        told: called with the number of steps made, now and then.
    """
    count = batch.network.parameters
    most = max(LEAST_SNAPSHOTS, min(SNAPSHOTS, SNAPSHOT_NUMBERS // count))
    noted = set(np.unique(np.linspace(0, batch.steps, min(most, batch.steps) + 1).round().astype(int)).tolist())
    with torch.no_grad():
        data, rows = aligned(batch, device)
        start = rows.clone()
        fixed = torch.zeros(rows.shape[1], dtype=torch.bool)
        fixed[:count] = torch.from_numpy(held)
        fixed = fixed.to(rows.device)
        passes = Passes(batch.network, data, rows, batch.recipe.loss)
        rates = batch.learning_rates.to(device, rows.dtype)[:, None]
        optimizer = make_optimizer(rows, rates, batch.recipe)
        steps, snapshots = [0], [rows[0, :count].to("cpu", copy=True)]
        for step in range(batch.steps):
            if data.moves(step):
                passes.look_at(*data.at(step))
            gradient = passes.gradient().masked_fill_(fixed, 0.0)
            factor = torch.tensor([-batch.recipe.factor(step, batch.steps)]).to(rows)
            optimizer.step(gradient, factor)
            # AdamW moves also what has no gradient.
            torch.where(fixed, start, rows, out=rows)
            if step + 1 in noted:
                steps.append(step + 1)
                snapshots.append(rows[0, :count].to("cpu", copy=True))
                told(step + 1)
                if bool(optimizer.rates.isnan().any()):
                    break
    found = torch.stack(snapshots).to(torch.float64).numpy()
    # A row is frozen where its gradient ceased to be finite: what was noted after that is no step.
    made = int(optimizer.finite_steps[0, 0])
    with np.errstate(invalid="ignore"):
        kept = (np.abs(found) <= FARTHEST).all(axis=1) & (np.array(steps) <= made)
    end = int(np.argmin(kept)) if not kept.all() else len(kept)
    return Trail(np.array(steps)[: max(end, 1)], found[: max(end, 1)], end < len(kept) or steps[-1] < batch.steps)
