"""L-BFGS over a batch: every run has its own curvature and its own line search, all of them in lock-step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from activations.fitting.batched import Passes, aligned
from activations.fitting.engine import Batch, Trajectories, Watch, checkpoints

__all__ = ["Minimum", "minimise", "train_lbfgs"]

# The values [runs] and gradients [runs, parameters] of the runs' functions at rows [runs, parameters].
Evaluate: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]

DECREASE = 1e-4  # of what the slope promises: the least that a step must gain
FLATTER = 0.9  # of the slope: the most that may be left behind a step
TRIALS = 25  # of lengths of one step
INSIDE = 0.1  # of a bracket: how far from its ends a length is tried
TINY = 1e-14  # relative gain
PATIENCE = 5  # iterations with a tiny gain, behind which a run has settled


@dataclass(frozen=True)
class Minimum:
    """Where the runs of a batch ended.

    Attributes:
        rows: shape [runs, parameters].
        values: the functions there, shape [runs].
        losses: the functions before each of the iterations that were looked at, shape [looked at, runs].
    """

    rows: Tensor
    values: Tensor
    losses: Tensor


def train_lbfgs(batch: Batch, device: torch.device | str, watch: Watch | None = None) -> Trajectories:
    """Train a batch by L-BFGS, a step being an iteration; see `activations.fitting.engine.train`.

    Args:
        batch: the runs.
        device: where to compute.
        watch: told before each iteration how many were made, and the parameters.
    """
    data, rows = aligned(batch, device)
    network = Passes(batch.network, data, rows, batch.recipe.loss)
    network.look_at(*data.at(0))

    def evaluate(at: Tensor) -> tuple[Tensor, Tensor]:
        rows.copy_(at)
        gradient = network.gradient().clone()
        return network.losses(), gradient

    looked_at = checkpoints(batch.steps)
    with torch.no_grad():
        found = minimise(evaluate, rows.clone(), batch.steps, batch.recipe.history, looked_at, watch)
    steps = torch.where(torch.isfinite(found.values), batch.steps, 0)
    parameters = found.rows[:, : batch.network.parameters].cpu()
    return Trajectories(parameters, steps.cpu(), looked_at, found.losses.cpu())


def minimise(
    evaluate: Evaluate,
    starts: Tensor,
    iterations: int,
    history: int,
    looked_at: Sequence[int] = (),
    watch: Watch | None = None,
) -> Minimum:
    """Minimise one function per run, each from its own start.

    A run that starts where its function or gradient is not finite stays there, and so does one that can get no better;
    the others go on as if it were not there.

    Args:
        evaluate: the functions and their gradients.
        starts: shape [runs, parameters].
        iterations: the most that are made; each takes one gradient or, where a step is too long or too short, several.
        history: pairs of steps and changes of the gradient that are remembered.
        looked_at: the iterations before which values are noted, counted from 0 and ascending.
        watch: told before each iteration how many were made, and the rows.
    """
    rows = starts
    values, slopes = evaluate(rows)
    live = torch.isfinite(values) & torch.isfinite(slopes).all(dim=1)
    values = torch.where(live, values, torch.full_like(values, torch.nan))
    memory = _Memory(history, rows)
    calm = torch.zeros_like(values)
    seen: list[Tensor] = []
    for step in range(iterations):
        if not bool(live.any()):
            break
        if len(seen) < len(looked_at) and looked_at[len(seen)] == step:
            seen.append(values)
        if watch is not None:
            watch(step, rows)
        directions = -memory.times(slopes)
        # Rounding may spoil the curvature; steepest descent is always possible. A comparison with NaN is false.
        down = (directions * slopes).sum(dim=1) < 0
        memory.forget(live & ~down)
        directions = torch.where(down[:, None], directions, -slopes / _length(slopes))
        found = _search(evaluate, rows, values, slopes, directions, live)
        gained = (values - found.values) / values.abs()
        calm = torch.where(found.moved & (gained > TINY), torch.zeros_like(calm), calm + 1)
        # Not even steepest descent gets any further; with a curvature it is tried once more.
        live = live & (found.moved | ~memory.empty) & (calm < PATIENCE)
        memory.forget(~found.moved)
        memory.keep(found.rows - rows, found.slopes - slopes, found.moved)
        rows, values, slopes = found.rows, found.values, found.slopes
    seen += [values] * (len(looked_at) - len(seen))
    return Minimum(rows, values, torch.stack(seen) if seen else values.new_empty(0, len(values)))


class _Memory:
    """The inverse curvature of every run, in the compact form of Byrd, Nocedal & Schnabel 1994.

    With pairs of steps S and changes of the gradient Y, scaled such that the product of each pair is 1, and with R, the
    upper triangle of SYᵀ in the order of time, it is g·1 + Sᵀ R⁻ᵀ (1 + g YYᵀ) R⁻¹ S - g (Sᵀ R⁻ᵀ Y + Yᵀ R⁻¹ S).
    A pair of zeros changes nothing: it stands where a run has none, and so all runs share one order.
    """

    def __init__(self, history: int, like: Tensor) -> None:
        runs, parameters = like.shape
        self.steps = like.new_zeros(runs, history, parameters)
        self.changes = like.new_zeros(runs, history, parameters)
        self.products = like.new_zeros(runs, history, history)  # of steps (rows) and changes (columns)
        self.squares = like.new_zeros(runs, history, history)  # of changes with one another
        self.size = like.new_ones(runs, 1)  # of the curvature where nothing else is known
        self.empty = torch.ones(runs, dtype=torch.bool, device=like.device)
        self.made = 0

    def forget(self, which: Tensor) -> None:
        """Drop the pairs of some runs."""
        if bool(which.any()):
            for kept in (self.steps, self.changes, self.products, self.squares):
                kept.masked_fill_(which[:, None, None], 0.0)
            self.empty = self.empty | which

    def keep(self, step: Tensor, change: Tensor, which: Tensor) -> None:
        """Add a pair of rows [runs, parameters] for some runs, and drop the oldest if there are too many."""
        product, square = (step * change).sum(dim=1), change.square().sum(dim=1)
        epsilon = torch.finfo(step.dtype).eps
        sound = which & (product > epsilon * (step.square().sum(dim=1) * square).sqrt())
        scale = torch.where(sound, product.rsqrt(), torch.zeros_like(product))[:, None]
        step = torch.where(sound[:, None], step * scale, torch.zeros_like(step))
        change = torch.where(sound[:, None], change * scale, torch.zeros_like(change))
        place = self.made % self.steps.shape[1]
        self.steps[:, place], self.changes[:, place] = step, change
        self.products[:, :, place] = _times(self.steps, change)
        self.products[:, place, :] = _times(self.changes, step)
        self.squares[:, :, place] = self.squares[:, place, :] = _times(self.changes, change)
        self.size = torch.where(sound[:, None], (product / square)[:, None], self.size)
        self.empty = self.empty & ~sound
        self.made += 1

    def times(self, slopes: Tensor) -> Tensor:
        """The product of the inverse curvature with rows [runs, parameters]; of length 1 for a run without pairs."""
        size = torch.where(self.empty[:, None], 1 / _length(slopes), self.size)
        count, history = min(self.made, self.steps.shape[1]), self.steps.shape[1]
        if count == 0:
            return size * slopes
        steps, changes = self.steps[:, :count], self.changes[:, :count]
        products, squares = self.products[:, :count, :count], self.squares[:, :count, :count]
        in_steps, in_changes = _times(steps, slopes), _times(changes, slopes)
        # Places are reused in a circle, so the order of time starts at the place that is next.
        order = torch.arange(count, device=slopes.device).roll(-(self.made % history) if count == history else 0)
        upper = products[:, order][:, :, order].triu()
        upper.diagonal(dim1=1, dim2=2).fill_(1.0)
        first = torch.linalg.solve_triangular(upper, in_steps[:, order, None], upper=True)
        inner = first + size[:, :, None] * (squares[:, order][:, :, order] @ first - in_changes[:, order, None])
        second = torch.linalg.solve_triangular(upper.transpose(1, 2), inner, upper=False)
        back = torch.empty_like(order)
        back[order] = torch.arange(count, device=slopes.device)
        along_steps = _times(steps.transpose(1, 2), second[:, back, 0])
        along_changes = _times(changes.transpose(1, 2), first[:, back, 0])
        return size * slopes + along_steps - size * along_changes


def _length(rows: Tensor) -> Tensor:
    """The length of each row, shape [runs, 1], and not quite 0."""
    return rows.square().sum(dim=1, keepdim=True).sqrt().clamp(min=torch.finfo(rows.dtype).tiny)


def _times(matrices: Tensor, rows: Tensor) -> Tensor:
    """The products of each run's matrix [runs, pairs, parameters] with its row [runs, parameters]: [runs, pairs]."""
    return torch.bmm(matrices, rows.unsqueeze(2)).squeeze(2)


@dataclass(frozen=True)
class _Moved:
    """Rows, values and gradients behind a step, and which runs have made one."""

    rows: Tensor
    values: Tensor
    slopes: Tensor
    moved: Tensor


def _search(
    evaluate: Evaluate, rows: Tensor, values: Tensor, slopes: Tensor, directions: Tensor, live: Tensor
) -> _Moved:
    """A step of each live run that gains enough and leaves a flatter slope (the weak conditions of Wolfe).

    The length is bracketed between one that gains enough and a longer one that does not; every length that gains
    becomes the lower end. So the lower end is the result, even where the trials end before the slope is flat.
    """
    promised = (directions * slopes).sum(dim=1)
    kept, kept_slopes, start = rows, slopes, values
    low = _End(torch.zeros_like(values), values, promised)
    high = _End(*(torch.full_like(values, torch.inf),) * 3)
    length, searching = torch.ones_like(values), live
    for _ in range(TRIALS):
        trial = torch.addcmul(rows, directions, length[:, None])
        value, slope = evaluate(trial)
        here = _End(length, value, (directions * slope).sum(dim=1))
        # A comparison with NaN is false: where the function is not finite, a step is too long.
        gains = (value <= start + DECREASE * length * promised) & torch.isfinite(here.slope)
        longer = searching & gains
        low, high = here.where(longer, low), here.where(searching & ~gains, high)
        kept = torch.where(longer[:, None], trial, kept)
        kept_slopes = torch.where(longer[:, None], slope, kept_slopes)
        searching = searching & ~(gains & (here.slope >= FLATTER * promised))
        if not bool(searching.any()):
            break
        further = torch.where(torch.isinf(high.length), 2 * length, low.lowest_before(high))
        length = torch.where(searching, further, length)
    return _Moved(kept, low.value, kept_slopes, low.length > 0)


@dataclass(frozen=True)
class _End:
    """An end of the bracket of each run: the length of the step, the value there and the slope along the step."""

    length: Tensor
    value: Tensor
    slope: Tensor

    def where(self, which: Tensor, other: _End) -> _End:
        """This end for some runs, and another one for the rest."""
        return _End(
            torch.where(which, self.length, other.length),
            torch.where(which, self.value, other.value),
            torch.where(which, self.slope, other.slope),
        )

    def lowest_before(self, high: _End) -> Tensor:
        """The length at which the cubic through both ends is lowest; halfway where there is none."""
        width = high.length - self.length
        theta = self.slope + high.slope - 3 * (high.value - self.value) / width
        root = (theta.square() - self.slope * high.slope).sqrt()
        share = (theta + root - self.slope) / (high.slope - self.slope + 2 * root)
        share = torch.where(torch.isfinite(share), share.clamp(INSIDE, 1 - INSIDE), torch.full_like(share, 0.5))
        return self.length + share * width
