"""What the parameters do: one small picture per parameter, with a curve for each of a few values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from activations.render.formula import formula_text, plain
from activations.render.style import new_figure, style_axes, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from activations.declare import Variant
    from activations.shape import Array, ShapeInfo

__all__ = ["Sweep", "draw_sweeps", "sweeps"]

VALUES = 4
POINTS = 401
COLUMNS = 3
MOST = 6  # pictures
WIDTH, HEIGHT = 2.4, 2.2  # inches of one picture
BESIDE = 1e-9
TALLEST = 2.0  # curves are cut at this many window widths


@dataclass(frozen=True, eq=False)
class Sweep:
    """An activation at several values of one parameter, the others as given.

    Attributes:
        parameter: its name.
        values: its values, increasing.
        own: the one that the activation itself has.
        x: the points.
        curves: for each value the activation at `x`; NaN at jumps.
    """

    parameter: str
    values: tuple[float, ...]
    own: float
    x: Array
    curves: tuple[Array, ...]


def sweeps(variant: Variant) -> tuple[Sweep, ...]:
    """What each parameter does, over the values that the declaration's cases span: those are proved.

    Args:
        variant: an activation of one input; with two there is no sweep.
    """
    if variant.inputs != 1:
        return ()
    found = []
    for name, own in variant.values:
        given = [own, variant.activation.defaults[name]]
        given += [float(case[name]) for case in variant.activation.cases if name in case]
        values = _values(min(given), max(given), own)
        if len(values) > 1:
            found.append(_sweep(variant, name, values, own))
    return tuple(found[:MOST])


def draw_sweeps(info: ShapeInfo, found: Sequence[Sweep], theme: str) -> Figure:
    """Draw what the parameters do, as small multiples.

    Args:
        info: the activation.
        found: its sweeps, at least one.
        theme: "light" or "dark".
    """
    from matplotlib.ticker import MaxNLocator

    columns = min(COLUMNS, len(found))
    rows = math.ceil(len(found) / columns)
    with styled(theme) as look:
        figure = new_figure(look, max(3.2, columns * WIDTH), rows * HEIGHT + 0.3)
        figure.set_layout_engine("constrained", w_pad=0.08, h_pad=0.08)
        figure.suptitle(plain(info.label, 44), x=0.02, ha="left", fontsize=11, weight="bold", color=look.text)
        low, high = look.diverging()(0.92), look.diverging()(0.08)
        for number, sweep in enumerate(found, start=1):
            axes = figure.add_subplot(rows, columns, number)
            style_axes(axes, look)
            for place, (value, curve) in enumerate(zip(sweep.values, sweep.curves, strict=True)):
                share = place / (len(sweep.values) - 1)
                axes.plot(
                    sweep.x,
                    curve,
                    color=[(1.0 - share) * a + share * b for a, b in zip(low, high, strict=True)],
                    linewidth=2.4 if value == sweep.own else 1.3,
                    label=_number(value),
                    gid="own" if value == sweep.own else "other",
                )
            axes.set_title(
                formula_text(info.symbols[sweep.parameter], sweep.parameter, 24),
                fontsize=11,
                color=look.text,
                weight="normal",
                loc="left",
            )
            axes.legend(fontsize=7, handlelength=1.0, labelspacing=0.25, borderpad=0.1, labelcolor=look.muted)
            axes.set_xlim(info.window)
            axes.set_ylim(*_limits(sweep))
            axes.tick_params(labelsize=8)
            for side in (axes.xaxis, axes.yaxis):
                side.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    return figure


def _values(low: float, high: float, own: float) -> tuple[float, ...]:
    """Values from end to end, in even ratios where there is no change of sign."""
    if low == high:
        return (own,)
    shares = [number / (VALUES - 1) for number in range(VALUES)]
    if low * high > 0.0:
        inner = [math.copysign(abs(low) ** (1.0 - share) * abs(high) ** share, low) for share in shares]
    else:
        inner = [(1.0 - share) * low + share * high for share in shares]

    return tuple(sorted({low, high, own, *(_short(value) for value in inner[1:-1])}))


def _sweep(variant: Variant, name: str, values: Sequence[float], own: float) -> Sweep:
    variants = [variant.activation.variant(None, **{**dict(variant.values), name: value}) for value in values]
    jumps = torch.tensor(sorted({jump for one in variants for jump in one.jumps or ()}), dtype=torch.float64)
    step = BESIDE * jumps.abs().clamp(min=1.0)
    low, high = variant.activation.window
    even = torch.linspace(low, high, POINTS, dtype=torch.float64)
    x = torch.unique(torch.cat([even, jumps - step, jumps, jumps + step]))
    x = x[(x >= low) & (x <= high)]
    curves = []
    for one in variants:
        y = one(x).detach().to(torch.float64).clone()
        y[~y.isfinite()] = math.nan
        y[torch.isin(x, torch.tensor(one.jumps or (), dtype=torch.float64))] = math.nan
        curves.append(y.numpy())
    return Sweep(name, tuple(values), own, x.numpy(), tuple(curves))


def _limits(sweep: Sweep) -> tuple[float, float]:
    """A range that shows all curves, and of one that grows steeply only its beginning."""
    known = np.concatenate([curve[np.isfinite(curve)] for curve in sweep.curves])
    most = TALLEST * float(sweep.x[-1] - sweep.x[0])
    low, high = max(-most, min(0.0, float(known.min()))), min(most, max(0.0, float(known.max())))
    pad = 0.06 * (high - low) or 1.0
    return low - pad, high + pad


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _short(value: float) -> float:
    """A number of two digits; what rounding left of zero is zero."""
    return 0.0 if abs(value) < 1e-12 else float(f"{value:.2g}")
