"""The check of kinks and jumps: what is declared is there, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence

from activations.declare import Variant
from activations.errors import CheckFailedError
from activations.properties import measured_jumps, measured_kinks
from activations.testing.oracle import REACH
from activations.testing.outcome import Measured

__all__ = ["check_kinks"]

POSITION_TOLERANCE = 1e-7


def check_kinks(variant: Variant) -> Measured:
    """The kinks and jumps found in the code within [-30, 30] are the declared ones."""
    if variant.inputs != 1:
        return Measured("kinks are looked for along one input", applies=False)
    if variant.kinks is None or variant.jumps is None:
        return Measured("a typed formula declares no kinks; they are measured", applies=False)
    error = max(
        _match("kink", variant.kinks, measured_kinks(variant, -REACH, REACH)),
        _match("jump", variant.jumps, measured_jumps(variant, -REACH, REACH)),
    )
    found = f"{len(variant.kinks)} kinks ({len(variant.jumps)} of them jumps)"
    return Measured(f"{found} declared, measured in [-{REACH:g}, {REACH:g}]", error, None)


def _match(what: str, declared: Sequence[float], measured: Sequence[float]) -> float:
    inside = [position for position in declared if abs(position) <= REACH]
    largest = 0.0
    for position in inside:
        nearest = min(measured, key=lambda x: abs(x - position), default=None)
        if nearest is None or abs(nearest - position) > POSITION_TOLERANCE * max(1.0, abs(position)):
            seen = "none" if nearest is None else f"the nearest at {nearest:.9g}"
            raise CheckFailedError(f"declared {what} at {position:.9g} is not in the code; measured {seen}")
        largest = max(largest, abs(nearest - position))
    for position in measured:
        if all(abs(position - other) > POSITION_TOLERANCE * max(1.0, abs(position)) for other in inside):
            raise CheckFailedError(f"undeclared {what} at x={position:.9g}; declare {what}s=({position:.9g},)")
    return largest
