"""Which data a picture shows, as a short text that can be compared: a stale picture has another one."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from activations.render.gallery_sweeps import Sweep
    from activations.shape import Array, ShapeInfo

    Drawn = tuple[ShapeInfo, Sequence[Sweep]]

__all__ = ["data_digest", "stale_pictures"]

SAMPLES = 129
LEVELS = 1e4  # per unit: a tenth of what a picture shows, and far above the rounding of any machine
OFFSET = 0.3183  # no round number lies on the border of two levels


def data_digest(info: ShapeInfo, found: Sequence[Sweep] = ()) -> str:
    """A hash of all that the pictures of an activation show: 16 hexadecimal digits.

    Values count to about four digits, so that two machines that round differently agree.

    Args:
        info: the plotted data.
        found: what is drawn of its parameters.
    """
    facts = info.properties
    parts: list[Any] = [info.label, info.formula, info.latex, info.inputs, facts.smoothness]
    parts += [name for name, _ in info.parameters]
    parts += [sweep.parameter for sweep in found]
    numbers: list[float] = [value for _, value in info.parameters]
    numbers += [*info.window, *info.kinks, *info.jumps]
    numbers += [number for dot in info.dots for number in (dot.x, dot.y, dot.closed)]
    numbers += [number for line in info.asymptotes for number in (*line.x, *line.y)]
    for bound in facts.range or ():
        numbers += [bound.value, bound.attained]
    arrays = [_levels(np.array(numbers, dtype=np.float64))]
    if info.x.size:
        at = _samples(*info.window)
        for order in sorted(info.curves):
            values = info.curves[order]
            arrays.append(_levels(np.interp(at, info.x, values)))
            arrays.append(_levels(_ends(values)))
    if info.surface is not None:
        every = max(1, len(info.surface.axis) // 40)
        for value in (info.surface.value, *info.surface.slopes):
            arrays.append(_levels(value[::every, ::every]))
    for sweep in found:
        arrays.append(_levels([*sweep.values, sweep.own]))
        arrays += [_levels(np.interp(_samples(*info.window), sweep.x, curve)) for curve in sweep.curves]
    whole = hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace"))
    for array in arrays:
        whole.update(repr(array.shape).encode())
        whole.update(array.tobytes())
    return whole.hexdigest()[:16]


def stale_pictures(manifest: Mapping[str, Any], drawn: Iterable[Drawn]) -> dict[str, str]:
    """Which pictures of a gallery show something else than they should now, each with the reason.

    Args:
        manifest: the content of the gallery's manifest.json.
        drawn: for each activation the data that its pictures should show: curves and sweeps.
    """
    listed = manifest["pictures"]
    stale: dict[str, str] = {}
    for info, found in drawn:
        if info.label not in listed:
            stale[info.label] = "has no picture"
        elif listed[info.label]["data"] != data_digest(info, found):
            stale[info.label] = "its data has changed since it was drawn"
    return stale


def _samples(low: float, high: float) -> Array:
    """Points that hit no kink: within the window, at no round places."""
    step = (high - low) / SAMPLES
    found: Array = low + step * (np.arange(SAMPLES, dtype=np.float64) + OFFSET)
    return found


def _ends(values: Array) -> Array:
    known = values[np.isfinite(values)]
    return np.array([known.min(), known.max()]) if known.size else np.empty(0)


def _levels(values: Array | Sequence[float]) -> Array:
    """Whole numbers: even steps for small values, relative ones for large; NaN and infinities keep their own."""
    levels: Array = np.floor(np.arcsinh(np.asarray(values, dtype=np.float64)) * LEVELS + OFFSET)
    # One bit pattern for every NaN, and no negative zero.
    found: Array = np.where(np.isnan(levels), math.nan, levels + 0.0)
    return found.astype("<f8")
