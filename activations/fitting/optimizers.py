"""Optimizers over flat rows: one learning rate per run, one pass over all parameters, and runs that diverge frozen."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor

from activations.fitting.recipe import MOMENTUM, Recipe

__all__ = ["BETAS", "EPSILON", "FlatOptimizer", "make_optimizer"]

# torch.optim.Adam's defaults.
BETAS = (0.9, 0.999)
EPSILON = 1e-8


class FlatOptimizer(ABC):
    """An optimizer of rows [runs, parameters].

    All that a step reads lies on the device; its number too, where it matters, is a tensor.

    Args:
        rows: the parameters, changed in place.
        rates: learning rates at the first step, shape [runs, 1].
        recipe: schedule and weight decay.
    """

    def __init__(self, rows: Tensor, rates: Tensor, recipe: Recipe) -> None:
        self.rows = rows
        self.rates = rates.clone()
        self.recipe = recipe
        self.finite_steps = torch.zeros_like(rates)
        self.total = torch.empty_like(rates)
        self.alive = torch.empty_like(rates, dtype=torch.bool)
        self.negative_rates = torch.empty_like(rates)
        self.change = torch.empty_like(rows)

    @property
    def state(self) -> dict[str, Tensor]:
        """All that it remembers from one step to the next, by name: the tensors themselves."""
        return {"rates": self.rates, "finite_steps": self.finite_steps}

    def step(self, gradient: Tensor, factor: Tensor) -> None:
        """Change the rows; a row whose gradient is not finite is frozen from now on.

        Its rate becomes NaN, and what is NaN of a change is left out. The sum is over one run only, and the host reads
        nothing: neighbours and speed are not touched.

        Args:
            gradient: shape [runs, parameters].
            factor: what the rates are multiplied by at this step, negative; shape [1].
        """
        torch.sum(gradient, dim=1, keepdim=True, out=self.total)
        self.rates.add_(self.total, alpha=0)
        torch.eq(self.rates, self.rates, out=self.alive)
        self.finite_steps.add_(self.alive)
        torch.mul(self.rates, factor, out=self.negative_rates)
        torch.mul(self.direction(gradient), self.negative_rates, out=self.change)
        # A change that overflows is kept: the gradient after it is not finite.
        self.rows.add_(self.change.nan_to_num_(nan=0.0, posinf=math.inf, neginf=-math.inf))

    @abstractmethod
    def direction(self, gradient: Tensor) -> Tensor:
        """What is subtracted from the rows, in units of the rate."""


class _Descent(FlatOptimizer):
    def direction(self, gradient: Tensor) -> Tensor:
        return gradient


class _Momentum(FlatOptimizer):
    def __init__(self, rows: Tensor, rates: Tensor, recipe: Recipe) -> None:
        super().__init__(rows, rates, recipe)
        self.velocity = torch.zeros_like(rows)

    @property
    def state(self) -> dict[str, Tensor]:
        return {**super().state, "velocity": self.velocity}

    def direction(self, gradient: Tensor) -> Tensor:
        return self.velocity.mul_(MOMENTUM).add_(gradient)


class _Adam(FlatOptimizer):
    """Torch's fused kernel, which knows one rate only: it moves zeros at the rate -1, and the rates come later."""

    def __init__(self, rows: Tensor, rates: Tensor, recipe: Recipe) -> None:
        super().__init__(rows, rates, recipe)
        self.moved, self.first, self.second = (torch.zeros_like(rows) for _ in range(3))
        self.made = torch.zeros((), dtype=torch.float32, device=rows.device)

    @property
    def state(self) -> dict[str, Tensor]:
        return {**super().state, "first": self.first, "second": self.second, "made": self.made}

    def direction(self, gradient: Tensor) -> Tensor:
        self.made.add_(1)
        self.moved.zero_()
        torch._fused_adam_(
            [self.moved],
            [gradient],
            [self.first],
            [self.second],
            [],
            [self.made],
            lr=-1.0,
            beta1=BETAS[0],
            beta2=BETAS[1],
            weight_decay=0.0,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )
        return self.moved


class _AdamW(_Adam):
    def direction(self, gradient: Tensor) -> Tensor:
        return super().direction(gradient).add_(self.rows, alpha=self.recipe.weight_decay)


_OPTIMIZERS: dict[str, type[FlatOptimizer]] = {
    "adam": _Adam,
    "adamw": _AdamW,
    "sgd": _Descent,
    "momentum": _Momentum,
}


def make_optimizer(rows: Tensor, rates: Tensor, recipe: Recipe) -> FlatOptimizer:
    """The recipe's optimizer; see `FlatOptimizer`."""
    return _OPTIMIZERS[recipe.optimizer](rows, rates, recipe)
