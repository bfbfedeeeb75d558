"""What a check saw, and the one way in which numbers are compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mpmath import isfinite, mpf

from activations.errors import CheckFailedError

__all__ = ["Measured", "Outcome", "Status", "worst"]

Status = Literal["passed", "failed", "skipped", "expected"]
LARGEST = mpf("1.7e308")


@dataclass(frozen=True)
class Measured:
    """What was compared, and the largest error with its place.

    Attributes:
        compared: in words, with the number of points or cases.
        error: the largest error, relative unless the words say otherwise; None where nothing is measured.
        where: the place of the largest error.
        applies: False where the check says nothing about this activation; then `compared` tells why.
    """

    compared: str
    error: float | None = None
    where: str | None = None
    applies: bool = True


@dataclass(frozen=True)
class Outcome:
    """The result of one check on one activation.

    Attributes:
        label: the activation with its settings.
        check: the check's name.
        status: "passed", "failed", "skipped" (it does not apply), or "expected" (it fails as declared).
        compared: what was compared.
        error: the largest error, or None.
        where: where the error is largest, or None.
        message: what failed, or why it was skipped or expected to fail.
    """

    label: str
    check: str
    status: Status
    compared: str
    error: float | None = None
    where: str | None = None
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """A dictionary for JSON; an infinite or undefined error becomes None."""
        row = asdict(self)
        row["activation"] = row.pop("label")
        if self.error is not None and not self.error < float("inf"):
            row["error"] = None
        return row


def worst(
    what: str,
    places: Sequence[str],
    got: Iterable[float],
    want: Iterable[mpf],
    *,
    tolerance: float,
    floor: float | Sequence[float] = 1e-288,
) -> Measured:
    """The largest relative error, |got - want| / (|want| + floor); values beyond float64 are passed over.

    The floor is one for all, or one for each.

    Raises:
        CheckFailedError: the largest error exceeds the tolerance, or a value is not finite though it should be.
    """
    largest, where, compared = mpf(0), "", 0
    floors = [floor] * len(places) if isinstance(floor, float) else floor
    for place, value, reference, least in zip(places, got, want, floors, strict=True):
        if not isfinite(reference) or abs(reference) > LARGEST:
            continue
        compared += 1
        number = mpf(value)
        error = abs(number - reference) / (abs(reference) + mpf(least)) if isfinite(number) else mpf("inf")
        if error > largest or not where:
            largest, where = error, f"{place}: {value:.17g}, formula {_shown(reference)}"
    if largest > tolerance:
        shown = f"off by {float(largest):.2g} (allowed {tolerance:g})" if isfinite(largest) else "not finite"
        raise CheckFailedError(f"{what} is {shown} at {where}")
    return Measured(f"{what}, {compared} points", float(largest), where)


def _shown(value: mpf) -> str:
    return f"{float(value):.17g}"
