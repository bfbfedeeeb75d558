"""The least upper bound of a function on the real line, and whether it is attained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from activations.properties.breaks import Curve, uneven_grid
from activations.properties.tails import grows, limit, shortened

__all__ = ["Bound", "largest_slope", "local_maxima", "lower_bound", "upper_bound"]

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
STEPS = 48
BESIDE = 1e-15  # how far beside a break its one-sided limit is read
CLOSE = 1e-10


@dataclass(frozen=True)
class Bound:
    """A least upper or greatest lower bound.

    Attributes:
        value: it may be infinite.
        attained: whether the function takes the value.
    """

    value: float
    attained: bool


def upper_bound(function: Curve, breaks: Sequence[float], reach: float) -> Bound:
    """The least upper bound over all real numbers.

    Args:
        function: an elementwise function of a float64 tensor.
        breaks: where the function or one of its first three derivatives breaks. A level that the function
            reaches there is attained; one that it merely rounds to, as tanh(20) rounds to 1, is not.
        reach: features are looked for on (-reach, reach), limits beyond.
    """
    grid = uneven_grid(-reach, reach)
    values = function(grid)
    if _is_constant(values):
        return Bound(float(values[0]), True)
    sides = _beside(breaks)
    at_breaks, at_sides = _finite(function(torch.tensor(breaks, dtype=torch.float64))), function(sides)
    overflows = bool((at_sides == math.inf).any() | (values == math.inf).any())
    if overflows or any(math.inf in _diverges(function, place) for place in breaks):
        return Bound(math.inf, False)
    places, peaks = local_maxima(function, grid, values)
    # A climb towards a jump ends beside it; what is true there is read from the two sides.
    peaks = peaks[_off(places, breaks)]
    reached = _largest([peaks, at_breaks])
    seen = max(reached, _largest([values, at_sides]))
    if grows(function, 1, seen) or grows(function, -1, seen):
        return Bound(math.inf, False)
    limits = [level for side in (-1, 1) if (level := limit(function, side)) is not None]
    approached = max([_largest([at_sides]), *limits])
    found = max(reached, approached)
    if not math.isfinite(found):
        return Bound(_largest([values]), False)
    margin = CLOSE * max(abs(found), min(1.0, float(_finite(values).abs().max())))
    if reached < found - margin:
        # Beside a break the value may be that of a level piece, as for the sign function.
        beyond = function(sides + (sides - _centres(breaks)) * 1e6)
        flat = (at_sides >= found - margin) & (beyond == at_sides)
        return Bound(shortened(found, 1e-13), bool(flat.any()))
    if found > max(limits, default=-math.inf) + margin:
        return Bound(shortened(found, 1e-13), True)
    # Both a value and a limit come to the bound: only a break or a true hill proves that it is reached.
    exact = max(limits)
    hill = _largest([_hills(function, grid, values)]) >= exact - CLOSE * margin
    return Bound(exact, hill or bool((at_breaks == exact).any()) or bool((at_sides == exact).any()))


def lower_bound(function: Curve, breaks: Sequence[float], reach: float) -> Bound:
    """The greatest lower bound over all real numbers; arguments as for `upper_bound`."""
    mirrored = upper_bound(lambda x: -function(x), breaks, reach)
    return Bound(-mirrored.value + 0.0, mirrored.attained)


def largest_slope(slope: Curve, jumps: Sequence[float], breaks: Sequence[float], reach: float) -> float:
    """The least Lipschitz constant, sup |f'|: infinite at a jump, at a vertical tangent or if f' grows."""
    if jumps or any(_diverges(slope, place) for place in breaks):
        return math.inf
    return upper_bound(lambda x: slope(x).abs(), breaks, reach).value


def local_maxima(function: Curve, grid: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """The places and values of all local maxima between the ends of the grid, by golden-section search."""
    middle = values[1:-1]
    before, after = values[:-2], values[2:]
    chosen = (middle >= before) & (middle >= after) & ((middle > before) | (middle > after))
    left, right = grid[:-2][chosen], grid[2:][chosen]
    if not left.numel():
        return left, left
    for _ in range(STEPS):
        inner = torch.stack([right - GOLDEN * (right - left), left + GOLDEN * (right - left)])
        first, second = function(inner)
        go_left = first >= second
        left, right = torch.where(go_left, left, inner[0]), torch.where(go_left, inner[1], right)
    places = torch.stack([left, (left + right) / 2.0, right, grid[1:-1][chosen]])
    heights = function(places)
    best = heights.nan_to_num(nan=-math.inf).argmax(dim=0, keepdim=True)
    return places.gather(0, best)[0], heights.gather(0, best)[0]


def _hills(function: Curve, grid: Tensor, values: Tensor) -> Tensor:
    """Local maxima from which the function descends on both sides; a level that it saturates at is none."""
    known = values.nan_to_num(nan=math.inf)
    lowest_before = torch.cummin(known, dim=0).values
    lowest_after = torch.cummin(known.flip(0), dim=0).values.flip(0)
    places, heights = local_maxima(function, grid, values)
    index = torch.searchsorted(grid, places).clamp(max=len(grid) - 1)
    drop = 1e-6 * heights.abs().clamp(min=1e-6)
    return heights[(lowest_before[index] < heights - drop) & (lowest_after[index] < heights - drop)]


def _diverges(function: Curve, place: float) -> set[float]:
    """The infinities that a function goes to beside a break: changes towards it do not shrink."""
    distances = torch.tensor([1e-4, 1e-7, 1e-10, 1e-13], dtype=torch.float64) * max(1.0, abs(place))
    found: set[float] = set()
    for side in (-1.0, 1.0):
        values = function(place + side * distances)
        values = values[~values.isnan()]
        if len(values) < len(distances):
            continue
        found |= {value for value in values.tolist() if math.isinf(value)}
        changes = values.diff()
        noise = 1e-3 * (1.0 + float(values.abs().min()))
        if float(changes[2].abs()) > noise and float(changes[2].abs()) >= 0.5 * float(changes[1].abs()):
            found.add(math.copysign(math.inf, float(changes[2])))
    return found


def _off(places: Tensor, breaks: Sequence[float]) -> Tensor:
    """Whether a place is none of the breaks."""
    centres = torch.tensor(breaks, dtype=torch.float64)
    return ((places[:, None] - centres).abs() > 1e-6 * centres.abs().clamp(min=1.0)).all(dim=1)


def _beside(breaks: Sequence[float]) -> Tensor:
    centres = torch.tensor(breaks, dtype=torch.float64)
    step = BESIDE * centres.abs().clamp(min=1.0)
    return torch.cat([centres - step, centres + step])


def _centres(breaks: Sequence[float]) -> Tensor:
    return torch.tensor([*breaks, *breaks], dtype=torch.float64)


def _is_constant(values: Tensor) -> bool:
    return bool((values == values[0]).all())


def _finite(values: Tensor) -> Tensor:
    return values[values.isfinite()]


def _largest(groups: Sequence[Tensor]) -> float:
    values = torch.cat([_finite(group) for group in groups])
    return float(values.max()) if values.numel() else -math.inf
