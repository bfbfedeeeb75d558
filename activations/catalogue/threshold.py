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
    aliases=("Threshold",),
    cases=({"threshold": -0.5, "value": 2.0},),
    window=(-3, 3),
)
def threshold(x: Tensor, *, threshold: float = 1.0, value: float = 0.0) -> Tensor:
    """The identity above a threshold and a constant below it.

    torch and Keras give no defaults; 1 and 0 are ours.
    """
    return torch.where(x > threshold, x, torch.zeros_like(x) + value)
