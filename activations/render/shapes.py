"""Pictures of activations: the curves of f, f′ and f″, or a map of a function of two inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from activations.render.formula import formula_text, plain, text_width
from activations.render.style import Theme, new_figure, style_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from activations.shape import Array, ShapeInfo

__all__ = ["Size", "draw_shapes"]

Size = Literal["full", "panel", "thumbnail"]

NAMES = ("$f$", "$f^{\\,\\prime}$", "$f^{\\,\\prime\\prime}$")
WIDTHS = (2.6, 1.8, 1.5)
DASHES: tuple[Any, ...] = ("-", "-", (0, (5.0, 1.6, 1.0, 1.6)))
ROOM = 0.6  # derivatives may take this share of f's height above and below it
STEEP = 1.25  # beyond this share of the room, f′ and f″ get axes of their own


def draw_shapes(
    infos: Sequence[ShapeInfo], theme: str = "light", size: Size | None = None, columns: int | None = None
) -> Figure:
    """Draw activations in one figure.

    Args:
        infos: what to draw, at least one.
        theme: "light" or "dark".
        size: "full" shows formula and facts, "panel" the name and the axes, "thumbnail" the curves alone. One
            activation is drawn full and several as panels unless given.
        columns: how many stand side by side.

    Raises:
        ValueError: there is nothing to draw, or the theme is unknown.
    """
    if not infos:
        raise ValueError("there is nothing to draw; give at least one activation")
    size = size or ("full" if len(infos) == 1 else "panel")
    columns = min(columns or _columns(len(infos)), len(infos))
    rows = math.ceil(len(infos) / columns)
    width, height = {"full": (6.4, 4.6), "panel": (3.1, 2.5), "thumbnail": (1.6, 1.2)}[size]
    heading = 0.35 if size == "panel" else 0.0
    with styled(theme) as look:
        figure = new_figure(look, columns * width, rows * height + heading)
        pad = {"full": 0.12, "panel": 0.08, "thumbnail": 0.03}[size]
        figure.set_layout_engine("constrained", w_pad=pad, h_pad=pad)
        if size == "full":
            frames: Any = np.atleast_1d(figure.subfigures(rows, columns)).reshape(-1)  # type: ignore[arg-type]
            for frame, info in zip(frames, infos, strict=False):
                _draw_full(frame, info, look, width)
            return figure
        for number, info in enumerate(infos, start=1):
            axes = figure.add_subplot(rows, columns, number)
            _draw_small(axes, info, look, size, width)
        if heading:
            _add_legend(figure, infos, look)
    return figure


def _columns(count: int) -> int:
    return count if count <= 3 else min(6, math.ceil(math.sqrt(1.25 * count)))


def _draw_full(frame: SubFigure, info: ShapeInfo, look: Theme, width: float) -> None:
    notes = _draw_curves(frame, info, look) if info.surface is None else _draw_maps(frame, info, look)
    _add_header(frame, info, look, width)
    # The footer is an x label of the whole figure, so that the layout keeps room for it.
    facts = _fitting([_facts(info, notes), ", ".join(notes)], (8.5, 7.5), width - 0.4)
    frame.supxlabel(facts[0], fontsize=facts[1], color=look.muted, x=0.02, ha="left")


def _add_header(frame: SubFigure, info: ShapeInfo, look: Theme, width: float) -> None:
    """The name in bold, the formula below it."""
    formula = formula_text(info.latex, info.formula)
    fallbacks = [formula, *(plain(info.formula, longest) for longest in (90, 70))]
    text, size = _fitting(fallbacks, (12.0, 11.0, 10.0, 9.0), width - 0.4)
    frame.suptitle("\n", fontsize=15, linespacing=1.7)  # keeps the room
    frame.text(0.02, 0.975, plain(info.label, 48), fontsize=15, weight="bold", color=look.text, va="top")
    frame.text(0.02, 0.90, text, fontsize=size, color=look.text, va="top", gid="formula")


def _fitting(texts: Sequence[str], sizes: Sequence[float], width: float) -> tuple[str, float]:
    """The first text, at the first size, that fits into a width in inches; else the last at the smallest."""
    for text in texts:
        for size in sizes:
            if text_width(text, size) <= 72.0 * width:
                return text, size
    return texts[-1], sizes[-1]


def _facts(info: ShapeInfo, notes: Sequence[str]) -> str:
    found = list(notes)
    properties = info.properties
    if properties.range_text is not None:
        found.insert(0, f"range {properties.range_text.replace('inf', '∞').replace('-', '−')}")
    if properties.smoothness is not None:
        found.append(properties.smoothness)
    if info.kinks:
        listed = ", ".join(f"{kink:.4g}".replace("-", "−") for kink in info.kinks[:6])
        found.append(f"kinks at {listed}{', …' if len(info.kinks) > 6 else ''}")
    return "   ·   ".join(found)


@dataclass(frozen=True)
class _Limits:
    """The vertical range of a picture, with remarks on what it cuts off."""

    low: float
    high: float
    notes: tuple[str, ...] = ()


def _draw_curves(frame: SubFigure, info: ShapeInfo, look: Theme) -> list[str]:
    limits = _limits(info)
    orders = [order for order in (0, 1, 2) if order in info.curves]
    if not limits.notes or len(orders) == 1:
        axes = frame.add_subplot()
        _plot(axes, info, look, orders, limits)
        _add_curve_names(axes, orders, look)
        return list(limits.notes)
    notes: list[str] = []
    stacked: Any = frame.subplots(
        len(orders), sharex=True, gridspec_kw={"height_ratios": [2.0, *[1.0] * (len(orders) - 1)]}
    )
    for axes, order in zip(stacked, orders, strict=True):
        own = _own_limits(info, order)
        _plot(axes, info, look, [order], own)
        _add_curve_names(axes, [order], look)
        notes += own.notes
    return notes


def _draw_small(axes: Axes, info: ShapeInfo, look: Theme, size: Size, width: float) -> None:
    if info.surface is not None:
        _draw_map(axes, info, info.surface.value, look, lines=size == "panel")
    else:
        limits = _limits(info)
        _plot(axes, info, look, [order for order in (2, 1, 0) if order in info.curves], limits)
        if limits.notes and size == "panel":
            note = limits.notes[0]
            axes.text(0.99, 0.02, note, fontsize=6.5, color=look.muted, ha="right", transform=axes.transAxes)
    if size == "thumbnail":
        axes.tick_params(labelbottom=False, labelleft=False)
        return
    name, letters = _fitting([plain(info.label, longest) for longest in (40, 28)], (11, 9.5, 8.0), width - 0.5)
    axes.set_title(name, fontsize=letters, color=look.text, loc="left", weight="bold")


def _plot(axes: Axes, info: ShapeInfo, look: Theme, orders: Sequence[int], limits: _Limits) -> None:
    """Curves, asymptotes, jumps and kinks in one set of axes."""
    style_axes(axes, look)
    if 0 in orders:
        for line in info.asymptotes:
            axes.plot(line.x, line.y, color=look.muted, linewidth=1.1, linestyle=(0, (4, 3)), zorder=2, gid="asymptote")
    for order in orders:
        axes.plot(
            info.x,
            info.curves[order],
            color=look.orders[order],
            linewidth=WIDTHS[order],
            linestyle=DASHES[order] if len(orders) > 1 else "-",
            zorder=5 - order,
            gid=f"order-{order}",
        )
    for dot in info.dots if 0 in orders else ():
        axes.plot(
            [dot.x],
            [dot.y],
            marker="o",
            markersize=5.5,
            markeredgewidth=1.4,
            color=look.orders[0],
            markerfacecolor=look.orders[0] if dot.closed else look.background,
            linestyle="none",
            zorder=6 + dot.closed,
            gid="closed" if dot.closed else "open",
        )
    if info.kinks:
        # Small ticks that stand on the lower edge.
        axes.plot(
            info.kinks,
            np.zeros(len(info.kinks)),
            marker=2,  # matplotlib's TICKUP
            markersize=6,
            markeredgewidth=1.4,
            color=look.text,
            linestyle="none",
            transform=axes.get_xaxis_transform(),
            clip_on=False,
            zorder=7,
            gid="kink",
        )
    axes.set_xlim(info.window)
    axes.set_ylim(limits.low, limits.high)


def _add_curve_names(axes: Axes, orders: Sequence[int], look: Theme) -> None:
    """The names of the curves, in their colours, above the upper right corner."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=look.orders[o], linewidth=WIDTHS[o], linestyle=DASHES[o] if len(orders) > 1 else "-")
        for o in orders
    ]
    axes.legend(
        handles,
        [NAMES[order] for order in orders],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=len(orders),
        fontsize=11,
        handlelength=1.7,
        columnspacing=1.4,
        borderaxespad=0.2,
        labelcolor=[look.orders[order] for order in orders],
    )


def _add_legend(figure: Figure, infos: Sequence[ShapeInfo], look: Theme) -> None:
    """One legend for all panels."""
    from matplotlib.lines import Line2D

    orders = sorted({order for info in infos for order in info.curves if order in (0, 1, 2)})
    if not orders:
        return
    handles = [Line2D([], [], color=look.orders[o], linewidth=WIDTHS[o], linestyle=DASHES[o]) for o in orders]
    figure.legend(
        handles,
        [NAMES[order] for order in orders],
        loc="outside upper right",
        ncols=len(orders),
        fontsize=11,
        handlelength=1.8,
        labelcolor=[look.orders[order] for order in orders],
    )


def _limits(info: ShapeInfo) -> _Limits:
    """A range that shows f well, and of f′ and f″ as much as does not squash it."""
    if 0 not in info.curves:
        return _own_limits(info, min(info.curves))
    own = _own_limits(info, 0)
    low, high, notes = own.low, own.high, list(own.notes)
    room = ROOM * (high - low)
    lowest, highest = low - room, high + room
    for order in (1, 2):
        values = _finite(info.curves.get(order))
        if not values.size:
            continue
        least, most = float(values.min()), float(values.max())
        if most > highest or least < lowest:
            peak = most if most - highest > lowest - least else least
            notes.append(f"{NAMES[order]} reaches {_number(peak)}")
        low, high = min(low, max(least, lowest)), max(high, min(most, highest))
    pad = 0.05 * (high - low)
    return _Limits(low - pad, high + pad, tuple(notes))


def _own_limits(info: ShapeInfo, order: int) -> _Limits:
    """The range of one curve; a pole or an explosion is cut where the rest can still be seen."""
    values = _finite(info.curves[order])
    if not values.size:
        return _Limits(-1.0, 1.0)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    notes = []
    usual = 4.0 * float(np.quantile(np.abs(values), 0.9)) + 1e-300
    if order == 0:
        usual = max(usual, 1.0)
        steepest = info.window[1] - info.window[0]
        usual = min(usual, steepest) if max(-low, high) > 3.0 * steepest else usual
    if max(-low, high) > usual and (order == 0 or max(-low, high) > 3.0 * usual):
        peak = high if high > -low else low
        low, high = max(low, -usual), min(high, usual)
        notes.append(f"{NAMES[order]} reaches {_number(peak)}")
    if high - low < 1e-9:
        low, high = low - 1.0, high + 1.0
    pad = 0.0 if order == 0 else 0.06 * (high - low)
    return _Limits(low - pad, high + pad, tuple(notes))


def _draw_maps(frame: SubFigure, info: ShapeInfo, look: Theme) -> list[str]:
    """The value large, the two partial derivatives small beside it."""
    surface = info.surface
    if surface is None:
        return []
    grid = frame.add_gridspec(2, 2, width_ratios=(2.1, 1.0))
    first, second = (plain(name, 12) for name in info.inputs)
    places = (grid[:, 0], grid[0, 1], grid[1, 1])
    titles = ("", f"∂f / ∂{first}", f"∂f / ∂{second}")
    values = (surface.value, *surface.slopes)
    for number, (place, title, value) in enumerate(zip(places, titles, values, strict=True)):
        axes = frame.add_subplot(place)
        image = _draw_map(axes, info, value, look, lines=number == 0)
        axes.set_title(title, fontsize=10, color=look.text, loc="left", weight="normal")
        bar = frame.colorbar(image, ax=axes, fraction=0.05, pad=0.03)
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0, labelsize=8, colors=look.muted)
        if number == 0:
            axes.set_xlabel(first, color=look.text)
            axes.set_ylabel(second, color=look.text, rotation=0, labelpad=8)
        else:
            axes.tick_params(labelsize=8)
    return []


def _draw_map(axes: Axes, info: ShapeInfo, value: Array, look: Theme, lines: bool) -> Any:
    """Colours for the values of a function of two inputs, zero in the background's colour, and level lines."""
    style_axes(axes, look, zero=False)
    axes.grid(False)
    low, high = info.window
    known = np.abs(_finite(value))
    peak = float(known.max()) if known.size and known.max() > 0.0 else 1.0
    image = axes.imshow(
        value,
        origin="lower",
        extent=(low, high, low, high),
        cmap=look.diverging(),
        vmin=-peak,
        vmax=peak,
        interpolation="bilinear",
        aspect="equal",
    )
    if lines and info.surface is not None and known.size and float(np.ptp(_finite(value))) > 0.0:
        axis = info.surface.axis
        marks = axes.contour(axis, axis, value, levels=9, colors=look.text, linewidths=0.7, alpha=0.55)
        axes.clabel(marks, fontsize=7.5, fmt="%g")
    return image


def _finite(values: Array | None) -> Array:
    return np.empty(0) if values is None else values[np.isfinite(values)]


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
