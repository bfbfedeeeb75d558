"""Shrinkage: small inputs go to 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

DONOHO = "Donoho 1995, doi:10.1109/18.382009"


@activation(
    formula="x if x > lambd or x < -lambd else 0",
    paper=DONOHO,
    jumps=("-lambd", "lambd"),
    native="torch.nn.functional.hardshrink(lambd)",
    aliases=("Hardshrink", "hard_shrink", "hard_threshold"),
    cases=({"lambd": 1.5},),
    window=(-2, 2),
)
def hardshrink(x: Tensor, *, lambd: float = 0.5) -> Tensor:
    """The identity outside [-lambd, lambd] and 0 inside it.

    The jump makes lambd's derivative 0 almost everywhere: learning it learns nothing.
    """
    return torch.where((x > lambd) | (x < -lambd), x, torch.zeros_like(x))


@activation(
    formula="x - lambd if x > lambd else (x + lambd if x < -lambd else 0)",
    paper=DONOHO,
    kinks=("-lambd", "lambd"),
    native="torch.nn.functional.softshrink(lambd)",
    aliases=("Softshrink", "soft_shrink", "soft_threshold"),
    cases=({"lambd": 1.5},),
    window=(-2, 2),
)
def softshrink(x: Tensor, *, lambd: float = 0.5) -> Tensor:
    """The identity moved towards 0 by lambd on both sides, and 0 between."""
    return torch.where(x > lambd, x - lambd, torch.where(x < -lambd, x + lambd, torch.zeros_like(x)))


@activation(
    formula="x - tanh(x)",
    paper="PyTorch contributors 2016, torch.nn.Tanhshrink",
    native="torch.nn.functional.tanhshrink",
    native_differs="x - tanh(x) cancels near 0: relative error 1 below 1e-8 in float64",
    derivative="tanh(x)^2",
    aliases=("Tanhshrink", "tanh_shrink"),
)
def tanhshrink(x: Tensor) -> Tensor:
    """The input less its tanh: cubic at 0, a shifted identity far out.

    Near 0 the difference cancels (torch's own is 0 below 1e-9, `native=True`); there Lambert's continued fraction
    tanh(x) = x/(1 + q), q = x^2/(3 + x^2/(5 + …)) gives x - tanh(x) = x q/(1 + q) without any subtraction.
    """
    near = x.abs() < 1
    # Each branch sees only arguments that it is good at, so that neither spoils the other's gradient.
    small = torch.where(near, x, torch.ones_like(x))
    large = torch.where(near, torch.ones_like(x), x)
    square = small * small
    q = square / 19
    for odd in range(17, 1, -2):
        q = square / (odd + q)
    return torch.where(near, small * q / (1 + q), large - torch.tanh(large))
