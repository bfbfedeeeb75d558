"""The error as a surface over two weights or two directions, with an optimizer's path on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
import torch

from activations.declare import Variant
from activations.fitting.devices import require_precision, resolve_device, steady_arithmetic
from activations.fitting.engine import Batch
from activations.fitting.initialisation import Initialisation, initial_parameters
from activations.fitting.network import Network, read_hidden
from activations.fitting.points import Points
from activations.fitting.randomness import MAX_SEED
from activations.fitting.recipe import Optimizer, Recipe, Schedule
from activations.fitting.samples import Samples, draw_samples
from activations.fitting.settings import SettingError, require_count, require_positive
from activations.fitting.target import Interval, Target
from activations.fitting.targets import resolve_target
from activations.networks.error_surface import Path, Scaled, Surface, SurfaceSettings
from activations.networks.landscape import Landscape
from activations.networks.plane import (
    DIRECTIONS,
    Directions,
    Plane,
    random_plane,
    trail_plane,
    weight_places,
    weight_plane,
)
from activations.networks.trail import Trail, follow, held_parameters
from activations.registry import default_registry

__all__ = ["MAX_POINTS", "Surface", "loss_surface", "loss_surfaces"]

Progress: TypeAlias = Callable[[int, int, str], None]

MAX_POINTS = 501
MAX_STEPS = 10**8
STEPS = 300
NEAREST_SPAN = 3.0  # of two weights: at least from -3 to 3
FARTHEST_SPAN = 20.0
MARGIN = 1.4  # of the default span around the path
RANDOM_SPAN = 1.0  # in norms of the filters


def loss_surface(
    target: Target | str,
    activation: Variant | str = "tanh",
    *,
    hidden: Sequence[int] = (1,),
    bias: bool | None = None,
    directions: Directions | None = None,
    points: int = 61,
    span: Interval | None = None,
    seed: int = 0,
    optimizer: Optimizer = "sgd",
    learning_rate: float = 0.1,
    steps: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    schedule: Schedule = "constant",
    loss: Literal["squares", "huber"] = "squares",
    scaling: Scaled = "standard",
    initialisation: Initialisation = "moments",
    start: Sequence[float] | None = None,
    precision: Literal["float32", "float64"] = "float64",
    device: str = "auto",
    progress: Progress | None = None,
) -> Surface:
    """Compute the error surface of a small network on a target, with an optimizer's path on it.

    The error is the mean loss over all training points of the target, in the network's units: inputs scaled to
    [-1, 1] and values standardised, unless `scaling="none"`. All points of the grid are networks of one batch.

    Args:
        target: what is fitted; a text is a name or a formula.
        activation: of the hidden layers; a text is a name with settings, or a formula.
        hidden: widths of the hidden layers.
        bias: whether the layers have biases; without them they are 0 and stay so. Not given: only larger networks than
            the one with two weights.
        directions: "weights" for the two weights of a network that has no more; "random" for two random directions
            around the end of the path, normalised by filter (Li et al. 2018, arXiv:1712.09913); "trajectory" for the
            path's first two principal components. Not given: weights where there are two, else random.
        points: of the grid along each coordinate, an odd number for one in the middle.
        span: both ends of both coordinates. Not given: around the path, or ±1 for random directions.
        seed: decides the training points, the noise, the first weights, the minibatches and the random directions.
        optimizer: of the path: "sgd", "momentum", "adam" or "adamw".
        learning_rate: of the path.
        steps: of the path; 300 unless `epochs` is given.
        epochs: passes through the training points, in place of steps.
        batch_size: points per step; None for all of them.
        schedule: of the learning rate.
        loss: "squares" or "huber"; a classification has its cross-entropy.
        scaling: "standard", or "none" for the target's own units.
        initialisation: of the path's first weights; see `activations.fitting.initialisation`.
        start: the two weights that the path starts from, in place of that.
        precision: of all numbers.
        device: where to compute.
        progress: called with the work that is done, the whole, and a word on it.

    Raises:
        SettingError: a setting is out of its range, or settings do not go together.
        UnknownActivationError, UnknownTargetError, ExpressionError: a text is no activation or no target.
        DataError: the target is not finite on its domain.
        DeviceError: the device is not there, or can't compute in this precision.
    """
    variant = default_registry().variant(activation) if isinstance(activation, str) else activation
    (found,) = loss_surfaces(
        target,
        (variant,),
        hidden=hidden,
        bias=bias,
        directions=directions,
        points=points,
        span=span,
        seed=seed,
        optimizer=optimizer,
        learning_rate=learning_rate,
        steps=steps,
        epochs=epochs,
        batch_size=batch_size,
        schedule=schedule,
        loss=loss,
        scaling=scaling,
        initialisation=initialisation,
        start=start,
        precision=precision,
        device=device,
        progress=progress,
    )
    return found


def loss_surfaces(
    target: Target | str,
    activations: Sequence[Variant | str],
    *,
    hidden: Sequence[int] = (1,),
    bias: bool | None = None,
    directions: Directions | None = None,
    points: int = 61,
    span: Interval | None = None,
    seed: int = 0,
    optimizer: Optimizer = "sgd",
    learning_rate: float = 0.1,
    steps: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    schedule: Schedule = "constant",
    loss: Literal["squares", "huber"] = "squares",
    scaling: Scaled = "standard",
    initialisation: Initialisation = "moments",
    start: Sequence[float] | None = None,
    precision: Literal["float32", "float64"] = "float64",
    device: str = "auto",
    progress: Progress | None = None,
) -> tuple[Surface, ...]:
    """Compute the surfaces of several activations, over one span where the coordinates are weights.

    See `loss_surface` for arguments and errors.
    """
    if isinstance(target, str):
        target = resolve_target(target)
    variants = [default_registry().variant(one) if isinstance(one, str) else one for one in activations]
    widths = read_hidden(hidden)
    bias = widths != (1,) if bias is None else bias
    require_count("points", points, 3, MAX_POINTS)
    require_count("seed", seed, 0, MAX_SEED)
    if directions not in (None, *DIRECTIONS):
        raise SettingError(f"directions={directions!r} is unknown; choose from {', '.join(DIRECTIONS)}")
    if scaling not in ("standard", "none"):
        raise SettingError(f"scaling={scaling!r} is unknown; choose from standard, none")
    if precision not in ("float32", "float64"):
        raise SettingError(f"precision={precision!r} is unknown; choose from float32, float64")
    if span is not None and not (all(map(math.isfinite, span)) and span[0] < span[1]):
        raise SettingError(f"span={span!r} is no interval; give two finite numbers, the lower one first")
    if steps is not None and epochs is not None:
        raise SettingError(f"steps={steps} and epochs={epochs} contradict each other; give one of them")
    if start is not None and not (len(start) == 2 and all(map(math.isfinite, start))):
        raise SettingError(f"start={tuple(start)!r} must be two finite numbers, one for each weight")
    where = resolve_device(device)
    require_precision(where, precision)

    samples = draw_samples(target, seed)
    data = _in_network_units(samples, scaling)
    recipe = Recipe(
        optimizer=optimizer,
        schedule=schedule if optimizer not in ("lbfgs", "lm") else "cosine",
        loss="cross-entropy" if target.classes else loss,
        batch_size=batch_size,
    )
    if not recipe.has_rate:
        raise SettingError(f"optimizer={optimizer!r} has no path of single steps; choose sgd, momentum, adam or adamw")
    if batch_size is not None and batch_size > len(data):
        raise SettingError(f"batch_size={batch_size} is more than the {len(data)} training points")
    per_epoch = len(data) // batch_size if batch_size else 1
    if epochs is not None:
        steps = per_epoch * require_count("epochs", epochs, 1, MAX_STEPS)
    made = require_count("steps", STEPS if steps is None else steps, 1, MAX_STEPS)
    settings = SurfaceSettings(
        hidden=widths,
        bias=bias,
        directions="weights",
        points=points,
        span=((0.0, 0.0), (0.0, 0.0)),
        seed=seed,
        optimizer=optimizer,
        learning_rate=require_positive("learning_rate", learning_rate),
        steps=made,
        epochs=made / per_epoch,
        batch_size=batch_size,
        schedule=schedule,
        loss=recipe.loss,
        scaling=scaling,
        initialisation=initialisation,
        precision=precision,
        start=(float(start[0]), float(start[1])) if start is not None else None,
    )
    tracks = [
        _Track(target, variant, data, settings, directions, recipe, where, progress or _silent) for variant in variants
    ]
    common = span
    if common is None and tracks and all(track.settings.directions == "weights" for track in tracks):
        widest = max(_weight_span(track) for track in tracks)
        common = (-widest, widest)
    return tuple(track.surface(common, per_epoch) for track in tracks)


class _Track:
    """A path with its plane, on which a surface can be made."""

    def __init__(
        self,
        target: Target,
        variant: Variant,
        data: Points,
        settings: SurfaceSettings,
        directions: Directions | None,
        recipe: Recipe,
        device: torch.device,
        progress: Progress,
    ) -> None:
        network = Network(target.dimension, settings.hidden, target.network_outputs, variant)
        places = weight_places(network)
        chosen: Directions = directions or ("weights" if len(places) == 2 and not settings.bias else "random")
        first = initial_parameters(network, settings.seed, mode=settings.initialisation)
        held = held_parameters(network, bias=settings.bias, theta=chosen != "weights")
        if not settings.bias:
            first[held_parameters(network, bias=False, theta=True)] = 0.0
        if chosen == "weights":
            if settings.bias and len(places) == 2:
                raise SettingError(
                    f"directions='weights' is for networks without biases, this one has {network.parameters - 2} "
                    "values beside its weights; write bias=False, or directions='random' or 'trajectory'"
                )
            weight_plane(network, first)  # which refuses larger networks before they are trained
        if settings.start is not None:
            if len(places) != 2:
                raise SettingError(
                    f"start={settings.start!r} is for a network with 2 weights, this one has {len(places)}; "
                    "leave it out"
                )
            first[places] = settings.start
        dtype = torch.float64 if settings.precision == "float64" else torch.float32
        batch = Batch(
            network=network,
            inputs=torch.from_numpy(data.x).to(dtype)[None],
            targets=torch.from_numpy(data.y).to(torch.int64 if target.classes else dtype)[None],
            parameters=torch.from_numpy(first).to(dtype)[None],
            learning_rates=torch.tensor([settings.learning_rate], dtype=dtype),
            steps=settings.steps,
            recipe=recipe,
            seeds=(settings.seed,),
        )
        label, steps = variant.label, settings.steps
        with steady_arithmetic():
            self.trail: Trail = follow(batch, held, device, lambda done: progress(done, steps, f"path of {label}"))
        ends = self.trail.parameters
        self.plane: Plane = (
            weight_plane(network, first)
            if chosen == "weights"
            else random_plane(network, ends[-1], settings.seed)
            if chosen == "random"
            else trail_plane(ends)
        )
        self.landscape = Landscape(network, data.x, data.y, recipe.loss, device, dtype)
        self.coordinates = self.plane.coordinates(ends)
        self.target, self.variant, self.network, self.data = target, variant, network, data
        self.settings = replace(settings, directions=chosen)
        self.progress = progress

    def surface(self, span: Interval | None, per_epoch: int) -> Surface:
        """The surface over a span, the same for both coordinates, or one that suits the path."""
        spans = (span, span) if span else self._own_spans()
        count = self.settings.points
        x, y = (np.linspace(low, high, count) for low, high in spans)
        across, up = np.meshgrid(x, y)
        grid = np.stack([across.ravel(), up.ravel()], axis=1)
        whole, what = len(grid) + len(self.coordinates), f"surface of {self.variant.label}"
        with steady_arithmetic():
            found = self.landscape.over(
                self.plane.centre,
                self.plane.directions,
                np.concatenate([grid, self.coordinates]),
                lambda done: self.progress(done, whole, what),
            )
            own = self.landscape.at(self.trail.parameters)
        path = Path(
            steps=self.trail.steps,
            epochs=self.trail.steps / per_epoch,
            x=self.coordinates[:, 0],
            y=self.coordinates[:, 1],
            losses=own,
            heights=found[len(grid) :],
            parameters=self.trail.parameters,
            share=self.plane.share(self.trail.parameters),
            diverged=self.trail.diverged,
        )
        return Surface(
            target=self.target,
            activation=self.variant,
            network=self.network,
            settings=replace(self.settings, span=spans),
            labels=self.plane.labels,
            x=x,
            y=y,
            losses=found[: len(grid)].reshape(count, count),
            path=path,
            centre=self.plane.centre,
            directions=self.plane.directions,
            explained=self.plane.explained,
            training=len(self.data),
        )

    def _own_spans(self) -> tuple[Interval, Interval]:
        if self.settings.directions == "random":
            return ((-RANDOM_SPAN, RANDOM_SPAN),) * 2
        if self.settings.directions == "weights":
            widest = _weight_span(self)
            return ((-widest, widest),) * 2
        lows, highs = self.coordinates.min(axis=0), self.coordinates.max(axis=0)
        middles = (lows + highs) / 2
        # No narrower than a fifth of the other: a path along one component is no reason for a thin strip.
        halves = np.maximum(MARGIN * (highs - lows) / 2, 0.2 * (highs - lows).max())
        first, second = zip((middles - halves).tolist(), (middles + halves).tolist(), strict=True)
        return first, second


def _weight_span(track: _Track) -> float:
    """Half the side of a square around zero that holds the path."""
    farthest = float(np.abs(track.coordinates).max())
    return math.ceil(2 * min(max(MARGIN * farthest, NEAREST_SPAN), FARTHEST_SPAN)) / 2


def _in_network_units(samples: Samples, scaling: Scaled) -> Points:
    points, scale = samples.training, samples.scaling
    if scaling == "none":
        return points
    y = points.y if samples.classes else scale.value_to_network(points.y)
    return Points(scale.input_to_network(points.x), y)


def _silent(done: int, whole: int, what: str) -> None:
    """Progress that nobody watches."""
