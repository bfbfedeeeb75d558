"""Points of a target, and where points lie: on grids, or drawn from a domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activations.fitting.target import Domain

__all__ = ["Array", "Points", "grid", "uniform"]

Array: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Points:
    """Some points of a target.

    Attributes:
        x: inputs of shape [points, dimension], in the target's own units.
        y: values of shape [points, outputs], or class numbers of shape [points].
    """

    x: Array
    y: Array

    def __len__(self) -> int:
        return len(self.x)

    def chosen(self, rows: Array) -> Points:
        """Those of some rows."""
        return Points(self.x[rows], self.y[rows])


def grid(low: float, high: float, points: int, *, half_open: bool = False) -> Array:
    """Equidistant points with both ends, or without the upper one."""
    return np.linspace(low, high, points, endpoint=not half_open)


def uniform(domain: Domain, points: int, random: np.random.Generator) -> Array:
    """Random points of a domain, shape [points, dimension]."""
    low, high = np.array(domain, dtype=np.float64).T
    unit = random.random((points, len(domain)))
    # Not low + unit*(high - low): the difference may overflow.
    drawn: Array = low * (1 - unit) + high * unit
    return drawn
