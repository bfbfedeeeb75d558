"""Numbers and names as text, and rows of numbers as short strings for a script."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["cut", "json_number", "packed", "percent", "rounded", "shown", "tenths"]

LONGEST = 40  # characters of a name in a sentence
STEPS = 65534  # of a 16-bit number; the largest one says that there is no value


def shown(value: float | None, digits: int = 3) -> str:
    """A number for people: significant digits, "∞" for an infinite one, "–" for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        # All digits before the point are shown, whether or not they are significant.
        return f"{value:.0f}" if abs(value) >= 10**digits else f"{value:#.{digits}g}".rstrip(".")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def percent(value: float | None) -> str:
    """A share as a whole per cent, a dash for none; what is neither nothing nor all is never shown as if it were."""
    if value is None:
        return "–"
    if 0 < value < 0.005:
        return "<1 %"
    if 0.995 <= value < 1:
        return ">99 %"
    return f"{value:.0%}".replace("%", " %")


def tenths(value: float) -> str:
    """With one decimal; what rounds to nothing has no sign."""
    return f"{round(value, 1) + 0.0:.1f}"


def rounded(value: float, digits: int = 5) -> float:
    """To significant digits."""
    return float(f"{value:.{digits}g}")


def cut(text: str) -> str:
    """A name that may stand in a sentence."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def json_number(value: Any, digits: int = 4) -> Any:
    """A cell for strict JSON: an infinite number is the text "inf" or "-inf", no number is None."""
    if not isinstance(value, float):
        return value
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    number = rounded(value, digits)
    return int(number) if number == int(number) and abs(number) < 1e6 else number


def packed(values: npt.NDArray[np.float64]) -> list[Any]:
    """Numbers [n] as [smallest, step, text]: 16-bit multiples of the step in base64.

    It takes 2.7 bytes a number, and its resolution is a 65534th of the range, finer than a screen. What is not finite
    becomes a gap.
    """
    finite = np.isfinite(values)
    low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 0.0)
    step = high / STEPS - low / STEPS
    levels = np.full(values.shape, STEPS + 1, dtype=np.uint16)
    levels[finite] = np.round((values[finite] - low) / step).astype(np.uint16) if step else 0
    return [rounded(low, 9), rounded(step, 9), base64.b64encode(levels.astype("<u2").tobytes()).decode()]
