"""The points that a single network is trained on and tested at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from activations.fitting.points import Array, Points
from activations.fitting.randomness import Purpose, generator
from activations.fitting.samples import Samples, draw_samples
from activations.fitting.scaling import Scaling, Unscaled, deviations
from activations.fitting.settings import SettingError
from activations.fitting.target import Target
from activations.networks.settings import Units

__all__ = ["divide", "with_spread"]

OWN_SPLIT = 1  # index of the random stream; 0 is that of the target's own split


def divide(target: Target, seed: int, split: float | None = None, scaling: Units = "standard") -> Samples:
    """Training and test points, and the scaling between units.

    Nothing is tuned, so there are no validation points: where a benchmark cuts them off the data, they train here.

    Args:
        target: what is fitted.
        seed: fixes random positions, noise and the split.
        split: the share of all points that train; None for the target's own test points.
        scaling: "standard" or "none".

    Raises:
        DataError: a value of the target is not finite.
        SettingError: the split leaves no point to train on or to test at.
    """
    own = draw_samples(target, seed)
    is_table = target.sampling == "table"
    training = own.training
    if is_table or (target.noise and target.is_function):
        training = _ordered(training, own.validation)
    test = own.test
    if split is not None:
        training, test = _split(_ordered(training, test) if is_table else training, split, seed, target.classes)
    kind = Unscaled if scaling == "none" else Scaling
    values = np.array([[-1.0], [1.0]]) if target.classes else training.y
    reference = _joined(training, test).y if is_table or split is not None else test.y
    samples = Samples(training, test, test, None, kind.of(target.domain, values), None, target.classes)
    return with_spread(samples, reference)


def with_spread(samples: Samples, values: Array) -> Samples:
    """The samples with errors relative to the deviations of some values [points, outputs]."""
    if samples.classes or not len(values):
        return samples
    spread = deviations(samples.scaling.value_to_network(values))
    return replace(samples, spread=np.where(spread == 0, 1.0, spread) if spread.any() else None)


def _joined(first: Points, second: Points) -> Points:
    return Points(np.concatenate([first.x, second.x]), np.concatenate([first.y, second.y]))


def _ordered(first: Points, second: Points) -> Points:
    """Both, by their inputs: which of the two a point came from leaves no trace in their order."""
    both = _joined(first, second)
    return both.chosen(np.lexsort(both.x.T[::-1]))


def _split(points: Points, share: float, seed: int, classes: int) -> tuple[Points, Points]:
    """A random part for training and the rest for tests; of each class the same share."""
    order = generator(seed, Purpose.SPLIT, OWN_SPLIT).permutation(len(points))
    groups = [order[points.y[order] == number] for number in range(classes)] if classes else [order]
    cuts = [round(share * len(group)) for group in groups]
    first, second = (np.sort(np.concatenate(part)) for part in zip(*map(_cut, groups, cuts), strict=True))
    if not len(first) or not len(second):
        part = "train on" if not len(first) else "test at"
        raise SettingError(f"split={share} of {len(points)} points leaves none to {part}")
    return points.chosen(first), points.chosen(second)


def _cut(order: Array, place: int) -> tuple[Array, Array]:
    return order[:place], order[place:]
