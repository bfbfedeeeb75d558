"""Widths with which networks of different activations have equally many parameters."""

from __future__ import annotations

from collections.abc import Sequence

from activations.declare import Variant
from activations.fitting.target import Target

__all__ = ["matched_hidden"]


def matched_hidden(target: Target, variant: Variant, hidden: Sequence[int]) -> tuple[int, ...]:
    """Widths with which an activation's network has as many parameters as one of an activation without its own.

    A two-input activation has two projections per layer, and learnable parameters count too; its layers get narrower,
    all by the same factor, each rounded to whole units.

    Args:
        target: what is fitted.
        variant: the activation.
        hidden: the widths for an activation of one input and without learnable parameters.

    Returns:
        The widths whose number of parameters is nearest; the wider ones of two that are equally near.
    """
    wanted = _parameters(target, hidden, 1, 0)
    own = (variant.inputs, len(variant.learnable))
    if own == (1, 0):
        return tuple(hidden)
    # The widest layer decides which factors give different widths.
    widest = max(hidden)
    candidates = {tuple(max(1, round(width * k / widest)) for width in hidden) for k in range(1, widest + 1)}
    return min(candidates, key=lambda widths: (abs(_parameters(target, widths, *own) - wanted), [-w for w in widths]))


def _parameters(target: Target, hidden: Sequence[int], inputs: int, learnable: int) -> int:
    count, fan_in = 0, target.dimension
    for width in hidden:
        count += (fan_in + 1) * width * inputs + learnable
        fan_in = width
    return count + (fan_in + 1) * target.network_outputs
