"""Where a function is zero: single points, and whole intervals such as x <= 0 of relu."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from activations.properties.breaks import Curve, uneven_grid
from activations.properties.extremes import local_maxima

__all__ = ["Root", "roots"]

Root = float | tuple[float, float]

HALVINGS = 64
TOUCHES = 1e-13  # a minimum of |f| below this, relative to its surroundings, is a zero


def roots(function: Curve, breaks: Sequence[float], reach: float) -> tuple[Root, ...]:
    """The zeros on (-reach, reach) in increasing order.

    Args:
        function: an elementwise function of a float64 tensor.
        breaks: where the function or one of its first three derivatives breaks. An interval of zeros ends at
            breaks or at infinity; other runs of zeros are underflow and are left out.
        reach: where to look.

    Returns:
        A number for a single zero, a pair for an interval of zeros; its end is infinite if it reaches the last point.
    """
    grid = uneven_grid(-reach, reach)
    values = function(grid)
    if bool((values == 0.0).all()):
        return ((-math.inf, math.inf),)
    intervals = _intervals(grid, values, breaks)
    single = [*_crossings(function, grid, values), *_touches(function, grid, values)]
    single += [place for place in breaks if float(function(torch.tensor([place], dtype=torch.float64))) == 0.0]
    found: list[float] = []
    for place in sorted(_tidy(function, place) for place in single):
        inside = any(low - 1e-9 <= place <= high + 1e-9 for low, high in intervals)
        if not inside and (not found or place - found[-1] > 1e-7):
            found.append(place + 0.0)
    return tuple(sorted([*found, *intervals], key=lambda root: root if isinstance(root, float) else root[0]))


def _intervals(grid: Tensor, values: Tensor, breaks: Sequence[float]) -> list[tuple[float, float]]:
    zero = torch.cat([torch.tensor([False]), values == 0.0, torch.tensor([False])])
    starts = (zero[1:] & ~zero[:-1]).nonzero().flatten().tolist()
    stops = (zero[:-1] & ~zero[1:]).nonzero().flatten().tolist()
    found = []
    for start, stop in zip(starts, stops, strict=True):
        if stop - start < 2:
            continue
        low = -math.inf if start == 0 else _break_within(breaks, grid[start - 1], grid[start])
        high = math.inf if stop == len(grid) else _break_within(breaks, grid[stop - 1], grid[stop])
        if low is not None and high is not None:
            found.append((low, high))
    return found


def _break_within(breaks: Sequence[float], low: Tensor, high: Tensor) -> float | None:
    return next((place for place in breaks if float(low) <= place <= float(high)), None)


def _crossings(function: Curve, grid: Tensor, values: Tensor) -> list[float]:
    """Changes of sign, bisected; one over a jump or a pole is no zero."""
    chosen = values[:-1] * values[1:] < 0.0
    left, right, sign = grid[:-1][chosen], grid[1:][chosen], values[:-1][chosen].sign()
    before = torch.maximum(values[:-1][chosen].abs(), values[1:][chosen].abs())
    for _ in range(HALVINGS):
        middle = left + 0.4876 * (right - left)
        same = function(middle).sign() == sign
        left, right = torch.where(same, middle, left), torch.where(same, right, middle)
    places = left + 0.4876 * (right - left)
    return [float(place) for place in places[function(places).abs() <= 1e-6 * before]]


def _touches(function: Curve, grid: Tensor, values: Tensor) -> list[float]:
    places, heights = local_maxima(lambda x: -function(x).abs(), grid, -values.abs())
    if not places.numel():
        return []
    index = torch.searchsorted(grid, places).clamp(1, len(grid) - 2)
    around = torch.maximum(values[index - 1].abs(), values[index + 1].abs())
    return [float(place) for place in places[heights.abs() <= TOUCHES * around]]


def _tidy(function: Curve, place: float) -> float:
    """The shortest decimal number near the place that is as good a zero: the search ends in rounding noise."""
    size = abs(float(function(torch.tensor([place], dtype=torch.float64))))
    for digits in range(4, 14):
        short = round(place, digits)
        if abs(short - place) > 1e-4:
            continue
        if abs(float(function(torch.tensor([short], dtype=torch.float64)))) <= size:
            return short
    return place
