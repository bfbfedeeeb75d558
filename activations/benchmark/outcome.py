"""What became of a run: its errors in units that compare across targets, and whether it failed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from activations.benchmark.plan import Run
from activations.fitting.points import Points
from activations.fitting.samples import Samples

__all__ = ["PRECISIONS", "Errors", "Outcome", "judge", "measure_errors"]

FAILED_R2 = 0.1
PRECISIONS = tuple(10.0 ** (-k / 2) for k in range(11))  # NRMSE 1, 0.316, 0.1, … 1e-5


@dataclass(frozen=True)
class Errors:
    """The errors of one prediction.

    Attributes:
        relative: the error that ranks: RMSE over the target's standard deviation (NRMSE), or the RMSE itself if the
            target is constant; infinite if a predicted value is not finite. For several outputs it is the root
            of the mean over outputs of the squared error divided by that output's variance; for classes, the RMSE
            of all probabilities over that of the classes' frequencies. So 1 is no better than constants.
        rmse: root mean square error over points and outputs, in the target's units; of the class probabilities for
            a classification.
        largest: the largest absolute error of any output, in the same units.
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
        extrapolation: the relative error at the points outside the domain; None if the target has none.
        failed: it was not trained, it diverged, its output is not finite, or R² is below 0.1.
        diverged_at: the step (from 0) at which its gradient was not finite; None if it never happened.
        parameters: after the last step; None if they were not kept.
        seconds: of wall time, the chunk's divided by its runs.
        losses: training losses, each with the number of steps made before it was taken; of a run that diverged, only
            finite ones.
        reason: why it failed or was not trained at all, in a few words; empty if it did not.
        steps_to_precision: the first step at which a training NRMSE of each of `PRECISIONS` was seen, None for never;
            losses are looked at about eight times per decade of steps. Empty where the loss is no mean square.
    """

    run: Run
    validation: float
    test: Errors
    extrapolation: float | None
    failed: bool
    diverged_at: int | None
    parameters: npt.NDArray[Any] | None = field(repr=False)
    seconds: float
    losses: tuple[tuple[int, float], ...] = field(default=(), repr=False)
    reason: str = ""
    steps_to_precision: tuple[int | None, ...] = ()


def judge(
    run: Run,
    samples: Samples,
    outputs: Mapping[str, npt.NDArray[np.float64]],
    steps: int,
    parameters: npt.NDArray[Any],
    seconds: float,
    losses: Sequence[tuple[int, float]] = (),
) -> Outcome:
    """Judge a trained network by its outputs.

    Args:
        run: what was trained.
        samples: of the run's target and seed.
        outputs: of shape [points, outputs] at the "validation" and "test" points, and at those of "extrapolation" if
            the samples have them.
        steps: finite steps that were made.
        parameters: after the last one.
        seconds: of wall time.
        losses: training losses by the number of steps made before.
    """
    diverged = steps < run.steps
    errors = {
        part: measure_errors(samples, getattr(samples, part), np.full_like(found, np.nan) if diverged else found)
        for part, found in outputs.items()
    }
    test = errors["test"]
    useless = test.r2 is not None and test.r2 < FAILED_R2
    failed = useless or not math.isfinite(test.relative)
    seen = tuple((step, loss) for step, loss in losses if math.isfinite(loss))
    return Outcome(
        run=run,
        validation=errors["validation"].relative,
        test=test,
        extrapolation=errors["extrapolation"].relative if "extrapolation" in errors else None,
        failed=failed,
        diverged_at=steps if diverged else None,
        parameters=parameters,
        seconds=seconds,
        losses=seen,
        reason=_reason(steps if diverged else None, test) if failed else "",
        steps_to_precision=_steps_to_precision(run, samples, seen),
    )


def measure_errors(samples: Samples, points: Points, outputs: npt.NDArray[np.float64]) -> Errors:
    """The errors of a network's outputs [points, outputs] at points of the samples."""
    accuracy = None
    if samples.classes:
        truth = np.eye(samples.classes)[points.y]
        predicted = _softmax(outputs)
        accuracy = float(np.mean(outputs.argmax(axis=1) == points.y))
        unit = np.ones(samples.classes)
        # One spread for all classes: relative to its own, a rare class would outweigh the others.
        variance = float(truth.var(axis=0).mean())
        spread = np.full(samples.classes, math.sqrt(variance)) if variance else None
    else:
        truth = samples.scaling.value_to_network(points.y)
        predicted = outputs
        unit, spread = samples.scaling.unit, samples.spread
    if not np.isfinite(predicted).all():
        r2 = None if spread is None else -math.inf
        return Errors(math.inf, math.inf, math.inf, r2, None if accuracy is None else 0.0)
    residual = predicted - truth
    # Through the largest unit, whose square may overflow, only at the end.
    largest = float(unit.max())
    in_units = residual * (unit / largest)
    rmse = _root_mean_square(in_units) * largest
    relative = rmse if spread is None else _root_mean_square(residual / spread)
    return Errors(
        relative=relative,
        rmse=rmse,
        largest=float(np.abs(in_units).max()) * largest,
        r2=None if spread is None else 1 - relative**2,
        accuracy=accuracy,
    )


def _reason(diverged_at: int | None, test: Errors) -> str:
    if diverged_at is not None:
        return f"the gradient was not finite at step {diverged_at}"
    return f"R² below {FAILED_R2}" if math.isfinite(test.relative) else "a predicted value is not finite"


def _steps_to_precision(run: Run, samples: Samples, losses: Sequence[tuple[int, float]]) -> tuple[int | None, ...]:
    if run.recipe.loss != "squares" or samples.spread is None:
        return ()
    spread = _root_mean_square(samples.spread)
    errors = [(step, math.sqrt(loss) / spread) for step, loss in losses]
    return tuple(next((step for step, error in errors if error <= bound), None) for bound in PRECISIONS)


def _root_mean_square(values: npt.NDArray[np.float64]) -> float:
    """Over all points and outputs, without overflow of the squares."""
    size = float(np.abs(values).max())
    return size * math.sqrt(np.mean((values / size) ** 2)) if size else 0.0


def _softmax(outputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares: npt.NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares
