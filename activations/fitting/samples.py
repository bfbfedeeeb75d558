"""The points of one target and seed: training, validation and test, and the scaling between units."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from activations.fitting.data_sets import DRAWERS, TEST_SEED
from activations.fitting.evaluation import evaluate, noise_factor
from activations.fitting.points import Array, Points, grid, uniform
from activations.fitting.randomness import Purpose, generator
from activations.fitting.scaling import Scaling, deviations
from activations.fitting.target import Target

__all__ = ["Points", "Samples", "Scaling", "draw_samples", "evaluate", "grid"]

TEST_INTERVALS = 2003  # a prime: the test grid shares only the ends with a training grid
TEST_POINTS = 4000  # in more than one dimension
EXTRAPOLATION_POINTS = 500  # per interval
VALIDATION_FRACTION = 5  # one in five training points of a noisy target
DEGREES_OF_FREEDOM = 2  # of Student's noise


@dataclass(frozen=True)
class Samples:
    """All points of one target and seed.

    Attributes:
        training: what the network is fitted to.
        validation: what learning rates are chosen by; noisy if the training points are.
        test: what the ranking is by; without noise, never used for a choice.
        extrapolation: points of the target's extrapolation intervals, without noise; they neither choose nor rank.
            None if it has no such intervals.
        scaling: between the target's units and the network's.
        spread: standard deviation of each output in the network's units, shape [outputs], over the test points of a
            function or all rows of a table; errors are given relative to it. Where one of several outputs is
            constant its errors are relative to its magnitude. None if all are constant, and for classes.
        classes: number of classes; 0 for a regression.
    """

    training: Points
    validation: Points
    test: Points
    extrapolation: Points | None
    scaling: Scaling
    spread: Array | None
    classes: int = 0

    @functools.cached_property
    def inputs(self) -> dict[str, Array]:
        """The inputs of each part in the network's units."""
        parts = {name: getattr(self, name) for name in ("training", "validation", "test", "extrapolation")}
        return {name: self.scaling.input_to_network(points.x) for name, points in parts.items() if points is not None}

    @functools.cached_property
    def training_values(self) -> Array:
        """The training values in the network's units."""
        return self.scaling.value_to_network(self.training.y)


@functools.lru_cache(maxsize=256)
def draw_samples(target: Target, seed: int) -> Samples:
    """The points of a target for one seed: the same for every activation.

    Args:
        target: what is fitted.
        seed: fixes random positions, noise and the split of a table.

    Raises:
        DataError: a value is not finite; the message holds the first such point and their number.
    """
    reference = None
    if target.sampling == "table":
        training, validation, test, reference = _table_points(target, seed)
    elif target.sampling in DRAWERS:
        training, validation, test = DRAWERS[target.sampling](target, seed)
    else:
        training, validation, test = _function_points(target, seed)
    extrapolation = _extrapolation_points(target)
    if target.classes:
        scaling = Scaling.of(target.domain, np.array([[-1.0], [1.0]]))
        return Samples(training, validation, test, extrapolation, scaling, None, target.classes)
    scaling = Scaling.of(target.domain, training.y)
    spread = deviations(scaling.value_to_network(test.y if reference is None else reference))
    if not spread.any():
        return Samples(training, validation, test, extrapolation, scaling, None)
    return Samples(training, validation, test, extrapolation, scaling, np.where(spread == 0, 1.0, spread))


def _function_points(target: Target, seed: int) -> tuple[Points, Points, Points]:
    if target.dimension == 1:
        inputs = _line(target, seed)
    else:
        counts = (target.points, max(target.points // 2, 100), TEST_POINTS)
        purposes = (Purpose.TRAINING_POINTS, Purpose.VALIDATION_POINTS, Purpose.TEST_POINTS)
        inputs = tuple(
            uniform(target.domain, count, generator(TEST_SEED if purpose is Purpose.TEST_POINTS else seed, purpose))
            for count, purpose in zip(counts, purposes, strict=True)
        )
    training, validation, test = (Points(x, evaluate(target, x)) for x in inputs)
    if target.noise:
        # Validation points of a noisy target are cut off the training points: nobody has more data than there are.
        noisy = Points(training.x, _with_noise(target, training, seed))
        order = generator(seed, Purpose.SPLIT).permutation(len(noisy))
        cut = max(1, len(order) // VALIDATION_FRACTION)
        validation, training = noisy.chosen(np.sort(order[:cut])), noisy.chosen(np.sort(order[cut:]))
    return training, validation, test


def _line(target: Target, seed: int) -> tuple[Array, ...]:
    ((low, high),) = target.domain
    half_open = target.sampling == "half-open grid"
    test = grid(low, high, TEST_INTERVALS + (not half_open), half_open=half_open)
    if target.sampling == "uniform":
        training, validation = (
            np.sort(uniform(target.domain, target.points, generator(seed, purpose)), axis=0)
            for purpose in (Purpose.TRAINING_POINTS, Purpose.VALIDATION_POINTS)
        )
        return training, validation, test[:, None]
    points = grid(low, high, target.points, half_open=half_open)
    return points[:, None], ((points[1:] + points[:-1]) / 2)[:, None], test[:, None]


def _with_noise(target: Target, points: Points, seed: int) -> Array:
    """The values or class numbers of points with the target's noise."""
    random = generator(seed, Purpose.TRAINING_NOISE)
    size = target.noise * noise_factor(target, points.x)
    if target.noise_kind == "flips":
        flipped = random.random(len(points)) < size
        shift = random.integers(1, target.classes, len(points))
        return np.where(flipped, (points.y + shift) % target.classes, points.y)
    if target.noise_kind == "student":
        drawn = random.standard_t(DEGREES_OF_FREEDOM, points.y.shape)
    else:
        drawn = random.standard_normal(points.y.shape)
    noisy: Array = points.y + size[:, None] * drawn
    return noisy


def _extrapolation_points(target: Target) -> Points | None:
    if not target.extrapolation:
        return None
    # Midpoints, so that no end that training has is among them.
    unit = (np.arange(EXTRAPOLATION_POINTS) + 0.5) / EXTRAPOLATION_POINTS
    x = np.concatenate([low + unit * (high - low) for low, high in target.extrapolation])[:, None]
    return Points(x, evaluate(target, x))


def _table_points(target: Target, seed: int) -> tuple[Points, Points, Points, Array]:
    """The rows in three parts; the rows of each class are parted by themselves."""
    assert target.table is not None
    y = np.array(target.table.y)
    rows = Points(np.array(target.table.x), y.astype(np.int64) if target.classes else y[:, None])
    order = generator(seed, Purpose.SPLIT).permutation(len(rows))
    groups = [order[y[order] == number] for number in range(target.classes)] if target.classes else [order]
    parts: list[list[Array]] = [[], [], []]
    for group in groups:
        first, second = round(0.6 * len(group)), round(0.8 * len(group))
        for part, chosen in zip(parts, (group[:first], group[first:second], group[second:]), strict=True):
            part.append(chosen)
    training, validation, test = (rows.chosen(np.sort(np.concatenate(part))) for part in parts)
    return training, validation, test, rows.y
