"""The interface of training: a batch of networks of one graph goes in, their trained parameters come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from activations.fitting.devices import require_precision
from activations.fitting.network import Network
from activations.fitting.precision import precision_of
from activations.fitting.recipe import DEFAULT_RECIPE, Recipe
from activations.fitting.settings import SettingError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from activations.fitting.fused.engine import Stop

__all__ = [
    "ENGINES",
    "ENGINE_VERSION",
    "Batch",
    "Engine",
    "Trajectories",
    "Watch",
    "checkpoints",
    "predict",
    "train",
]

# What is told before a step: how many were made, and the rows of parameters [runs, parameters or more].
Watch: TypeAlias = Callable[[int, "Tensor"], None]
Engine: TypeAlias = Literal["auto", "batched", "native", "numpy"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

ENGINE_VERSION = 1  # grows when a run of the same key may give other digits


@dataclass(frozen=True)
class Batch:
    """Networks of one architecture and activation, each with its own data, start and learning rate.

    Attributes:
        network: the architecture with its activation.
        inputs: shape [runs, points, inputs], in the network's units.
        targets: values of shape [runs, points, outputs], or class numbers [runs, points].
        parameters: initial parameters, shape [runs, parameters]; dtype and device of the inputs.
        learning_rates: initial learning rates, shape [runs]; not used by an optimizer that has none.
        steps: number of optimizer steps.
        recipe: optimizer, schedule, loss and batch size. Its number of starts is for `activations.fitting.starts`.
        seeds: one per run; fixes the order of its minibatches. Not needed without minibatches.
    """

    network: Network
    inputs: Tensor
    targets: Tensor
    parameters: Tensor
    learning_rates: Tensor
    steps: int
    recipe: Recipe = DEFAULT_RECIPE
    seeds: tuple[int, ...] = ()

    def first(self, runs: int | None) -> Batch:
        """The same batch with its first runs alone; None for all."""
        if runs is None or runs == len(self.parameters):
            return self
        return replace(
            self,
            inputs=self.inputs[:runs],
            targets=self.targets[:runs],
            parameters=self.parameters[:runs],
            learning_rates=self.learning_rates[:runs],
            seeds=self.seeds[:runs],
        )


@dataclass(frozen=True)
class Trajectories:
    """What training gives.

    Attributes:
        parameters: after the last step, shape [runs, parameters]; of a run that diverged, before the step at which
            its gradient was not finite.
        steps: finite steps that each run made, shape [runs]; less than the batch's steps for one that diverged. A run
            that can get no better before its last step counts as having made them all.
        looked_at: the steps before which the loss was taken, from 0.
        losses: the training loss then, of the minibatch if there are any, shape [looked at, runs].
    """

    parameters: Tensor
    steps: Tensor
    looked_at: tuple[int, ...]
    losses: Tensor

    def filled(self, runs: int) -> Trajectories:
        """As many runs, the last one repeated."""
        import torch

        places = torch.arange(runs).clamp(max=len(self.steps) - 1)
        return Trajectories(self.parameters[places], self.steps[places], self.looked_at, self.losses[:, places])


def train(
    batch: Batch,
    device: torch.device | str = "cpu",
    engine: Engine = "batched",
    threads: int = 1,
    stop: Stop | None = None,
) -> Trajectories:
    """Train every network of a batch for all its steps.

    Runs do not influence each other: one that diverges is frozen, the others go on unchanged.

    Args:
        batch: the runs.
        device: where to compute; the results come back to the CPU.
        engine: "batched" trains all runs at once; "native" one network after the other by compiled C++, on a CPU with a
            compiler; "auto" takes that where it is compiled already and the faster one; "numpy" is the plain reference,
            which is slow and easy to read and has gradient descents only.
        threads: of the native engine; the others have one or torch's own.
        stop: ends the native engine from another thread.

    Raises:
        SettingError: the recipe and the engine or the precision, or the precision and the device, do not go together.
        BuildError: the native engine can't be had.
    """
    require_precision(device, precision_of(batch.parameters))
    if engine == "numpy":
        if not batch.recipe.has_rate:
            raise SettingError(f"engine='numpy' has no optimizer {batch.recipe.optimizer!r}; write engine='batched'")
        from activations.fitting.plain import train_plain

        return train_plain(batch, device)
    if engine in ("auto", "native"):
        from activations.fitting.fused.choice import fused_is_chosen

        if fused_is_chosen(batch, str(device), engine):
            from activations.fitting.fused.engine import train_fused

            return train_fused(batch, threads, stop)
    if batch.recipe.optimizer == "lm":
        from activations.fitting.levenberg import train_levenberg

        return train_levenberg(batch, device)
    if batch.recipe.optimizer == "lbfgs":
        from activations.fitting.lbfgs import train_lbfgs

        return train_lbfgs(batch, device)
    from activations.fitting.batched import train_batched

    return train_batched(batch, device)


def checkpoints(steps: int, per_decade: int = 8) -> tuple[int, ...]:
    """The steps at which a loss is looked at: all of the first ones, then so many per decade, and the last one."""
    looked, at = {0, steps - 1}, 1.0
    while at < steps:
        looked.add(int(at))
        at *= 10 ** (1 / per_decade)
    return tuple(sorted(looked))


def predict(network: Network, parameters: Tensor, inputs: Tensor) -> Tensor:
    """The outputs of networks.

    Args:
        network: the architecture with its activation.
        parameters: shape [runs, parameters].
        inputs: shape [runs, points, inputs], in the network's units.

    Returns:
        A tensor of shape [runs, points, outputs].
    """
    import torch

    hidden = inputs
    with torch.no_grad():
        for layer in network.layers[:-1]:
            linear = torch.baddbmm(layer.bias_of(parameters), hidden, layer.weight_of(parameters))
            variant = layer.variant
            assert variant is not None
            theta = dict(zip(variant.learnable, layer.theta_of(parameters), strict=True))
            hidden = variant(*linear.chunk(variant.inputs, dim=-1), **theta)
        last = network.layers[-1]
        return torch.baddbmm(last.bias_of(parameters), hidden, last.weight_of(parameters))
