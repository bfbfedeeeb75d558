"""What a trained network says of rows, as a table that goes with them."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.benchmark.statistics import finite_or_none
from activations.fitting.points import Array
from activations.fitting.table import harmless

if TYPE_CHECKING:
    from activations.networks.fit import Fit

__all__ = ["Predictions", "predict_rows"]

DIGITS = {"float32": 9, "float64": 17}  # with which a number can be read back


@dataclass(frozen=True)
class Predictions:
    """Predictions for rows.

    Attributes:
        names: of the columns: "prediction", "prediction_1", …; for classes "prediction" and "probability".
        columns: numbers, or names of classes; as many as there are names, each with a value per row.
        outside: number of rows with an input outside of the domain that the network was trained on.
        digits: significant digits of a number.
    """

    names: tuple[str, ...]
    columns: tuple[tuple[Any, ...], ...]
    outside: int
    digits: int

    def texts(self) -> list[list[str]]:
        """The values of each row as text."""
        return [[self._text(value) for value in row] for row in zip(*self.columns, strict=True)]

    def _text(self, value: Any) -> str:
        return f"{value:.{self.digits}g}" if isinstance(value, float) else str(value)

    def rows(self) -> list[dict[str, Any]]:
        """The values of each row for strict JSON."""
        return [
            {
                name: finite_or_none(value) if isinstance(value, float) else value
                for name, value in zip(self.names, row, strict=True)
            }
            for row in zip(*self.columns, strict=True)
        ]

    def csv(self, names: Sequence[str], cells: Sequence[Sequence[str]]) -> bytes:
        """A CSV file of other columns with the predictions behind them.

        Texts that a spreadsheet would take for formulas get an apostrophe.

        Args:
            names: of the other columns.
            cells: of all rows.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([harmless(name) for name in (*names, *self.free_names(names))])
        for given, made in zip(cells, self.texts(), strict=True):
            writer.writerow([harmless(cell) for cell in (*given, *made)])
        return text.getvalue().encode()

    def free_names(self, taken: Sequence[str]) -> list[str]:
        """Its names, with a number behind those that are taken."""
        free = []
        for name in self.names:
            numbered = (f"{name} ({i})" for i in itertools.count(2))
            free.append(next(text for text in itertools.chain([name], numbered) if text not in taken))
        return free


def predict_rows(fit: Fit, x: Array) -> Predictions:
    """Apply a network to inputs [rows, inputs].

    Raises:
        DataError: the inputs have another shape or are not finite.
    """
    outputs = fit.outputs(x)
    low, high = np.array(fit.target.domain, dtype=np.float64).T
    inputs = np.asarray(x, dtype=np.float64).reshape(len(outputs), -1)
    outside = int(((inputs < low) | (inputs > high)).any(axis=1).sum())
    digits = DIGITS[fit.settings.precision]
    if fit.target.classes:
        numbers = outputs.argmax(axis=1)
        table = fit.target.table
        labels = table.classes if table is not None else tuple(map(str, range(fit.target.classes)))
        columns = (tuple(labels[i] for i in numbers), tuple(outputs.max(axis=1).tolist()))
        return Predictions(("prediction", "probability"), columns, outside, digits)
    count = outputs.shape[1]
    names = ("prediction",) if count == 1 else tuple(f"prediction_{i}" for i in range(1, count + 1))
    return Predictions(names, tuple(tuple(column) for column in outputs.T.tolist()), outside, digits)
