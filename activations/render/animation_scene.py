"""What an animation of a fit shows, as numbers: its limits, its data and what the network gives at each frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from activations.errors import DataError
from activations.fitting.evaluation import evaluate
from activations.fitting.settings import SettingError

if TYPE_CHECKING:
    from activations.networks.fit import Fit

__all__ = ["MAX_FRAMES", "Frame", "Scene", "scene_of"]

Array = np.ndarray[Any, Any]

MAX_FRAMES = 200
CURVE = 301  # points of a curve
MESH = 81  # points per side of a map
MAX_POINTS = 2000  # of the data that are drawn
MARGIN = 0.12  # of the values' range, around it
KEY = 0.1  # more of it above, where the key stands
LARGEST = 1e300


@dataclass(frozen=True)
class Frame:
    """One moment of the training.

    Attributes:
        step: number of steps made.
        loss: the training loss then; it may be not finite.
        curve: for a line or a curve, points [points, 2]; NaN where the network gives no number.
        values: for a map, values [MESH, MESH], or probabilities [MESH, MESH, classes].
    """

    step: int
    loss: float
    curve: Array | None = None
    values: Array | None = None


@dataclass(frozen=True)
class Scene:
    """All frames, and what stays the same in them.

    Attributes:
        kind: "line" for a function of one input, "curve" for one in the plane, "map" for two inputs.
        name: what is fitted.
        hidden: number of hidden layers.
        labels: of the two axes.
        limits: of the two axes.
        data: training points [points, 2] as they are drawn.
        classes: the class number of each, or its value; empty for a line or a curve.
        class_count: number of classes; 0 for values.
        truth: the function itself, points [points, 2], if it is known.
        frames: in the order of their steps.
        history: steps and losses, shape [moments, 2], all positive and finite.
    """

    kind: Literal["line", "curve", "map"]
    name: str
    hidden: int
    labels: tuple[str, str]
    limits: tuple[tuple[float, float], tuple[float, float]]
    data: Array
    classes: Array
    class_count: int
    truth: Array | None
    frames: tuple[Frame, ...]
    history: Array = field(repr=False)

    def title(self, frame: Frame) -> str:
        """What stands above a frame."""
        loss = f"{frame.loss:.3g}" if np.isfinite(frame.loss) else "not finite"
        return f"iteration {frame.step:,} · loss {loss} · {self.hidden} hidden layer{'s' * (self.hidden != 1)}"


def scene_of(fit: Fit) -> Scene:
    """The scene of a fit; of more frames than can be shown, some are left out evenly.

    Raises:
        SettingError: the fit kept no frames.
        DataError: it is of more inputs or outputs than a plane can show.
    """
    target = fit.target
    if not fit.frames:
        raise SettingError(f"the fit of {target.name!r} kept no frames; fit again with frames=60")
    kept = np.unique(np.linspace(0, len(fit.frames) - 1, MAX_FRAMES).round().astype(int))
    frames = [fit.frames[i] for i in kept]
    if not all(np.abs(part).max(initial=0) < LARGEST for part in (fit.training.x, fit.training.y)):
        raise DataError(f"the values of {target.name!r} are too large to be drawn; scale them to below {LARGEST:g}")
    if target.dimension == 1 and not target.classes and target.outputs <= 2:
        return _line_scene(fit, frames)
    if target.dimension == 2 and (target.classes or target.outputs == 1):
        return _map_scene(fit, frames)
    what = f"{target.classes} classes" if target.classes else f"{target.outputs} outputs"
    raise DataError(
        f"a fit of {target.dimension} inputs and {what} can't be animated; what can: one input and up to two outputs, "
        "or two inputs and one output or classes"
    )


def _line_scene(fit: Fit, frames: list[Any]) -> Scene:
    target = fit.target
    ((low, high),) = target.domain
    x = np.linspace(low, high, CURVE)[:, None]
    plane = target.outputs == 2
    points = _thinned(np.arange(len(fit.training)))
    training = fit.training.chosen(points)
    truth = None
    if target.is_function:
        values = evaluate(target, x)
        truth = values if plane else np.concatenate([x, values], axis=1)
    data = training.y if plane else np.concatenate([training.x, training.y], axis=1)
    drawn = []
    for frame in frames:
        values = _finite(fit.outputs(x, frame.parameters))
        curve = values if plane else np.concatenate([x, values], axis=1)
        drawn.append(Frame(int(frame.step), float(frame.loss), curve=curve))
    seen = np.concatenate([data, *([] if truth is None else [truth])])
    across = _limits(seen[:, 0]) if plane else (low, high)
    labels = ("first coordinate", "second coordinate") if plane else (target.variables[0], _value_name(fit))
    return _scene(
        fit,
        "curve" if plane else "line",
        labels,
        (across, _limits(seen[:, 1], KEY)),
        data,
        np.empty(0),
        truth,
        drawn,
    )


def _map_scene(fit: Fit, frames: list[Any]) -> Scene:
    target = fit.target
    (left, right), (bottom, top) = target.domain
    mesh = np.meshgrid(np.linspace(left, right, MESH), np.linspace(bottom, top, MESH))
    points = np.stack([part.ravel() for part in mesh], axis=1)
    chosen = fit.training.chosen(_thinned(np.arange(len(fit.training))))
    drawn = []
    for frame in frames:
        outputs = _finite(fit.outputs(points, frame.parameters))
        values = outputs.reshape(MESH, MESH, -1) if target.classes else outputs.reshape(MESH, MESH)
        drawn.append(Frame(int(frame.step), float(frame.loss), values=values))
    labels = (target.variables[0], target.variables[1])
    y = chosen.y if target.classes else chosen.y[:, 0]
    return _scene(fit, "map", labels, ((left, right), (bottom, top)), chosen.x, y, None, drawn)


def _scene(
    fit: Fit,
    kind: Literal["line", "curve", "map"],
    labels: tuple[str, str],
    limits: tuple[tuple[float, float], tuple[float, float]],
    data: Array,
    classes: Array,
    truth: Array | None,
    frames: list[Frame],
) -> Scene:
    history = np.stack([np.asarray(fit.steps, dtype=float), np.asarray(fit.training_losses, dtype=float)], axis=1)
    sound = np.isfinite(history).all(axis=1) & (history[:, 1] > 0)
    return Scene(
        kind,
        fit.target.name,
        len(fit.network.hidden),
        labels,
        limits,
        data,
        classes,
        fit.target.classes,
        truth,
        tuple(frames),
        history[sound],
    )


def _finite(values: Array) -> Array:
    """Values with NaN for all that can't be drawn."""
    with np.errstate(invalid="ignore"):
        finite: Array = np.where(np.abs(values) < LARGEST, values, np.nan)
    return finite


def _limits(values: Array, more: float = 0.0) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    size = (high - low) or max(abs(high), 1.0)
    return low - MARGIN * size, high + (MARGIN + more) * size


def _thinned(rows: Array) -> Array:
    if len(rows) <= MAX_POINTS:
        return rows
    chosen: Array = rows[np.unique(np.linspace(0, len(rows) - 1, MAX_POINTS).round().astype(int))]
    return chosen


def _value_name(fit: Fit) -> str:
    return fit.target.table.y_name if fit.target.table is not None else "y"
