"""The losses of many networks of one graph at the same points: rows of flat parameters, in parts that fit memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from activations.fitting.engine import predict
from activations.fitting.losses import make_loss
from activations.fitting.network import Network
from activations.fitting.points import Array
from activations.fitting.recipe import Loss

__all__ = ["Landscape"]

BUDGET = 2**20  # numbers in the widest layer of all networks of a part; larger parts leave the processor's cache
BUDGET_ON_DEVICE = 2**26
LEAST_POINTS = 64  # of a part, where even one network with all points is too much


class Landscape:
    """The loss as a function of the parameters.

    Args:
        network: the architecture with its activation.
        inputs: shape [points, inputs], in the network's units.
        targets: values of shape [points, outputs], or class numbers [points].
        loss: what is averaged over points and outputs.
        device: where to compute.
        dtype: of all numbers.
    """

    def __init__(
        self, network: Network, inputs: Array, targets: Array, loss: Loss, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.network = network
        self.loss: Loss = loss
        self.inputs = torch.from_numpy(np.ascontiguousarray(inputs)).to(device, dtype)
        values = torch.from_numpy(np.ascontiguousarray(targets))
        if loss == "cross-entropy":
            values = torch.nn.functional.one_hot(values, network.outputs)
        self.targets = values.to(device, dtype)
        # A two-input activation has twice the linear outputs; a number more for what it computes in between.
        widest = max(layer.outputs + network.inputs for layer in network.layers)
        budget = BUDGET if device.type == "cpu" else BUDGET_ON_DEVICE
        self.points_at_once = min(len(self.inputs), max(LEAST_POINTS, budget // widest))
        self.rows_at_once = max(1, budget // (widest * self.points_at_once + network.parameters))

    def losses(self, rows: Tensor) -> Tensor:
        """The mean loss of each row [rows, parameters] over all points; shape [rows]."""
        total = rows.new_zeros(len(rows))
        for start in range(0, len(self.inputs), self.points_at_once):
            inputs = self.inputs[start : start + self.points_at_once]
            targets = self.targets[start : start + self.points_at_once]
            outputs = predict(self.network, rows, inputs.expand(len(rows), -1, -1))
            mean = make_loss(self.loss, len(inputs), outputs[:1]).mean(outputs, targets)
            total += mean * (len(inputs) / len(self.inputs))
        return total

    def over(
        self, centre: Array, directions: Array, coordinates: Array, told: Callable[[int], None] = lambda done: None
    ) -> Array:
        """The losses at `centre + coordinates @ directions`.

        Args:
            centre: parameters, shape [parameters].
            directions: shape [directions, parameters].
            coordinates: shape [count, directions].
            told: called with the number of rows that are done.

        Returns:
            Losses of shape [count], in float64; not finite where the network overflows.
        """
        origin, plane, places = (
            torch.from_numpy(np.ascontiguousarray(part)).to(self.inputs) for part in (centre, directions, coordinates)
        )
        found = []
        with torch.no_grad():
            for start in range(0, len(places), self.rows_at_once):
                rows = origin + places[start : start + self.rows_at_once] @ plane
                found.append(self.losses(rows).cpu())
                told(start + len(rows))
        losses: Array = torch.cat(found).to(torch.float64).numpy()
        return losses

    def at(self, rows: Array) -> Array:
        """The losses at rows of parameters [count, parameters], in float64."""
        moved = torch.from_numpy(np.ascontiguousarray(rows)).to(self.inputs)
        with torch.no_grad():
            parts = [
                self.losses(moved[start : start + self.rows_at_once]).cpu()
                for start in range(0, len(moved), self.rows_at_once)
            ]
        losses: Array = torch.cat(parts).to(torch.float64).numpy()
        return losses
