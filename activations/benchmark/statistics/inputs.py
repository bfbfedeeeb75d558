"""What the statistics are given: errors on a logarithmic scale, checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from activations.errors import DataError

__all__ = ["PERFECT", "checked_errors", "checked_labels", "logarithms"]

# The logarithm that stands for an error of exactly 0: 10**PERFECT is 0 in double precision. An infinity would make
# NaN of the median between it and a failed run.
PERFECT = -324.0


def logarithms(errors: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The log10 of errors of any shape: infinite stays infinite, and 0 becomes -324.

    Raises:
        DataError: an error is negative or NaN.
    """
    values = np.asarray(errors, dtype=np.float64)
    if not (values >= 0).all():
        raise DataError("an error is negative or NaN; write inf for a run that failed")
    with np.errstate(divide="ignore"):
        return np.maximum(np.log10(values), PERFECT)


def checked_labels(labels: Sequence[str], count: int, what: str = "activation") -> tuple[str, ...]:
    """One different label for each of `count` items.

    Raises:
        DataError: there are more or fewer, none at all, or two are equal.
    """
    if not count or len(labels) != count:
        raise DataError(f"{len(labels)} labels for {count} {what}s; give one for each {what}, and at least one {what}")
    repeated = sorted({label for label in labels if list(labels).count(label) > 1}) if len(set(labels)) < count else []
    if repeated:
        raise DataError(f"{what} {repeated[0]!r} stands in the table twice; give each a label of its own")
    return tuple(labels)


def checked_errors(errors: npt.ArrayLike, labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """Errors [activations, seeds] of one target as float64, minus infinity as -324.

    Raises:
        DataError: not one row per label, no seed, or a NaN.
    """
    values = np.asarray(errors, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] < 1:
        raise DataError(f"errors have the shape {values.shape}; give one row per activation and one column per seed")
    names = checked_labels(labels, values.shape[0])
    missing = np.argwhere(np.isnan(values))
    if missing.size:
        row, seed = missing[0]
        raise DataError(f"the error of {names[row]!r} at seed {seed} is NaN; write inf for a run that failed")
    return np.maximum(values, PERFECT)
