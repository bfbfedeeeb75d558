"""The affine maps between a target's units and those of the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from activations.fitting.points import Array
from activations.fitting.target import Domain

__all__ = ["Scaling", "Unscaled", "deviations"]


@dataclass(frozen=True)
class Scaling:
    """The affine maps between a target's units and those of the network.

    Inputs go from the domain to [-1, 1]; each output is standardised by the mean and standard deviation of its
    training values. All is computed in float64 relative to the largest magnitude, so that values of 1e308 do not
    overflow.

    Attributes:
        low: the domain's lower ends, shape [dimension].
        high: the domain's upper ends.
        magnitude: the largest absolute training value of each output, or 1; shape [outputs].
        mean: of the training values divided by the magnitude, shape [outputs].
        deviation: of the training values divided by the magnitude, shape [outputs]; 1 where they are constant.
    """

    low: Array
    high: Array
    magnitude: Array
    mean: Array
    deviation: Array

    @classmethod
    def of(cls, domain: Domain, y: Array) -> Scaling:
        """The scaling of a domain and of training values [points, outputs]."""
        low, high = np.array(domain, dtype=np.float64).T
        magnitude = np.abs(y).max(axis=0)
        magnitude[magnitude == 0] = 1.0
        scaled = y / magnitude
        deviation = deviations(scaled)
        deviation[deviation == 0] = 1.0
        return cls(low, high, magnitude, scaled.mean(axis=0), deviation)

    @property
    def unit(self) -> Array:
        """What a distance of 1 in the network's units is in the target's, shape [outputs]."""
        unit: Array = self.deviation * self.magnitude
        return unit

    def input_to_network(self, x: Array) -> Array:
        """Inputs [points, dimension] in the network's units."""
        size = np.maximum(np.abs(self.low), np.abs(self.high))
        low, high = self.low / size, self.high / size
        unit: Array = 2 * (x / size - low) / (high - low) - 1
        return unit

    def value_to_network(self, y: Array) -> Array:
        """Values [points, outputs] in the network's units."""
        standard: Array = (y / self.magnitude - self.mean) / self.deviation
        return standard

    def value_from_network(self, y: Array) -> Array:
        """Values [points, outputs] in the target's units."""
        with np.errstate(over="ignore"):
            original: Array = (y * self.deviation + self.mean) * self.magnitude
        return original


class Unscaled(Scaling):
    """The network's units are the target's."""

    @classmethod
    def of(cls, domain: Domain, y: Array) -> Unscaled:
        """For a domain and values [points, outputs]."""
        inputs, outputs = np.ones(len(domain)), np.ones(y.shape[1])
        return cls(-inputs, inputs, outputs, np.zeros_like(outputs), outputs)

    def input_to_network(self, x: Array) -> Array:
        """The same inputs: to scale them from [-1, 1] to [-1, 1] would round them."""
        return x


def deviations(y: Array) -> Array:
    """The standard deviation of each column of values [points, outputs], exactly 0 for a constant."""
    return np.where(y.min(axis=0) == y.max(axis=0), 0.0, y.std(axis=0))
