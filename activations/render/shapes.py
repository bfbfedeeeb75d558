"""Pictures of activations: the curves of f, f′ and f″, or a map of a function of two inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from activations.render.formula import formula_text, plain, text_size
from activations.render.style import Theme, new_figure, style_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase, SubFigure

    from activations.shape import Array, ShapeInfo

__all__ = ["Size", "draw_shapes"]

Size = Literal["full", "panel", "thumbnail"]

NAMES = ("$f$", "$f^{\\,\\prime}$", "$f^{\\,\\prime\\prime}$")
WIDTHS = (2.6, 1.8, 1.5)
DASHES: tuple[Any, ...] = ("-", "-", (0, (5.0, 1.6, 1.0, 1.6)))
SMOOTHNESS = {
    "discontinuous": "discontinuous",
    "C0": "continuous",
    "C1": "once differentiable (C¹)",
    "C2": "twice differentiable (C²)",
    "smooth": "smooth",
}
LEGEND = 2.1  # inches beside the name of a full picture, its margins and the wider bold letters
ROOM = 0.6  # derivatives may take this share of f's height above and below it


def draw_shapes(
    infos: Sequence[ShapeInfo], theme: str | Theme = "light", size: Size | None = None, columns: int | None = None
) -> Figure:
    """Draw activations in one figure.

    Args:
        infos: what to draw, at least one.
        theme: "light", "dark", or colours of one's own.
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
                _draw_full(frame, info, look, width, height)
            return figure
        for number, info in enumerate(infos, start=1):
            axes = figure.add_subplot(rows, columns, number)
            _draw_small(axes, info, look, size, width)
        orders = sorted({order for info in infos for order in info.curves if order in (0, 1, 2)})
        if heading and orders:
            _add_legend(figure, orders, look, None, "outside upper right")
    return figure


def _columns(count: int) -> int:
    return count if count <= 3 else min(6, math.ceil(math.sqrt(1.25 * count)))


def _draw_full(frame: SubFigure, info: ShapeInfo, look: Theme, width: float, height: float) -> None:
    formulas = [formula_text(info.latex, info.formula), *(plain(info.formula, most) for most in (90, 60))]
    formula, letters = _fitting(formulas, (12.5, 11.0, 9.5), width - 0.3)
    # Inches: margin, name, gap, formula, gap.
    rows = (0.12, 0.21, 0.09, max(0.17, text_size(formula, letters)[1] / 72.0), 0.1)
    parts: Any = frame.subfigures(2, 1, height_ratios=(sum(rows), height - sum(rows)))
    top, bottom = parts
    notes = _draw_curves(bottom, info, look) if info.surface is None else _draw_maps(bottom, info, look)
    middle_of_name = 1.0 - (rows[0] + rows[1] / 2.0) / sum(rows)
    middle_of_formula = (rows[4] + rows[3] / 2.0) / sum(rows)
    label, letters_of_name = _fitting([plain(info.label, most) for most in (44, 30)], (15.0, 12.5), width - LEGEND)
    name = top.text(
        0.02, middle_of_name, label, fontsize=letters_of_name, weight="bold", va="center_baseline", gid="name"
    )
    name.set_color(look.text)
    top.text(0.02, middle_of_formula, formula, fontsize=letters, color=look.text, va="center", gid="formula")
    orders = [order for order in (0, 1, 2) if order in info.curves]
    if len(bottom.axes) == 1 and orders:
        _add_legend(top, orders, look, (0.985, middle_of_name), "center right")
    facts, letters = _fitting([_facts(info, notes), "   ".join(notes)], (8.5, 7.5, 6.5), width - 0.3)
    bottom.supxlabel(facts, fontsize=letters, color=look.muted, x=0.02, ha="left", gid="facts")


def _fitting(texts: Sequence[str], sizes: Sequence[float], width: float) -> tuple[str, float]:
    """The first text, at the first size, that fits into a width in inches; else the last at the smallest."""
    for text in texts:
        for size in sizes:
            if text_size(text, size)[0] <= 72.0 * width:
                return text, size
    return texts[-1], sizes[-1]


def _facts(info: ShapeInfo, notes: Sequence[str]) -> str:
    """Parameters and properties in one line, with what the picture cuts off."""
    properties = info.properties
    found = [f"{formula_text(info.symbols[name], name, 24)} = {_number(value)}" for name, value in info.parameters]
    if properties.range is not None:
        low, high = properties.range
        ends = (_number(low.value), _number(high.value))
        found.append(f"range {'[' if low.attained else '('}{ends[0]}, {ends[1]}{']' if high.attained else ')'}")
    if properties.smoothness is not None:
        found.append(SMOOTHNESS[properties.smoothness])
    if info.kinks:
        listed = ", ".join(_number(kink) for kink in info.kinks[:6]) + (", …" if len(info.kinks) > 6 else "")
        found.append(f"{'kinks' if len(info.kinks) > 1 else 'kink'} at {listed}")
    return "   ·   ".join([*found, *notes]) or plain(info.summary, 110)


@dataclass(frozen=True)
class _Limits:
    """The vertical range of a picture, with remarks on what it cuts off."""

    low: float
    high: float
    notes: tuple[str, ...] = ()

    def padded(self) -> _Limits:
        """With a little room above and below."""
        pad = 0.05 * (self.high - self.low)
        return _Limits(self.low - pad, self.high + pad, self.notes)


def _draw_curves(frame: SubFigure, info: ShapeInfo, look: Theme) -> list[str]:
    limits = _limits(info)
    orders = [order for order in (0, 1, 2) if order in info.curves]
    if not any(_is_steep(info, order) for order in orders[1:]):
        _plot(frame.add_subplot(), info, look, orders, limits)
        return list(limits.notes)
    # A derivative that would be cut or would squash f gets axes of its own below it.
    notes: list[str] = []
    ratios = [1.7, *[1.0] * (len(orders) - 1)]
    stacked: Any = frame.subplots(len(orders), sharex=True, gridspec_kw={"height_ratios": ratios})
    for axes, order in zip(stacked, orders, strict=True):
        own = _own_limits(info, order).padded()
        _plot(axes, info, look, [order], own)
        axes.set_ylabel(NAMES[order], rotation=0, color=look.orders[order], fontsize=12, labelpad=10, va="center")
        notes += own.notes
    return notes


def _draw_small(axes: Axes, info: ShapeInfo, look: Theme, size: Size, width: float) -> None:
    if info.surface is not None:
        _draw_map(axes, info, info.surface.value, look, lines=size == "panel")
    else:
        limits = _limits(info)
        given = [order for order in (0, 1, 2) if order in info.curves]
        drawn = [order for order in given if _fits(info.curves[order], limits)] or given[:1]
        _plot(axes, info, look, drawn, _limits(info, drawn))
        if limits.notes and size == "panel":
            axes.set_title(limits.notes[0], fontsize=7, color=look.muted, loc="right", weight="normal")
    if size == "thumbnail":
        axes.tick_params(labelbottom=False, labelleft=False)
        return
    name, letters = _fitting([plain(info.label, longest) for longest in (40, 28)], (11, 9.5, 8.0), width - 0.5)
    axes.set_title(name, fontsize=letters, color=look.text, loc="left", weight="bold")


def _plot(axes: Axes, info: ShapeInfo, look: Theme, orders: Sequence[int], limits: _Limits) -> None:
    """Curves, asymptotes, jumps and kinks in one set of axes."""
    from matplotlib.ticker import MaxNLocator

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
            zorder=(5, 3, 4)[order],  # dashes show even where f″ runs on f′, as for exp
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
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(3 if len(orders) == 1 and orders[0] else 6, steps=[1, 2, 5, 10]))
    axes.set_xlim(info.window)
    axes.set_ylim(limits.low, limits.high)


def _add_legend(
    frame: FigureBase, orders: Sequence[int], look: Theme, corner: tuple[float, float] | None, where: str
) -> None:
    """The names of the curves in their colours, in one row."""
    from matplotlib.lines import Line2D

    place: dict[str, Any] = {"loc": where} if corner is None else {"loc": where, "bbox_to_anchor": corner}
    frame.legend(
        [Line2D([], [], color=look.orders[o], linewidth=WIDTHS[o], linestyle=DASHES[o]) for o in orders],
        [NAMES[order] for order in orders],
        ncols=len(orders),
        fontsize=12,
        handlelength=1.8,
        columnspacing=1.4,
        borderpad=0.0,
        borderaxespad=0.2,
        labelcolor=[look.orders[order] for order in orders],
        **place,
    )


def _is_steep(info: ShapeInfo, order: int) -> bool:
    """Whether a derivative needs more height than there is around f, however much of f itself is shown."""
    value, slope = _finite(info.curves.get(0)), _finite(info.curves[order])
    if not value.size or not slope.size:
        return False
    low, high = min(0.0, float(value.min())), max(0.0, float(value.max()))
    room = ROOM * (high - low)
    return float(slope.max()) > high + room or float(slope.min()) < low - room


def _limits(info: ShapeInfo, orders: Sequence[int] = (0, 1, 2)) -> _Limits:
    """A range that shows f well, and of f′ and f″ as much as does not squash it."""
    if 0 not in info.curves:
        return _own_limits(info, min(info.curves)).padded()
    own = _own_limits(info, 0)
    low, high, notes = own.low, own.high, list(own.notes)
    room = ROOM * (high - low)
    lowest, highest = low - room, high + room
    for order in (1, 2):
        values = _finite(info.curves.get(order) if order in orders else None)
        if not values.size:
            continue
        least, most = float(values.min()), float(values.max())
        if most > highest or least < lowest:
            peak = most if most - highest >= lowest - least - 1e-9 * (high - low) else least
            notes.append(_reaches(info, order, peak))
        low, high = min(low, max(least, lowest)), max(high, min(most, highest))
    return _Limits(low, high, tuple(notes)).padded()


def _own_limits(info: ShapeInfo, order: int) -> _Limits:
    """The range of one curve; a pole is cut where the rest can still be seen."""
    values = _finite(info.curves[order])
    if not values.size:
        return _Limits(-1.0, 1.0)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    most, width = max(-low, high), info.window[1] - info.window[0]
    # What stands out where the curve is even sampled evenly is a pole; steeper than 3 is too steep for f.
    even = np.interp(np.linspace(*info.window, 501), info.x, np.nan_to_num(np.abs(info.curves[order])))
    usual = 10.0 * float(np.quantile(even, 0.99))
    cut = min(usual, width) if order == 0 and most > 3.0 * width else usual
    notes: tuple[str, ...] = ()
    if most > cut > 0.0:
        notes = (_reaches(info, order, high if high == most else low),)
        low, high = max(low, -cut), min(high, cut)
    if high - low < 1e-9:
        low, high = low - 1.0, high + 1.0
    return _Limits(low, high, notes)


def _draw_maps(frame: SubFigure, info: ShapeInfo, look: Theme) -> list[str]:
    """The value large, the two partial derivatives small beside it."""
    surface = info.surface
    if surface is None:
        return []
    grid = frame.add_gridspec(2, 2, width_ratios=(2.1, 1.0))
    first, second = (formula_text(info.symbols[name], name, 12) for name in info.inputs)
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
    from matplotlib.ticker import MaxNLocator

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
    for side in (axes.xaxis, axes.yaxis):
        side.set_major_locator(MaxNLocator(6 if lines else 3, steps=[1, 2, 5, 10]))
    if lines and info.surface is not None and known.size and float(np.ptp(_finite(value))) > 0.0:
        axis = info.surface.axis
        marks = axes.contour(axis, axis, value, levels=9, colors=look.text, linewidths=0.7, alpha=0.55)
        axes.clabel(marks, fontsize=7.5, fmt="%g")
    return image


def _reaches(info: ShapeInfo, order: int, peak: float) -> str:
    """The remark on a curve that is cut; a peak right beside a break is a pole."""
    place = info.x[np.nanargmin(np.abs(info.curves[order] - peak))]
    pole = any(abs(place - kink) <= 1e-6 * max(1.0, abs(kink)) for kink in info.kinks)
    return f"{NAMES[order]} unbounded" if pole else f"{NAMES[order]} reaches {_number(peak)}"


def _fits(values: Array, limits: _Limits) -> bool:
    """Whether most of a curve is within the limits: else it would only cover the others."""
    known = _finite(values)
    return not known.size or float(np.mean((known >= limits.low) & (known <= limits.high))) > 0.5


def _finite(values: Array | None) -> Array:
    return np.empty(0) if values is None else values[np.isfinite(values)]


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−").replace("inf", "∞")
