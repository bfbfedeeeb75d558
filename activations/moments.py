"""Moments of an activation under a normal input, by quadrature that respects kinks."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

from activations.declare import Variant

__all__ = ["GaussianMoments", "gain", "gaussian_moments"]

REACH = 12.0  # standard deviations; beyond it the density is below 1e-31


@dataclass(frozen=True)
class GaussianMoments:
    """Moments of f(z) for normal z of mean zero, independent if there are two.

    Attributes:
        mean: E[f(z)].
        mean_square: E[f(z)^2].
        mean_square_slope: E[f'(z)^2]; the squared length of the gradient for two inputs.
    """

    mean: float
    mean_square: float
    mean_square_slope: float


@functools.lru_cache(maxsize=4096)
def gaussian_moments(variant: Variant, deviation: float = 1.0) -> GaussianMoments:
    """Moments of an activation under a normal input, in float64.

    Gauss-Legendre quadrature between the declared kinks, on panels so short that an undeclared one does little harm.

    Args:
        variant: the activation with its parameter values.
        deviation: the standard deviation of each input.

    Returns:
        The moments; infinite or NaN where they do not exist.
    """
    import torch

    from activations.derivatives import derivative

    kinks = [kink / deviation for kink in variant.kinks or ()]
    if variant.inputs == 1:
        z, weight = _quadrature(kinks, panel=0.05, nodes=8)
        inputs = [z * deviation]
    else:
        z, w = _quadrature(kinks, panel=0.5, nodes=8)
        weight = torch.outer(w, w)
        inputs = [part * deviation for part in torch.meshgrid(z, z, indexing="ij")]
    value = variant(*inputs)
    slopes = [derivative(variant, *inputs, wrt=i) for i in range(variant.inputs)]
    return GaussianMoments(
        mean=float((weight * value).sum()),
        mean_square=float((weight * value**2).sum()),
        mean_square_slope=float(sum((weight * slope**2).sum() for slope in slopes)),
    )


def gain(variant: Variant, deviation: float = 1.0) -> float:
    """The factor that brings the activation's output to mean square 1: 1/sqrt(E[f(z)^2]).

    It is 1 where the mean square is zero or does not exist.
    """
    square = gaussian_moments(variant, deviation).mean_square
    return 1 / math.sqrt(square) if math.isfinite(square) and square > 0 else 1.0


def _quadrature(kinks: list[float], panel: float, nodes: int) -> tuple[Any, Any]:
    """Nodes and weights for the expectation under a standard normal."""
    import numpy as np
    import torch

    steps = round(REACH / panel)
    # Multiples computed by division, so that 0 and other round numbers are panel ends exactly.
    ends = np.arange(-steps, steps + 1) * REACH / steps
    ends = np.union1d(ends, [kink for kink in kinks if abs(kink) < REACH])
    x, w = np.polynomial.legendre.leggauss(nodes)
    half = np.diff(ends)[:, None] / 2
    z = (ends[:-1, None] + half + half * x).ravel()
    weight = (half * w).ravel() * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return torch.from_numpy(z), torch.from_numpy(weight)
