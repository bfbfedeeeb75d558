"""The points of one target and seed: training, validation and test, and the scaling between units."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from activations.errors import DataError
from activations.fit.randomness import Purpose, generator
from activations.fit.targets import Domain, Target

__all__ = ["Points", "Samples", "Scaling", "draw_samples", "evaluate", "grid"]

Array: TypeAlias = npt.NDArray[Any]

TEST_INTERVALS = 2003  # a prime: the test grid shares only the ends with a training grid
TEST_POINTS = 4000  # in more than one dimension
VALIDATION_FRACTION = 5  # one in five training points of a noisy target
# The test points of a function are the same for all seeds.
TEST_SEED = 0


@dataclass(frozen=True)
class Points:
    """Some points of a target.

    Attributes:
        x: inputs of shape [points, dimension], in the target's own units.
        y: values of shape [points], or class numbers.
    """

    x: Array
    y: Array


@dataclass(frozen=True)
class Scaling:
    """The affine maps between a target's units and those of the network.

    Inputs go from the domain to [-1, 1]; values are standardised by the mean and standard deviation of the training
    values. All is computed in float64 relative to the largest magnitude, so that values of 1e308 do not overflow.

    Attributes:
        low: the domain's lower ends.
        high: the domain's upper ends.
        magnitude: the largest absolute training value, or 1.
        mean: of the training values divided by the magnitude.
        deviation: of the training values divided by the magnitude; 1 if they are constant.
    """

    low: Array
    high: Array
    magnitude: float
    mean: float
    deviation: float

    @classmethod
    def of(cls, domain: Domain, y: Array) -> Scaling:
        """The scaling of a domain and of training values."""
        low, high = np.array(domain, dtype=np.float64).T
        magnitude = float(np.abs(y).max()) or 1.0
        scaled = y / magnitude
        return cls(low, high, magnitude, float(scaled.mean()), _deviation(scaled) or 1.0)

    def input_to_network(self, x: Array) -> Array:
        """Inputs in the network's units."""
        size = np.maximum(np.abs(self.low), np.abs(self.high))
        low, high = self.low / size, self.high / size
        unit: Array = 2 * (x / size - low) / (high - low) - 1
        return unit

    def value_to_network(self, y: Array) -> Array:
        """Values in the network's units."""
        standard: Array = (y / self.magnitude - self.mean) / self.deviation
        return standard

    def value_from_network(self, y: Array) -> Array:
        """Values in the target's units."""
        with np.errstate(over="ignore"):
            original: Array = (y * self.deviation + self.mean) * self.magnitude
        return original


@dataclass(frozen=True)
class Samples:
    """All points of one target and seed.

    Attributes:
        training: what the network is fitted to.
        validation: what learning rates are chosen by; noisy if the training points are.
        test: what the ranking is by; without noise, never used for a choice.
        scaling: between the target's units and the network's.
        spread: standard deviation of the target in the network's units, over the test points of a function or all
            rows of a table; errors are given relative to it. None if the target is constant.
    """

    training: Points
    validation: Points
    test: Points
    scaling: Scaling
    spread: float | None


@functools.lru_cache(maxsize=256)
def draw_samples(target: Target, seed: int) -> Samples:
    """The points of a target for one seed: the same for every activation.

    Args:
        target: what is fitted.
        seed: fixes random positions, noise and the split of a table.

    Raises:
        DataError: a value is not finite; the message holds the first such point and their number.
    """
    drawer = {"table": _table_points, "two spirals": _spiral_points}.get(target.sampling, _function_points)
    training, validation, test, reference = drawer(target, seed)
    if target.classes:
        scaling = Scaling.of(target.domain, np.array([-1.0, 1.0]))
        return Samples(training, validation, test, scaling, spread=1.0)
    scaling = Scaling.of(target.domain, training.y)
    spread = _deviation(scaling.value_to_network(reference))
    return Samples(training, validation, test, scaling, spread=spread or None)


def evaluate(target: Target, x: Array) -> Array:
    """The values of a target's formula in float64.

    Args:
        target: one with a formula.
        x: inputs of shape [points, dimension].

    Raises:
        DataError: a value is not finite.
    """
    import torch

    names = ["x"] if target.dimension == 1 and "x1" not in target.expression.names else None
    names = names or [f"x{i + 1}" for i in range(target.dimension)]
    columns = {name: torch.from_numpy(np.ascontiguousarray(x[:, i])) for i, name in enumerate(names)}
    y: Array = target.expression.to_torch()(**columns).numpy()
    bad = np.flatnonzero(~np.isfinite(y))
    if len(bad):
        where = ", ".join(f"{name}={value:g}" for name, value in zip(names, x[bad[0]], strict=True))
        raise DataError(
            f"{target.name}: not finite at {where} (first of {len(bad)}); give a domain without such points"
        )
    return y


def grid(low: float, high: float, points: int, *, half_open: bool = False) -> Array:
    """Equidistant points with both ends, or without the upper one."""
    return np.linspace(low, high, points, endpoint=not half_open)


def _function_points(target: Target, seed: int) -> tuple[Points, Points, Points, Array]:
    if target.dimension == 1:
        inputs = _line(target, seed)
    else:
        counts = (target.points, max(target.points // 2, 100), TEST_POINTS)
        purposes = (Purpose.TRAINING_POINTS, Purpose.VALIDATION_POINTS, Purpose.TEST_POINTS)
        inputs = tuple(
            _uniform(target.domain, count, TEST_SEED if purpose is Purpose.TEST_POINTS else seed, purpose)
            for count, purpose in zip(counts, purposes, strict=True)
        )
    training, validation, test = (Points(x, evaluate(target, x)) for x in inputs)
    if target.noise:
        # Validation points of a noisy target are cut off the training points: nobody has more data than there are.
        noise = target.noise * generator(seed, Purpose.TRAINING_NOISE).standard_normal(len(training.y))
        noisy = Points(training.x, training.y + noise)
        order = generator(seed, Purpose.SPLIT).permutation(len(noisy.y))
        cut = max(1, len(order) // VALIDATION_FRACTION)
        validation, training = _rows(noisy, np.sort(order[:cut])), _rows(noisy, np.sort(order[cut:]))
    return training, validation, test, test.y


def _line(target: Target, seed: int) -> tuple[Array, ...]:
    ((low, high),) = target.domain
    half_open = target.sampling == "half-open grid"
    test = grid(low, high, TEST_INTERVALS + (not half_open), half_open=half_open)
    if target.sampling == "uniform":
        training = _uniform(target.domain, target.points, seed, Purpose.TRAINING_POINTS)
        validation = _uniform(target.domain, target.points, seed, Purpose.VALIDATION_POINTS)
        return np.sort(training, axis=0), np.sort(validation, axis=0), test[:, None]
    points = grid(low, high, target.points, half_open=half_open)
    return points[:, None], ((points[1:] + points[:-1]) / 2)[:, None], test[:, None]


def _uniform(domain: Domain, points: int, seed: int, purpose: Purpose) -> Array:
    low, high = np.array(domain, dtype=np.float64).T
    unit = generator(seed, purpose).random((points, len(domain)))
    # Not low + unit*(high - low): the difference may overflow.
    drawn: Array = low * (1 - unit) + high * unit
    return drawn


def _table_points(target: Target, seed: int) -> tuple[Points, Points, Points, Array]:
    assert target.table is not None
    rows = Points(np.array(target.table.x), np.array(target.table.y))
    order = generator(seed, Purpose.SPLIT).permutation(len(rows.y))
    first, second = round(0.6 * len(order)), round(0.8 * len(order))
    parts = (order[:first], order[first:second], order[second:])
    training, validation, test = (_rows(rows, np.sort(part)) for part in parts)
    return training, validation, test, rows.y


def _spiral_points(target: Target, seed: int) -> tuple[Points, Points, Points, Array]:
    """The 194 points of the CMU benchmark; the quarters between them validate, the midpoints test."""
    steps = target.points // 2
    training = _two_spirals(np.arange(steps))
    quarters = np.concatenate([np.arange(steps - 1) + 0.25, np.arange(steps - 1) + 0.75])
    test = _two_spirals(np.arange(steps - 1) + 0.5)
    return training, _two_spirals(quarters), test, test.y


def _two_spirals(i: Array) -> Points:
    angle, radius = i * math.pi / 16, 6.5 * (104 - i) / 104
    arm = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return Points(np.concatenate([arm, -arm]), np.repeat([1, 0], len(i)))


def _rows(points: Points, chosen: Array) -> Points:
    return Points(points.x[chosen], points.y[chosen])


def _deviation(y: Array) -> float:
    """The standard deviation, exactly 0 for a constant."""
    return 0.0 if y.min() == y.max() else float(y.std())
