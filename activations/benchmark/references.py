"""Reference fits beside the ranking: trained and judged on the same points as the networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from activations.benchmark.outcome import Errors, measure_errors
from activations.benchmark.statistics import finite_or_none, median
from activations.fitting.samples import Samples, draw_samples
from activations.fitting.target import Target
from activations.floors.references import reference_fits

__all__ = ["ReferenceRow", "reference_rows"]


@dataclass(frozen=True)
class ReferenceRow:
    """One reference; errors are medians over the seeds, at the test points.

    Attributes:
        name: "affine", "polynomial", "natural cubic spline" or "free-knot spline".
        parameters: number of fitted values, the median over the seeds.
        nrmse: RMSE over the target's standard deviation; None if the target is constant.
        rmse: in the target's units.
        r2: 1 - NRMSE²; None if the target is constant.
        max_error: largest absolute error, in the target's units.
        seeds: their number.
    """

    name: str
    parameters: int
    nrmse: float | None
    rmse: float
    r2: float | None
    max_error: float
    seeds: int

    def to_dict(self) -> dict[str, Any]:
        """The row for strict JSON: None for what is not finite."""
        return {
            name: finite_or_none(value) if isinstance(value, float) else value for name, value in vars(self).items()
        }


def reference_rows(target: Target, parameters: int, seeds: Sequence[int]) -> tuple[ReferenceRow, ...]:
    """Fit and judge the references of a target; none for a classification.

    Args:
        target: what is fitted.
        parameters: those of the network beside which they stand.
        seeds: those of the networks.
    """
    if target.classes:
        return ()
    by_points: dict[bytes, dict[str, tuple[int, Errors]]] = {}
    found: dict[str, list[tuple[int, Errors]]] = {}
    for seed in seeds:
        samples = draw_samples(target, seed)
        # On a grid without noise all seeds have the same points, and so the same fits.
        parts = (samples.training, samples.test)
        points = b"".join(array.tobytes() for part in parts for array in (part.x, part.y))
        if points not in by_points:
            by_points[points] = _judged(samples, parameters)
        for name, judged in by_points[points].items():
            found.setdefault(name, []).append(judged)
    return tuple(_row(name, judged) for name, judged in found.items())


def _judged(samples: Samples, parameters: int) -> dict[str, tuple[int, Errors]]:
    """The number of parameters and the errors of each reference."""
    inputs = samples.scaling.input_to_network(samples.test.x)
    return {
        fit.name: (fit.parameters, measure_errors(samples, samples.test, fit.outputs(inputs)))
        for fit in reference_fits(samples, parameters)
    }


def _row(name: str, judged: Sequence[tuple[int, Errors]]) -> ReferenceRow:
    errors = [error for _, error in judged]
    r2 = [error.r2 for error in errors if error.r2 is not None]
    return ReferenceRow(
        name=name,
        parameters=round(median([float(count) for count, _ in judged])),
        nrmse=median([error.relative for error in errors]) if r2 else None,
        rmse=median([error.rmse for error in errors]),
        r2=median(r2) if r2 else None,
        max_error=median([error.largest for error in errors]),
        seeds=len(judged),
    )
