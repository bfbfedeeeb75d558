"""What networks predict, as far as a page has room for it: the best ones first."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from activations.benchmark.result import Fit
from activations.fitting.evaluation import evaluate
from activations.fitting.samples import draw_samples
from activations.render.fits import is_drawable
from activations.render.gaps import with_gaps
from activations.render.html import script_json, visible
from activations.render.report.numbers import json_number, packed, rounded
from activations.render.report.runs import has_network, median_outcome

if TYPE_CHECKING:
    from activations.benchmark.outcome import Outcome
    from activations.benchmark.result import TargetResult
    from activations.fitting.samples import Samples
    from activations.fitting.target import Target

__all__ = ["Curves", "Kind", "collect_curves", "kind_of"]

WITHOUT_CURVES = ("classes", "unknown", "large")
Kind: TypeAlias = Literal["line", "rows", "path", "agreement", "classes", "unknown", "large"]
Array: TypeAlias = npt.NDArray[Any]

GRIDS = (301, 601, 1201)  # points of a curve; the first on which the target looks as it is
COARSE = 0.005  # of the target's range, between the target and its curve
ROWS_CURVE = 401  # points of a curve through the rows of a file
AGREEMENT_POINTS = 300
DATA_POINTS = 400
SEEDS_WORTH = 10  # a further seed is worth as much as the median seed of an activation so many places lower


@dataclass(frozen=True)
class Curves:
    """What a page knows of the runs.

    Attributes:
        targets: one dictionary per target, for strict JSON.
        kept: number of runs that have a curve there.
        known: number of runs that could have one.
        without: number of runs that diverged or of which no parameters are known.
    """

    targets: list[dict[str, Any]]
    kept: int
    known: int
    without: int


def kind_of(target: Target) -> Kind:
    """How fits of a target are drawn; "unknown" for a Python function that a store does not keep."""
    if not target.has_values:
        return "unknown"
    if target.classes:
        return "classes"
    if target.dimension == 1 and target.outputs == 1:
        return "rows" if target.table is not None else "line"
    return "path" if (target.dimension, target.outputs) == (1, 2) and target.is_function else "agreement"


def collect_curves(results: tuple[TargetResult, ...], budget: int) -> Curves:
    """The curves and losses of as many runs as fit into a number of bytes of JSON.

    Median seeds come first, by rank, and the other seeds of the best activations among them.
    """
    made = [_Pictured(result) for result in results]
    known = without = kept = 0
    wanted = []
    for t, result in enumerate(results):
        for place, row in enumerate(result.ranking):
            outcomes = result.outcomes.get(row.activation, ())
            middle = median_outcome(outcomes)
            for number, outcome in enumerate(outcomes):
                without += not has_network(outcome)
                known += has_network(outcome) and made[t].kind not in WITHOUT_CURVES
                wanted.append((place + SEEDS_WORTH * (outcome is not middle), t, place, number, outcome))
    spent = sum(len(script_json(one.description).encode()) for one in made)
    for worth, t, place, number, outcome in sorted(wanted, key=lambda item: item[:4]):
        one = made[t]
        run = one.run(place, number, outcome, worth == place)
        size = len(script_json(run).encode()) + 1 + one.cost
        if spent + size > budget:
            break
        spent += size
        one.take(run)
        kept += "v" in run
    return Curves([one.description for one in made], kept, known, without)


class _Pictured:
    """The runs of one target, for a script."""

    def __init__(self, result: TargetResult) -> None:
        target = result.target
        self.target = target
        self.kind = kind_of(target)
        self.samples: dict[bytes, int] = {}
        self.cost = 0
        self._new: dict[str, Any] | None = None
        self.description: dict[str, Any] = {
            "kind": self.kind,
            "x": visible(target.variables[0]) if target.dimension == 1 else "",
            "y": visible(target.table.y_name) if target.table is not None else "",
            "data": [],
            "runs": [],
        }
        first = next((outcomes[0] for outcomes in result.outcomes.values() if outcomes), None)
        self.grid: Array = np.empty(0)
        if first is None:
            return
        if self.kind not in WITHOUT_CURVES and not is_drawable(target, first.run.seed):
            self.kind = self.description["kind"] = "large"
        if self.kind == "line":
            test = draw_samples(target, first.run.seed).test
            chosen = _grid(test.x[:, 0], test.y[:, 0])
            self.grid = test.x[chosen, 0]
            self.truth = test.y[chosen]
            self.description["grid"] = packed(self.grid)
            self.description["truth"] = [packed(self.truth[:, 0])]
            x, y = with_gaps(self.grid, self.truth[:, 0], lambda at: evaluate(target, at[:, None])[:, 0])
            if len(x) > len(self.grid):
                self.description["drawn"] = [packed(x), packed(y)]
        elif self.kind == "path":
            test = draw_samples(target, first.run.seed).test
            chosen = _spread(len(test.x), GRIDS[1])
            self.grid = test.x[chosen, 0]
            self.truth = test.y[chosen]
            self.description["grid"] = packed(self.grid)
            self.description["truth"] = [packed(part) for part in self.truth.T]
        elif self.kind == "rows":
            ((low, high),) = target.domain
            self.grid = np.linspace(low, high, ROWS_CURVE)
            self.description["grid"] = packed(self.grid)

    def run(self, place: int, number: int, outcome: Outcome, middle: bool) -> dict[str, Any]:
        """One run: its place in the ranking, its seed, its losses, and what it predicts if that is known."""
        found: dict[str, Any] = {"a": place, "s": number, "n": json_number(outcome.test.relative)}
        if middle:
            found["m"] = 1
        if outcome.diverged_at is not None:
            found["x"] = outcome.diverged_at
        if outcome.failed:
            found["f"] = 1
        steps = [step for step, _ in outcome.losses]
        losses = np.array([loss for _, loss in outcome.losses], dtype=np.float64)
        if steps:
            with np.errstate(divide="ignore"):
                found["l"] = [steps, packed(np.log10(losses))]
        self.cost, self._new = 0, None
        if self.kind in WITHOUT_CURVES:
            return found
        samples = draw_samples(self.target, outcome.run.seed)
        found["d"] = self._data_number(samples)
        fit = Fit.of(outcome) if has_network(outcome) else None
        if fit is None:
            return found
        if self.kind == "line":
            values = fit.predict(self.grid[:, None]) - self.truth
            found["v"] = [packed(values[:, 0])]
        elif self.kind == "path":
            values = fit.predict(self.grid[:, None]) - self.truth
            found["v"] = [packed(part) for part in values.T]
        elif self.kind == "rows":
            test = samples.test.chosen(_rows_by_input(samples))
            found["v"] = [packed(fit.predict(self.grid[:, None])[:, 0])]
            found["e"] = packed((fit.predict(test.x) - test.y)[:, 0])
        else:
            chosen = _spread(len(samples.test.x), AGREEMENT_POINTS)
            values = fit.predict(samples.test.x[chosen]) - samples.test.y[chosen]
            found["v"] = [packed(values.ravel())]
        return found

    def take(self, run: dict[str, Any]) -> None:
        """Keep the run that was asked for last."""
        self.description["runs"].append(run)
        if self._new is not None:
            self.samples[self._key] = len(self.description["data"])
            self.description["data"].append(self._new)
            self._new, self.cost = None, 0

    def _data_number(self, samples: Samples) -> int:
        """Which of the sets of points the run has; a new one costs room."""
        parts = (samples.training.x, samples.training.y, samples.test.x)
        self._key = hashlib.sha256(b"".join(part.tobytes() for part in parts)).digest()
        if self._key in self.samples:
            return self.samples[self._key]
        self._new = self._points(samples)
        self.cost = len(script_json(self._new).encode()) + 1
        return len(self.description["data"])

    def _points(self, samples: Samples) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.kind in ("line", "rows", "path"):
            chosen = _spread(len(samples.training.x), DATA_POINTS)
            columns = samples.training.y[chosen].T
            # The data of a curve in the plane are points of that plane.
            found["x"] = _numbers(columns[0] if self.kind == "path" else samples.training.x[chosen, 0])
            found["y"] = _numbers(columns[-1])
            if len(chosen) < len(samples.training.x):
                found["of"] = len(samples.training.x)
        if self.kind == "rows":
            found["at"] = _numbers(samples.test.x[_rows_by_input(samples), 0])
        if self.kind == "agreement":
            found["truth"] = _numbers(samples.test.y[_spread(len(samples.test.x), AGREEMENT_POINTS)].ravel(), 6)
        return found


def _grid(x: Array, y: Array) -> Array:
    """Rows of the test points on which straight lines between the values are the target, for the eye."""
    for count in GRIDS:
        chosen = _spread(len(x), count)
        between = np.abs(np.interp(x, x[chosen], y[chosen]) - y)
        # Next to a jump there is always a difference; a few points may have one.
        if np.quantile(between, 0.99) <= COARSE * (float(np.ptp(y)) or 1.0):
            return chosen
    return chosen


def _spread(count: int, most: int) -> Array:
    """Row numbers, evenly spread, with both ends."""
    return np.unique(np.round(np.linspace(0, count - 1, min(count, most))).astype(int))


def _rows_by_input(samples: Samples) -> Array:
    """Some rows of the test points, in order of their input."""
    chosen = _spread(len(samples.test.x), DATA_POINTS)
    return chosen[np.argsort(samples.test.x[chosen, 0], kind="stable")]


def _numbers(values: Array, digits: int = 6) -> list[float | None]:
    return [_short(float(value), digits) if math.isfinite(value) else None for value in values]


def _short(value: float, digits: int) -> float:
    number = rounded(value, digits)
    return int(number) if number == int(number) and abs(number) < 1e6 else number
