"""The known curves nearest to a given one, as they are and up to affine maps of input and output."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from activations.declare import Activation, Variant, number
from activations.registry import Registry, default_registry

__all__ = ["AffineNeighbour", "Neighbour", "Similarity", "similar"]

REACH = 8.0
POINTS = 1600
PLANE_POINTS = 40  # along each side of the square, for two inputs
FAR_REACH = 30.0  # exact duplicates agree there too
SAME = 1e-9
SCALES = tuple(sign * 2.0 ** (k / 4) for sign in (1.0, -1.0) for k in range(-8, 9))
SIMPLE = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
SHIFTS = tuple(k / 4 for k in range(-8, 9))
LARGEST_SCALE = 4.0
LARGEST_SHIFT = 8.0
REFINED = 3  # times as many candidates are refined as are shown
HALVINGS = 34
MOST_STEPS = 250
MOST_LEFT_OUT = 0.1  # of the points, where a curve has no value


@dataclass(frozen=True)
class Neighbour:
    """A known curve g beside the one asked for, f.

    Attributes:
        variant: the known activation.
        distance: rms(f - g) over the larger of rms f and rms g, on the grid: 0 if equal, about 1 if unrelated.
        largest_difference: max |f - g| on the grid.
    """

    variant: Variant
    distance: float
    largest_difference: float


@dataclass(frozen=True)
class AffineNeighbour:
    """A known curve g that comes near f when it is scaled and shifted: f(x) ≈ a*g(c*x + d) + b.

    Attributes:
        variant: the known activation.
        distance: rms of the rest over the standard deviation of f, on the grid: 0 if equal, 1 if unrelated.
        exact: whether both sides are equal up to rounding, with the numbers below.
        output_scale: a.
        output_shift: b.
        input_scale: c, at most 4 and at least 1/4 in size.
        input_shift: d.
    """

    variant: Variant
    distance: float
    exact: bool
    output_scale: float
    output_shift: float
    input_scale: float
    input_shift: float

    @property
    def formula(self) -> str:
        """The right-hand side as text, such as `2*sigmoid(2*x) - 1`."""
        inside = _affine_text(self.input_scale, "x", self.input_shift)
        return _affine_text(self.output_scale, f"{self.variant.label}({inside})", self.output_shift)


@dataclass(frozen=True)
class Similarity:
    """What is near an activation.

    Attributes:
        variant: the activation that was asked for.
        same: known activations with the same curve.
        nearest: the nearest others, the nearest first.
        affine: the nearest up to affine maps of input and output, empty for two inputs and for a constant.
    """

    variant: Variant
    same: tuple[Variant, ...]
    nearest: tuple[Neighbour, ...]
    affine: tuple[AffineNeighbour, ...]


def similar(activation: str | Activation | Variant, *, count: int = 5, registry: Registry | None = None) -> Similarity:
    """Find the known activations nearest to one, at their default parameters.

    Curves are compared on an even grid over [-8, 8] (a square for two inputs); duplicates must agree to 1e-9 on
    [-30, 30] too. Points at which either has no finite value are left out; a curve that lacks more than a tenth of
    them is not compared. The best affine map is looked for with input scales of 1/4 to 4, reflections included.

    Args:
        activation: a name, a name with settings, a formula, or a declaration.
        count: how many neighbours of each kind.
        registry: the known activations; all that are installed unless given.

    Raises:
        UnknownActivationError: no activation has the name.
        ExpressionError: the text is a formula with a mistake.
        ValueError: the count is below 1.
    """
    if count < 1:
        raise ValueError(f"count={count} is too small; write 1 or more")
    registry = default_registry() if registry is None else registry
    if isinstance(activation, str):
        activation = registry.variant(activation)
    variant = activation.variant() if isinstance(activation, Activation) else activation
    others = [item.variant() for item in registry.values() if len(item.inputs) == variant.inputs]
    others = [other for other in others if other.label != variant.label]
    same = [other for other in others if _same(variant, other)]
    different = [other for other in others if other not in same]
    points = _grid(variant.inputs)
    curve = variant(*points).detach()
    curves = [other(*points).detach() for other in different]
    nearest = [Neighbour(other, *_distance(curve, values)) for other, values in zip(different, curves, strict=True)]
    nearest = [neighbour for neighbour in nearest if math.isfinite(neighbour.distance)]
    nearest.sort(key=lambda neighbour: neighbour.distance)
    affine = _affine_neighbours(variant, different, curves, count) if variant.inputs == 1 else []
    return Similarity(variant, tuple(same), tuple(nearest[:count]), tuple(affine[:count]))


@functools.cache
def _grid(inputs: int) -> tuple[Tensor, ...]:
    count = POINTS if inputs == 1 else PLANE_POINTS
    # The middles of even intervals: 0, where poles and jumps are wont to be, is none of them.
    side = REACH * ((2.0 * torch.arange(count, dtype=torch.float64) + 1.0) / count - 1.0)
    if inputs == 1:
        return (side,)
    return tuple(part.reshape(-1) for part in torch.meshgrid(side, side, indexing="ij"))


@functools.cache
def _far_points(inputs: int) -> tuple[Tensor, ...]:
    """Uneven points out to where exponentials have died away, round ones among them."""
    size = torch.arange(-150, 151, dtype=torch.float64) / 150
    line = torch.cat([FAR_REACH * size**3, torch.arange(-12, 13, dtype=torch.float64) / 2])
    order = torch.randperm(len(line), generator=torch.Generator().manual_seed(1))
    return (line, line[order])[:inputs]


def _same(first: Variant, second: Variant) -> bool:
    return all(
        torch.allclose(first(*points), second(*points), rtol=SAME, atol=SAME, equal_nan=True)
        for points in (_far_points(first.inputs), _grid(first.inputs))
    )


def _distance(first: Tensor, second: Tensor) -> tuple[float, float]:
    """The normalised distance and the largest difference; infinite if too little can be compared."""
    known = first.isfinite() & second.isfinite()
    if float(known.double().mean()) < 1.0 - MOST_LEFT_OUT:
        return math.inf, math.inf
    first, second = first[known], second[known]
    difference = (first - second).abs()
    size = max(_rms(first), _rms(second))
    return (_rms(difference) / size if size > 0.0 else 0.0), float(difference.max())


def _rms(values: Tensor) -> float:
    """The root of the mean square, scaled so that it can't overflow."""
    largest = float(values.abs().max())
    return largest * float((values / largest).square().mean().sqrt()) if largest > 0.0 else 0.0


def _affine_neighbours(
    variant: Variant, others: Sequence[Variant], curves: Sequence[Tensor], count: int
) -> list[AffineNeighbour]:
    """The best affine map for each promising candidate, the nearest first.

    All candidates are judged at once by stretching f itself over a lattice of scales and shifts, which is one matrix
    product; the map is then inverted and refined for the best.
    """
    (points,) = _grid(1)
    target = variant(points).detach()
    if not bool(target.isfinite().all()) or _is_constant(target):
        return []
    kept = [
        (other, values)
        for other, values in zip(others, curves, strict=True)
        if bool(values.isfinite().all()) and not _is_constant(values)
    ]
    if not kept:
        return []
    lattice = [(scale, shift) for scale in SCALES for shift in SHIFTS]
    scales, shifts = torch.tensor(lattice, dtype=torch.float64).T
    stretched = variant(scales[:, None] * points + shifts[:, None]).detach()
    known = stretched.isfinite().all(dim=1)
    correlation = _standardised(torch.stack([values for _, values in kept])) @ _standardised(stretched[known]).T
    best, place = correlation.square().max(dim=1)
    places = known.nonzero().flatten()[place].tolist()
    order = best.argsort(descending=True).tolist()[: REFINED * count]
    found = [_refined(variant, target, kept[index][0], *lattice[places[index]]) for index in order]
    return sorted(found, key=lambda neighbour: (not neighbour.exact, neighbour.distance))


def _is_constant(values: Tensor) -> bool:
    return float(values.max() - values.min()) <= SAME * float(values.abs().max())


def _standardised(rows: Tensor) -> Tensor:
    """Rows of mean 0 and length 1; a constant row becomes 0."""
    rows = rows / rows.abs().amax(dim=1, keepdim=True).clamp(min=1e-300)
    rows = rows - rows.mean(dim=1, keepdim=True)
    length: Tensor = rows.norm(dim=1, keepdim=True)
    return rows / length.clamp(min=1e-12)


def _refined(variant: Variant, target: Tensor, other: Variant, scale: float, shift: float) -> AffineNeighbour:
    """Search the input's scale and shift in ever smaller steps from the inverse of a rough guess."""
    for simple, rest in zip(SIMPLE, _rests(target, other, [(scale, 0.0) for scale in SIMPLE]), strict=True):
        # Where several maps are exact, as for piecewise linear curves, the simplest is told.
        if rest <= SAME:
            return _described(variant, target, other, simple, 0.0)
    at = (1.0 / scale, min(max(-shift / scale, -LARGEST_SHIFT), LARGEST_SHIFT))
    (best,) = _rests(target, other, [at])
    step, steps = 0.125, 0
    while step > 0.125 * 2.0**-HALVINGS and steps < MOST_STEPS:
        steps += 1
        around = [(at[0] + step * dc, at[1] + step * dd) for dc in (-1, 0, 1) for dd in (-1, 0, 1) if dc or dd]
        around = [place for place in around if _allowed(*place)]
        rests = _rests(target, other, around)
        least = min(rests, default=math.inf)
        if least < best:
            best, at = least, around[rests.index(least)]
        else:
            step /= 2.0
    return _described(variant, target, other, *at)


def _allowed(scale: float, shift: float) -> bool:
    return 1.0 / LARGEST_SCALE <= abs(scale) <= LARGEST_SCALE and abs(shift) <= LARGEST_SHIFT


def _described(variant: Variant, target: Tensor, other: Variant, scale: float, shift: float) -> AffineNeighbour:
    """The neighbour with its map; short numbers take the place of long ones if they make it exact."""
    (points,) = _grid(1)
    short = (_shortened(scale), _shortened(shift))
    found, rounded = _rests(target, other, [(scale, shift), short])
    if _allowed(*short) and rounded <= max(SAME, found):
        scale, shift = short
    values = other(scale * points + shift).detach()
    a, b = _line_of_best_fit(values, target)
    spread = _rms(target - target.mean())
    if _rms(target - _shortened(a) * values - _shortened(b)) <= SAME * spread:
        a, b = _shortened(a), _shortened(b)
    distance = _rms(target - a * values - b) / spread
    (far,) = _far_points(1)
    exact = distance <= SAME and torch.allclose(
        variant(far), a * other(scale * far + shift) + b, rtol=10 * SAME, atol=10 * SAME * spread, equal_nan=True
    )
    return AffineNeighbour(other, distance, exact, a + 0.0, b + 0.0, scale + 0.0, shift + 0.0)


def _rests(target: Tensor, other: Variant, places: Sequence[tuple[float, float]]) -> list[float]:
    """What the best line leaves of the target at each scale and shift, relative to its standard deviation."""
    (points,) = _grid(1)
    scales, shifts = torch.tensor(places, dtype=torch.float64).reshape(-1, 2).T
    values = other(scales[:, None] * points + shifts[:, None]).detach()
    aim = _standardised(target[None])
    rows = _standardised(values)
    # The rest itself, and not the root of one less the squared correlation, which would lose half of the digits.
    rests = (aim - (rows @ aim.T) * rows).norm(dim=1)
    usable = values.isfinite().all(dim=1) & (rows.norm(dim=1) > 0.5)
    return torch.where(usable, rests, math.inf).tolist()


def _line_of_best_fit(values: Tensor, target: Tensor) -> tuple[float, float]:
    centred = values - values.mean()
    a = float((centred * (target - target.mean())).sum() / centred.square().sum())
    return a, float(target.mean()) - a * float(values.mean())


def _shortened(value: float) -> float:
    """The short decimal within 1e-6, if there is one."""
    short = round(value, 4)
    return short if abs(short - value) <= 1e-6 else value


def _affine_text(factor: float, name: str, shift: float) -> str:
    written = {1.0: name, -1.0: f"-{name}"}.get(factor, f"{_digits(factor)}*{name}")
    if shift == 0.0 or abs(shift) < 5e-5 * abs(factor):
        return written
    return f"{written} {'-' if shift < 0 else '+'} {_digits(abs(shift))}"


def _digits(value: float) -> str:
    return number(float(f"{value:.4g}"))
