"""Best polynomials in one or more variables, on a Chebyshev basis."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Polynomial", "fit_polynomial", "largest_degree", "least_squares", "polynomial_terms"]

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Polynomial:
    """A polynomial of a total degree.

    Attributes:
        degree: the largest sum of exponents.
        low: the lower ends of the box that goes to [-1, 1], shape [dimension].
        high: the upper ends.
        coefficients: of the products of Chebyshev polynomials, in the order of `_exponents`.
    """

    degree: int
    low: Array
    high: Array
    coefficients: Array = field(repr=False)

    def __call__(self, x: npt.NDArray[Any]) -> Array:
        """The values [points] at inputs [points, dimension]."""
        values: Array = _basis(_to_box(x, self.low, self.high), self.degree) @ self.coefficients
        return values


def polynomial_terms(dimension: int, degree: int) -> int:
    """The number of coefficients of a polynomial in so many variables, of that total degree."""
    return math.comb(dimension + degree, degree)


def largest_degree(dimension: int, terms: int) -> int:
    """The largest total degree with at most so many coefficients; -1 if there is none."""
    degree = -1
    while polynomial_terms(dimension, degree + 1) <= terms:
        degree += 1
    return degree


def fit_polynomial(x: npt.NDArray[Any], y: npt.NDArray[Any], degree: int) -> Polynomial:
    """The polynomial of least squared error.

    Args:
        x: shape [points, dimension].
        y: shape [points].
        degree: the total degree.
    """
    x = np.asarray(x, dtype=np.float64)
    low, high = x.min(axis=0), x.max(axis=0)
    basis = _basis(_to_box(x, low, high), degree)
    coefficients = least_squares(basis, np.asarray(y, dtype=np.float64))
    return Polynomial(degree, low, high, coefficients)


def least_squares(basis: Array, y: Array) -> Array:
    """The coefficients [terms] of columns [points, terms] that come nearest to y; the smallest ones if many do."""
    import torch

    # NumPy's own would take all cores for itself: on a busy machine its threads wait for each other, a hundred times
    # as long as the arithmetic takes.
    precision = np.finfo(np.float64).eps * max(basis.shape)
    found = torch.linalg.lstsq(torch.from_numpy(basis), torch.from_numpy(y[:, None]), rcond=precision, driver="gelsd")
    coefficients: Array = found.solution[:, 0].numpy()
    return coefficients


def _to_box(x: npt.NDArray[Any], low: Array, high: Array) -> Array:
    size = np.where(high > low, high / 2 - low / 2, 1.0)
    return np.asarray((x - low) / size - np.where(high > low, 1.0, 0.0), dtype=np.float64)


def _basis(unit: Array, degree: int) -> Array:
    """Products of Chebyshev polynomials, shape [points, terms]."""
    powers = np.polynomial.chebyshev.chebvander(unit, degree)  # [points, dimension, degree + 1]
    columns = [
        np.prod([powers[:, variable, power] for variable, power in enumerate(exponents)], axis=0)
        for exponents in _exponents(unit.shape[1], degree)
    ]
    return np.stack(columns, axis=1)


def _exponents(dimension: int, degree: int) -> list[tuple[int, ...]]:
    """All exponents of sum up to the degree: stars and bars, so that none is made in vain."""
    found = []
    for bars in itertools.combinations(range(degree + dimension), dimension):
        edges = (-1, *bars)
        found.append(tuple(edges[i + 1] - edges[i] - 1 for i in range(dimension)))
    return found
