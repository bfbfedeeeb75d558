"""Pictures of the best fits of a target beside its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from activations.fitting.samples import draw_samples
from activations.render.classes import draw_classes, mixed_colours
from activations.render.formula import plain
from activations.render.style import Theme, new_figure, style_axes, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from activations.benchmark.result import Fit, TargetResult
    from activations.fitting.samples import Samples
    from activations.fitting.target import Target

__all__ = [
    "Drawn",
    "draw_agreement",
    "draw_confusions",
    "draw_fits",
    "draw_maps",
    "draw_nothing",
    "draw_plane_curves",
    "is_drawable",
]

CURVES = 4
MAPS = 3
LARGEST = 1e300
CELLS = 12  # classes whose numbers are written
MESH = 161  # points per side of a decision map


class Drawn(Protocol):
    """A trained network as the pictures need it."""

    @property
    def label(self) -> str:
        """The activation."""

    @property
    def target(self) -> Target:
        """What it was fitted to."""

    @property
    def samples(self) -> Samples:
        """The points that it was fitted to and tested at."""

    def predict(self, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Values [points, outputs] in the target's units, or the probability of each class."""


def draw_fits(result: TargetResult, theme: str = "light") -> Figure:
    """Draw the networks of the best activations, each of its median seed.

    One input: the data with the fitted curves, and below the errors of the curves. A curve in the plane: the curve
    and the fitted ones. Two inputs and classes: the probability of the second of two classes, or the likeliest of
    several, over the plane, with the training points. Classes of other inputs: how the test points of each class were
    classified. Anything else: predicted against true values at the test points.

    Args:
        result: the ranking of one target.
        theme: "light" or "dark".
    """
    target = result.target
    with styled(theme) as look:
        if not result.fits:
            reason = "every run diverged" if target.has_values else "the target's Python function is not kept"
            figure = draw_nothing(look, reason)
        elif not is_drawable(target, result.fits[0].run.seed):
            figure = draw_nothing(look, "the values are too large to be drawn")
        elif target.task == "classification" and target.dimension == 2:
            figure = draw_maps(result.fits[:MAPS], look)
        elif target.task == "classification":
            figure = draw_confusions(result.fits[:MAPS], look)
        elif target.task == "regression" and (target.dimension, target.outputs) == (1, 2):
            figure = draw_plane_curves(result.fits[:CURVES], look)
        elif target.task == "regression" and (target.dimension, target.outputs) == (1, 1):
            figure = _draw_curves(result.fits[:CURVES], look)
        else:
            figure = draw_agreement(result.fits[:CURVES], look)
        figure.suptitle(plain(_title(result)), color=look.text, fontsize=12, x=0.02, ha="left")
    return figure


def is_drawable(target: Target, seed: int) -> bool:
    """Whether a target's numbers are small enough for axes, which compute with their differences and margins."""
    samples = draw_samples(target, seed)
    return all(np.abs(part).max(initial=0) < LARGEST for s in (samples.training, samples.test) for part in (s.x, s.y))


def draw_nothing(theme: Theme, reason: str) -> Figure:
    """A picture that says why there is none."""
    figure = new_figure(theme, 6.4, 2.0)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.text(0.5, 0.5, reason, ha="center", color=theme.text, transform=axes.transAxes)
    return figure


def _title(result: TargetResult) -> str:
    target = result.target
    parts = [target.name, target.title if target.title != target.name else ""]
    return ": ".join(part for part in parts if part)


def _draw_curves(fits: Sequence[Fit], theme: Theme) -> Figure:
    figure = new_figure(theme, 7.6, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.2])
    samples = fits[0].samples
    for axes in (upper, lower):
        style_axes(axes, theme, zero=False)
    upper.scatter(
        samples.training.x[:, 0], samples.training.y[:, 0], s=14, color=theme.muted, zorder=2, label="data", gid="data"
    )
    ((low, high),) = fits[0].target.domain
    table = fits[0].target.table is not None
    x = np.linspace(low, high, 1001) if table else samples.test.x[:, 0]
    if not table:
        upper.plot(x, samples.test.y[:, 0], color=theme.zero, linewidth=4, alpha=0.6, zorder=1.8, label="target")
    for fit, colour in zip(fits, theme.cycle, strict=False):
        upper.plot(x, fit.predict(x[:, None])[:, 0], color=colour, linewidth=1.6, zorder=3, label=plain(fit.label, 40))
        own = fit.samples.test
        order = np.argsort(own.x[:, 0], kind="stable")
        residual = (fit.predict(own.x[order]) - own.y[order])[:, 0]
        style: dict[str, Any] = {"marker": ".", "linestyle": "none"} if table else {"linewidth": 1.2}
        lower.plot(own.x[order, 0], residual, color=colour, **style)
    lower.axhline(0.0, color=theme.zero, linewidth=1.0)
    lower.set_ylabel("error")
    lower.set_xlabel(plain(fits[0].target.variables[0], 40))
    upper.legend(loc="best")
    return figure


def draw_maps(fits: Sequence[Drawn], theme: Theme) -> Figure:
    """The probabilities of classes over the plane, with the training points."""
    figure = new_figure(theme, 3.6 * len(fits) + 0.6, 4.2)
    (left, right), (bottom, top) = fits[0].target.domain
    mesh = np.meshgrid(np.linspace(left, right, MESH), np.linspace(bottom, top, MESH))
    points = np.stack([part.ravel() for part in mesh], axis=1)
    for axes, fit in zip(np.atleast_1d(figure.subplots(1, len(fits), squeeze=True)), fits, strict=True):
        style_axes(axes, theme, zero=False)
        axes.grid(False)
        shares = fit.predict(points).reshape(MESH, MESH, -1)
        place: dict[str, Any] = {"extent": (left, right, bottom, top), "origin": "lower"}
        place["aspect"] = "auto"  # a fixed one keeps constrained layout from settling
        if shares.shape[2] == 2:
            share = shares[..., 1]
            axes.imshow(share, cmap=theme.diverging(), vmin=0, vmax=1, interpolation="bilinear", **place)
            axes.contour(*mesh, share, levels=[0.5], colors=[theme.text], linewidths=0.8)
        else:
            axes.imshow(mixed_colours(shares, theme), interpolation="nearest", **place)
        draw_classes(axes, fit.samples.training, fit.target.classes, theme)
        axes.set_title(plain(fit.label, 40))
        axes.set_xlabel(plain(fit.target.variables[0], 40))
    figure.axes[0].set_ylabel(plain(fits[0].target.variables[1], 40))
    return figure


def draw_confusions(fits: Sequence[Drawn], theme: Theme) -> Figure:
    """The shares of each class's test points that each class was predicted for."""
    target = fits[0].target
    names = target.table.classes if target.table is not None and target.table.classes else range(target.classes)
    labels = [plain(str(name), 14) for name in names]
    size = min(max(2.4, 0.5 * target.classes), 6.0)
    figure = new_figure(theme, (size + 0.7) * len(fits) + 0.6, size + 1.6)
    for axes, fit in zip(np.atleast_1d(figure.subplots(1, len(fits), squeeze=True)), fits, strict=True):
        style_axes(axes, theme, zero=False)
        axes.grid(False)
        test = fit.samples.test
        counts = np.zeros((target.classes, target.classes))
        np.add.at(counts, (test.y, fit.predict(test.x).argmax(axis=1)), 1)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap=theme.rising(), vmin=0, vmax=1)
        if target.classes <= CELLS:
            for i, j in np.ndindex(shares.shape):
                colour = theme.background if shares[i, j] > 0.55 else theme.text
                axes.text(j, i, f"{counts[i, j]:.0f}", ha="center", va="center", fontsize=9, color=colour)
            axes.set_xticks(range(target.classes), labels, rotation=90 if max(map(len, labels)) > 3 else 0)
            axes.set_yticks(range(target.classes), labels)
        axes.set_title(plain(fit.label, 24))
        axes.set_xlabel("predicted class")
    figure.axes[0].set_ylabel("true class")
    return figure


def draw_plane_curves(fits: Sequence[Drawn], theme: Theme) -> Figure:
    """Curves in the plane: the data, the true one and the fitted ones."""
    figure = new_figure(theme, 6.2, 5.6)
    axes: Axes = figure.add_subplot()
    style_axes(axes, theme, zero=False)
    samples = fits[0].samples
    data = samples.training.y
    axes.scatter(data[:, 0], data[:, 1], s=14, color=theme.muted, zorder=2, label="data", gid="data")
    if fits[0].target.is_function:
        axes.plot(*samples.test.y.T, color=theme.zero, linewidth=4, alpha=0.6, zorder=1.8, label="target")
    for fit, colour in zip(fits, theme.cycle, strict=False):
        axes.plot(*fit.predict(samples.test.x).T, color=colour, linewidth=1.6, zorder=3, label=plain(fit.label, 40))
    axes.legend(loc="best")
    return figure


def draw_agreement(fits: Sequence[Drawn], theme: Theme) -> Figure:
    """Predicted against true values at the test points."""
    figure = new_figure(theme, 5.4, 5.2)
    axes: Axes = figure.add_subplot()
    style_axes(axes, theme, zero=False)
    for fit, colour in zip(fits, theme.cycle, strict=False):
        test = fit.samples.test
        predicted = fit.predict(test.x)
        axes.scatter(
            test.y.ravel(), predicted.ravel(), s=8, color=colour, alpha=0.5, linewidths=0, label=plain(fit.label, 40)
        )
    truth = fits[0].samples.test.y
    axes.axline((float(truth.min()),) * 2, slope=1, color=theme.zero, linewidth=1.0, zorder=1.5)
    axes.set_xlabel("true value")
    axes.set_ylabel("predicted value")
    axes.legend(loc="upper left", markerscale=2)
    return figure
