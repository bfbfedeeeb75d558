"""The result of a benchmark: ranked rows per target, and the best fits for pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from activations.benchmark.faces import ResultFace, TargetFace
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run
from activations.benchmark.references import ReferenceRow
from activations.benchmark.statistics import (
    Aggregate,
    finite_or_none,
)
from activations.fitting.engine import predict
from activations.fitting.samples import Samples, draw_samples
from activations.fitting.target import Target
from activations.floors import Floor

__all__ = ["VERSION", "Fit", "Result", "Row", "TargetResult"]

VERSION = 1  # of the JSON; it grows when a field changes its meaning, not when one is added


@dataclass(frozen=True)
class Row:
    """One activation in the ranking of one target; errors are medians over the fresh seeds.

    Attributes:
        activation: its label.
        rank: from 1; those that tie with the best come first, then by error; equal errors share one.
        rank_text: for people: "1–4" for each of four that tie with the best, else the rank.
        tied: whether the seeds do not tell it from the best; see `activations.benchmark.statistics`.
        best_probability: the share of bootstrap draws in which its error is the smallest; None with one seed, and
            for one that was only screened.
        p_value: of the paired signed-rank test against the best, corrected; None for the best.
        nrmse: RMSE over the target's standard deviation, at the test points; infinite if most runs diverged, None if
            the target is constant.
        interval: 95 % bootstrap interval of the error that ranks; None for a single seed.
        rmse: in the target's units.
        r2: 1 - NRMSE²; None if the target is constant.
        max_error: largest absolute error, in the target's units.
        accuracy: fraction of right classes; None for a regression.
        extrapolation: relative error outside the domain, which never ranks; None if the target has no such points.
        failed: fraction of seeds that diverged, gave no finite output, or reached R² below 0.1.
        diverged: fraction of seeds that diverged.
        seeds: number of fresh seeds.
        learning_rate: as tuned.
        scale: of the first layer, as tuned.
        at_edge: the rate is the lowest or highest that was tried.
        parameters: number of trained values of the network.
        hidden: widths of its hidden layers.
        seconds: wall time of one run, in a batch, with its share of the batch.
        steps_to_precision: the median step at which a training NRMSE of 1, 0.316, 0.1, … 1e-5 was first seen; None
            where fewer than half of the seeds came so far. Empty where the loss is no mean square.
        stage: "ranking", or "screening" for one that did not reach the final of a race: its place and its errors are
            those of the screening's few seeds.
        floor: the least RMSE that a network of this architecture can have, or has had; None where none is known.
        distance: the RMSE as a multiple of the floor; None without one, or if the floor is 0.
    """

    activation: str
    rank: int
    rank_text: str
    tied: bool
    best_probability: float | None
    p_value: float | None
    nrmse: float | None
    interval: tuple[float, float] | None
    rmse: float
    r2: float | None
    max_error: float
    accuracy: float | None
    extrapolation: float | None
    failed: float
    diverged: float
    seeds: int
    learning_rate: float
    scale: float
    at_edge: bool
    parameters: int
    hidden: tuple[int, ...]
    seconds: float
    steps_to_precision: tuple[float | None, ...]
    stage: str
    floor: Floor | None
    distance: float | None

    def to_dict(self) -> dict[str, Any]:
        """The row for strict JSON: None for what is not finite."""
        values: dict[str, Any] = {**vars(self), "floor": vars(self.floor) if self.floor else None}
        for name, value in values.items():
            if isinstance(value, float):
                values[name] = finite_or_none(value)
        if self.interval is not None:
            values["interval"] = [finite_or_none(end) for end in self.interval]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


@dataclass(frozen=True)
class Fit:
    """A trained network.

    Attributes:
        label: the activation.
        run: what was trained.
        parameters: after the last step.
    """

    label: str
    run: Run
    parameters: npt.NDArray[Any] = field(repr=False)

    @classmethod
    def of(cls, outcome: Outcome) -> Fit | None:
        """The network of a run; None if its parameters were not kept."""
        if outcome.parameters is None:
            return None
        return cls(outcome.run.variant.label, outcome.run, outcome.parameters)

    @property
    def target(self) -> Target:
        """What it was fitted to."""
        return self.run.target

    @property
    def samples(self) -> Samples:
        """The points that it was fitted to and tested at."""
        return draw_samples(self.run.target, self.run.seed)

    def predict(self, x: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Predicted values [points, outputs] at inputs [points, dimension], both in the target's units.

        For a classification: the probability of each class, shape [points, classes].
        """
        scaling = self.samples.scaling
        rows = torch.from_numpy(self.parameters)[None]
        inputs = torch.as_tensor(scaling.input_to_network(x), dtype=rows.dtype)[None]
        outputs = predict(self.run.network, rows, inputs)[0].double()
        if self.run.target.classes:
            shares: npt.NDArray[np.float64] = torch.softmax(outputs, dim=-1).numpy()
            return shares
        return scaling.value_from_network(outputs.numpy())


@dataclass(frozen=True)
class TargetResult(TargetFace):
    """The ranking of activations on one target.

    Attributes:
        target: what was fitted.
        metric: "nrmse", or "rmse" for a constant target, whose NRMSE is undefined: what ranks.
        ranking: best first.
        references: other ways to fit, with no more parameters than the best network.
        note: what the seeds can't tell, in a sentence; empty if they can.
        fits: networks of the best activations, each of its median seed, best first; none that diverged.
        outcomes: every run of every activation, by label, in the order of seeds.
    """

    target: Target
    metric: str
    ranking: tuple[Row, ...]
    references: tuple[ReferenceRow, ...]
    note: str
    fits: tuple[Fit, ...]
    outcomes: Mapping[str, tuple[Outcome, ...]] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The ranking for strict JSON."""
        table = self.target.table
        return {
            "target": self.target.name,
            "task": self.target.task,
            "formula": self.target.formula or None,
            "domain": [list(interval) for interval in self.target.domain],
            "points": self.target.points,
            "noise": self.target.noise,
            "noise_kind": self.target.noise_kind,
            "outputs": self.target.outputs,
            "classes": self.target.classes,
            "class_names": list(table.classes) if table else [],
            "dropped_rows": table.dropped if table else 0,
            "digest": self.target.digest,
            "metric": self.metric,
            "note": self.note,
            "ranking": [row.to_dict() for row in self.ranking],
            "references": [row.to_dict() for row in self.references],
        }


@dataclass(frozen=True)
class Result(ResultFace):
    """A whole benchmark.

    Attributes:
        targets: one ranking each, in the order asked for.
        overall: the activations over all targets that are not constant; None for fewer than two of those.
        settings: what it was run with, for strict JSON.
        device: where it was trained.
        versions: of this library and torch.
        seconds: of wall time in all; None if it was made from a store.
        reused: number of runs that were in the store already.
    """

    targets: tuple[TargetResult, ...]
    overall: Aggregate | None
    settings: Mapping[str, Any]
    device: str
    versions: Mapping[str, str]
    seconds: float | None
    reused: int = 0

    @property
    def ranking(self) -> tuple[Row, ...] | dict[str, tuple[Row, ...]]:
        """The rows of the only target, best first; by the names of the targets if there are several.

        Of targets that share a name, all but the first have a number behind it.
        """
        if len(self.targets) == 1:
            return self.targets[0].ranking
        found: dict[str, tuple[Row, ...]] = {}
        for result in self.targets:
            name, number = result.target.name, 2
            while name in found:
                name, number = f"{result.target.name} ({number})", number + 1
            found[name] = result.ranking
        return found

    @property
    def table(self) -> list[dict[str, Any]]:
        """All rankings as one table: a dictionary per target and activation, with numbers, texts and None alone."""
        return [
            {"target": result.target.name, "group": result.target.group, "metric": result.metric, **_flat(row)}
            for result in self.targets
            for row in result.ranking
        ]

    def to_pandas(self) -> Any:
        """The table as a pandas data frame.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas

        return pandas.DataFrame(self.table)

    def to_dict(self) -> dict[str, Any]:
        """Everything for strict JSON; later versions only add fields."""
        return {
            "version": VERSION,
            "targets": [target.to_dict() for target in self.targets],
            "overall": self.overall.to_dict() if self.overall else None,
            "settings": dict(self.settings),
            "device": self.device,
            "versions": dict(self.versions),
            "seconds": self.seconds,
            "reused": self.reused,
        }


def _flat(row: Row) -> dict[str, Any]:
    """A row without anything nested: both ends of the interval, and the floor's value and kind."""
    values = dict(vars(row))
    low, high = values.pop("interval") or (None, None)
    floor = values.pop("floor")
    del values["steps_to_precision"]
    return {
        **values,
        "hidden": ",".join(map(str, row.hidden)),
        "interval_low": low,
        "interval_high": high,
        "floor": floor.value if floor else None,
        "floor_kind": floor.kind if floor else None,
    }
