"""Periodic activations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations.catalogue.scaling import scaled
from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor


@activation(
    formula="sin(omega*x)",
    paper="Sitzmann, Martel, Bergman, Lindell, Wetzstein 2020, arXiv:2006.09661",
    native="torch.sin",
    aliases=("sin",),
    cases=({"omega": math.pi},),
    window=(-2 * math.pi, 2 * math.pi),
)
def sine(x: Tensor, *, omega: float = 1.0) -> Tensor:
    """The sine with angular frequency omega.

    SIREN takes omega = 30 together with an initialisation of its own; torch_activation takes pi.
    """
    return torch.sin(scaled(x, omega))
