"""Ranks from 1, the smallest error first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["mean_ranks", "rank_bounds", "ranks"]


def ranks(errors: Mapping[str, float]) -> list[tuple[str, int]]:
    """Labels with their ranks from 1, best first: equal errors share a rank and are in order of their labels."""
    ordered = sorted(errors, key=lambda label: (errors[label], label))
    ranked: list[tuple[str, int]] = []
    for place, label in enumerate(ordered, start=1):
        tied = bool(ranked) and errors[ranked[-1][0]] == errors[label]
        ranked.append((label, ranked[-1][1] if tied else place))
    return ranked


def rank_bounds(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The first and the last rank along the last axis that each value may claim: they differ for equal values."""
    order = np.argsort(values, axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1)
    places = np.broadcast_to(np.arange(1, values.shape[-1] + 1), values.shape)
    differs = ordered[..., 1:] != ordered[..., :-1]
    edge = np.ones((*values.shape[:-1], 1), bool)
    begins = np.concatenate([edge, differs], axis=-1)
    ends = np.concatenate([differs, edge], axis=-1)
    first = np.maximum.accumulate(np.where(begins, places, 0), axis=-1)
    backwards = np.where(ends, places, values.shape[-1])[..., ::-1]
    last = np.minimum.accumulate(backwards, axis=-1)[..., ::-1]
    lowest, highest = np.empty_like(order), np.empty_like(order)
    np.put_along_axis(lowest, order, first, axis=-1)
    np.put_along_axis(highest, order, last, axis=-1)
    return lowest, highest


def mean_ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ranks along the last axis; equal values share the mean of theirs."""
    lowest, highest = rank_bounds(values)
    return (lowest + highest) / 2
