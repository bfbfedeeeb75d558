"""Figures of error surfaces: contours with the path, and views in three dimensions, several side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.render.formula import plain
from activations.render.style import Theme, new_figure, style_axes, styled
from activations.render.surface.scale import Scale, scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from activations.networks.error_surface import Surface

__all__ = ["COLOURS", "PANELS", "PATH", "draw_contours", "draw_solids"]

PANELS = 24
COLOURS = "viridis"
PATH = "#ff5a36"  # stands out from every colour of the map, on paper of both themes
HALO = "#ffffff"
STAR: dict[str, Any] = {"markerfacecolor": "#ffd84d", "markeredgecolor": "#1b1f24"}
ELEVATION, AZIMUTH = 47.0, -124.0
LIFT = 0.012  # of the height, so that the path is not half inside the surface
NAME = 34


def draw_contours(surfaces: Sequence[Surface], theme: str = "light", scale: Scale | None = None) -> Figure:
    """Draw the contours of surfaces on one scale, each with its path, its start and end, and the lowest points.

    Args:
        surfaces: of one target, one panel each; no more than fit into a picture.
        theme: "light" or "dark".
        scale: of the colours, if it is shared with other pictures.
    """
    scale = scale or scale_of(surfaces)
    shown = surfaces[:PANELS]
    rows, columns = _grid(len(shown))
    with styled(theme) as look:
        figure = new_figure(look, 4.1 * columns + 1.0, 3.9 * rows + 0.8)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        drawn = None
        for axes, surface in zip(panels, shown, strict=False):
            drawn = _draw_contour(axes, surface, scale, look) or drawn
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
        if drawn is not None:
            _add_bar(figure, drawn, panels.tolist(), scale, look)
        _add_title(figure, surfaces, len(shown), look)
    return figure


def draw_solids(surfaces: Sequence[Surface], theme: str = "light", scale: Scale | None = None) -> Figure:
    """Draw surfaces in three dimensions on one scale, each with its path.

    Args:
        surfaces: of one target, one panel each; no more than fit into a picture.
        theme: "light" or "dark".
        scale: of heights and colours, if it is shared with other pictures.
    """
    scale = scale or scale_of(surfaces)
    shown = surfaces[:PANELS]
    rows, columns = _grid(len(shown))
    with styled(theme) as look:
        figure = new_figure(look, 4.7 * columns, 4.3 * rows + 0.8)
        for number, surface in enumerate(shown, start=1):
            axes: Any = figure.add_subplot(rows, columns, number, projection="3d", computed_zorder=False)
            _draw_solid(axes, surface, scale, look)
        _add_title(figure, surfaces, len(shown), look)
    return figure


def _grid(count: int) -> tuple[int, int]:
    columns = min(4, max(1, math.ceil(math.sqrt(count)) if count != 3 else 3))
    return max(1, math.ceil(count / columns)), columns


def _draw_contour(axes: Axes, surface: Surface, scale: Scale, look: Theme) -> Any:
    style_axes(axes, look, zero=False)
    axes.grid(False)
    axes.set_title(plain(surface.title, NAME + 12))
    axes.set_xlabel(plain(surface.labels[0], NAME))
    axes.set_ylabel(plain(surface.labels[1], NAME))
    axes.set_xlim(surface.x[0], surface.x[-1])
    axes.set_ylim(surface.y[0], surface.y[-1])
    height = np.ma.masked_invalid(scale.height(surface.losses))
    drawn = None
    if height.count():
        levels = scale.levels()
        low, high = scale.ends
        # From the first level to just above the last: an error at the edge has a colour too.
        fills = [low - 1e-9 * (high - low), *levels[1:-1], high + 1e-9 * (high - low)]
        drawn = axes.contourf(surface.x, surface.y, height, levels=fills, cmap=COLOURS, vmin=low, vmax=high)
        drawn.set_rasterized(False)
        axes.contour(surface.x, surface.y, height, levels=levels[1:-1], colors=HALO, linewidths=0.5, alpha=0.45)
    if height.count() < height.size:
        axes.set_facecolor(look.grid)
    _mark(axes, surface)
    return drawn


def _mark(axes: Axes, surface: Surface) -> None:
    path = surface.path
    axes.plot(path.x, path.y, color=HALO, linewidth=3.4, alpha=0.85, solid_capstyle="round", zorder=4)
    axes.plot(path.x, path.y, color=PATH, linewidth=1.9, zorder=5, gid="path")
    axes.plot(path.x[0], path.y[0], "o", color=HALO, markeredgecolor=PATH, markeredgewidth=2, markersize=7, zorder=6)
    axes.plot(
        path.x[-1], path.y[-1], "o", color=PATH, markeredgecolor=HALO, markeredgewidth=1.4, markersize=8, zorder=7
    )
    for place in surface.minima:
        axes.plot(place.x, place.y, "*", **STAR, markersize=12, zorder=6, clip_on=False, gid="minimum")


def _draw_solid(axes: Any, surface: Surface, scale: Scale, look: Theme) -> None:
    low, high = scale.ends
    height = scale.height(surface.losses)
    across, up = np.meshgrid(surface.x, surface.y)
    if np.isfinite(height).any():
        axes.plot_surface(
            across, up, height, cmap=COLOURS, vmin=low, vmax=high, rcount=70, ccount=70, linewidth=0, antialiased=False,
            rasterized=True, zorder=1,
        )  # fmt: skip
    lift = LIFT * (high - low)
    path = surface.path
    inside = (path.x >= surface.x[0]) & (path.x <= surface.x[-1]) & (path.y >= surface.y[0]) & (path.y <= surface.y[-1])
    way = np.where(inside, scale.height(path.heights), np.nan) + lift
    axes.plot(path.x, path.y, way, color=HALO, linewidth=3.2, alpha=0.8, zorder=4)
    axes.plot(path.x, path.y, way, color=PATH, linewidth=1.8, zorder=5, gid="path")
    for index, face, edge in ((0, HALO, PATH), (-1, PATH, HALO)):
        if np.isfinite(way[index]):
            axes.plot(
                [path.x[index]], [path.y[index]], [way[index]], "o",
                color=face, markeredgecolor=edge, markeredgewidth=1.4, markersize=6, zorder=6,
            )  # fmt: skip
    for place in surface.minima:
        at = scale.height(np.array(place.loss)) + lift
        axes.plot([place.x], [place.y], [at], "*", **STAR, markersize=10, zorder=6)
    axes.set_title(plain(surface.title, NAME + 12), y=0.96)
    axes.set_xlabel(plain(surface.labels[0], NAME))
    axes.set_ylabel(plain(surface.labels[1], NAME))
    axes.set_zlabel("error")
    axes.zaxis.labelpad = 6
    axes.set_zlim(low, high)
    axes.view_init(ELEVATION, AZIMUTH)
    axes.set_box_aspect((1.0, 1.0, 0.75), zoom=0.9)
    axes.set_facecolor(look.background)
    if scale.logarithmic:
        ticks = scale.ticks()
        axes.set_zticks([math.log10(tick) for tick in ticks], [f"{tick:g}" for tick in ticks])
    for pane in (axes.xaxis, axes.yaxis, axes.zaxis):
        pane.set_pane_color(look.background)
        pane.line.set_color(look.zero)
        pane._axinfo["grid"].update(color=look.grid, linewidth=0.7)
    axes.tick_params(colors=look.muted, labelsize=8)


def _add_bar(figure: Figure, drawn: Any, panels: list[Axes], scale: Scale, look: Theme) -> None:
    bar = figure.colorbar(drawn, ax=panels, fraction=0.05, pad=0.02, aspect=28)
    bar.outline.set_visible(False)
    bar.set_label("error", color=look.text)
    if scale.logarithmic:
        ticks = scale.ticks()
        bar.set_ticks([math.log10(tick) for tick in ticks], labels=[f"{tick:g}" for tick in ticks])
    else:
        bar.set_ticks(np.linspace(*scale.ends, 5).tolist())
        bar.ax.set_yticklabels([f"{tick:.3g}" for tick in np.linspace(*scale.ends, 5)])
    bar.ax.tick_params(colors=look.muted, length=0, labelsize=9)
    bar.ax.minorticks_off()


def _add_title(figure: Figure, surfaces: Sequence[Surface], shown: int, look: Theme) -> None:
    from matplotlib.lines import Line2D

    more = f"; {len(surfaces) - shown} more are not drawn" if len(surfaces) > shown else ""
    name = plain(surfaces[0].target.name, 50)
    figure.suptitle(f"error on {name}{more}", color=look.text, fontsize=12, x=0.02, ha="left")
    marks = [
        Line2D([], [], color=PATH, marker="o", markerfacecolor=HALO, markeredgecolor=PATH, label="start"),
        Line2D([], [], color=PATH, marker="o", markerfacecolor=PATH, markeredgecolor=HALO, label="end of the path"),
        Line2D([], [], color="none", marker="*", markersize=11, **STAR, label="lowest of the grid"),
    ]
    figure.legend(handles=marks, loc="outside lower left", ncols=3)
