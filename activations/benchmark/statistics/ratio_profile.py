"""The ratio profile of Dolan and Moré: on which share of targets an activation is within a factor of the best."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from activations.benchmark.statistics.json_numbers import nested
from activations.benchmark.statistics.panel import Panel

__all__ = ["RatioProfile", "ratio_profile"]

DECADES = 3
STEPS = 20  # per decade


@dataclass(frozen=True)
class RatioProfile:
    """Shares of targets on which an activation's median error is within a factor of the best one's.

    It says how far from the best of these activations one is. Without that best one the order of the others may change,
    so it is no ranking of them.

    Attributes:
        labels: the activations.
        factors: [factors], rising from 1 to 1000.
        shares: of targets, all groups weighing the same [activations, factors].
    """

    labels: tuple[str, ...]
    factors: npt.NDArray[np.float64] = field(repr=False)
    shares: npt.NDArray[np.float64] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The profile for strict JSON."""
        return {"labels": list(self.labels), "factors": nested(self.factors), "shares": nested(self.shares)}


def ratio_profile(panel: Panel) -> RatioProfile:
    """The profile of NRMSE over that of the best activation (Dolan & Moré 2002); a failure is within no factor."""
    middle = panel.medians
    excess = np.full(middle.shape, np.inf)
    np.subtract(middle, middle.min(axis=1, keepdims=True), out=excess, where=np.isfinite(middle))
    steps = np.linspace(0.0, DECADES, DECADES * STEPS + 1)
    within = excess[:, :, None] <= steps
    shares = np.clip(np.einsum("t,tkf->kf", panel.weights, within), 0.0, 1.0)
    return RatioProfile(panel.labels, 10**steps, shares)
