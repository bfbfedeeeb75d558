"""Activations by targets: the right digits of every pair."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from activations.render.report.runs import error_of

if TYPE_CHECKING:
    from activations.benchmark.result import Result

__all__ = ["DigitsMatrix", "digits_matrix"]


@dataclass(frozen=True)
class DigitsMatrix:
    """Digits of activations on targets.

    Attributes:
        labels: the activations, best overall first.
        targets: names.
        digits: -log10 of the median NRMSE [activations, targets]; -inf for one that failed, NaN for a pair that was
            not run or has no NRMSE.
    """

    labels: tuple[str, ...]
    targets: tuple[str, ...]
    digits: npt.NDArray[np.float64]


def digits_matrix(result: Result) -> DigitsMatrix:
    """The digits of a result; activations that are in no overall ranking stand last, in the order of the targets."""
    ranked = [place.label for place in result.overall.places] if result.overall else []
    ranked += [row.activation for target in result.targets for row in target.ranking]
    labels = tuple(dict.fromkeys(ranked))
    numbers = {label: number for number, label in enumerate(labels)}
    digits = np.full((len(labels), len(result.targets)), np.nan)
    for column, target in enumerate(result.targets):
        if target.metric != "nrmse":
            continue
        for row in target.ranking:
            error = error_of(row, target.metric)
            digits[numbers[row.activation], column] = -math.log10(error) if error else math.inf
    return DigitsMatrix(labels, tuple(target.target.name for target in result.targets), digits)
