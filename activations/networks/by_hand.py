"""One hidden layer of ReLU in plain NumPy, the backward pass written by hand: for reading, and to check the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["predict_by_hand", "train_by_hand"]

Array = npt.NDArray[Any]


def train_by_hand(
    batches: Iterable[tuple[Array, Array]], parameters: Array, *, hidden: int, learning_rate: float
) -> Iterator[tuple[float, Array]]:
    """Descend on the mean squared error, one minibatch after the other.

    Args:
        batches: inputs [points, 1] and values [points, 1] of each step, in float64.
        parameters: the start as one flat row: the hidden layer's weights and biases, then those of the output.
        hidden: width of the hidden layer.
        learning_rate: of every step.

    Yields:
        The loss before a step and the parameters after it.
    """
    w1, b1, w2, b2 = (part.copy() for part in _parts(parameters, hidden))
    for inputs, targets in batches:
        # Forward.
        linear = inputs * w1 + b1  # [points, hidden]
        active = linear > 0  # the slope of ReLU, 0 at the kink
        values = linear * active
        outputs = values @ w2[:, None] + b2  # [points, 1]
        difference = outputs - targets
        # Backward: the chain rule, from the mean of the squares to the first weights.
        slope = 2 * difference / len(inputs)  # [points, 1]
        w2_slope = values.T @ slope  # [hidden, 1]
        hidden_slope = slope * w2 * active  # [points, hidden]
        w1_slope = (inputs * hidden_slope).sum(axis=0)
        # Descent.
        w1 -= learning_rate * w1_slope
        b1 -= learning_rate * hidden_slope.sum(axis=0)
        w2 -= learning_rate * w2_slope[:, 0]
        b2 -= learning_rate * slope.sum(axis=0)
        yield float((difference**2).mean()), np.concatenate([w1, b1, w2, b2])


def predict_by_hand(x: Array, parameters: Array, *, hidden: int) -> Array:
    """The outputs [points, 1] of such a network."""
    w1, b1, w2, b2 = _parts(parameters, hidden)
    outputs: Array = np.maximum(x * w1 + b1, 0) @ w2[:, None] + b2
    return outputs


def _parts(parameters: Array, hidden: int) -> tuple[Array, ...]:
    """Weights and biases of the hidden layer [hidden] each, then those of the output, [hidden] and [1]."""
    return tuple(np.split(parameters, [hidden, 2 * hidden, 3 * hidden]))
