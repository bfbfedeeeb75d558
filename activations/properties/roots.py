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
BESIDE = 0.0297  # a zero stands out if the function differs from zero this far off
TOUCHES = 1e-13  # a minimum of |f| below this, relative to its surroundings, is a zero


def roots(function: Curve, breaks: Sequence[float], reach: float, rounding: float = 0.0) -> tuple[Root, ...]:
    """The zeros on (-reach, reach) in increasing order.

    Args:
        function: an elementwise function of a float64 tensor.
        breaks: where the function or one of its first three derivatives breaks. An interval of zeros ends at
            breaks or at infinity; other runs of zeros are underflow and are left out.
        reach: where to look.
        rounding: values up to this times |x| are zero but for rounding.

    Returns:
        A number for a single zero, a pair for an interval of zeros, whose end is infinite if it comes to the
        last point.
    """
    grid = uneven_grid(-reach, reach)
    values = function(grid)
    zero = values.abs() <= rounding * grid.abs()
    if bool(zero.all()):
        return ((-math.inf, math.inf),)
    intervals = _intervals(grid, zero, breaks)
    scale = min(1.0, float(values[values.isfinite()].abs().max()))
    single = torch.cat([_crossings(function, grid, values), _touches(function, grid, values)])
    single = single[_stand_out(function, single, scale)]
    joints = torch.tensor(breaks, dtype=torch.float64)
    single = torch.cat([single, joints[function(joints) == 0.0]])
    found: list[float] = []
    for place in _tidy(function, single).sort().values.tolist():
        inside = any(low - 1e-9 <= place <= high + 1e-9 for low, high in intervals)
        if not inside and (not found or place - found[-1] > 1e-7):
            found.append(place + 0.0)
    return tuple(sorted([*found, *intervals], key=lambda root: root if isinstance(root, float) else root[0]))


def _intervals(grid: Tensor, zero: Tensor, breaks: Sequence[float]) -> list[tuple[float, float]]:
    """Runs of zeros between breaks or up to the ends of the grid."""
    framed = torch.cat([torch.tensor([False]), zero, torch.tensor([False])])
    starts = (framed[1:] & ~framed[:-1]).nonzero().flatten().tolist()
    stops = (framed[:-1] & ~framed[1:]).nonzero().flatten().tolist()
    found = []
    for start, stop in zip(starts, stops, strict=True):
        if stop - start < 2:
            continue
        low = -math.inf if start == 0 else _break_within(breaks, grid[start - 1], grid[start])
        high = math.inf if stop == len(zero) else _break_within(breaks, grid[stop - 1], grid[stop])
        if low is not None and high is not None:
            found.append((low, high))
    return found


def _break_within(breaks: Sequence[float], low: Tensor, high: Tensor) -> float | None:
    return next((place for place in breaks if float(low) <= place <= float(high)), None)


def _crossings(function: Curve, grid: Tensor, values: Tensor) -> Tensor:
    """Changes of sign, bisected; one over a jump or a pole is no zero."""
    chosen = values[:-1] * values[1:] < 0.0
    left, right, sign = grid[:-1][chosen], grid[1:][chosen], values[:-1][chosen].sign()
    before = torch.maximum(values[:-1][chosen].abs(), values[1:][chosen].abs())
    for _ in range(HALVINGS):
        middle = left + 0.4876 * (right - left)
        same = function(middle).sign() == sign
        left, right = torch.where(same, middle, left), torch.where(same, right, middle)
    places = left + 0.4876 * (right - left)
    return places[function(places).abs() <= 1e-6 * before]


def _touches(function: Curve, grid: Tensor, values: Tensor) -> Tensor:
    """Minima of |f| that come down to zero without a change of sign."""
    places, heights = local_maxima(lambda x: -function(x).abs(), grid, -values.abs())
    index = torch.searchsorted(grid, places).clamp(1, len(grid) - 2)
    around = torch.maximum(values[index - 1].abs(), values[index + 1].abs())
    return places[heights.abs() <= TOUCHES * around]


def _stand_out(function: Curve, places: Tensor, scale: float) -> Tensor:
    """Whether the function leaves zero on both sides: other zeros are rounding or underflow."""
    noise = 1e-9 * scale * places.abs().clamp(min=1.0)
    left, right = function(places - BESIDE).abs(), function(places + BESIDE).abs()
    return ~(left <= noise) & ~(right <= noise)


def _tidy(function: Curve, places: Tensor) -> Tensor:
    """The shortest decimal numbers near the places that are as good zeros: the search ends in noise."""
    size = function(places).abs()
    tidied = places
    for digits in range(13, 3, -1):
        short = (places * 10.0**digits).round() / 10.0**digits
        good = ((short - places).abs() <= 1e-4) & (function(short).abs() <= size)
        tidied = torch.where(good, short, tidied)
    return tidied
