"""Thresholds: one thing above, another below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


@activation(
    formula="x if x > threshold else value",
    paper="Konda, Memisevic, Krueger 2014, arXiv:1402.3337",
    jumps=("threshold",),
    native="torch.nn.functional.threshold(threshold, value)",
    aliases=("Threshold", "thresholded_relu", "TRec"),
    cases=({"threshold": -0.5, "value": 2.0},),
    window=(-3, 3),
)
def threshold(x: Tensor, *, threshold: float = 1.0, value: float = 0.0) -> Tensor:
    """The identity above a threshold and a constant below it.

    torch and Keras give no defaults; 1 and 0 are ours. With the value 0 it is the thresholded ReLU of the paper.
    """
    return torch.where(x > threshold, x, torch.zeros_like(x) + value)


@activation(
    formula="1 if x >= 0 else 0",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    jumps=(0,),
    aliases=("heaviside", "step", "hard_limit"),
    window=(-3, 3),
)
def binary_step(x: Tensor) -> Tensor:
    """The step from 0 to 1 at the origin.

    It is 1 at 0, in MLX's code 0. The gradient is 0 everywhere: training needs a surrogate.
    """
    # NaN stays NaN; through that branch the result also depends on x, with gradient 0.
    return torch.where(x.isnan(), x, torch.where(x >= 0, torch.ones_like(x), torch.zeros_like(x)))


@activation(
    formula="sign(x)",
    paper="Kunc, Kléma 2024, arXiv:2402.09092",
    jumps=(0,),
    native="torch.sign",
    aliases=("signum", "bipolar_step"),
    window=(-3, 3),
    special={"nan": 0.0},
)
def sign(x: Tensor) -> Tensor:
    """The sign of its input: -1, 0 or 1.

    The gradient is 0 everywhere: binary networks train it with a straight-through estimator.
    """
    return torch.sign(x)


@activation(
    formula="floor(x/2) if floor(x) % 2 == 0 else x - floor(x) + floor(x/2)",
    paper="Redmon 2013, github.com/pjreddie/darknet",
    kinks=tuple(range(-29, 30)),
    window=(-5, 5),
)
def stair(x: Tensor) -> Tensor:
    """A staircase of slope 1/2 on average: flat from each even number to the next odd one, rising from there.

    Each whole number is a kink; those within 30 are declared. The gradient there is that of the flat. darknet's own
    gradient is 1 on the flats too.
    """
    flat = torch.floor(x / 2)
    rising = x - flat - 1
    return torch.where(rising > flat, rising, flat)
