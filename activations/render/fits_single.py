"""Pictures of one fit: the network over its data with the residuals, and its losses. `FitFace` finds them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.fitting.samples import Samples
from activations.render.fits import (
    LARGEST,
    draw_agreement,
    draw_confusions,
    draw_maps,
    draw_nothing,
    draw_plane_curves,
)
from activations.render.formula import plain
from activations.render.html import visible
from activations.render.style import ON_ANY, Theme, figure_bytes, new_figure, style_axes, styled

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from activations.fitting.target import Target
    from activations.networks.fit import Fit

__all__ = ["draw_fit", "draw_losses", "fit_html", "fit_title", "pictures_of"]

GRID = 1001  # points of a curve
FORMATS = ("png", "svg")


@dataclass(frozen=True)
class _Drawn:
    label: str
    target: Target
    samples: Samples
    predict: Callable[[Any], Any]


def fit_title(fit: Fit) -> str:
    """The target, the activation and the widths of the layers: "sine: tanh, 1-32-1"."""
    network = fit.network
    widths = "-".join(map(str, (network.inputs, *network.hidden, network.outputs)))
    return f"{fit.target.name}: {fit.label}, {widths if len(widths) <= 40 else f'{len(network.hidden)} hidden layers'}"


def draw_fit(fit: Fit, theme: str | Theme = "light") -> Figure:
    """Draw a fit over its data.

    One input: the data with the fitted curve, and the residuals below. A curve in the plane: the true and the fitted
    one. Two inputs and classes: probabilities over the plane with the training points. Other classes: how the test
    points of each were classified. Anything else: predicted against true values at the test points.

    Args:
        fit: one that has its points.
        theme: "light", "dark", or colours of one's own.
    """
    target = fit.target
    drawn = [_Drawn(fit.label, target, fit.samples, fit.outputs)]
    with styled(theme) as look:
        if not len(fit.training):
            figure = draw_nothing(look, "the model's file does not hold the data")
        elif not all(np.abs(part).max(initial=0) < LARGEST for p in (fit.training, fit.test) for part in (p.x, p.y)):
            figure = draw_nothing(look, "the values are too large to be drawn")
        elif target.task == "classification":
            figure = draw_maps(drawn, look) if target.dimension == 2 else draw_confusions(drawn, look)
        elif (target.dimension, target.outputs) == (1, 2):
            figure = draw_plane_curves(drawn, look)
        elif (target.dimension, target.outputs) == (1, 1):
            figure = _draw_curve(fit, look)
        else:
            figure = draw_agreement(drawn, look)
        figure.suptitle(plain(fit_title(fit), 70), color=look.text, fontsize=12, x=0.02, ha="left")
    return figure


def _draw_curve(fit: Fit, theme: Theme) -> Figure:
    figure = new_figure(theme, 7.6, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.2])
    for axes in (upper, lower):
        style_axes(axes, theme, zero=False)
    # Test points of a function lie on a fine grid: a line. Others are points, as the training points are.
    on_grid = fit.settings.split is None and fit.target.table is None
    curve, marked = theme.cycle[0], theme.cycle[1]
    size = 14 if len(fit.training) <= 500 else 5
    upper.scatter(fit.training.x[:, 0], fit.training.y[:, 0], s=size, color=theme.muted, label="training", gid="data")
    if on_grid:
        upper.plot(fit.test.x[:, 0], fit.test.y[:, 0], color=theme.zero, linewidth=4, alpha=0.6, label="target")
    else:
        upper.scatter(fit.test.x[:, 0], fit.test.y[:, 0], s=size, color=marked, label="test", gid="test")
    seen = np.concatenate([fit.training.x[:, 0], fit.test.x[:, 0]])
    x = np.linspace(seen.min(), seen.max(), GRID)
    upper.plot(x, fit.outputs(x)[:, 0], color=curve, linewidth=1.8, zorder=3, label=plain(fit.label, 40))
    for points, colour, name in ((fit.training, theme.muted, "training"), (fit.test, marked, "test")):
        order = np.argsort(points.x[:, 0], kind="stable")
        residual = (points.y - fit.outputs(points.x))[order, 0]
        if name == "test" and on_grid:
            lower.plot(points.x[order, 0], residual, color=curve, linewidth=1.2, zorder=3)
        else:
            lower.scatter(points.x[order, 0], residual, s=size, color=colour, gid=f"{name} residuals")
    lower.axhline(0.0, color=theme.zero, linewidth=1.0, zorder=1.5)
    lower.set_ylabel("residual")
    lower.set_xlabel(plain(fit.target.variables[0], 40))
    upper.legend(loc="best")
    return figure


def draw_losses(fit: Fit, theme: str = "light") -> Figure:
    """Draw training and test loss by the number of steps.

    Args:
        fit: one with a history.
        theme: "light" or "dark".
    """
    with styled(theme) as look:
        figure = new_figure(look, 6.4, 4.0)
        axes = figure.add_subplot()
        style_axes(axes, look, zero=False)
        shown = 0
        for losses, colour, name in (
            (fit.training_losses, look.cycle[0], "training"),
            (fit.test_losses, look.cycle[1], "test"),
        ):
            sound = np.isfinite(losses) & (losses > 0) & (losses < LARGEST)
            if sound.any():
                axes.plot(fit.steps[sound], losses[sound], color=colour, linewidth=1.6, label=name)
                shown += 1
        if shown:
            axes.set_yscale("log")
            axes.legend(loc="best")
        axes.set_xlabel("steps")
        axes.set_ylabel("loss")
        figure.suptitle(plain(fit_title(fit), 60), color=look.text, fontsize=12, x=0.02, ha="left")
    return figure


def fit_html(fit: Fit) -> str:
    """A fit in a notebook: the picture, and what it is in a line; foreign text is text."""
    picture = base64.b64encode(figure_bytes(draw_fit(fit, ON_ANY), "png", dpi=90)).decode()
    parts = [f"{fit.step} steps", f"{fit.network.trained} parameters"]
    if len(fit.test):
        errors = fit.errors()
        known = errors.r2 if errors.accuracy is None else errors.accuracy
        parts.append(f"{'R²' if errors.accuracy is None else 'accuracy'} {known:.4g}" if known is not None else "")
        parts.append(f"RMSE {errors.rmse:.4g}")
    parts.append("" if fit.state == "finished" else fit.state)
    title = escape(visible(fit_title(fit)))
    line = escape(", ".join(filter(None, parts)))
    return f'<div><b>{title}</b><br>{line}<br><img alt="{title}" src="data:image/png;base64,{picture}"></div>'


def pictures_of(fit: Fit, folder: Path) -> list[tuple[Path, bytes]]:
    """The pictures of a fit as files of a folder, with their content: fit.png, fit.svg, loss.png and loss.svg."""
    return [
        (folder / f"{name}.{ending}", figure_bytes(draw(fit), ending))
        for name, draw in (("fit", draw_fit), ("loss", draw_losses))
        for ending in FORMATS
    ]
