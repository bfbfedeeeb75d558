"""Everything that is measured of an activation, in one value."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from activations.declare import Variant
from activations.moments import GaussianMoments, gaussian_moments
from activations.properties.breaks import Curve, uneven_grid
from activations.properties.curves import curve
from activations.properties.extremes import Bound, largest_slope, lower_bound, upper_bound
from activations.properties.kinks import (
    REACH,
    ByDigest,
    Smoothness,
    derivative_breaks,
    measured_jumps,
    measured_kinks,
    merged,
    smoothness,
)
from activations.properties.roots import Root, roots
from activations.properties.tails import Asymptote, Side, asymptote

__all__ = ["Properties", "measure"]

Direction = Literal["increasing", "decreasing"]
Curvature = Literal["convex", "concave", "linear"]
Parity = Literal["odd", "even"]
Saturation = Literal["hard", "soft"]

# Rounding of f, relative to its values: smaller descents are not seen as such.
ROUNDING = 1e-11


@dataclass(frozen=True)
class Properties:
    """Measured facts about an activation with its parameter values.

    Kinks, zeros and everything else that has a place are looked for on (-30, 30); range, Lipschitz constant
    and asymptotes hold on the whole line. None means that the property makes no sense, as most do for two
    inputs.

    Attributes:
        range: the least upper and greatest lower bound, with whether they are attained.
        monotone: whether it never falls or never rises; "increasing" for a constant.
        curvature: whether it is convex, concave or both.
        parity: whether it is an odd or an even function.
        lipschitz: sup |f'|, which may be infinite.
        kinks: where it is not differentiable, jumps included.
        jumps: where its value jumps.
        smoothness: how often it is continuously differentiable; "smooth" for three times or more.
        zeros: where it is 0: numbers, and pairs for whole intervals, whose ends may be infinite.
        fixed_points: where f(x) = x, in the same form.
        asymptotes: the lines that it approaches to the left and to the right.
        saturates: "hard" where it is constant from some point on, "soft" where it approaches a constant.
        moments: expected values for a standard normal input.
        gain: the standard deviation of initial weights, in units of 1/sqrt(inputs), that keeps the signal's
            mean square at 1 from layer to layer: 1/sqrt(mean square).
        torch_gain: `torch.nn.init.calculate_gain`, where torch knows the activation.
    """

    range: tuple[Bound, Bound] | None = None
    monotone: Direction | None = None
    curvature: Curvature | None = None
    parity: Parity | None = None
    lipschitz: float | None = None
    kinks: tuple[float, ...] | None = None
    jumps: tuple[float, ...] | None = None
    smoothness: Smoothness | None = None
    zeros: tuple[Root, ...] | None = None
    fixed_points: tuple[Root, ...] | None = None
    asymptotes: tuple[Asymptote | None, Asymptote | None] | None = None
    saturates: tuple[Saturation | None, Saturation | None] | None = None
    moments: GaussianMoments | None = None
    gain: float | None = None
    torch_gain: float | None = None

    @property
    def range_text(self) -> str | None:
        """The range as an interval, such as "[-0.278464542761, inf)"; square brackets at attained ends."""
        if self.range is None:
            return None
        low, high = self.range
        left, right = "[" if low.attained else "(", "]" if high.attained else ")"
        return f"{left}{low.value:.12g}, {high.value:.12g}{right}"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain lists and numbers for strict JSON.

        JSON has no infinity: an infinite bound or end of an interval is None there, and an infinite Lipschitz
        constant is the text "inf", since None means that there is none.
        """
        facts = asdict(self)
        facts["range_text"] = self.range_text
        if self.lipschitz == math.inf:
            facts["lipschitz"] = "inf"
        plain: dict[str, Any] = _plain(facts)
        return plain


def measure(variant: Variant) -> Properties:
    """Measure an activation; the result is kept for its digest.

    Args:
        variant: an activation with its parameter values; with two inputs only moments and gain make sense.
    """
    return _measure(ByDigest(variant))


@functools.lru_cache(maxsize=4096)
def _measure(key: ByDigest) -> Properties:
    variant = key.variant
    moments = _moments(variant)
    gain = 1.0 / math.sqrt(moments.mean_square) if moments and moments.mean_square > 0.0 else None
    if variant.inputs != 1:
        return Properties(moments=moments, gain=gain)
    value, slope = curve(variant), curve(variant, 1)
    kinks, jumps = measured_kinks(variant), measured_jumps(variant)
    # Where pieces are joined, however smoothly, is where a level can be reached exactly.
    joints = merged(kinks, derivative_breaks(variant, 2), derivative_breaks(variant, 3))
    asymptotes = (asymptote(value, -1), asymptote(value, 1))
    return Properties(
        range=(lower_bound(value, joints, REACH), upper_bound(value, joints, REACH)),
        monotone=_direction(value, joints),
        curvature=None if jumps else _curvature(slope, kinks),
        parity=_parity(value),
        lipschitz=largest_slope(slope, jumps, joints, REACH),
        kinks=kinks,
        jumps=jumps,
        smoothness=smoothness(variant),
        zeros=roots(value, joints, REACH),
        fixed_points=roots(lambda x: value(x) - x, joints, REACH, rounding=1e-15),
        asymptotes=asymptotes,
        saturates=(
            _saturation(value, asymptotes[0], -1, joints),
            _saturation(value, asymptotes[1], 1, joints),
        ),
        moments=moments,
        gain=gain,
        torch_gain=_torch_gain(variant),
    )


def _direction(function: Curve, joints: Sequence[float]) -> Direction | None:
    points = _line(joints)
    values = function(points)
    points, values = points[values.isfinite()], values[values.isfinite()]
    steps = values.diff()
    noise = ROUNDING * torch.maximum(values[1:].abs(), values[:-1].abs())
    # A cancelling sum such as x + sqrt(x*x + 4) is off by the rounding of x.
    noise = noise + 1e-15 * min(1.0, float(values.abs().max())) * points[1:].abs().clamp(min=1.0)
    if bool((steps >= -noise).all()):
        return "increasing"
    return "decreasing" if bool((steps <= noise).all()) else None


def _curvature(slope: Curve, kinks: Sequence[float]) -> Curvature | None:
    direction = _direction(slope, kinks)
    if direction is None:
        return None
    values = slope(uneven_grid(-REACH, REACH, 0.1))
    if float(values.max() - values.min()) <= ROUNDING * float(values.abs().max()):
        return "linear"
    return "convex" if direction == "increasing" else "concave"


def _parity(function: Curve) -> Parity | None:
    points = uneven_grid(0.0, REACH, 0.01)
    right, left = function(points), function(-points)
    noise = ROUNDING * right.abs() + 1e-15
    same = (right == left) | ((right - left).abs() <= noise) | (right.isnan() & left.isnan())
    if bool(same.all()):
        return "even"
    opposite = (right == -left) | ((right + left).abs() <= noise) | (right.isnan() & left.isnan())
    return "odd" if bool(opposite.all()) else None


def _saturation(function: Curve, line: Asymptote | None, side: Side, joints: Sequence[float]) -> Saturation | None:
    if line is None or line.slope != 0.0:
        return None
    outermost = max((side * joint for joint in joints), default=None)
    if outermost is None:
        values = function(uneven_grid(-REACH, REACH, 0.1))
        return "hard" if bool((values == values[0]).all()) else "soft"
    beyond = side * (outermost + torch.tensor([1e-6, 1e-3, 1e-1, 1.0, 10.0, 1e3], dtype=torch.float64))
    values = function(beyond)
    return "hard" if bool((values == values[0]).all()) else "soft"


def _line(joints: Sequence[float]) -> Tensor:
    """Points all over the real line in increasing order: dense within reach and beside joints."""
    places = torch.tensor(joints, dtype=torch.float64)
    step = 1e-9 * places.abs().clamp(min=1.0)
    far = REACH * 10.0 ** (torch.arange(1, 60, dtype=torch.float64) / 8.0)
    points = torch.cat([-far, uneven_grid(-REACH, REACH), places - step, places, places + step, far])
    return points.sort().values


def _moments(variant: Variant) -> GaussianMoments | None:
    found = gaussian_moments(variant)
    known = all(math.isfinite(value) for value in (found.mean, found.mean_square, found.mean_square_slope))
    return found if known else None


def _torch_gain(variant: Variant) -> float | None:
    """The gain that torch recommends, which for most activations does not exist."""
    known = {"linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"}
    name, values = variant.activation.name, dict(variant.values)
    others = {key: value for key, value in values.items() if key != "negative_slope"}
    defaults = variant.activation.defaults
    if name not in known or any(value != defaults[key] for key, value in others.items()):
        return None
    return float(torch.nn.init.calculate_gain(name, values.get("negative_slope")))  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """Tuples as lists, infinite numbers as None, all the way down."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
