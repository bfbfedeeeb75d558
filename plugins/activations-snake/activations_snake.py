"""The snake activation (Ziyin, Hartwig, Ueda 2020)."""

import math

import torch
from torch import Tensor

from activations import activation, hookimpl


@activation(
    formula="x + sin(a*x)^2/a",
    paper="Ziyin, Hartwig, Ueda 2020, arXiv:2006.08195",
    cases=({"a": 3.0},),
    special={"-inf": math.nan, "inf": math.nan},
)
def snake(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The identity plus a squared sine: monotone and quasi-periodic.

    The limit at a = 0 is the identity, but a itself must not be 0.
    """
    return x + torch.sin(a * x) ** 2 / a


@hookimpl
def provide_activations() -> list[object]:
    """Give the registry what this distribution declares."""
    return [snake]
