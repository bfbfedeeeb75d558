"""An ONNX model beside torch: onnx's own evaluator on a grid, around kinks, far out and at special values."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from activations.axis import AxisVariant
from activations.declare import Variant
from activations.errors import DataError
from activations.onnx.extra import silence

__all__ = ["compare", "evaluated"]

Array = np.ndarray[Any, Any]

RELATIVE, ABSOLUTE = 2e-5, 2e-6
"""How far values may be apart. Both sides compute with 24 bits, in a different order of operations."""
REACH = 8.0
STEPS = 1024
SPECIAL = (0.0, -0.0, math.inf, -math.inf, math.nan, 1e-45, -1e-45, 1e-38, 3e38, -3e38)


def compare(variant: Variant | AxisVariant, data: bytes, inputs: Sequence[str], rank: int) -> tuple[int, float]:
    """Compare a model with the activation in float32; where that overflows on the way, in float64.

    Returns:
        The number of points, and the largest difference, relative to the value where that is larger than 1.

    Raises:
        DataError: they differ, or the model can't be evaluated.
    """
    if isinstance(variant, AxisVariant):
        given = [_vectors(variant, rank)]
    else:
        given = [x.reshape(-1, *[1] * (rank - 1)) for x in _points(variant)]
    wanted, exact = (_torch_values(variant, given, dtype) for dtype in (torch.float32, torch.float64))
    try:
        found = evaluated(data, dict(zip(inputs, given, strict=True)))
    except Exception as error:  # onnx raises whatever it likes
        raise DataError(f"{variant.label} can't be evaluated as ONNX: {type(error).__name__}: {error}") from error
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        raise DataError(
            f"{variant.label} as ONNX gives {found.dtype} of shape {list(found.shape)}, and torch {wanted.dtype} of "
            f"shape {list(wanted.shape)}"
        )
    # Where torch overflows halfway, what it gives with 64 bits is right as well.
    bad, difference = (np.minimum(*both) for both in zip(_apart(found, wanted), _apart(found, exact), strict=True))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        place = "" if isinstance(variant, AxisVariant) else f" at {', '.join(f'{x.flat[at]:g}' for x in given)}"
        raise DataError(
            f"{variant.label} as ONNX differs from torch{place}: {found.flat[at]:g} and not {wanted.flat[at]:g}"
        )
    return int(wanted.size), float(difference.max(initial=0.0))


def _torch_values(variant: Variant | AxisVariant, given: Sequence[Array], dtype: torch.dtype) -> Array:
    """What torch gives, with tensors for the parameters that are learnt, and numbers for all others."""
    inputs = [torch.from_numpy(x).to(dtype) for x in given]
    if isinstance(variant, AxisVariant):
        found = variant(*inputs)
    else:
        values = dict(variant.values)
        found = variant(*inputs, **{name: torch.tensor(values[name], dtype=dtype) for name in variant.learnable})
    numbers: Array = found.detach().to(torch.float32).numpy()
    return numbers


def _apart(found: Array, wanted: Array) -> tuple[Array, Array]:
    """Which values differ too much, and by how much, relative to those larger than 1."""
    with np.errstate(all="ignore"):
        same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
        finite = np.isfinite(found) & np.isfinite(wanted)
        difference = np.abs(found.astype(np.float64) - wanted)
        near = finite & (difference <= ABSOLUTE + RELATIVE * np.abs(wanted))
        relative = np.where(finite, difference / np.maximum(1.0, np.abs(wanted)), math.inf)
    return ~(same | near), np.where(same, 0.0, relative)


def evaluated(data: bytes, inputs: dict[str, Array]) -> Array:
    """The output of a model by onnx's own evaluator."""
    onnx = importlib.import_module("onnx")
    evaluator = importlib.import_module("onnx.reference").ReferenceEvaluator
    with silence(), np.errstate(all="ignore"):
        (found,) = evaluator(onnx.load_from_string(data)).run(None, inputs)
    return np.asarray(found)


def _points(variant: Variant) -> list[Array]:
    """The points of each input; two inputs meet in all pairs of fewer points."""
    kinks = [side for kink in variant.kinks or () for side in (kink, kink - 1e-3, kink + 1e-3)]
    far = [sign * 10.0**power for power in range(-30, 31, 2) for sign in (1, -1)]
    if variant.inputs == 1:
        return [np.array([*np.linspace(-REACH, REACH, STEPS + 1), *kinks, *far, *SPECIAL], dtype=np.float32)]
    axis = np.array([*np.linspace(-REACH, REACH, 41), *far[::4], *SPECIAL], dtype=np.float32)
    return [np.ascontiguousarray(each.flatten()) for each in np.meshgrid(axis, axis)]


def _vectors(variant: AxisVariant, rank: int) -> Array:
    """Vectors along the dimension, the same each time."""
    divisor = variant.activation.divisor
    size = 6 * int(dict(variant.values)[divisor]) if divisor else 12
    shape = [5, 4, 3, *[1] * rank][:rank]
    shape[variant.dim] = size
    draw: Array = np.random.Generator(np.random.Philox(0)).normal(size=shape) * 3
    return draw.astype(np.float32)
