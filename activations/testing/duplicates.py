"""The same curve under two names."""

from __future__ import annotations

import random
from collections.abc import Iterable

import torch

from activations.declare import Variant
from activations.testing.oracle import irregular_line

__all__ = ["same_curves"]


def same_curves(variants: Iterable[Variant]) -> list[tuple[str, str]]:
    """Pairs of labels whose values agree to 1e-9 at 261 points of [-30, 30], many of them near 0."""
    line = irregular_line(241)
    columns = [torch.tensor(column, dtype=torch.float64) for column in (line, random.Random(1).sample(line, len(line)))]
    found: list[tuple[str, str]] = []
    seen: dict[int, list[tuple[str, torch.Tensor]]] = {}
    for variant in variants:
        values = variant(*columns[: variant.inputs])
        earlier = seen.setdefault(variant.inputs, [])
        found += [
            (label, variant.label)
            for label, other in earlier
            if torch.allclose(values, other, rtol=1e-9, atol=1e-9, equal_nan=True)
        ]
        earlier.append((variant.label, values))
    return found
