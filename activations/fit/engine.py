"""The interface of training: a batch of networks of one graph goes in, their trained parameters come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from activations.fit.network import Network

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["Batch", "Loss", "Trajectories", "predict", "train"]

Loss: TypeAlias = Literal["squares", "cross-entropy"]


@dataclass(frozen=True)
class Batch:
    """Networks of one architecture and activation, each with its own data, start and learning rate.

    Attributes:
        network: the architecture with its activation.
        inputs: shape [runs, points, inputs], in the network's units.
        targets: values of shape [runs, points, outputs], or class numbers [runs, points].
        parameters: initial parameters, shape [runs, parameters]; dtype and device of the inputs.
        learning_rates: initial learning rates, shape [runs].
        steps: number of optimiser steps.
        loss: mean squared error, or mean cross-entropy.
    """

    network: Network
    inputs: Tensor
    targets: Tensor
    parameters: Tensor
    learning_rates: Tensor
    steps: int
    loss: Loss = "squares"


@dataclass(frozen=True)
class Trajectories:
    """What training gives; for now its end.

    Attributes:
        parameters: after the last step, shape [runs, parameters]; of a run that diverged, before the step at which
            its gradient was not finite.
        steps: finite steps that each run made, shape [runs]; less than the batch's steps for one that diverged.
    """

    parameters: Tensor
    steps: Tensor


def train(batch: Batch, device: torch.device | str = "cpu") -> Trajectories:
    """Train every network of a batch for all its steps.

    Full-batch Adam with torch's defaults; the learning rate decays to zero along a cosine. Runs do not influence each
    other: one that diverges is frozen, the others go on unchanged.

    Args:
        batch: the runs.
        device: where to compute; the results come back to the CPU.
    """
    from activations.fit.batched import train_batched

    return train_batched(batch, device)


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

    variant = network.variant
    hidden = inputs
    with torch.no_grad():
        for layer in network.layers[:-1]:
            linear = torch.baddbmm(layer.bias_of(parameters), hidden, layer.weight_of(parameters))
            theta = dict(zip(variant.learnable, layer.theta_of(parameters), strict=True))
            hidden = variant(*linear.chunk(variant.inputs, dim=-1), **theta)
        last = network.layers[-1]
        return torch.baddbmm(last.bias_of(parameters), hidden, last.weight_of(parameters))
