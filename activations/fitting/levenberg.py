"""Levenberg–Marquardt over a batch: how well networks can fit, not how well a gradient descent gets there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from activations.declare import Variant
from activations.derivatives import derivative
from activations.fitting.engine import Batch, Trajectories, Watch, checkpoints, predict
from activations.fitting.minibatches import Minibatches
from activations.fitting.network import Network
from activations.fitting.settings import SettingError

__all__ = [
    "MAX_JACOBIAN",
    "MAX_PARAMETERS",
    "LeastSquares",
    "jacobian",
    "levenberg_marquardt",
    "train_levenberg",
]

MAX_PARAMETERS = 1500
MAX_JACOBIAN = 2_000_000  # entries: points times outputs times parameters

FIRST_DAMPING = 1.0
SHRINK, GROW = 0.2, 4.0
DAMPING = (1e-14, 1e12)
SETTLED = 1e-14
MEMORY = 2**28  # bytes that the Jacobians of one batch and what is made of them may take
COPIES = 5  # of a Jacobian that exist at once, about


@dataclass(frozen=True)
class LeastSquares:
    """Where the runs of a batch ended.

    Attributes:
        parameters: shape [runs, parameters].
        errors: mean squared errors on the training points, shape [runs].
        iterations: how many were made in all; fewer than allowed if every run had settled.
        losses: the errors before each of the iterations that were looked at, shape [looked at, runs].
    """

    parameters: Tensor
    errors: Tensor
    iterations: int
    losses: Tensor


def train_levenberg(batch: Batch, device: torch.device | str, watch: Watch | None = None) -> Trajectories:
    """Train a batch by Levenberg–Marquardt; see `activations.fitting.engine.train`.

    Args:
        batch: the runs; more than are computed at once are watched one part after the other.
        device: where to compute.
        watch: told before each iteration how many were made, and the parameters.

    Raises:
        SettingError: the batch is not in float64.
    """
    if batch.parameters.dtype != torch.float64:
        raise SettingError(f"optimizer='lm' needs float64, got {batch.parameters.dtype}; write precision='float64'")
    data = Minibatches(batch, device)
    rows = batch.parameters.to(device)
    looked_at = checkpoints(batch.steps)
    found = []
    size = _together(batch)
    for first in range(0, len(rows), size):
        part = slice(first, first + size)
        inputs, targets = data.inputs[part], data.targets[part]
        found.append(levenberg_marquardt(batch.network, inputs, targets, rows[part], batch.steps, looked_at, watch))
    errors = torch.cat([part.errors for part in found])
    return Trajectories(
        torch.cat([part.parameters for part in found]).cpu(),
        torch.where(torch.isfinite(errors), batch.steps, 0).cpu(),
        looked_at,
        torch.cat([part.losses for part in found], dim=1).cpu(),
    )


def _together(batch: Batch) -> int:
    """How many runs of a batch are computed at once: a divisor of their number, which decides the last digits."""
    runs, points, _ = batch.inputs.shape
    size = 8 * COPIES * batch.network.parameters * max(points * batch.network.outputs, batch.network.parameters)
    return max(count for count in range(1, runs + 1) if runs % count == 0 and (count == 1 or count * size <= MEMORY))


def levenberg_marquardt(
    network: Network,
    inputs: Tensor,
    targets: Tensor,
    parameters: Tensor,
    iterations: int,
    looked_at: Sequence[int] = (),
    watch: Watch | None = None,
) -> LeastSquares:
    """Minimise the squared errors of networks, each from its own start.

    A step that makes a run worse, or that can't be computed, is not made, and that run's damping grows; runs do not
    influence each other. Use float64: the normal equations square the condition number.

    Args:
        network: the architecture.
        inputs: shape [runs, points, inputs].
        targets: shape [runs, points, outputs].
        parameters: the starts, shape [runs, parameters].
        iterations: the most that are made; each computes one Jacobian and one or several steps share none.
        looked_at: the iterations before which errors are noted, counted from 0 and ascending.
        watch: told before each iteration how many were made, and the parameters.
    """
    rows = parameters.clone()
    residual = _residual(network, rows, inputs, targets)
    errors = residual.square().mean(dim=1)
    damping = torch.full_like(errors, FIRST_DAMPING)
    settled = ~torch.isfinite(errors)
    seen: list[Tensor] = []
    made = 0
    while made < iterations and not bool(settled.all()):
        if len(seen) < len(looked_at) and looked_at[len(seen)] == made:
            seen.append(errors)
        if watch is not None:
            watch(made, rows)
        made += 1
        slopes = jacobian(network, rows, inputs)
        trial = rows + _step(slopes, residual, damping)
        trial_residual = _residual(network, trial, inputs, targets)
        trial_errors = trial_residual.square().mean(dim=1)
        # A comparison with NaN is false: such a step is not made.
        better = (trial_errors < errors) & ~settled
        gained = torch.where(better, (errors - trial_errors) / errors, torch.zeros_like(errors))
        rows = torch.where(better[:, None], trial, rows)
        residual = torch.where(better[:, None], trial_residual, residual)
        errors = torch.where(better, trial_errors, errors)
        damping = torch.where(better, damping * SHRINK, damping * GROW).clamp(min=DAMPING[0])
        settled |= (damping > DAMPING[1]) | (better & (gained < SETTLED)) | (errors == 0)
    seen += [errors] * (len(looked_at) - len(seen))
    losses = torch.stack(seen) if seen else errors.new_empty(0, len(errors))
    return LeastSquares(rows, errors, made, losses)


def jacobian(network: Network, parameters: Tensor, inputs: Tensor) -> Tensor:
    """The derivative of every output at every point in every parameter, by one backward pass per output.

    Args:
        network: the architecture.
        parameters: shape [runs, parameters].
        inputs: shape [runs, points, inputs].

    Returns:
        A tensor of shape [runs, points · outputs, parameters]; the outputs of a point follow each other.
    """
    runs, points, _ = inputs.shape
    values, slopes, theta_slopes = [inputs], [], []
    for layer in network.layers[:-1]:
        assert layer.variant is not None
        linear = torch.baddbmm(layer.bias_of(parameters), values[-1], layer.weight_of(parameters))
        value, in_inputs, in_theta = _activate(layer.variant, linear, layer.theta_of(parameters))
        values.append(value)
        slopes.append(in_inputs)
        theta_slopes.append(in_theta)
    made = parameters.new_zeros(runs, points, network.outputs, network.parameters)
    for output in range(network.outputs):
        part = made[:, :, output]
        delta = inputs.new_zeros(runs, points, network.outputs)
        delta[:, :, output] = 1
        for index in reversed(range(len(network.layers))):
            layer = network.layers[index]
            if index < len(slopes):
                for place, slope in enumerate(theta_slopes[index]):
                    part[:, :, layer.theta + place] = (delta * slope).sum(dim=2)
                copies = layer.variant.inputs if layer.variant else 1
                delta = delta.repeat(1, 1, copies) * slopes[index]
            outer = values[index].unsqueeze(3) * delta.unsqueeze(2)
            part[:, :, layer.weight : layer.bias] = outer.flatten(2)
            if network.biases:
                part[:, :, layer.bias : layer.theta] = delta
            delta = torch.bmm(delta, layer.weight_of(parameters).transpose(1, 2))
    return made.flatten(1, 2)


def _activate(variant: Variant, linear: Tensor, theta: list[Tensor]) -> tuple[Tensor, Tensor, list[Tensor]]:
    """The activation, and its derivatives in the pre-activations and in its learnable parameters."""
    parts = linear.chunk(variant.inputs, dim=2)
    learned = dict(zip(variant.learnable, theta, strict=True))
    in_inputs = torch.cat([_slope(variant, parts, index, learned) for index in range(variant.inputs)], dim=2)
    return variant(*parts, **learned), in_inputs, [_slope(variant, parts, name, learned) for name in variant.learnable]


def _slope(variant: Variant, parts: tuple[Tensor, ...], wrt: int | str, learned: dict[str, Tensor]) -> Tensor:
    values: dict[str, object] = dict(learned)
    return derivative(variant, *parts, wrt=wrt, **values).expand(parts[0].shape)  # type: ignore[arg-type]


def _residual(network: Network, parameters: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    return (predict(network, parameters, inputs) - targets).flatten(1)


def _step(slopes: Tensor, residual: Tensor, damping: Tensor) -> Tensor:
    """The damped Gauss–Newton step, from the smaller of the two systems of equations.

    It is -(JᵀJ + d·1)⁻¹ Jᵀr, which equals -Jᵀ(JJᵀ + d·1)⁻¹ r. The damping is the same for all parameters: in
    proportion to their slopes it lets those with little influence run away, and units saturate.
    """
    wide = slopes.shape[1] < slopes.shape[2]
    gram = slopes @ slopes.transpose(1, 2) if wide else slopes.transpose(1, 2) @ slopes
    gram.diagonal(dim1=1, dim2=2).add_(damping[:, None])
    # One that is not finite or not positive definite gives a factor that is not finite, and a step that is not made.
    factor, failed = torch.linalg.cholesky_ex(torch.nan_to_num(gram))
    right = residual.unsqueeze(2) if wide else slopes.transpose(1, 2) @ residual.unsqueeze(2)
    solved = torch.cholesky_solve(torch.nan_to_num(right), factor)
    step = -(slopes.transpose(1, 2) @ solved if wide else solved).squeeze(2)
    return torch.where(failed[:, None] == 0, step, torch.full_like(step, torch.nan))
