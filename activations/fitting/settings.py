"""The check of settings that a user gives: one sentence says what is wrong and what is allowed."""

from __future__ import annotations

import math

from activations.errors import ActivationsError

__all__ = ["SettingError", "require_count", "require_positive"]


class SettingError(ActivationsError, ValueError):
    """A setting is out of its range."""


def require_count(name: str, value: object, low: int, high: int) -> int:
    """Check that a setting is a whole number between two bounds.

    Raises:
        SettingError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SettingError(f"{name}={value!r} must be a whole number from {low} to {high}")
    return value


def require_positive(name: str, value: float) -> float:
    """Check that a setting is a positive finite number.

    Raises:
        SettingError: it is not.
    """
    if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
        raise SettingError(f"{name}={value!r} must be a positive finite number")
    return float(value)
