"""Optimizers over flat rows: one learning rate per run, one pass over all parameters, and runs that diverge frozen."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor

from activations.fit.recipe import MOMENTUM, Recipe

__all__ = ["BETAS", "EPSILON", "FlatOptimizer", "make_optimizer"]

# torch.optim.Adam's defaults.
BETAS = (0.9, 0.999)
EPSILON = 1e-8


class FlatOptimizer(ABC):
    """An optimizer of rows [runs, parameters].

    Args:
        rows: the parameters, changed in place.
        rates: learning rates at the first step, shape [runs, 1].
        recipe: schedule and weight decay.
        steps: number of steps in all.
    """

    def __init__(self, rows: Tensor, rates: Tensor, recipe: Recipe, steps: int) -> None:
        self.rows = rows
        self.rates = rates.clone()
        self.recipe = recipe
        self.finite_steps = torch.zeros_like(rates)
        self.factors = [recipe.factor(step, steps) for step in range(steps)]

    def step(self, step: int, gradient: Tensor) -> None:
        """Change the rows; a row whose gradient is not finite is frozen from now on.

        Its rate becomes 0. As its parameters no longer change, its gradient is not finite at any later step either.
        """
        # The sum is over one run only, and the host reads nothing: neighbours and speed are not touched.
        finite = torch.isfinite(gradient.sum(dim=1, keepdim=True))
        self.rates.mul_(finite)
        self.finite_steps.add_(finite)
        gradient.nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0)
        self.update(step, gradient)

    @abstractmethod
    def update(self, step: int, gradient: Tensor) -> None:
        """Change the rows by a finite gradient."""


class _Descent(FlatOptimizer):
    def update(self, step: int, gradient: Tensor) -> None:
        self.rows.addcmul_(gradient, self.rates, value=-self.factors[step])


class _Momentum(FlatOptimizer):
    def __init__(self, rows: Tensor, rates: Tensor, recipe: Recipe, steps: int) -> None:
        super().__init__(rows, rates, recipe, steps)
        self.velocity = torch.zeros_like(rows)

    def update(self, step: int, gradient: Tensor) -> None:
        self.velocity.mul_(MOMENTUM).add_(gradient)
        self.rows.addcmul_(self.velocity, self.rates, value=-self.factors[step])


class _Adam(FlatOptimizer):
    def __init__(self, rows: Tensor, rates: Tensor, recipe: Recipe, steps: int) -> None:
        super().__init__(rows, rates, recipe, steps)
        self.first = torch.zeros_like(rows)
        self.second = torch.zeros_like(rows)
        self.root = torch.empty_like(rows)
        self.corrections = [_corrections(step) for step in range(steps)]

    def update(self, step: int, gradient: Tensor) -> None:
        correction, epsilon = self.corrections[step]
        self.first.lerp_(gradient, 1 - BETAS[0])
        self.second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
        torch.sqrt(self.second, out=self.root).add_(epsilon)
        # The quotient first: it is at most a few units, while gradient times rate may overflow.
        torch.div(self.first, self.root, out=self.root)
        self.rows.addcmul_(self.root, self.rates, value=-self.factors[step] * correction)


class _AdamW(_Adam):
    def update(self, step: int, gradient: Tensor) -> None:
        self.rows.addcmul_(self.rows, self.rates, value=-self.factors[step] * self.recipe.weight_decay)
        super().update(step, gradient)


_OPTIMIZERS: dict[str, type[FlatOptimizer]] = {
    "adam": _Adam,
    "adamw": _AdamW,
    "sgd": _Descent,
    "momentum": _Momentum,
}


def make_optimizer(rows: Tensor, rates: Tensor, recipe: Recipe, steps: int) -> FlatOptimizer:
    """The recipe's optimizer; see `FlatOptimizer`."""
    return _OPTIMIZERS[recipe.optimizer](rows, rates, recipe, steps)


def _corrections(step: int) -> tuple[float, float]:
    """The factor of the update and the epsilon beside the root, with both bias corrections inside.

    Adam's m/c1 / (sqrt(v/c2) + eps) equals sqrt(c2)/c1 · m / (sqrt(v) + eps·sqrt(c2)).
    """
    first, second = (1 - beta ** (step + 1) for beta in BETAS)
    return math.sqrt(second) / first, EPSILON * math.sqrt(second)
