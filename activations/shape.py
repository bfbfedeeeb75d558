"""The data of one picture of an activation, as plain arrays and text; knows no plotting library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from activations.declare import Variant
from activations.derivatives import derivative
from activations.errors import ExpressionError
from activations.expression import parse
from activations.properties import Properties, measure, measured_jumps, measured_kinks
from activations.properties.breaks import Curve
from activations.properties.curves import curve
from activations.properties.extremes import local_maxima
from activations.properties.kinks import REACH, derivative_breaks

__all__ = ["AsymptoteLine", "Dot", "ShapeInfo", "Surface", "shape_info"]

Array = NDArray[np.float64]

POINTS = 601
MOST_POINTS = 8000
BENT = 1e-3  # of the curve's height: an interval is halved while its middle is farther off the straight line
BESIDE = 1e-9  # how far beside a break its one-sided limits are drawn
SURFACE_POINTS = 161


@dataclass(frozen=True)
class Dot:
    """A value beside or at a jump: `closed` where the function takes it, else a limit from one side."""

    x: float
    y: float
    closed: bool


@dataclass(frozen=True)
class AsymptoteLine:
    """The part of an asymptote that is worth drawing, from (x[0], y[0]) to (x[1], y[1])."""

    slope: float
    intercept: float
    x: tuple[float, float]
    y: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Surface:
    """A function of two inputs on a square grid.

    Attributes:
        axis: the coordinates of both inputs, increasing.
        value: values; rows follow the second input, columns the first.
        slopes: the partial derivatives with respect to the first and to the second input, laid out like `value`.
    """

    axis: Array
    value: Array
    slopes: tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class ShapeInfo:
    """All that a picture of one activation shows.

    Attributes:
        label: the variant's label, such as "sigmoid:beta=2".
        summary: one sentence about it.
        family: the family it belongs to.
        inputs: the names of the inputs.
        parameters: names and values of the parameters.
        symbols: inputs and parameters in LaTeX, by name.
        window: the drawn interval, of both inputs if there are two.
        x: the points, increasing; denser where a curve bends. Breaks have a point of their own and one on each
            side of it. Empty for two inputs.
        curves: for each order of derivative its values at `x`: NaN where it does not exist, so that a jump is a
            gap. Empty for two inputs.
        kinks: those within the window, jumps included.
        jumps: those within the window.
        dots: the values at jumps and their limits from both sides.
        asymptotes: those that the curve approaches without lying on them.
        formula: the formula as plain text.
        latex: the formula in LaTeX, without dollar signs.
        slope_formula: the derivative with respect to the (first) input as plain text; empty if it is too long.
        slope_latex: the same in LaTeX.
        properties: what is measured of it.
        surface: the values of a two-input activation.
    """

    label: str
    summary: str
    family: str
    inputs: tuple[str, ...]
    parameters: tuple[tuple[str, float], ...]
    symbols: Mapping[str, str]
    window: tuple[float, float]
    x: Array
    curves: Mapping[int, Array]
    kinks: tuple[float, ...]
    jumps: tuple[float, ...]
    dots: tuple[Dot, ...]
    asymptotes: tuple[AsymptoteLine, ...]
    formula: str
    latex: str
    slope_formula: str
    slope_latex: str
    properties: Properties
    surface: Surface | None = None


def shape_info(
    variant: Variant,
    window: tuple[float, float] | None = None,
    points: int | None = None,
    orders: Sequence[int] = (0, 1, 2),
) -> ShapeInfo:
    """Measure and evaluate what a picture shows.

    Args:
        variant: an activation with its parameter values.
        window: the interval to draw; the declared one unless given.
        points: how many points to begin with: along the curve 601, along each side of a surface 161.
        orders: the derivatives to evaluate, 0 for the value.

    Raises:
        ValueError: the window is empty or fewer than two points are asked for.
    """
    low, high = window or variant.activation.window
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"window=({low}, {high}) is no interval; write for example (-6, 6)")
    if points is not None and points < 2:
        raise ValueError(f"points={points} can't be drawn; ask for 2 or more")
    described = _description(variant, (float(low), float(high)))
    if variant.inputs == 2:
        surface = _surface(variant, low, high, points or SURFACE_POINTS)
        nothing: dict[str, Any] = {"x": np.empty(0), "curves": {}, "kinks": (), "jumps": ()}
        return ShapeInfo(**described, **nothing, dots=(), asymptotes=(), surface=surface)
    functions = {order: curve(variant, order, "auto") for order in orders}
    gaps = _gaps(variant, low, high, max(orders, default=0))
    x = _points(functions, low, high, points or POINTS, sorted(set().union(*gaps)))
    curves = {order: _curve_with_gaps(function, x, gaps[order]) for order, function in functions.items()}
    value = curve(variant)
    jumps = gaps[0]
    return ShapeInfo(
        **described,
        x=_array(x),
        curves=curves,
        kinks=gaps[1],
        jumps=jumps,
        dots=_dots(value, jumps),
        asymptotes=_asymptotes(value, described["properties"], (low, high)),
    )


def _description(variant: Variant, window: tuple[float, float]) -> dict[str, Any]:
    activation = variant.activation
    try:
        slope = activation.formula.derivative(activation.inputs[0])
        slope_formula, slope_latex = str(slope), slope.latex()
    except ExpressionError:
        slope_formula = slope_latex = ""
    return {
        "label": variant.label,
        "summary": activation.summary,
        "family": activation.family,
        "inputs": activation.inputs,
        "parameters": variant.values,
        "symbols": {name: parse(name, (name,)).latex() for name in [*activation.inputs, *activation.defaults]},
        "window": window,
        "formula": str(activation.formula),
        "latex": activation.formula.latex(),
        "slope_formula": slope_formula,
        "slope_latex": slope_latex,
        "properties": measure(variant),
    }


def _gaps(variant: Variant, low: float, high: float, highest: int) -> list[tuple[float, ...]]:
    """For each order the places where that derivative does not exist: the breaks of all orders up to it."""
    reach = (-REACH, REACH) if low >= -REACH and high <= REACH else (low, high)
    found: list[tuple[float, ...]] = [measured_jumps(variant, *reach), measured_kinks(variant, *reach)]
    for order in range(2, highest + 1):
        found.append(tuple(sorted({*found[-1], *derivative_breaks(variant, order, *reach)})))
    return [tuple(place for place in places if low <= place <= high) for places in found]


def _points(functions: Mapping[int, Curve], low: float, high: float, count: int, breaks: Sequence[float]) -> Tensor:
    """Points between the ends: even ones, more where a curve bends, every local extremum and every break."""
    x = torch.linspace(low, high, count, dtype=torch.float64)
    forced = []
    if 0 in functions:
        value = functions[0]
        at = value(x)
        forced += [local_maxima(value, x, at)[0], local_maxima(lambda t: -value(t), x, -at)[0]]
    places = torch.tensor(breaks, dtype=torch.float64)
    step = BESIDE * places.abs().clamp(min=1.0)
    forced += [places - step, places, places + step]
    x = _increasing(torch.cat([x, *forced]))
    while len(x) < MOST_POINTS:
        middle = (x[1:] + x[:-1]) / 2.0
        bent = torch.zeros(len(middle), dtype=torch.bool)
        for function in functions.values():
            ends, between = function(x), function(middle)
            off = (between - (ends[1:] + ends[:-1]) / 2.0).abs()
            known = ends[ends.isfinite()]
            height = float(torch.quantile(known.abs(), 0.98)) if known.numel() else 0.0
            bent |= off > BENT * height
        bent &= x.diff() > (high - low) * 1e-5
        if not bool(bent.any()):
            break
        x = _increasing(torch.cat([x, middle[bent]]))
    crowded = ((x[:, None] - places).abs() < 0.99 * step).any(dim=1) & ~torch.isin(x, places)
    return x[(x >= low) & (x <= high) & ~crowded]


def _curve_with_gaps(function: Curve, x: Tensor, gaps: Sequence[float]) -> Array:
    y = function(x).clone()
    y[~y.isfinite()] = torch.nan
    if gaps:
        y[torch.isin(x, torch.tensor(gaps, dtype=torch.float64))] = torch.nan
    return _array(y)


def _dots(function: Curve, jumps: Sequence[float]) -> tuple[Dot, ...]:
    found = []
    for place in jumps:
        step = BESIDE * max(1.0, abs(place))
        left, at, right = function(torch.tensor([place - step, place, place + step], dtype=torch.float64)).tolist()
        # Beside a jump the function moves on by a tiny step only; more than that is another value.
        close = 1e-6 * max(1.0, abs(at))
        found += [Dot(place, side, closed=False) for side in (left, right) if abs(side - at) > close]
        found.append(Dot(place, at, closed=True))
    return tuple(dot for dot in found if np.isfinite(dot.y))


def _asymptotes(function: Curve, properties: Properties, window: tuple[float, float]) -> tuple[AsymptoteLine, ...]:
    low, high = window
    middle = min(max(0.0, low), high)
    found = []
    sides = ((low, middle), (middle, high))
    for (start, end), line in zip(sides, properties.asymptotes or (None, None), strict=True):
        if line is None or start == end:
            continue
        ends = torch.tensor([start, end], dtype=torch.float64)
        heights = line.slope * ends + line.intercept
        along = torch.linspace(start, end, 33, dtype=torch.float64)
        distance = (function(along) - (line.slope * along + line.intercept)).abs()
        outermost = distance[0] if start == low else distance[-1]
        # Nothing to see where the curve itself is the line, nor where they do not meet in the picture.
        if float(distance.max()) > 1e-3 * (high - low) and float(outermost) < 0.25 * (high - low):
            y = (float(heights[0]), float(heights[1]))
            found.append(AsymptoteLine(line.slope, line.intercept, (start, end), y))
    return tuple(found)


def _surface(variant: Variant, low: float, high: float, points: int) -> Surface:
    axis = torch.linspace(low, high, points, dtype=torch.float64)
    second, first = torch.meshgrid(axis, axis, indexing="ij")
    slopes = tuple(_array(derivative(variant, first, second, wrt=number)) for number in (0, 1))
    return Surface(_array(axis), _array(variant(first, second).detach()), (slopes[0], slopes[1]))


def _increasing(x: Tensor) -> Tensor:
    distinct: Tensor = torch.unique(x, sorted=True)
    return distinct


def _array(tensor: Tensor) -> Array:
    found: Array = tensor.detach().numpy().astype(np.float64)
    return found
