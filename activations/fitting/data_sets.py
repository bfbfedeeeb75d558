"""The generated data sets of the suite: classes in the plane that no formula gives.

The validation and test points of a random one are drawn as its training points are, since a class has no point
without noise in its position; labels are always true.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from activations.fitting.points import Array, Points
from activations.fitting.randomness import Purpose, generator
from activations.fitting.target import Sampling, Target

__all__ = ["DRAWERS", "TEST_SEED"]

TEST_POINTS = 3000
TEST_SEED = 0  # the test points are the same for all seeds

Three = tuple[Points, Points, Points]


def draw_two_spirals(target: Target, seed: int) -> Three:
    """The points of the CMU benchmark; the quarters between them validate, the midpoints test."""
    steps = target.points // 2
    quarters = np.concatenate([np.arange(steps - 1) + 0.25, np.arange(steps - 1) + 0.75])
    midpoints = np.arange(steps - 1) + 0.5
    training, validation, test = (_two_spirals(i) for i in (np.arange(steps), quarters, midpoints))
    return training, validation, test


def _two_spirals(i: Array) -> Points:
    angle, radius = i * math.pi / 16, 6.5 * (104 - i) / 104
    arm = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return Points(np.concatenate([arm, -arm]), np.repeat([1, 0], len(i)))


def draw_three_spirals(target: Target, seed: int) -> Three:
    """Three arms of equidistant radii with noisy angles; validation and test radii lie between the others."""
    return _three_parts(_three_spirals, target, seed, arms=3)


def _three_spirals(per_arm: int, noise: float, random: np.random.Generator, ends: bool) -> Points:
    steps = np.linspace(0, 1, per_arm) if ends else (np.arange(per_arm) + 0.5) / per_arm
    arms = []
    for arm in range(3):
        angle = 4 * (arm + steps) + noise * random.standard_normal(per_arm)
        arms.append(np.stack([steps * np.sin(angle), steps * np.cos(angle)], axis=1))
    return Points(np.concatenate(arms), np.repeat([0, 1, 2], per_arm))


def draw_moons(target: Target, seed: int) -> Three:
    """Two half circles that reach into each other, every point moved by normal noise."""
    return _three_parts(_moons, target, seed, arms=2)


def _moons(per_arm: int, noise: float, random: np.random.Generator, ends: bool) -> Points:
    angle = np.linspace(0, math.pi, per_arm)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    x = np.concatenate([upper, lower])
    return Points(x + noise * random.standard_normal(x.shape), np.repeat([0, 1], per_arm))


def _three_parts(draw: Callable[..., Points], target: Target, seed: int, arms: int) -> Three:
    training, validation, test = (
        draw(count // arms, target.noise, generator(own_seed, purpose), ends=purpose is Purpose.TRAINING_POINTS)
        for count, own_seed, purpose in (
            (target.points, seed, Purpose.TRAINING_POINTS),
            (max(target.points // 2, 100), seed, Purpose.VALIDATION_POINTS),
            (TEST_POINTS, TEST_SEED, Purpose.TEST_POINTS),
        )
    )
    return training, validation, test


DRAWERS: dict[Sampling, Callable[[Target, int], Three]] = {
    "two spirals": draw_two_spirals,
    "three spirals": draw_three_spirals,
    "moons": draw_moons,
}
"""How the points of each are drawn, from the target and a seed: training, validation, test."""
