"""The parameters of a network as text, for other programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.benchmark.statistics.json_numbers import nested
from activations.fitting.settings import SettingError
from activations.fitting.weights import named_weights

if TYPE_CHECKING:
    from activations.networks.fit import Fit

__all__ = ["WEIGHT_FORMATS", "weight_format", "weight_text"]

WEIGHT_FORMATS = (".json", ".csv")


def weight_format(path: str | Path) -> str:
    """The ending of a file name, if it is one that weights can be written as.

    Raises:
        SettingError: it is not.
    """
    ending = Path(path).suffix.lower()
    if ending not in WEIGHT_FORMATS:
        raise SettingError(f"weights can't be written as {Path(path).name[:60]!r}; end it in .json or .csv")
    return ending


def weight_text(fit: Fit, ending: str) -> bytes:
    """All weights, biases and learned parameters of activations.

    Args:
        fit: a trained network.
        ending: ".json" for nested lists by name, weights as [outputs, inputs]; ".csv" for a line per number.
    """
    weights = named_weights(fit.network, fit.parameters)
    if not fit.network.biases:
        weights = {name: values for name, values in weights.items() if not name.endswith(".bias")}
    if ending == ".json":
        values: dict[str, Any] = {name: nested(part.astype(np.float64)) for name, part in weights.items()}
        return (json.dumps(values, indent=1, allow_nan=False) + "\n").encode()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["parameter", "output", "input", "value"])
    for name, part in weights.items():
        for place, value in np.ndenumerate(part):
            writer.writerow([name, place[0], place[1] if len(place) > 1 else "", repr(float(value))])
    return text.getvalue().encode()
