"""Kinks, jumps and the smoothness class of an activation, found from its code, not from its declaration."""

from __future__ import annotations

import functools
from typing import Literal

from activations.declare import Variant
from activations.properties.breaks import breaks
from activations.properties.curves import curve

__all__ = [
    "REACH",
    "ByDigest",
    "Smoothness",
    "derivative_breaks",
    "measured_jumps",
    "measured_kinks",
    "merged",
    "smoothness",
]

Smoothness = Literal["discontinuous", "C0", "C1", "C2", "smooth"]

REACH = 30.0


def measured_jumps(variant: Variant, low: float = -REACH, high: float = REACH) -> tuple[float, ...]:
    """Where the value jumps, in increasing order; empty for two inputs."""
    return _breaks(ByDigest(variant), 0, low, high)


def measured_kinks(variant: Variant, low: float = -REACH, high: float = REACH) -> tuple[float, ...]:
    """Where the function is not differentiable, jumps included, in increasing order; empty for two inputs.

    A point with a continuous first derivative, such as 0 of elu, is no kink.

    Args:
        variant: an activation with its parameter values.
        low: where the search starts.
        high: where it ends.
    """
    return merged(measured_jumps(variant, low, high), derivative_breaks(variant, 1, low, high))


def derivative_breaks(variant: Variant, order: int, low: float = -REACH, high: float = REACH) -> tuple[float, ...]:
    """Where the derivative of that order breaks, in increasing order."""
    return _breaks(ByDigest(variant), order, low, high)


def smoothness(variant: Variant) -> Smoothness:
    """How often the function is continuously differentiable; "smooth" for three times or more."""
    classes: tuple[Smoothness, ...] = ("discontinuous", "C0", "C1", "C2")
    for order, name in enumerate(classes):
        if derivative_breaks(variant, order):
            return name
    return "smooth"


class ByDigest:
    """A variant as a key of a cache: two with the same digest are the same."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.digest = variant.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByDigest) and self.digest == other.digest


@functools.lru_cache(maxsize=4096)
def _breaks(key: ByDigest, order: int, low: float, high: float) -> tuple[float, ...]:
    if key.variant.inputs != 1:
        return ()
    return breaks(curve(key.variant, order), low, high)


def merged(*groups: tuple[float, ...]) -> tuple[float, ...]:
    """All positions in increasing order, those that agree to nine digits once."""
    found: list[float] = []
    for position in sorted(position for group in groups for position in group):
        if not found or position - found[-1] > 1e-9 * max(1.0, abs(position)):
            found.append(position)
    return tuple(found)
