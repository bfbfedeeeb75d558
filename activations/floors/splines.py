"""Splines in one variable: the natural cubic one with given knots, and the linear one that chooses its knots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activations.floors.polynomials import least_squares
from activations.floors.segments import best_breaks

__all__ = ["LinearSpline", "NaturalSpline", "fit_free_knots", "fit_natural_spline", "spread_knots"]

Array: TypeAlias = npt.NDArray[np.float64]

STEPS = 60
ENOUGH = 1e-9  # a relative gain that is not worth another step
DAMPING = (1e-3, 1e-12, 1e12)  # at the start, at least, at most
FOR_KNOTS = 800  # points that choose the knots; the values at them are fitted to all
NARROWEST = 1e-6  # distance of two knots, relative to the whole interval


@dataclass(frozen=True)
class NaturalSpline:
    """A cubic spline with second derivative 0 at both ends, and straight beyond them.

    Attributes:
        knots: in increasing order, at least two.
        values: at the knots.
    """

    knots: Array
    values: Array

    def __call__(self, x: npt.NDArray[Any]) -> Array:
        """The values [points] at places [points]."""
        values: Array = _natural_basis(self.knots, np.asarray(x, dtype=np.float64)) @ self.values
        return values


@dataclass(frozen=True)
class LinearSpline:
    """A continuous function of straight pieces; the outer ones go on beyond the ends.

    Attributes:
        knots: in increasing order, both ends among them.
        values: at the knots.
    """

    knots: Array
    values: Array

    def __call__(self, x: npt.NDArray[Any]) -> Array:
        """The values [points] at places [points]."""
        values: Array = _hats(self.knots, np.asarray(x, dtype=np.float64))[0] @ self.values
        return values


def spread_knots(x: npt.NDArray[Any], count: int) -> Array:
    """So many of the different values of x, both ends among them, with equally many values between neighbours."""
    places = np.unique(np.asarray(x, dtype=np.float64))
    chosen = np.linspace(0, len(places) - 1, min(count, len(places)))
    knots: Array = places[np.unique(np.round(chosen).astype(int))]
    return knots


def fit_natural_spline(x: npt.NDArray[Any], y: npt.NDArray[Any], knots: Array) -> NaturalSpline:
    """The natural cubic spline of least squared error; it interpolates if every x is a knot.

    Args:
        x: shape [points].
        y: shape [points].
        knots: some of the x, in increasing order, at least two.
    """
    basis = _natural_basis(knots, np.asarray(x, dtype=np.float64))
    return NaturalSpline(knots, least_squares(basis, np.asarray(y, dtype=np.float64)))


def fit_free_knots(x: npt.NDArray[Any], y: npt.NDArray[Any], inner: int) -> LinearSpline:
    """The linear spline of small squared error whose inner knots are fitted too.

    The first knots are the breaks of the best discontinuous pieces, or else spread over the points; each is refined by
    Levenberg and Marquardt's method on knots and values together, and the better end is taken. It is a local optimum.

    Args:
        x: shape [points], at least two of them different.
        y: shape [points].
        inner: number of knots between the ends; fewer are used if there are too few points, or if fewer do as well.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    places = np.unique(x)
    ends = places[[0, -1]]
    inner = max(0, min(inner, len(places) - 2))
    order = np.argsort(x, kind="stable")
    few = order[np.unique(np.round(np.linspace(0, len(x) - 1, min(len(x), FOR_KNOTS))).astype(int))]
    starts = [spread_knots(x, inner + 2)[1:-1]]
    if inner:
        starts.append(best_breaks(x[few], y[few], inner + 1))
    fits = [_refined(x[few], y[few], np.concatenate([ends[:1], start, ends[1:]])) for start in starts]
    best = min(fits, key=lambda fit: fit.error)
    return LinearSpline(best.knots, least_squares(_hats(best.knots, x)[0], y))


class _Fit:
    """The best values for some knots, and what the next step needs to know."""

    def __init__(self, x: Array, y: Array, knots: Array) -> None:
        self.knots = knots
        hats, piece = _hats(knots, x)
        self.values = least_squares(hats, y)
        self.residual: Array = hats @ self.values - y
        self.error = float(self.residual @ self.residual)
        # A knot moves the function by its hat times the slope of the piece, with the sign changed.
        slopes = (np.diff(self.values) / np.diff(knots))[piece]
        self.jacobian: Array = np.concatenate([hats, -slopes[:, None] * hats[:, 1:-1]], axis=1)

    def moved_knots(self, damping: float) -> Array:
        """The knots after a damped Gauss-Newton step."""
        size = np.sqrt(np.sum(self.jacobian**2, axis=0))
        size[size == 0] = 1.0
        damped = np.concatenate([self.jacobian / size, np.sqrt(damping) * np.eye(len(size))])
        step = least_squares(damped, np.concatenate([-self.residual, np.zeros(len(size))]))
        moved: Array = self.knots.copy()
        moved[1:-1] += (step / size)[len(self.values) :]
        return moved


def _refined(x: Array, y: Array, knots: Array) -> _Fit:
    """Knots and values after Levenberg and Marquardt's steps, none of which makes the error larger."""
    fit = _Fit(x, y, _apart(knots))
    damping, least, most = DAMPING
    narrowest = NARROWEST * (knots[-1] - knots[0])
    for _ in range(STEPS if len(fit.knots) > 2 else 0):
        moved = fit.moved_knots(damping)
        tried = _Fit(x, y, moved) if (np.diff(moved) > narrowest).all() else None
        if tried is not None and tried.error < fit.error:
            gained = (fit.error - tried.error) / fit.error
            fit, damping = tried, max(damping / 5, least)
            if gained <= ENOUGH:
                break
        else:
            damping *= 5
            if damping > most:
                break
    return fit


def _apart(knots: Array) -> Array:
    """Knots in increasing order, those that are too close left out."""
    gap = 2 * NARROWEST * (knots[-1] - knots[0])
    kept = [knots[0]]
    for knot in np.sort(knots[1:-1]):
        if knot - kept[-1] > gap and knots[-1] - knot > gap:
            kept.append(knot)
    return np.array([*kept, knots[-1]], dtype=np.float64)


def _hats(knots: Array, x: Array) -> tuple[Array, npt.NDArray[np.intp]]:
    """The hat functions [points, knots], and the number of the piece on which each point lies."""
    piece = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    share = (x - knots[piece]) / np.diff(knots)[piece]
    hats = np.zeros((len(x), len(knots)))
    rows = np.arange(len(x))
    hats[rows, piece], hats[rows, piece + 1] = 1 - share, share
    return hats, piece


def _natural_basis(knots: Array, x: Array) -> Array:
    """The natural splines that are 1 at one knot and 0 at the others, shape [points, knots]."""
    count = len(knots)
    width = np.diff(knots)
    bends = np.zeros((count, count))  # second derivatives at the knots, per value
    if count > 2:
        # Continuity of the slope at the inner knots.
        left = np.diag((width[:-1] + width[1:]) / 3) + np.diag(width[1:-1] / 6, 1) + np.diag(width[1:-1] / 6, -1)
        right = np.zeros((count - 2, count))
        inner = np.arange(count - 2)
        right[inner, inner] = 1 / width[:-1]
        right[inner, inner + 1] = -1 / width[:-1] - 1 / width[1:]
        right[inner, inner + 2] = 1 / width[1:]
        bends[1:-1] = np.linalg.solve(left, right)
    piece = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, count - 2)
    inside = np.clip(x, knots[0], knots[-1])
    step = width[piece]
    b = (inside - knots[piece]) / step
    a = 1 - b
    one = np.eye(count)
    scale = (step**2 / 6)[:, None]
    low, high = bends[piece], bends[piece + 1]
    basis: Array = a[:, None] * one[piece] + b[:, None] * one[piece + 1]
    basis += scale * ((a**3 - a)[:, None] * low + (b**3 - b)[:, None] * high)
    # Beyond the ends the slope stays what it is there.
    slope = (one[piece + 1] - one[piece]) / step[:, None]
    slope += (step / 6)[:, None] * ((1 - 3 * a**2)[:, None] * low + (3 * b**2 - 1)[:, None] * high)
    basis += (x - inside)[:, None] * slope
    return basis
