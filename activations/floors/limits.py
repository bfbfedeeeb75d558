"""Simple limits that hold for every network: at a jump, under noise, with wrong labels."""

from __future__ import annotations

from activations.declare import Variant
from activations.fitting.targets import Target

__all__ = ["accuracy_ceiling", "largest_jump", "noise_floor", "sup_error_floor"]

BESIDE = 1e-9  # of the domain's width: how far from a jump its two sides are read


def largest_jump(target: Target) -> float:
    """The height of the highest jump of a function of one variable within its domain; 0 if there is none."""
    if len(target.expressions) != 1 or target.dimension > 1 or target.classes:
        return 0.0
    import torch

    from activations.properties.breaks import breaks

    (expression,), (name,) = target.expressions, target.variables
    function = expression.to_torch()
    ((low, high),) = target.domain
    places = torch.tensor(breaks(lambda x: function(**{name: x}), low, high), dtype=torch.float64)
    step = BESIDE * (high - low)
    heights = (function(**{name: places + step}) - function(**{name: places - step})).abs()
    return float(max(heights[heights.isfinite()], default=torch.tensor(0.0)))


def sup_error_floor(target: Target, variant: Variant) -> float | None:
    """Half the highest jump: the least supremum of the error of any network that is continuous.

    It is a supremum over the domain, not over test points, between which even a continuous network may climb.

    Returns:
        The bound, or None if the activation itself jumps.
    """
    from activations.properties import measured_jumps

    jumps = measured_jumps(variant) if variant.jumps is None else variant.jumps
    return None if jumps else largest_jump(target) / 2


def noise_floor(target: Target) -> float:
    """The least RMSE on noisy data that a function of the inputs can expect; our test points are without noise."""
    return target.noise


def accuracy_ceiling(flips: float) -> float:
    """The largest accuracy to be expected on labels of which that fraction is wrong, if it is less than one half."""
    return 1 - flips
