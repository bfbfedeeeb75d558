"""Figures of a benchmark: rankings with interval bars, the heat map, and the performance profile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.render.formula import plain
from activations.render.report.matrix import digits_matrix
from activations.render.report.numbers import tenths
from activations.render.report.runs import error_of
from activations.render.style import new_figure, style_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from activations.benchmark.result import Result, TargetResult
    from activations.benchmark.statistics import Aggregate

__all__ = ["draw_heat_map", "draw_profile", "draw_ranking"]

ROWS = 40
COLUMNS = 30
NAME = 34  # characters
DECADES = 8  # of errors side by side, and more if they are no worse than
USELESS = 10.0  # what is larger stands at the edge
CURVES = 8


def draw_ranking(result: TargetResult, theme: str = "light", most: int = ROWS) -> Figure:
    """Draw the errors of the best activations with their intervals, on a logarithmic axis.

    Those that tie with the best are filled, the others hollow. An upright dash is the least error that the network can
    have. What diverged stands at the right edge with a cross.

    Args:
        result: the ranking of one target.
        theme: "light" or "dark".
        most: how many activations.
    """
    rows = result.ranking[:most]
    with styled(theme) as look:
        figure = new_figure(look, 7.6, 1.3 + 0.27 * max(len(rows), 2))
        axes: Axes = figure.add_subplot()
        style_axes(axes, look, zero=False)
        low, high = _window(result, most)
        for place, row in enumerate(rows):
            error = error_of(row, result.metric)
            if row.interval is not None and row.interval[0] < math.inf:
                ends = [min(max(end, low), high) for end in row.interval]
                axes.plot(ends, [place] * 2, color=look.cycle[0], linewidth=4, alpha=0.35, gid="interval")
            if not low <= error <= high:
                mark: dict[str, Any] = {"marker": "x" if math.isinf(error) else ">"}
                axes.plot(min(max(error, low), high), place, color=look.muted, clip_on=False, **mark)
            else:
                face = look.cycle[0] if row.tied else look.background
                axes.plot(error, place, "o", color=look.cycle[0], markerfacecolor=face, markersize=6, gid="error")
            floor = _floor(row, result.metric)
            if floor and low <= floor <= high:
                axes.plot(floor, place, "|", color=look.cycle[1], markersize=11, markeredgewidth=2, gid="floor")
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), [f"{plain(row.activation, NAME)}  {row.rank_text}" for row in rows])
        axes.tick_params(axis="y", colors=look.text)
        axes.minorticks_off()
        axes.grid(axis="y", visible=False)
        seeds = rows[0].seeds if rows else 0
        about = "median and 95 % interval" if seeds > 1 else "a single seed, no interval"
        left_out = len(result.ranking) - len(rows)
        more = f"; {left_out} more are not drawn" if left_out else ""
        axes.set_xlabel(f"test {result.metric.upper()} of {seeds} fresh seeds, {about}{more}")
        figure.suptitle(plain(result.target.name, 60), color=look.text, fontsize=12, x=0.02, ha="left")
    return figure


def draw_heat_map(result: Result, theme: str = "light", most: int = ROWS) -> Figure:
    """Draw the right digits, -log10 NRMSE, of the best activations on every target.

    Args:
        result: of a benchmark with several targets.
        theme: "light" or "dark".
        most: how many activations.
    """
    matrix = digits_matrix(result)
    labels, targets = matrix.labels[:most], matrix.targets[:COLUMNS]
    values = matrix.digits[:most, :COLUMNS]
    with styled(theme) as look:
        width = min(16.0, 3.2 + 0.55 * len(targets))
        figure = new_figure(look, max(width, 5.0), 2.2 + 0.25 * len(labels))
        axes: Axes = figure.add_subplot()
        style_axes(axes, look, zero=False)
        axes.grid(False)
        finite = values[np.isfinite(values)]
        top = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
        image = axes.imshow(np.clip(values, 0, None), cmap=look.rising(), vmin=0, vmax=top, aspect="auto")
        for i, j in np.ndindex(values.shape):
            value = values[i, j]
            text = tenths(value) if math.isfinite(value) else "×" if value < 0 else "–"
            strong = math.isfinite(value) and value > 0.55 * top
            colour = look.background if strong else look.text if math.isfinite(value) else look.muted
            axes.text(j, i, text, ha="center", va="center", fontsize=7.5, color=colour)
        axes.set_yticks(range(len(labels)), [plain(label, NAME) for label in labels])
        axes.set_xticks(range(len(targets)), [plain(name, 24) for name in targets], rotation=90)
        axes.tick_params(colors=look.text)
        bar = figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02)
        bar.outline.set_visible(False)
        bar.set_label("digits", color=look.text)
        bar.ax.tick_params(colors=look.muted, length=0, labelsize=9)
        axes.set_title("digits: -log10 of the median NRMSE; × failed", weight="normal", fontsize=10)
    return figure


def draw_profile(overall: Aggregate, theme: str = "light", most: int = CURVES) -> Figure:
    """Draw the share of runs that reach each number of digits, with 95 % bands for the best three.

    Args:
        overall: the ranking over targets.
        theme: "light" or "dark".
        most: how many activations.
    """
    profile = overall.profile
    with styled(theme) as look:
        figure = new_figure(look, 7.6, 4.4)
        axes: Axes = figure.add_subplot()
        style_axes(axes, look, zero=False)
        for k, label in enumerate(profile.labels[:most]):
            colour = look.cycle[k % len(look.cycle)]
            axes.plot(profile.levels, profile.shares[k], color=colour, linewidth=1.8, label=plain(label, NAME))
            if k < 3:
                axes.fill_between(
                    profile.levels, profile.low[k], profile.high[k], color=colour, alpha=0.12, linewidth=0
                )
        axes.set_xlim(profile.levels[0], profile.levels[-1])
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("digits, -log10 NRMSE")
        axes.set_ylabel("share of runs with at least so many")
        figure.legend(loc="outside right upper")
        left_out = len(profile.labels) - most
        if left_out > 0:
            axes.set_title(f"the best {most}; {left_out} more are not drawn", weight="normal", fontsize=10)
    return figure


def _window(result: TargetResult, most: int) -> tuple[float, float]:
    """The ends of the axis: all errors and intervals, but no more decades than can be told apart."""
    found: list[float] = []
    for row in result.ranking[:most]:
        ends = (error_of(row, result.metric), *(row.interval or ()))
        found += [end for end in ends if 0 < end < math.inf]
        found += [floor for floor in [_floor(row, result.metric)] if floor]
    if not found:
        return 0.1, 10.0
    low, high = min(found), max(found)
    high = min(high, max(low * 10.0**DECADES, USELESS))
    return low / 1.5, high * 1.5


def _floor(row: Any, metric: str) -> float | None:
    """The floor in the units of what ranks."""
    if row.floor is None:
        return None
    value = row.floor.value if metric == "rmse" else row.floor.relative
    return float(value) if value else None
