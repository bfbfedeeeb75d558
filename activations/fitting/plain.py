"""The plain reference: one network at a time in NumPy, with the backward pass written out. It is for reading."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from activations.declare import Variant
from activations.derivatives import derivative
from activations.fitting.engine import Batch, Trajectories, checkpoints
from activations.fitting.minibatches import Minibatches
from activations.fitting.network import Layer, Network
from activations.fitting.optimizers import BETAS, EPSILON
from activations.fitting.points import Array
from activations.fitting.recipe import HUBER_DELTA, MOMENTUM, Recipe

__all__ = ["train_plain"]


def train_plain(batch: Batch, device: torch.device | str = "cpu") -> Trajectories:
    """Train the runs of a batch one after the other, always on the CPU; see `activations.fitting.engine.train`."""
    looked_at = checkpoints(batch.steps)
    data = Minibatches(batch, "cpu")
    points = [
        [tensor.numpy().copy() for tensor in data.at(step)] for step in range(batch.steps if not data.whole else 1)
    ]
    rows, steps, losses = [], [], []
    for run in range(len(batch.parameters)):
        row = batch.parameters[run].numpy().copy()
        optimizer = _Optimizer(batch.recipe, batch.steps, float(batch.learning_rates[run]), row)
        seen, finite = [], 0
        for step in range(batch.steps):
            inputs, targets = points[step if len(points) > 1 else 0]
            with np.errstate(all="ignore"):  # a run that diverges overflows before it is noticed
                loss, gradient = _gradient(batch.network, row, inputs[run], targets[run], batch.recipe)
            if step in looked_at:
                seen.append(loss)
            if not np.isfinite(gradient).all():
                seen += [loss] * (len(looked_at) - len(seen))
                break
            row = row + optimizer.change(step, row, gradient)
            finite += 1
        rows.append(row)
        steps.append(finite)
        losses.append(seen)
    trained = torch.from_numpy(np.stack(rows))
    seen_losses = torch.tensor(losses, dtype=trained.dtype).T.contiguous()
    return Trajectories(trained, torch.tensor(steps), looked_at, seen_losses)


class _Optimizer:
    """SGD, momentum, Adam and AdamW of one run."""

    def __init__(self, recipe: Recipe, steps: int, rate: float, row: Array) -> None:
        self.recipe = recipe
        self.steps = steps
        self.rate = rate
        self.velocity = np.zeros_like(row)
        self.first = np.zeros_like(row)
        self.second = np.zeros_like(row)

    def change(self, step: int, row: Array, gradient: Array) -> Array:
        """What is added to the parameters."""
        rate = self.rate * self.recipe.factor(step, self.steps)
        if self.recipe.optimizer == "sgd":
            return -rate * gradient
        if self.recipe.optimizer == "momentum":
            self.velocity = MOMENTUM * self.velocity + gradient
            return -rate * self.velocity
        self.first = BETAS[0] * self.first + (1 - BETAS[0]) * gradient
        self.second = BETAS[1] * self.second + (1 - BETAS[1]) * gradient**2
        mean = self.first / (1 - BETAS[0] ** (step + 1))
        size = np.sqrt(self.second / (1 - BETAS[1] ** (step + 1)))
        decay = self.recipe.weight_decay * row if self.recipe.optimizer == "adamw" else 0.0
        change: Array = -rate * (mean / (size + EPSILON) + decay)
        return change


def _gradient(network: Network, row: Array, inputs: Array, targets: Array, recipe: Recipe) -> tuple[float, Array]:
    """The loss and its gradient: the chain rule from the output back to the first layer."""
    values = [inputs]
    linear = []
    for layer in network.layers:
        linear.append(values[-1] @ _weight(layer, row) + row[layer.bias : layer.theta])
        if layer.variant is not None:
            values.append(_evaluate(layer.variant, linear[-1], row[layer.theta : layer.end]))
    loss, slope = _loss(linear[-1], targets, recipe)

    gradient = np.zeros_like(row)
    for index in reversed(range(len(network.layers))):
        layer = network.layers[index]
        if layer.variant is not None:
            theta = row[layer.theta : layer.end]
            for place, name in enumerate(layer.variant.learnable):
                gradient[layer.theta + place] = np.sum(slope * _evaluate(layer.variant, linear[index], theta, name))
            slope = np.concatenate(
                [
                    slope * _evaluate(layer.variant, linear[index], theta, name)
                    for name in layer.variant.activation.inputs
                ],
                axis=1,
            )
        gradient[layer.weight : layer.bias] = (values[index].T @ slope).ravel()
        gradient[layer.bias : layer.theta] = slope.sum(axis=0) if network.biases else 0.0
        slope = slope @ _weight(layer, row).T
    return loss, gradient


def _loss(outputs: Array, targets: Array, recipe: Recipe) -> tuple[float, Array]:
    """The mean loss and its slope in the outputs."""
    if recipe.loss == "cross-entropy":
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        return float(-np.sum(targets * np.log(shares)) / len(outputs)), (shares - targets) / len(outputs)
    difference = outputs - targets
    if recipe.loss == "huber":
        held = np.clip(difference, -HUBER_DELTA, HUBER_DELTA)
        return float(np.mean(held * (difference - held / 2))), held / held.size
    return float(np.mean(difference**2)), 2 * difference / difference.size


def _weight(layer: Layer, row: Array) -> Array:
    return row[layer.weight : layer.bias].reshape(layer.inputs, layer.outputs)


def _evaluate(variant: Variant, linear: Array, theta: Array, wrt: str | None = None) -> Array:
    """The activation of pre-activations [points, inputs·width], or its derivative in an input or parameter."""
    parts = torch.from_numpy(linear).chunk(variant.inputs, dim=1)
    learned: dict[str, Any] = dict(zip(variant.learnable, torch.from_numpy(theta), strict=True))
    result = variant(*parts, **learned) if wrt is None else derivative(variant, *parts, wrt=wrt, **learned)
    return result.expand(parts[0].shape).numpy()
