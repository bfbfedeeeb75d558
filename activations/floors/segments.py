"""The least error of a function of few pieces, each of them a polynomial: exact, by dynamic programming.

Bellman, Roth 1969, "Curve fitting by segmented straight lines": the best k pieces up to a point are the best k - 1
pieces up to some earlier point and one piece from there on. Only the cost of every possible piece is needed.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activations.errors import DataError
from activations.fitting.settings import require_count

__all__ = ["MAX_DEGREE", "MAX_POINTS", "best_breaks", "distinct_points", "segmented_floor"]

Array: TypeAlias = npt.NDArray[np.float64]

MAX_DEGREE = 8
MAX_POINTS = 4000  # distinct ones; the costs of all pieces are a table of 8 bytes for each pair


def segmented_floor(
    x: npt.NDArray[Any], y: npt.NDArray[Any], pieces: int, degree: int = 1, *, isolated: bool = False
) -> Array:
    """The least RMSE that a function of at most k polynomial pieces can have at the given points, for k = 1, 2, ….

    The pieces need not join. Points of equal x lie in the same piece, since a function has one value there.

    Args:
        x: shape [points], in any order, with repetitions or without.
        y: shape [points].
        pieces: the largest k.
        degree: of each piece: 0 for constants, 1 for straight lines, at most 8.
        isolated: whether the value at a break may be any number, as that of `sign` at 0 is neither -1 nor 1.

    Returns:
        The errors for k = 1 to `pieces`, float64 of shape [pieces], never increasing.

    Raises:
        DataError: no points, different numbers of x and y, values that are not finite, or too many points.
        SettingError: `pieces` or `degree` is out of range.
    """
    x, y = _checked(x, y)
    require_count("degree", degree, 0, MAX_DEGREE)
    require_count("pieces", pieces, 1, 2**31)
    scale = float(np.abs(y).max()) or 1.0
    places, weights, means, rest = _merged(x, y / scale)
    if len(places) > MAX_POINTS:
        raise DataError(f"{len(places)} distinct points; the exact floor takes at most {MAX_POINTS}, give fewer")
    costs = _piece_costs(places, weights, means, degree)
    totals, _ = _least_totals(costs, min(pieces, len(places)), isolated)
    errors = scale * np.sqrt((totals + rest) / len(x))
    # More pieces than points have nothing left to do.
    return np.concatenate([errors, np.full(pieces - len(errors), errors[-1])])


def best_breaks(x: npt.NDArray[Any], y: npt.NDArray[Any], pieces: int, degree: int = 1) -> Array:
    """Where the best function of so many pieces breaks: the middles between the points on both sides.

    Args:
        x: shape [points].
        y: shape [points].
        pieces: their number; fewer are used if fewer fit as well.
        degree: of each.

    Returns:
        The breaks in increasing order, at most `pieces` - 1.
    """
    x, y = _checked(x, y)
    places, weights, means, _ = _merged(x, y / (float(np.abs(y).max()) or 1.0))
    costs = _piece_costs(places, weights, means, degree)
    _, starts = _least_totals(costs, min(pieces, len(places)), isolated=False)
    breaks = []
    end = len(places)
    for chosen in reversed(starts):
        start = int(chosen[end - 1])
        if 0 < start < end:
            breaks.append((places[start - 1] + places[start]) / 2)
        end = start if start < end else end
        if end == 0:
            break
    return np.array(breaks[::-1])


def distinct_points(x: npt.NDArray[Any]) -> int:
    """The number of different values."""
    return len(np.unique(x))


def _checked(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> tuple[Array, Array]:
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape or not len(x):
        raise DataError(f"x has shape {x.shape}, y {y.shape}; give two rows of equally many numbers")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise DataError("a point is not finite; leave such points out")
    return x, y


def _merged(x: Array, y: Array) -> tuple[Array, Array, Array, float]:
    """Sorted points with one for each x: places, weights, mean values, and the squares that no function can fit."""
    places, group, counts = np.unique(x, return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=y) / counts
    rest = float(np.sum((y - means[group]) ** 2))
    return places, counts.astype(np.float64), means, rest


def _piece_costs(x: Array, weights: Array, y: Array, degree: int) -> Array:
    """The least sum of squares over the points i to j, at [j, i]; infinite for i > j.

    For each start i a triangular factor of the least squares problem takes up one point after the other by Givens
    rotations. What a rotation leaves of the value is the new point's share of the sum: it is never found as a
    difference of large numbers, so an exact fit costs 0 to the rounding of y and not to its square root. Each start
    has coordinates of its own, in which short pieces far out are as well conditioned as any.
    """
    count = len(x)
    span = float(x[-1] / 2 - x[0] / 2) or 1.0
    unit = x / span
    factor = np.zeros((degree + 1, degree + 2, count))
    squares = np.zeros(count)
    costs = np.full((count, count), np.inf)
    for j in range(count):
        starts = slice(0, j + 1)
        root = np.sqrt(weights[j])
        steps = unit[j] - unit[starts]
        row = [np.full(j + 1, root)]
        for _ in range(degree):
            row.append(row[-1] * steps)
        row.append(root * (y[j] - y[starts]))
        for column in range(degree + 1):
            kept = factor[column, :, starts]
            length = np.sqrt(kept[column] ** 2 + row[column] ** 2)
            full = length > 0
            safe = np.where(full, length, 1.0)
            cosine, sine = np.where(full, kept[column] / safe, 1.0), row[column] / safe
            for other in range(column + 1, degree + 2):
                kept[other], row[other] = (
                    cosine * kept[other] + sine * row[other],
                    cosine * row[other] - sine * kept[other],
                )
            kept[column] = length
        squares[starts] += row[-1] ** 2
        costs[j, starts] = squares[starts]
    return costs


def _least_totals(costs: Array, pieces: int, isolated: bool) -> tuple[Array, list[npt.NDArray[np.intp]]]:
    """The least sum over all points for 1 to `pieces` pieces; and for each further piece, where it best starts.

    A start for the first j + 1 points stands at [j]; it is j + 1 for a piece that is better left empty.
    """
    count = len(costs)
    # best[j]: the first j points in the pieces so far; a piece may be empty, so "k pieces" means "at most k".
    best = np.concatenate([[0.0], costs[:, 0]])
    totals, starts = [best[-1]], []
    table = np.empty_like(costs)
    rows = np.arange(count)
    for _ in range(pieces - 1):
        reached = best.copy()
        if isolated:
            reached[1:] = np.minimum(best[1:], best[:-1])
        np.add(costs, reached[:count], out=table)
        start = table.argmin(axis=1)
        found = table[rows, start]
        starts.append(np.where(found < reached[1:], start, rows + 1))
        best = np.concatenate([[0.0], np.minimum(found, reached[1:])])
        totals.append(best[-1])
    return np.array(totals), starts
