"""The scale of errors that surfaces side by side share: its ends, and whether it is logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from activations.fitting.points import Array
    from activations.networks.error_surface import Surface

__all__ = ["LEVELS", "Scale", "scale_of"]

WIDE = 20.0  # the largest error as a multiple of the least, from which on the scale is logarithmic
BELOW = 1e5  # what is so much smaller than a usual error has the first colour
ABOVE = 1e3  # and what is so much larger the last one
LEVELS = 14  # contours


@dataclass(frozen=True)
class Scale:
    """How errors become heights and colours.

    Attributes:
        low: the least error that is shown as it is.
        high: the largest one.
        logarithmic: whether heights are decimal logarithms.
    """

    low: float
    high: float
    logarithmic: bool

    def height(self, losses: Array) -> Array:
        """Errors as heights; what is not finite stays a gap."""
        held = np.where(np.isfinite(losses), np.clip(losses, self.low, self.high), np.nan)
        height: Array = np.log10(held) if self.logarithmic else held
        return height

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the largest height."""
        low, high = self.height(np.array([self.low, self.high])).tolist()
        return low, high

    def levels(self) -> list[float]:
        """Heights of contours, both ends included."""
        low, high = self.ends
        steps = np.linspace(0.0, 1.0, LEVELS)
        # Denser near the bottom, where the minima are.
        steps = steps**1.6
        return [low + (high - low) * float(step) for step in steps]

    def ticks(self) -> list[float]:
        """Errors to write beside a logarithmic scale: 1, 2 and 5 times powers of ten, fewer if there are many."""
        low, high = math.log10(self.low), math.log10(self.high)
        factors = (1, 2, 5) if high - low < 2.5 else (1,)
        found = [
            factor * 10.0**power
            for power in range(math.floor(low), math.ceil(high) + 1)
            for factor in factors
            if self.low * 0.999 <= factor * 10.0**power <= self.high * 1.001
        ]
        return found if len(found) > 1 else [self.low, self.high]


def scale_of(surfaces: Sequence[Surface]) -> Scale:
    """The scale on which all surfaces can be read: what lies too far from their usual errors is held at its ends."""
    finite = [surface.losses[np.isfinite(surface.losses)] for surface in surfaces]
    finite = [losses for losses in finite if len(losses)]
    if not finite:
        return Scale(0.0, 1.0, logarithmic=False)
    low = min(float(losses.min()) for losses in finite)
    high = max(float(losses.max()) for losses in finite)
    # The lower median of medians: one surface of two that reaches 1e300 leaves the other its contours.
    usual = sorted(float(np.median(losses)) for losses in finite)[(len(finite) - 1) // 2]
    low, high = max(low, usual / BELOW), min(high, usual * ABOVE)
    if not high > low:
        return Scale(low, low + (abs(low) or 1.0), logarithmic=False)
    return Scale(low, high, logarithmic=low > 0 and high > WIDE * low)
