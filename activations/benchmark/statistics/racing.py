"""A race of many activations: a screening on few seeds sends the best ones to a final on fresh seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from activations.benchmark.statistics.inputs import checked_errors
from activations.benchmark.statistics.intervals import medians
from activations.errors import DataError

__all__ = ["FINALISTS", "RACE_ABOVE", "Race", "race"]

RACE_ABOVE = 20  # activations; up to here all of them get all seeds
FINALISTS = 12


@dataclass(frozen=True)
class Race:
    """Who goes to the final.

    Attributes:
        finalists: by median of the screening, best first.
        eliminated: the others, best first; their errors are those of the screening seeds alone.
    """

    finalists: tuple[str, ...]
    eliminated: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The race for strict JSON."""
        return {"finalists": list(self.finalists), "eliminated": list(self.eliminated)}


def race(screen_errors: npt.ArrayLike, labels: Sequence[str], keep: int = FINALISTS) -> Race:
    """Choose who goes to the final by the median over the screening seeds; equal medians go by label.

    The final must use fresh seeds. The errors of the screening chose the finalists, so the best of them are too good.

    Args:
        screen_errors: log10 NRMSE [activations, seeds] of the screening; infinite for a run that failed.
        labels: one per activation.
        keep: how many go to the final.

    Raises:
        DataError: labels do not match, an error is NaN, or nobody would be kept.
    """
    if keep < 1:
        raise DataError(f"keep={keep} leaves nobody for the final; write 1 or more")
    middle = medians(checked_errors(screen_errors, labels))
    order = sorted(range(len(labels)), key=lambda i: (middle[i], labels[i]))
    ordered = tuple(labels[i] for i in order)
    return Race(ordered[:keep], ordered[keep:])
