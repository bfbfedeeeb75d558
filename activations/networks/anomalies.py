"""Rows of data that a fitted curve does not explain."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from activations.declare import Variant
from activations.errors import DataError
from activations.fitting.points import Array
from activations.fitting.recipe import Recipe
from activations.fitting.settings import SettingError, require_count
from activations.fitting.table import Table
from activations.networks.fit import Fit
from activations.networks.folds import Division, FoldNetworks, divisions, train_folds
from activations.networks.scores import (
    RobustScale,
    benjamini_hochberg,
    conformal_p_values,
    conformal_width,
    flagged,
    require_rows,
    robust_p_values,
    robust_scale,
)
from activations.networks.settings import FitSettings
from activations.registry import default_registry

__all__ = ["FOLDS", "METHODS", "Anomalies", "Method", "Source", "find_anomalies"]

Method: TypeAlias = Literal["mad", "conformal"]
Source: TypeAlias = Literal["folds", "model", "reference"]

METHODS: tuple[Method, ...] = get_args(Method)
FOLDS = 5
MAX_FOLDS = 50
HELD_OUT = 0.5  # of the rows that could train, those that calibrate in their place
DEFAULT_SETTINGS = FitSettings(recipe=Recipe(loss="huber"))


@dataclass(frozen=True)
class Anomalies:
    """All rows of a table, judged.

    Attributes:
        table: the rows.
        method: "mad" or "conformal".
        alpha: the rate of false alarms: the share of normal rows that are marked all the same.
        fdr: the share of false ones among the marked rows that is allowed for; None if alpha decides.
        source: what predicts: "folds" for networks each trained without the rows it judges, "model" for a network that
            was at hand, "reference" for one trained on other rows.
        label: the activation of the network.
        held_out: number of rows that a residual is compared with; the least of all folds.
        prediction: shape [rows].
        residual: value minus prediction, shape [rows].
        width: how far a value may be from `prediction + center` before alpha marks it, shape [rows].
        center: the middle of the residuals, shape [rows]; 0 for "conformal".
        score: the distance from the center: in robust standard deviations for "mad"; over the width for "conformal".
        p_value: how often a normal row is at least as far off, shape [rows].
        anomaly: whether a row is marked, shape [rows].
        outside: number of rows whose inputs lie outside those that the network was trained on.
        curves: networks for the picture, each a function of inputs [points, inputs].
    """

    table: Table
    method: Method
    alpha: float
    fdr: float | None
    source: Source
    label: str
    held_out: int
    prediction: Array = field(repr=False)
    residual: Array = field(repr=False)
    width: Array = field(repr=False)
    center: Array = field(repr=False)
    score: Array = field(repr=False)
    p_value: Array = field(repr=False)
    anomaly: Array = field(repr=False)
    outside: int = 0
    curves: tuple[Callable[[Array], Array], ...] = field(default=(), repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.table.y)

    @property
    def count(self) -> int:
        """The number of marked rows."""
        return int(self.anomaly.sum())

    @property
    def expected(self) -> float:
        """The number of false alarms to expect if all rows are normal, alpha times their number."""
        return self.alpha * len(self)

    @property
    def explained(self) -> float:
        """The share of the values' spread that the predictions take away; negative where they add to it.

        Spreads are robust ones, so that the anomalies themselves do not count.
        """
        values = np.array(self.table.y)
        unit = float(np.abs(values).max()) or 1.0
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            left = np.float64(robust_scale(self.residual / unit).scale) / robust_scale(values / unit).scale
        return float(1 - left) if np.isfinite(left) else -math.inf

    @property
    def least(self) -> int:
        """The least number of rows that a false discovery rate can mark at once; 1 where one may stand alone.

        A conformal p-value is at least 1/(1 + held-out rows), which is small enough only if several rows have it.
        """
        if self.fdr is None or self.method == "mad":
            return 1
        return max(1, math.ceil(len(self) / (self.fdr * (self.held_out + 1)) - 1e-9))

    @property
    def rows(self) -> list[int]:
        """The marked rows by number from 0, the most surprising first."""
        marked = np.flatnonzero(self.anomaly)
        # Where p-values are all 0 or all 1/(n+1), the score tells more.
        return [int(row) for row in sorted(marked, key=lambda row: (self.p_value[row], -self.score[row], row))]

    def to_dict(self) -> dict[str, Any]:
        """The marked rows and what they were judged by, for strict JSON."""
        return {
            "version": 1,
            "data": self.table.name,
            "inputs": list(self.table.x_names),
            "target": self.table.y_name,
            "rows": len(self),
            "rows_left_out": self.table.dropped,
            "rows_outside": self.outside,
            "method": self.method,
            "alpha": self.alpha,
            "fdr": self.fdr,
            "source": self.source,
            "activation": self.label,
            "held_out": self.held_out,
            "explained": _finite(self.explained),
            "expected_false_alarms": None if self.fdr is not None else self.expected,
            "anomalies": [
                {
                    "row": row + 1,
                    "x": list(self.table.x[row]),
                    "y": self.table.y[row],
                    **{name: _finite(float(getattr(self, name)[row])) for name in COLUMNS},
                }
                for row in self.rows
            ],
        }


COLUMNS = ("prediction", "residual", "score", "p_value")


def find_anomalies(
    table: Table,
    *,
    model: Fit | None = None,
    reference: Table | None = None,
    method: Method = "mad",
    alpha: float = 0.01,
    fdr: float | None = None,
    activation: str | Variant = "tanh",
    settings: FitSettings = DEFAULT_SETTINGS,
    folds: int = FOLDS,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Anomalies:
    """Mark the rows whose values lie too far from what a network predicts.

    Without model and reference, each row is judged by a network that was trained without it: the rows are divided into
    folds. With a model nothing is trained. With a reference the network is trained on rows that count as normal.

    "mad" compares a residual with the median absolute deviation of all, which a minority of anomalies hardly moves;
    its p-values hold for normal residuals. "conformal" compares it with the residuals of held-out rows, and the rate of
    false alarms holds for any distribution if the rows are exchangeable. Anomalies among the held-out rows make it
    blind for others: with more than a share of alpha of them, give a reference without anomalies.

    Args:
        table: the rows to judge.
        model: a network of the same inputs that was not trained on these rows.
        reference: other rows with the same columns that count as normal.
        method: "mad" or "conformal".
        alpha: the rate of false alarms.
        fdr: mark by Benjamini and Hochberg's rule at this false discovery rate and not by alpha.
        activation: of the network that is trained.
        settings: how it is trained; the loss is Huber's unless told otherwise, which anomalies move less.
        folds: number of networks, and of groups of rows.
        device: where they are trained.
        progress: told the number of steps made, and of how many.

    Raises:
        DataError: the columns do not fit, are classes, or there are too few rows.
        SettingError: alpha or fdr is no rate, too few rows are held out for it, or training diverged.
    """
    _check(table, model, reference, method, alpha, fdr, folds)
    variant = default_registry().variant(activation) if isinstance(activation, str) else activation
    x, y = _arrays(table)
    # Differences of very large values would overflow.
    unit = float(np.abs(y).max()) or 1.0
    conformal = method == "conformal"
    curves: tuple[Callable[[Array], Array], ...]
    seen: Array | None = None
    if model is not None:
        predict = _predictor(model)
        prediction, curves, source, label = predict(x), (predict,), "model", model.label
        seen = _domain(model)
        if reference is not None:
            judged = [(np.arange(len(y)), _residuals(*_arrays(reference), predict, unit))]
        elif conformal:
            judged = [
                (part.judged, (y / unit - prediction / unit)[part.calibration])
                for part in _all_others(divisions(len(y), folds, settings.seed), len(y))
            ]
        else:
            judged = []
    elif reference is not None:
        other_x, other_y = _arrays(reference)
        (part,) = _halves(len(other_y), settings.seed)
        networks = train_folds(other_x, other_y, [part.training], variant, settings, device, progress)
        predict = _curve(networks, 0)
        prediction, curves, source, label = predict(x), (predict,), "reference", variant.label
        held = part.calibration
        judged = [(np.arange(len(y)), _residuals(other_x[held], other_y[held], predict, unit))]
        seen = np.stack([other_x[part.training].min(axis=0), other_x[part.training].max(axis=0)])
    else:
        parts = divisions(len(y), folds, settings.seed, HELD_OUT if conformal else 0.0)
        if conformal:
            require_rows(min(len(part.calibration) for part in parts), alpha if fdr is None else fdr, len(y))
        networks = train_folds(x, y, [part.training for part in parts], variant, settings, device, progress)
        curves = tuple(_curve(networks, number) for number in range(len(parts)))
        prediction, source, label = np.empty(len(y)), "folds", variant.label
        judged = []
        for part, curve in zip(parts, curves, strict=True):
            prediction[part.judged] = curve(x[part.judged])
            if conformal:
                held = part.calibration
                judged.append((part.judged, _residuals(x[held], y[held], curve, unit)))
    residual = y / unit - prediction / unit
    if not np.isfinite(residual).all():
        raise DataError(f"{table.name}: the network's predictions are not finite; scale the data, or fit another one")
    judged = judged or [(np.arange(len(y)), residual)]
    held_out = min(len(calibration) for _, calibration in judged)
    if conformal:
        require_rows(held_out, alpha if fdr is None else fdr, len(reference.y if reference is not None else y))
    score, p_value, width, center = (np.empty(len(y)) for _ in range(4))
    for rows, calibration in judged:
        found = (_judge_conformal if conformal else _judge_robust)(residual[rows], calibration, alpha)
        score[rows], p_value[rows], width[rows], center[rows] = found
    with np.errstate(over="ignore"):
        residual, width, center = residual * unit, width * unit, center * unit
    return Anomalies(
        table=table,
        method=method,
        alpha=alpha,
        fdr=fdr,
        source=source,  # type: ignore[arg-type]
        label=label,
        held_out=held_out,
        prediction=prediction,
        residual=residual,
        width=width,
        center=center,
        score=score,
        p_value=p_value,
        anomaly=flagged(p_value, alpha) if fdr is None else benjamini_hochberg(p_value, fdr),
        outside=0 if seen is None else int(((x < seen[0]) | (x > seen[1])).any(axis=1).sum()),
        curves=curves,
    )


def _check(
    table: Table,
    model: Fit | None,
    reference: Table | None,
    method: str,
    alpha: float,
    fdr: float | None,
    folds: int,
) -> None:
    if method not in METHODS:
        raise SettingError(f"method={method!r} is unknown; choose from {', '.join(METHODS)}")
    for name, rate in (("alpha", alpha), ("fdr", fdr)):
        if rate is not None and not 0 < rate < 1:
            raise SettingError(f"{name}={rate:g} is no rate; give a number between 0 and 1, such as 0.01")
    require_count("folds", folds, 2, min(MAX_FOLDS, len(table.y)))
    for rows in (table, reference):
        if rows is not None and rows.classes:
            raise DataError(f"{rows.name}: {rows.y_name!r} is a column of classes; anomalies need one of numbers")
    if reference is not None and reference.x_names != table.x_names:
        raise DataError(f"{reference.name} has the inputs {reference.x_names}, {table.name} {table.x_names}")
    if model is None:
        return
    if model.target.classes or model.target.outputs != 1:
        raise DataError(f"the model of {model.target.name} does not predict a single number; fit one that does")
    if model.network.inputs != len(table.x_names):
        raise DataError(
            f"the model takes {model.network.inputs} inputs ({', '.join(model.target.variables)}), and the rows have "
            f"{len(table.x_names)} ({', '.join(table.x_names)}); choose columns with --x"
        )


def _arrays(table: Table) -> tuple[Array, Array]:
    return np.array(table.x, dtype=np.float64), np.array(table.y, dtype=np.float64)


def _predictor(model: Fit) -> Callable[[Array], Array]:
    def predict(x: Array) -> Array:
        found: Array = model.predict(x)[:, 0]
        return found

    return predict


def _curve(networks: FoldNetworks, number: int) -> Callable[[Array], Array]:
    return lambda x: networks.predict(number, x)


def _domain(model: Fit) -> Array:
    found: Array = np.array(model.target.domain, dtype=np.float64).T
    return found


def _residuals(x: Array, y: Array, predict: Callable[[Array], Array], unit: float) -> Array:
    found: Array = y / unit - predict(x) / unit
    return found


def _all_others(parts: list[Division], rows: int) -> list[Division]:
    """The same with every row that is not judged as calibration: a network that is at hand needs none for training."""
    return [Division(part.training[:0], np.setdiff1d(np.arange(rows), part.judged), part.judged) for part in parts]


def _halves(rows: int, seed: int) -> list[Division]:
    """One network that trains on half of the rows and judges none of them."""
    first, second = divisions(rows, 2, seed)
    return [Division(first.training, second.training, first.training[:0])]


def _judge_robust(residuals: Array, calibration: Array, alpha: float) -> tuple[Array, Array, Array, Array]:
    of: RobustScale = robust_scale(calibration)
    scores, p_values = robust_p_values(residuals, of)
    width = -NormalDist().inv_cdf(alpha / 2) * of.scale
    return scores, p_values, np.full(len(residuals), width), np.full(len(residuals), of.center)


def _judge_conformal(residuals: Array, calibration: Array, alpha: float) -> tuple[Array, Array, Array, Array]:
    sizes, held = np.abs(residuals), np.abs(calibration)
    p_values = conformal_p_values(held, sizes)
    # With a false discovery rate alone, alpha may be finer than the rows can tell.
    width = conformal_width(held, max(alpha, 1 / (len(held) + 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(sizes == 0, 0.0, sizes / width)
    return scores, p_values, np.full(len(residuals), width), np.zeros(len(residuals))


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
