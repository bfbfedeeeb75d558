"""Numbers for strict JSON, which knows neither NaN nor infinity."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["finite_or_none", "nested"]


def finite_or_none(value: Any) -> float | None:
    """The number, or None if it is NaN, infinite or None."""
    return float(value) if value is not None and np.isfinite(value) else None


def nested(values: npt.NDArray[np.float64]) -> list[Any]:
    """An array as nested lists of numbers, with None for what is not finite."""
    if values.ndim == 1:
        return [finite_or_none(value) for value in values]
    return [nested(row) for row in values]
