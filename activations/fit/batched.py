"""The engine: all runs of a batch on a leading axis, a hand-written backward pass, one Adam over flat rows."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from activations.fit.engine import Batch, Trajectories
from activations.fit.network import Layer, Network
from activations.fit.nonlinearity import Nonlinearity

__all__ = ["BETAS", "EPSILON", "train_batched"]

# torch.optim.Adam's defaults.
BETAS = (0.9, 0.999)
EPSILON = 1e-8


def train_batched(batch: Batch, device: torch.device | str) -> Trajectories:
    """Train a batch; see `activations.fit.engine.train`."""
    inputs, targets = batch.inputs.to(device), batch.targets.to(device)
    rows = batch.parameters.to(device, copy=True)
    rates = batch.learning_rates.to(device, rows.dtype)[:, None]
    network = _Passes(batch.network, inputs, targets, rows, batch.loss)
    adam = _Adam(rows, rates, batch.steps)
    with torch.no_grad():
        for step in range(batch.steps):
            adam.step(step, network.gradient())
    return Trajectories(rows.cpu(), adam.finite_steps[:, 0].long().cpu())


class _Passes:
    """Forward and backward pass of a batch, with buffers that are reused at every step."""

    def __init__(self, network: Network, inputs: Tensor, targets: Tensor, rows: Tensor, loss: str) -> None:
        self.inputs = inputs
        self.rows = rows
        self.cross_entropy = loss == "cross-entropy"
        self.gradients = torch.zeros_like(rows)
        points = inputs.shape[1]
        self.hidden = [
            _HiddenLayer(network, layer, rows, self.gradients, points, first=index == 0)
            for index, layer in enumerate(network.layers[:-1])
        ]
        last = network.layers[-1]
        self.output = _Linear(last, rows, self.gradients, points)
        if self.cross_entropy:
            targets = torch.nn.functional.one_hot(targets, network.outputs).to(rows.dtype)
            self.factor = 1 / points
        else:
            self.factor = 2 / (points * network.outputs)
        self.subtrahend = targets * -self.factor
        self.slope = torch.empty_like(self.subtrahend)

    def gradient(self) -> Tensor:
        """The gradients of the runs' losses with respect to the current rows, shape [runs, parameters]."""
        values = self.inputs
        for layer in self.hidden:
            values = layer.forward(values)
        output = self.output.forward(values)
        if self.cross_entropy:
            output = torch.softmax(output, dim=-1)
        # Both losses have the slope (output - target) times a constant; the target is multiplied beforehand.
        slope = torch.add(self.subtrahend, output, alpha=self.factor, out=self.slope)
        self.output.backward(slope)
        for index in reversed(range(len(self.hidden))):
            above = self.hidden[index + 1].linear if index + 1 < len(self.hidden) else self.output
            slope = self.hidden[index].backward(above.backward_to_input(slope))
        return self.gradients


class _Linear:
    """A linear layer of every run; gradients go straight into the flat rows.

    With one input or one output a matrix product is an outer or inner product, which elementwise operations compute
    two to seven times faster than `bmm` on a CPU.
    """

    def __init__(
        self, layer: Layer, rows: Tensor, gradients: Tensor, points: int, *, keeps_graph: bool = False
    ) -> None:
        self.weight = layer.weight_of(rows)
        self.bias = layer.bias_of(rows)
        self.weight_gradient = layer.weight_of(gradients)
        self.bias_gradient = layer.bias_of(gradients)
        self.single_input = layer.inputs == 1
        self.single_output = layer.outputs == 1
        self.result = rows.new_empty(len(rows), points, layer.outputs, requires_grad=keeps_graph)
        self.input_slope = rows.new_empty(len(rows), points, layer.inputs)
        self.product = rows.new_empty(self.weight.shape)
        self.input = self.result

    def forward(self, values: Tensor) -> Tensor:
        """Values [runs, points, inputs] to the result [runs, points, outputs]."""
        self.input = values
        if self.single_input:
            return torch.addcmul(self.bias, values, self.weight, out=self.result)
        if self.single_output:
            # The buffer is free until the backward pass.
            products = torch.mul(values, self.weight.transpose(1, 2), out=self.input_slope)
            return torch.sum(products, dim=2, keepdim=True, out=self.result).add_(self.bias)
        return torch.baddbmm(self.bias, values, self.weight, out=self.result)

    def backward(self, slope: Tensor) -> None:
        """Store the gradients of weights and biases, from that of the result."""
        if self.single_output:
            products = torch.mul(self.input, slope, out=self.input_slope)
            torch.sum(products, dim=1, out=self.weight_gradient[:, :, 0])
        else:
            # Into a buffer first: a product straight into a view of the rows is slower than the copy.
            self.weight_gradient.copy_(torch.bmm(self.input.transpose(1, 2), slope, out=self.product))
        torch.sum(slope, dim=1, keepdim=True, out=self.bias_gradient)

    def backward_to_input(self, slope: Tensor) -> Tensor:
        """The gradient of the input, from that of the result."""
        if self.single_output:
            return torch.mul(slope, self.weight.transpose(1, 2), out=self.input_slope)
        return torch.bmm(slope, self.weight.transpose(1, 2), out=self.input_slope)


class _HiddenLayer:
    """A linear layer with the activation behind it."""

    def __init__(
        self, network: Network, layer: Layer, rows: Tensor, gradients: Tensor, points: int, *, first: bool
    ) -> None:
        self.linear = _Linear(layer, rows, gradients, points, keeps_graph=True)
        self.nonlinearity = Nonlinearity(network.variant, layer.theta_of(rows))
        self.theta_gradients = layer.theta_of(gradients)

    def forward(self, values: Tensor) -> Tensor:
        return self.nonlinearity.forward(self.linear.forward(values))

    def backward(self, slope: Tensor) -> Tensor:
        slope, *theta = self.nonlinearity.backward(slope)
        for stored, gradient in zip(self.theta_gradients, theta, strict=True):
            stored.copy_(gradient)
        self.linear.backward(slope)
        return slope


class _Adam:
    """Adam over flat rows with one learning rate per run and cosine decay to zero; freezes runs that diverge."""

    def __init__(self, rows: Tensor, rates: Tensor, steps: int) -> None:
        self.rows = rows
        self.first = torch.zeros_like(rows)
        self.second = torch.zeros_like(rows)
        self.root = torch.empty_like(rows)
        self.rates = rates.clone()
        self.finite_steps = torch.zeros_like(rates)
        self.schedule = [_step_factors(step, steps) for step in range(steps)]

    def step(self, step: int, gradient: Tensor) -> None:
        """Change the rows; a row whose gradient is not finite is frozen from now on.

        Its rate becomes 0. As its parameters no longer change, its gradient is not finite at any later step either.
        """
        factor, epsilon = self.schedule[step]
        # The sum is over one run only, and the host reads nothing: neighbours and speed are not touched.
        finite = torch.isfinite(gradient.sum(dim=1, keepdim=True))
        self.rates.mul_(finite)
        self.finite_steps.add_(finite)
        gradient.nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0)
        self.first.lerp_(gradient, 1 - BETAS[0])
        self.second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        torch.sqrt(self.second, out=self.root).add_(epsilon)
        # The quotient first: it is at most a few units, while gradient times rate may overflow.
        torch.div(self.first, self.root, out=self.root)
        self.rows.addcmul_(self.root, self.rates, value=factor)


def _step_factors(step: int, steps: int) -> tuple[float, float]:
    """The factor of the update and the epsilon beside the root, with both bias corrections inside.

    Adam's m/c1 / (sqrt(v/c2) + eps) equals sqrt(c2)/c1 · m / (sqrt(v) + eps·sqrt(c2)).
    """
    decay = (1 + math.cos(math.pi * step / steps)) / 2
    first, second = (1 - beta ** (step + 1) for beta in BETAS)
    return -decay * math.sqrt(second) / first, EPSILON * math.sqrt(second)
