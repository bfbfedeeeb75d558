"""A fit over its data, and its losses, drawn with characters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from activations_cli.sketch import Curve, sketch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activations.networks.fit import Fit
    from activations_cli.sketch import Piece

__all__ = ["is_sketchable", "sketch_fit", "sketch_losses"]

GRID = 200
MOST = 1000  # points of the data
MARGIN = 0.05
LARGEST = 1e150


def is_sketchable(fit: Fit) -> bool:
    """Whether it is a curve over points that characters can show."""
    target = fit.target
    if (target.task, target.dimension, target.outputs) != ("regression", 1, 1) or not len(fit.training):
        return False
    y, x = fit.training.y, fit.training.x
    return bool(abs(y).max() < LARGEST and abs(x).max() < LARGEST and x.max() > x.min())


def sketch_fit(fit: Fit, columns: int, rows: int, unicode: bool) -> list[list[Piece]]:
    """Draw a fit over the points that it is trained on.

    Args:
        fit: one that is sketchable.
        columns: the width of the picture.
        rows: the height of the plot itself.
        unicode: whether to use braille.
    """
    import numpy as np

    points = fit.training.chosen(np.argsort(fit.training.x[:, 0], kind="stable"))
    points = points.chosen(np.unique(np.linspace(0, len(points) - 1, MOST).astype(int)))
    x = np.linspace(points.x[0, 0], points.x[-1, 0], GRID)
    y = fit.outputs(x)[:, 0]
    low, high = float(points.y.min()), float(points.y.max())
    margin = MARGIN * (high - low) or max(abs(high), 1.0) * MARGIN
    curves = [
        Curve("data", points.x[:, 0].tolist(), points.y[:, 0].tolist(), "yellow", "o", dotted=True),
        Curve("network", x.tolist(), y.tolist(), "cyan", "*"),
    ]
    return sketch(curves, columns, rows, unicode, (low - margin, high + margin))


def sketch_losses(
    steps: Sequence[int], losses: Sequence[float], total: int, columns: int, rows: int, unicode: bool
) -> list[list[Piece]]:
    """Draw the decimal logarithm of losses by the number of steps.

    Args:
        steps: at which they were taken.
        losses: as many.
        total: steps at the right end.
        columns: the width of the picture.
        rows: the height of the plot itself.
        unicode: whether to use braille.
    """
    known = [(step, math.log10(loss)) for step, loss in zip(steps, losses, strict=True) if 0 < loss < math.inf]
    if not known:
        return []
    x, y = ([float(value) for value in part] for part in zip(*known, strict=True))
    frame = Curve("", [0.0, float(total)], [math.nan, math.nan], "", " ")
    low, high = min(y), max(y)
    limits = (low - 0.05, high + 0.05) if high - low < 0.1 else (low, high)
    return sketch([frame, Curve("log10 of the loss", x, y, "green", "*")], columns, rows, unicode, limits)
