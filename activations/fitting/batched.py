"""The engine: all runs of a batch on a leading axis, a hand-written backward pass, one optimizer over flat rows."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

import torch
from torch import Tensor

from activations.fitting.engine import Batch, Trajectories, checkpoints
from activations.fitting.losses import make_loss
from activations.fitting.minibatches import Minibatches
from activations.fitting.network import Layer, Network
from activations.fitting.nonlinearity import Nonlinearity
from activations.fitting.optimizers import make_optimizer
from activations.fitting.recipe import Loss
from activations.fitting.recorded import recorded

__all__ = ["Passes", "Training", "aligned", "train_batched"]

PAUSE = 50  # steps between two reports of progress
ALIGNMENT = 16  # elements; the 64 bytes of a vector and of a cache line in float32


def train_batched(
    batch: Batch, device: torch.device | str, progress: Callable[[int, int], None] | None = None
) -> Trajectories:
    """Train a batch; see `activations.fitting.engine.train`.

    Args:
        batch: the runs.
        device: where to compute.
        progress: told now and then how many steps are made, of how many.
    """
    on_cuda = torch.device(device).type == "cuda"
    with torch.no_grad(), torch.cuda.device(device) if on_cuda else contextlib.nullcontext():
        training = Training(batch, device)
        step = recorded(training) if on_cuda else training.step
        for index in range(batch.steps):
            training.prepare(index)
            step()
            if progress is not None and index % PAUSE == 0:
                progress(index, batch.steps)
            if training.look(index):
                break
    return training.trajectories()


class Training:
    """The state of a batch in training.

    Everything lies in buffers that stay where they are, and a step takes nothing from the host: its calls can be
    recorded once and replayed.
    """

    def __init__(self, batch: Batch, device: torch.device | str) -> None:
        self.batch = batch
        self.data, self.rows = aligned(batch, device)
        rates = batch.learning_rates.to(device, self.rows.dtype)[:, None]
        self.network = Passes(batch.network, self.data, self.rows, batch.recipe.loss)
        self.optimizer = make_optimizer(self.rows, rates, batch.recipe)
        schedule = [-batch.recipe.factor(step, batch.steps) for step in range(batch.steps)]
        self.factors = torch.tensor(schedule, dtype=torch.float64).to(rates)
        self.factor = self.factors[:1].clone()
        self.made = torch.zeros(1, dtype=torch.long, device=rates.device)
        self.looked_at = checkpoints(batch.steps)
        self.losses = self.rows.new_empty(len(self.looked_at), len(self.rows))
        self.place = {step: index for index, step in enumerate(self.looked_at)}

    def prepare(self, step: int) -> None:
        """Bring the points of a step, counted from 0, to where it reads them."""
        if self.data.moves(step):
            self.network.look_at(*self.data.at(step))

    def step(self) -> None:
        """Make the next step."""
        torch.index_select(self.factors, 0, self.made, out=self.factor)
        self.made.add_(1)
        self.optimizer.step(self.network.gradient(), self.factor)

    def look(self, step: int) -> bool:
        """Note the losses that the step just made began with, at some steps; True if no run is alive any more.

        Only here the host waits for a device, some eight times per decade of steps.
        """
        place = self.place.get(step)
        if place is None:
            return False
        self.losses[place:] = self.network.losses()
        return bool(self.optimizer.rates.isnan().all())

    def trajectories(self) -> Trajectories:
        """What the steps have given."""
        return Trajectories(
            self.rows[:, : self.batch.network.parameters].cpu(),
            self.optimizer.finite_steps[:, 0].long().cpu(),
            self.looked_at,
            self.losses.cpu(),
        )


def aligned(batch: Batch, device: torch.device | str) -> tuple[Minibatches, Tensor]:
    """The points and the parameters of a batch, both filled up: a run's digits do not depend on its place.

    The parameters [runs, parameters and more] are a copy; those behind the network's own have no influence.
    """
    data = Minibatches(batch, device, _points_multiple(batch.network))
    start = batch.parameters.to(device)
    return data, torch.nn.functional.pad(start, (0, -batch.network.parameters % ALIGNMENT)).clone()


def _points_multiple(network: Network) -> int:
    """What the number of points must be a multiple of, so that every run's part of every buffer is aligned alike.

    A kernel may sum in another order where an array begins in the middle of a vector: a run's digits would depend on
    its place in the batch. A single input or output is multiplied as a number, and its place does not matter.
    """
    widths = {layer.outputs for layer in network.layers} | {layer.inputs for layer in network.layers}
    return max(ALIGNMENT // math.gcd(ALIGNMENT, width) for width in (widths - {1}) | set(network.hidden))


def _aligned(rows: Tensor, height: int, width: int) -> Tensor:
    """A buffer of shape [runs, height, width] in which every run's part is aligned alike.

    Products into one with gaps are slower; it has none where the widths are usual ones.
    """
    size = height * width
    whole = rows.new_empty(len(rows), -(-size // ALIGNMENT) * ALIGNMENT)
    return whole[:, :size].view(len(rows), height, width)


class Passes:
    """Forward and backward pass of a batch, with buffers that are reused at every step."""

    def __init__(self, network: Network, data: Minibatches, rows: Tensor, loss: Loss) -> None:
        self.gradients = torch.zeros_like(rows)
        self.inputs = rows.new_empty(len(rows), data.filled, network.inputs)
        self.hidden = [
            _HiddenLayer(layer, rows, self.gradients, data.filled, first=index == 0)
            for index, layer in enumerate(network.layers[:-1])
        ]
        self.output = _Linear(network.layers[-1], rows, self.gradients, data.filled)
        self.loss = make_loss(loss, data.points, self.output.result)
        self.fixed = [] if network.biases else [layer.bias_of(self.gradients) for layer in network.layers]

    def look_at(self, inputs: Tensor, targets: Tensor) -> None:
        """Take these points from now on: inputs [runs, points, inputs] and targets [runs, points, outputs]."""
        self.inputs.copy_(inputs)
        self.hidden[0].linear.look_at(inputs)
        self.loss.look_at(targets)

    def losses(self) -> Tensor:
        """The losses of the runs before the change that followed the last gradient, shape [runs]."""
        return self.loss.value(self.output.result)

    def gradient(self) -> Tensor:
        """The gradients of the runs' losses with respect to the current rows, shape [runs, parameters]."""
        values = self.inputs
        for layer in self.hidden:
            values = layer.forward(values)
        outputs = self.output.forward(values)
        slope = self.loss.slope(outputs)
        self.output.backward(slope)
        for index in reversed(range(len(self.hidden))):
            above = self.hidden[index + 1].linear if index + 1 < len(self.hidden) else self.output
            slope = self.hidden[index].backward(above.backward_to_input(slope))
        for gradient in self.fixed:
            gradient.zero_()
        return self.gradients


class _Linear:
    """A linear layer of every run; gradients go into the flat rows.

    Products go into buffers first: straight into a view of the rows they are slower than the copy.

    With one input a product is an outer product, which `addcmul` computes faster than `bmm` on a CPU. With one output
    the result is computed as a row and not as a column, nine times faster.
    """

    def __init__(
        self,
        layer: Layer,
        rows: Tensor,
        gradients: Tensor,
        points: int,
        *,
        first: bool = False,
        keeps_graph: bool = False,
    ) -> None:
        runs = len(rows)
        self.first = first
        self.weight = layer.weight_of(rows)
        self.bias = layer.bias_of(rows)
        # Not a transposed view: with one output its stride would be that of a column, and products three times slower.
        self.weight_turned = (
            rows[:, None, layer.weight : layer.bias] if layer.outputs == 1 else self.weight.transpose(1, 2)
        )
        self.single_input = layer.inputs == 1
        self.single_output = layer.outputs == 1
        self.result = rows.new_empty(runs, points, layer.outputs, requires_grad=keeps_graph)
        self.input = self.result
        if self.single_output:
            self.result_turned = self.result.detach().view(runs, 1, points)
        if first:
            # One product gives both gradients: biases are weights of an input that is always 1.
            self.turned = rows.new_ones(runs, layer.inputs + 1, points)
            self.product = _aligned(rows, layer.inputs + 1, layer.outputs)
            self.gradient = gradients[:, layer.weight : layer.theta].view(self.product.shape)
        else:
            self.input_slope = rows.new_empty(runs, points, layer.inputs)
            self.product = _aligned(rows, layer.inputs, layer.outputs)
            self.gradient = layer.weight_of(gradients)
            self.bias_gradient = layer.bias_of(gradients)

    def look_at(self, inputs: Tensor) -> None:
        """Prepare the inputs of a first layer."""
        self.turned[:, :-1].copy_(inputs.transpose(1, 2))

    def forward(self, values: Tensor) -> Tensor:
        """Values [runs, points, inputs] to the result [runs, points, outputs]."""
        self.input = values
        if self.single_input:
            return torch.addcmul(self.bias, values, self.weight, out=self.result)
        if self.single_output:
            torch.baddbmm(self.bias, self.weight_turned, values.transpose(1, 2), out=self.result_turned)
            return self.result
        return torch.baddbmm(self.bias, values, self.weight, out=self.result)

    def backward(self, slope: Tensor) -> None:
        """Store the gradients of weights and biases, from that of the result."""
        if self.first:
            torch.bmm(self.turned, slope, out=self.product)
        elif self.single_output:
            # The same numbers in the same places, as a row.
            row = self.product.view(len(slope), 1, -1)
            torch.bmm(slope.view(len(slope), 1, -1), self.input, out=row)
        else:
            torch.bmm(self.input.transpose(1, 2), slope, out=self.product)
        self.gradient.copy_(self.product)
        if not self.first:
            torch.sum(slope, dim=1, keepdim=True, out=self.bias_gradient)

    def backward_to_input(self, slope: Tensor) -> Tensor:
        """The gradient of the input, from that of the result."""
        if self.single_output:
            return torch.mul(slope, self.weight_turned, out=self.input_slope)
        return torch.bmm(slope, self.weight_turned, out=self.input_slope)


class _HiddenLayer:
    """A linear layer with the activation behind it."""

    def __init__(self, layer: Layer, rows: Tensor, gradients: Tensor, points: int, *, first: bool) -> None:
        assert layer.variant is not None
        self.nonlinearity = Nonlinearity(layer.variant, layer.theta_of(rows))
        keeps_graph = self.nonlinearity.keeps_graph
        self.linear = _Linear(layer, rows, gradients, points, first=first, keeps_graph=keeps_graph)
        self.theta_gradients = layer.theta_of(gradients)

    def forward(self, values: Tensor) -> Tensor:
        return self.nonlinearity.forward(self.linear.forward(values))

    def backward(self, slope: Tensor) -> Tensor:
        slope, *theta = self.nonlinearity.backward(slope)
        for stored, gradient in zip(self.theta_gradients, theta, strict=True):
            stored.copy_(gradient)
        self.linear.backward(slope)
        return slope
