"""Pictures of targets: the function, the points that training gets, and where extrapolation is tested."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from activations.fitting.evaluation import evaluate
from activations.fitting.samples import draw_samples
from activations.render.classes import draw_classes
from activations.render.formula import formula_text, plain, text_size
from activations.render.gaps import with_gaps
from activations.render.style import Theme, new_figure, style_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from activations.fitting.samples import Samples
    from activations.fitting.target import Target

__all__ = ["draw_target"]

SEED = 0  # whose training points are shown
CURVE = 2001
FEW_LEVELS = 20  # different values of a function that is a step
MESH = 201  # points per side of a map
WIDTH = 6.4  # inches
PANELS = 10  # inputs that are shown, if there are many
COLUMNS = 5
BACKGROUND_POINTS = 1500  # test points behind the training points of classes
FORMULA_SIZE = 10
LABELS = 1.0  # inches beside the axes
POINTS_PER_INCH = 72


def draw_target(target: Target, theme: str = "light") -> Figure:
    """Draw a target with its training points of seed 0.

    One input: the function, with a gap at each jump, and beyond the domain where extrapolation is tested. A curve in
    the plane: its path. Two inputs: a map. Classes in the plane: points of each class before those that are tested.
    More inputs: the values against each input, with the function through the middle of the domain.

    Args:
        target: what to draw.
        theme: "light" or "dark".

    Raises:
        DataError: the target is not finite on its domain.
    """
    samples = draw_samples(target, SEED)
    with styled(theme) as look:
        if target.dimension == 2 and target.classes:
            figure = _draw_classes(target, samples, look)
        elif target.dimension == 2 and target.outputs == 1:
            figure = _draw_map(target, samples, look)
        elif target.dimension > 1:
            figure = _draw_panels(target, samples, look)
        elif target.outputs == 2:
            figure = _draw_path(target, samples, look)
        else:
            figure = _draw_curve(target, samples, look)
        _set_title(figure, target, look)
    return figure


def _set_title(figure: Figure, target: Target, theme: Theme) -> None:
    name = plain(target.name, 60)
    title = f"{name}: {plain(target.title, 70)}" if target.title else name
    lines = [title]
    if target.latex and target.name != target.formula.strip():
        room = (figure.get_figwidth() - LABELS) * POINTS_PER_INCH
        text = formula_text(target.latex, target.formula)
        if text_size(text, FORMULA_SIZE)[0] > room:
            width = text_size(plain(target.formula, 400), FORMULA_SIZE)[0]
            text = plain(target.formula, max(20, int(0.9 * room / width * min(len(target.formula), 400))))
        lines.append(text)
    figure.suptitle(lines[0], color=theme.text, fontsize=11.5, x=0.02, ha="left")
    if len(lines) > 1:
        # Above the axes and not above everything: constrained layout keeps room for it there.
        figure.axes[0].set_title(lines[1], fontsize=FORMULA_SIZE, color=theme.muted, loc="left", weight="normal")


def _draw_curve(target: Target, samples: Samples, theme: Theme) -> Figure:
    figure = new_figure(theme, WIDTH, 3.8)
    axes: Axes = figure.add_subplot()
    style_axes(axes, theme, zero=False)
    ((low, high),) = target.domain
    several = target.outputs > 1
    if target.is_function and not target.classes:
        for output in range(target.outputs):
            colour = theme.cycle[output % len(theme.cycle)]
            label = f"{plain(target.variables[0])} to output {output + 1}" if several else "target"
            _plot(axes, target, low, high, output, color=colour, linewidth=1.6, zorder=3, label=label)
            for begin, end in target.extrapolation:
                _plot(axes, target, begin, end, output, color=colour, linewidth=1.4, linestyle=(0, (3, 2)), zorder=3)
    for number, (begin, end) in enumerate(target.extrapolation):
        axes.axvspan(
            begin, end, color=theme.grid, alpha=0.7, linewidth=0, zorder=0.5, label=None if number else "extrapolation"
        )
    points = samples.training
    values = points.y if points.y.ndim == 2 else points.y[:, None]
    for output in range(values.shape[1]):
        axes.scatter(
            points.x[:, 0],
            values[:, output],
            s=_size(len(points)),
            color=theme.text if theme.name == "dark" or not several else theme.muted,
            alpha=0.55,
            linewidths=0,
            zorder=2 if target.is_function else 3,
            label=None if output else f"{len(points)} training points",
            gid="data",
        )
    axes.set_xlabel(plain(target.variables[0], 40))
    if target.table is not None:
        axes.set_ylabel(plain(target.table.y_name, 40))
    _legend(figure, axes)
    return figure


def _plot(axes: Axes, target: Target, low: float, high: float, output: int, **style: Any) -> None:
    x = np.linspace(low, high, CURVE)

    def value(at: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        values: np.ndarray[Any, Any] = evaluate(target, at[:, None])[:, output]
        return values

    axes.plot(*with_gaps(x, value(x), value), **style)


def _draw_path(target: Target, samples: Samples, theme: Theme) -> Figure:
    figure = new_figure(theme, 5.2, 5.2)
    axes: Axes = figure.add_subplot()
    style_axes(axes, theme, zero=False)
    path = samples.test.y
    axes.plot(path[:, 0], path[:, 1], color=theme.cycle[0], linewidth=1.6, zorder=3, label="target")
    data = samples.training.y
    axes.scatter(
        data[:, 0],
        data[:, 1],
        s=_size(len(data)),
        color=theme.text,
        alpha=0.55,
        linewidths=0,
        zorder=2,
        label=f"{len(data)} training points",
        gid="data",
    )
    axes.set_xlabel("first output")
    axes.set_ylabel("second output")
    _legend(figure, axes)
    return figure


def _draw_map(target: Target, samples: Samples, theme: Theme) -> Figure:
    figure = new_figure(theme, 5.6, 4.6)
    axes: Axes = figure.add_subplot()
    style_axes(axes, theme, zero=False)
    axes.grid(False)
    points = samples.training
    if not target.is_function:
        shown: Any = axes.scatter(
            points.x[:, 0], points.x[:, 1], c=points.y[:, 0], s=12, gid="data", **_colours(points.y, theme)
        )
    else:
        (left, right), (bottom, top) = target.domain
        mesh = np.meshgrid(np.linspace(left, right, MESH), np.linspace(bottom, top, MESH))
        values = evaluate(target, np.stack([part.ravel() for part in mesh], axis=1))[:, 0].reshape(MESH, MESH)
        levels = len(np.unique(values)) <= FEW_LEVELS
        shading: Literal["nearest", "gouraud"] = "nearest" if levels else "gouraud"
        shown = axes.pcolormesh(*mesh, values, shading=shading, rasterized=True, **_colours(values, theme))
        if not levels:
            axes.contour(*mesh, values, levels=9, colors=[theme.text], linewidths=0.5, alpha=0.6)
        axes.scatter(
            points.x[:, 0],
            points.x[:, 1],
            s=_size(len(points)) / 2,
            color=theme.text,
            alpha=0.45,
            linewidths=0,
            gid="data",
        )
    bar = figure.colorbar(shown, ax=axes, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=theme.muted, length=0, labelsize=9)
    axes.set_xlabel(plain(target.variables[0], 40))
    axes.set_ylabel(plain(target.variables[1], 40))
    return figure


def _colours(values: np.ndarray[Any, Any], theme: Theme) -> dict[str, Any]:
    """Zero in the background's colour if values have both signs, else the smallest."""
    low, high = float(values.min()), float(values.max())
    if low < 0 < high:
        largest = max(-low, high)
        return {"cmap": theme.diverging(), "vmin": -largest, "vmax": largest}
    return {"cmap": theme.rising()}


def _draw_classes(target: Target, samples: Samples, theme: Theme) -> Figure:
    figure = new_figure(theme, 5.2, 5.2)
    axes: Axes = figure.add_subplot()
    style_axes(axes, theme, zero=False)
    random = np.random.default_rng(SEED)
    test = samples.test
    some = test.chosen(np.sort(random.permutation(len(test))[:BACKGROUND_POINTS]))
    draw_classes(axes, some, target.classes, theme, size=5, alpha=0.25)
    names = target.table.classes if target.table is not None else [f"class {i}" for i in range(target.classes)]
    draw_classes(axes, samples.training, target.classes, theme, size=20, names=names)
    axes.set_xlabel(plain(target.variables[0], 40))
    axes.set_ylabel(plain(target.variables[1], 40))
    _legend(figure, axes)
    return figure


def _draw_panels(target: Target, samples: Samples, theme: Theme) -> Figure:
    inputs = min(target.dimension, PANELS)
    columns = min(inputs, COLUMNS)
    rows = math.ceil(inputs / columns)
    figure = new_figure(theme, 1.6 * columns + 1.0, 1.7 * rows + 0.7)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    points = samples.training
    values = points.y if points.y.ndim == 2 else points.y[:, None]
    middle = np.array([low / 2 + high / 2 for low, high in target.domain])
    for number, axes in enumerate(grid.ravel()):
        style_axes(axes, theme, zero=False)
        if number >= inputs:
            axes.set_axis_off()
            continue
        for output in range(values.shape[1]):
            colour = theme.cycle[output % len(theme.cycle)]
            axes.scatter(points.x[:, number], values[:, output], s=3, color=colour, alpha=0.4, linewidths=0, gid="data")
        if target.is_function and not target.classes:
            along = np.tile(middle, (CURVE, 1))
            along[:, number] = np.linspace(*target.domain[number], CURVE)
            for output in range(target.outputs):
                axes.plot(along[:, number], evaluate(target, along)[:, output], color=theme.text, linewidth=1.4)
        axes.tick_params(labelsize=7)
        axes.locator_params(axis="x", nbins=3)
        axes.set_xlabel(plain(target.variables[number], 20), fontsize=9, labelpad=1)
    return figure


def _size(points: int) -> float:
    """The area of a marker: many points are smaller."""
    return float(np.clip(1600 / points, 3, 16))


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower right", ncols=4, fontsize=8, handletextpad=0.4, columnspacing=1.2)
