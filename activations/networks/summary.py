"""Numbers summed up: mean, median, mode and standard deviation."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

__all__ = ["Summary", "summarise"]


@dataclass(frozen=True)
class Summary:
    """What some numbers come to.

    Attributes:
        count: how many there are.
        mean: their mean.
        median: their median.
        mode: the most frequent of them as they are rounded; of several equally frequent ones the smallest.
        mode_count: how often it comes.
        deviation: their standard deviation about the mean, over all of them.
    """

    count: int
    mean: float
    median: float
    mode: float
    mode_count: int
    deviation: float


def summarise(values: Iterable[float], *, digits: int = 0) -> Summary:
    """Sum up numbers.

    Args:
        values: at least one, all finite.
        digits: behind the decimal point, to which they are rounded for the mode alone: predictions are hardly ever
            equal.

    Raises:
        ValueError: there are none.
    """
    numbers = [float(value) for value in values]
    if not numbers:
        raise ValueError("there are no numbers to sum up; give at least one")
    mean = math.fsum(numbers) / len(numbers)
    deviation = math.sqrt(math.fsum((number - mean) ** 2 for number in numbers) / len(numbers))
    counts = Counter(round(number, digits) + 0.0 for number in numbers)  # + 0.0 makes one of both zeros
    mode, times = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return Summary(len(numbers), mean, median(numbers), mode, times, deviation)
