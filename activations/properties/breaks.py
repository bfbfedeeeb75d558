"""Where a function or one of its derivatives breaks, found from values alone by bisection."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["RESOLUTION", "Curve", "breaks", "uneven_grid"]

Curve = Callable[[Tensor], Tensor]

RESOLUTION = 0.003  # breaks closer than this may be taken for one
CLIMBS = 96
HALVINGS = 64  # from the resolution down to neighbouring float64 numbers
SPLIT = 0.4876  # not 1/2: a symmetric function would keep both halves equal
RELATIVE_TOLERANCE = 1e-6  # of the largest value within NEIGHBOURHOOD
ABSOLUTE_TOLERANCE = 1e-7  # of the largest value anywhere, if that is below 1
NEIGHBOURHOOD = 2.0
NEAR, FAR = 2.0**-44, 2.0**-27  # distances at which a candidate is judged, relative to max(1, |x|)
SHRINKS = 0.5  # a continuous function changes by less than this share of its change at FAR


def uneven_grid(low: float, high: float, spacing: float = RESOLUTION) -> Tensor:
    """Increasing float64 points over (low, high), about `spacing` apart, none of them a round number."""
    count = max(2, math.ceil((high - low) / spacing))
    index = torch.arange(count, dtype=torch.float64)
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    return low + (high - low) / count * (index + 0.31 + 0.37 * (index * golden).frac())


def breaks(curve: Curve, low: float, high: float) -> tuple[float, ...]:
    """The points in (low, high) at which the curve is not continuous: jumps, poles, infinities of any kind.

    Every interval of an uneven grid is bisected towards the half over which the curve changes more, down to
    neighbouring numbers; an interval whose change shrinks with its width holds no break. Steep but continuous
    places, rounding noise and infinite slopes are no breaks.

    Args:
        curve: an elementwise function of a float64 tensor; where it is not finite it is left out.
        low: the lower end.
        high: the upper end.

    Returns:
        The positions in increasing order, to the last digits of float64.
    """
    grid = uneven_grid(low, high)
    values = curve(grid)
    tolerance = _tolerance(grid, values)
    steps, step_tolerance = _bisect(curve, grid, values, tolerance)
    peaks, peak_tolerance = _climb(curve, grid, values, tolerance)
    positions = _tidy(torch.cat([steps, peaks]))
    return _distinct(*_judge(curve, positions, torch.cat([step_tolerance, peak_tolerance])))


def _bisect(curve: Curve, grid: Tensor, values: Tensor, tolerance: Tensor) -> tuple[Tensor, Tensor]:
    """Where changes concentrate: the places that bisection of the intervals ends in; and their tolerances."""
    tolerance = torch.maximum(tolerance[:-1], tolerance[1:])
    left, right, at_left, at_right = grid[:-1], grid[1:], values[:-1], values[1:]
    alive = at_left.isfinite() & at_right.isfinite()
    for _ in range(HALVINGS):
        alive = alive & (_change(at_left, at_right) > tolerance)
        left, right, at_left, at_right, tolerance = (
            tensor[alive] for tensor in (left, right, at_left, at_right, tolerance)
        )
        if not left.numel():
            break
        middle = left + SPLIT * (right - left)
        at_middle = curve(middle)
        go_left = _change(at_left, at_middle) >= _change(at_middle, at_right)
        left, at_left = torch.where(go_left, left, middle), torch.where(go_left, at_left, at_middle)
        right, at_right = torch.where(go_left, middle, right), torch.where(go_left, at_middle, at_right)
        alive = torch.ones_like(go_left)
    return left + SPLIT * (right - left), tolerance


def _climb(curve: Curve, grid: Tensor, values: Tensor, tolerance: Tensor) -> tuple[Tensor, Tensor]:
    """Where local extrema are, by golden-section search; and their tolerances.

    Bisection alone could miss a pole, whose two sides it takes for equals.
    """
    middle = values[1:-1]
    upward = (middle > values[:-2]) & (middle >= values[2:])
    downward = (middle < values[:-2]) & (middle <= values[2:])
    chosen = (upward | downward) & values[:-2].isfinite() & values[2:].isfinite()
    sign = torch.where(upward, 1.0, -1.0)[chosen]
    left, right, tolerance = grid[:-2][chosen], grid[2:][chosen], tolerance[1:-1][chosen]
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    for _ in range(CLIMBS):
        if not left.numel():
            break
        inner_left, inner_right = right - golden * (right - left), left + golden * (right - left)
        at = sign * curve(torch.stack([left, inner_left, inner_right, right])).nan_to_num(nan=math.inf)
        go_left = at[1] >= at[2]
        left, right = torch.where(go_left, left, inner_left), torch.where(go_left, inner_right, right)
        alive = ~((at.amax(dim=0) - at.amin(dim=0)) <= tolerance)
        left, right, sign, tolerance = (tensor[alive] for tensor in (left, right, sign, tolerance))
    return (left + right) / 2.0, tolerance


def _change(first: Tensor, second: Tensor) -> Tensor:
    """The change between two values; the way to a point without a value is the most interesting one."""
    return (second - first).abs().nan_to_num(nan=math.inf)


def _tolerance(grid: Tensor, values: Tensor) -> Tensor:
    """What counts as no change at all at each point: a small share of the values around it."""
    size = values.abs().nan_to_num(nan=0.0, posinf=0.0)
    block = 64
    blocks = torch.nn.functional.max_pool1d(size[None], block, ceil_mode=True)
    spacing = float(grid[-1] - grid[0]) / (len(grid) - 1)
    reach = math.ceil(NEIGHBOURHOOD / spacing / block)
    nearby = torch.nn.functional.max_pool1d(blocks, 2 * reach + 1, stride=1, padding=reach)[0]
    local = nearby.repeat_interleave(block)[: len(grid)]
    return RELATIVE_TOLERANCE * local + ABSOLUTE_TOLERANCE * min(1.0, float(size.max()))


def _tidy(positions: Tensor) -> Tensor:
    """Replace a position by a short decimal within its accuracy: 0.49999999999999994 is 0.5."""
    short = (positions * 1e9).round() / 1e9
    return torch.where((short - positions).abs() <= 1e-15 * positions.abs().clamp(min=1.0), short, positions)


def _judge(curve: Curve, positions: Tensor, tolerance: Tensor) -> tuple[Tensor, Tensor]:
    """Keep positions around which the curve's change does not shrink with the distance; and these changes."""
    size = positions.abs().clamp(min=1.0)

    def spread(distance: float) -> Tensor:
        steps = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]], dtype=torch.float64) * distance
        points = positions + steps * size
        around = curve(points.reshape(-1)).reshape(points.shape)
        known = around.isfinite()
        highest = torch.where(known, around, -math.inf).amax(dim=0)
        lowest = torch.where(known, around, math.inf).amin(dim=0)
        return (highest - lowest).clamp(min=0.0)

    near, far = spread(NEAR), spread(FAR)
    kept = (near > tolerance) & (near >= SHRINKS * far)
    return positions[kept], near[kept]


def _distinct(positions: Tensor, changes: Tensor) -> tuple[float, ...]:
    """One position for each break: the one with the largest change among those that agree to 1e-8."""
    found: list[tuple[float, float]] = []
    for position, change in sorted(zip(positions.tolist(), changes.tolist(), strict=True)):
        if found and position - found[-1][0] <= 1e-8 * max(1.0, abs(position)):
            if change > found[-1][1]:
                found[-1] = (position, change)
        else:
            found.append((position, change))
    return tuple(position + 0.0 for position, _ in found)
