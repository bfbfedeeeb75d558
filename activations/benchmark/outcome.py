"""What became of a run: its errors in units that compare across targets, and whether it failed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from activations.benchmark.plan import Run
from activations.fit.samples import Points, Samples

__all__ = ["Errors", "Outcome", "judge", "measure_errors"]

FAILED_R2 = 0.1


@dataclass(frozen=True)
class Errors:
    """The errors of one prediction.

    Attributes:
        relative: the error that ranks: RMSE over the target's standard deviation (NRMSE), or the RMSE itself if the
            target is constant; infinite if a predicted value is not finite.
        rmse: root mean square error in the target's units; of the class probabilities for a classification.
        largest: the largest absolute error, in the same units.
        r2: 1 - NRMSE²; None if the target is constant.
        accuracy: fraction of right classes; None for a regression.
    """

    relative: float
    rmse: float
    largest: float
    r2: float | None
    accuracy: float | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of one run.

    Attributes:
        run: what was trained.
        validation: the error that tuning chooses by.
        test: the errors that rank.
        failed: it diverged, its output is not finite, or R² is below 0.1.
        diverged_at: the step (from 0) at which its gradient was not finite; None if it never happened.
        parameters: after the last step.
        seconds: of wall time, the chunk's divided by its runs.
    """

    run: Run
    validation: float
    test: Errors
    failed: bool
    diverged_at: int | None
    parameters: npt.NDArray[Any] = field(repr=False)
    seconds: float


def judge(
    run: Run,
    samples: Samples,
    validation: npt.NDArray[np.float64],
    test: npt.NDArray[np.float64],
    steps: int,
    parameters: npt.NDArray[Any],
    seconds: float,
) -> Outcome:
    """Judge a trained network by its outputs.

    Args:
        run: what was trained.
        samples: of the run's target and seed.
        validation: outputs [points, outputs] at the validation points.
        test: outputs at the test points.
        steps: finite steps that were made.
        parameters: after the last one.
        seconds: of wall time.
    """
    diverged = steps < run.steps
    errors = [
        measure_errors(samples, points, np.full_like(outputs, np.nan) if diverged else outputs)
        for points, outputs in ((samples.validation, validation), (samples.test, test))
    ]
    useless = errors[1].r2 is not None and errors[1].r2 < FAILED_R2
    return Outcome(
        run=run,
        validation=errors[0].relative,
        test=errors[1],
        failed=useless or not math.isfinite(errors[1].relative),
        diverged_at=steps if diverged else None,
        parameters=parameters,
        seconds=seconds,
    )


def measure_errors(samples: Samples, points: Points, outputs: npt.NDArray[np.float64]) -> Errors:
    """The errors of a network's outputs [points, outputs] at points of the samples."""
    accuracy = None
    if outputs.shape[1] > 1:
        truth = np.eye(outputs.shape[1])[points.y]
        predicted = _softmax(outputs)
        accuracy = float(np.mean(outputs.argmax(axis=1) == points.y))
        unit, spread = 1.0, float(truth.std())
    else:
        truth = samples.scaling.value_to_network(points.y)[:, None]
        predicted = outputs
        unit, spread = samples.scaling.deviation * samples.scaling.magnitude, samples.spread or 0.0
    if not np.isfinite(predicted).all():
        return Errors(math.inf, math.inf, math.inf, -math.inf if spread else None, None if accuracy is None else 0.0)
    residual = predicted - truth
    rms = math.sqrt(np.mean(residual**2))
    return Errors(
        relative=rms / spread if spread else rms * unit,
        rmse=rms * unit,
        largest=float(np.abs(residual).max()) * unit,
        r2=1 - (rms / spread) ** 2 if spread else None,
        accuracy=accuracy,
    )


def _softmax(outputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares: npt.NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares
