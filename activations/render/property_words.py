"""Measured properties in words, for tables beside pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activations.properties import Properties

__all__ = ["property_facts"]

LISTED = 6  # places


def property_facts(properties: Properties) -> list[tuple[str, str]]:
    """Names and values of the properties that make sense."""
    facts: list[tuple[str, str | None]] = [
        ("Range", _interval(properties)),
        ("Monotone", properties.monotone if properties.range else None),
        ("Curvature", properties.curvature),
        ("Parity", properties.parity),
        ("Smoothness", properties.smoothness),
        ("Steepest slope", _short(properties.lipschitz)),
        ("Kinks", _places(properties.kinks)),
        ("Jumps", _places(properties.jumps)),
        ("Initial gain", _short(properties.gain)),
    ]
    return [(name, text) for name, text in facts if text]


def _interval(properties: Properties) -> str | None:
    if properties.range is None:
        return None
    low, high = properties.range
    return f"{'[' if low.attained else '('}{_short(low.value)}, {_short(high.value)}{']' if high.attained else ')'}"


def _places(places: Sequence[float] | None) -> str | None:
    if not places:
        return None
    listed = ", ".join(_short(place) or "" for place in places[:LISTED])
    return f"{listed} and {len(places) - LISTED} more" if len(places) > LISTED else listed


def _short(value: float | None) -> str | None:
    if value is None:
        return None
    return f"{value:.5g}".replace("inf", "∞").replace("-", "−")
