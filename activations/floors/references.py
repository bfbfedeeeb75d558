"""Fits without a network, of as many parameters: affine, polynomial, natural cubic spline, free-knot linear spline."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activations.fitting.samples import Samples
from activations.floors.polynomials import fit_polynomial, largest_degree, polynomial_terms
from activations.floors.segments import distinct_points
from activations.floors.splines import fit_free_knots, fit_natural_spline, spread_knots

__all__ = ["Reference", "reference_fits"]

Array: TypeAlias = npt.NDArray[np.float64]


MAX_SPLINE = 500


@dataclass(frozen=True)
class Reference:
    """A fitted function to set beside networks.

    Attributes:
        name: "affine", "polynomial", "natural cubic spline" or "free-knot spline".
        parameters: number of fitted values, positions of free knots included.
        function: values [points] at inputs [points, dimension], both in the network's units.
    """

    name: str
    parameters: int
    function: Callable[[Array], Array] = field(repr=False)

    def outputs(self, x: npt.NDArray[Any]) -> Array:
        """Values of shape [points, 1], as a network gives them."""
        return self.function(np.asarray(x, dtype=np.float64))[:, None]


def reference_fits(samples: Samples, parameters: int) -> tuple[Reference, ...]:
    """Fit the references to the training points, as a network is.

    Each has as many parameters as the network, or the nearest smaller number that it can have: a total degree gives
    whole steps, a free knot costs two. The points set limits too: a polynomial has at most 2*sqrt(n) coefficients for n
    different training points, beyond which least squares is unstable; a spline has at most n, and at most 500.

    Args:
        samples: of a regression.
        parameters: of the network; an affine function is there in any case.

    Returns:
        For one input all four, for more the affine function and the polynomial, unless that would be affine too; none
        for a classification or several outputs.
    """
    if samples.classes or samples.training.y.shape[1] > 1:
        return ()
    x = samples.scaling.input_to_network(samples.training.x)
    y = samples.scaling.value_to_network(samples.training.y)[:, 0]
    points, dimension = len(np.unique(x, axis=0)), x.shape[1]
    stable = max(dimension + 1, int(2 * math.sqrt(points)))
    degree = max(largest_degree(dimension, min(parameters, stable)), 1)
    found = [Reference("affine", dimension + 1, fit_polynomial(x, y, 1))]
    if degree > 1:
        found.append(Reference("polynomial", polynomial_terms(dimension, degree), fit_polynomial(x, y, degree)))
    if dimension == 1 and distinct_points(x) > 1:
        line = x[:, 0]
        allowed = max(min(parameters, points, MAX_SPLINE), 2)
        knots = spread_knots(line, allowed)
        natural = fit_natural_spline(line, y, knots)
        found.append(Reference("natural cubic spline", len(knots), lambda x: natural(x[:, 0])))
        free = fit_free_knots(line, y, (allowed - 2) // 2)
        found.append(Reference("free-knot spline", 2 * len(free.knots) - 2, lambda x: free(x[:, 0])))
    return tuple(found)
