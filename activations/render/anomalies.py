"""The picture of judged rows: data and curve with the marked rows, and below how far off every row is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from activations.render.formula import plain
from activations.render.style import Theme, new_figure, style_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from activations.fitting.points import Array
    from activations.networks.anomalies import Anomalies

__all__ = ["draw_anomalies"]

# Above the axes, where it covers no row.
LEGEND: dict[str, Any] = {
    "loc": "lower left",
    "bbox_to_anchor": (0, 1),
    "ncols": 4,
    "fontsize": 8,
    "borderaxespad": 0.2,
    "columnspacing": 1.4,
    "handletextpad": 0.5,
}
LARGEST = 1e300  # axes compute with differences of values
NAMED = 12  # marked rows that are named in the picture
CURVE_POINTS = 801
HIGHEST = 1e6  # a score beyond is drawn there
NEAR = (0.13, 0.045)  # of the picture: names would cover each other


def draw_anomalies(found: Anomalies, theme: str = "light") -> Figure:
    """Draw judged rows.

    One input: the rows over it, the predicted curve, and the band outside which alpha marks a row. Several inputs:
    values over predictions. Below: the score of every row.

    Args:
        found: the rows.
        theme: "light" or "dark".
    """
    with styled(theme) as look:
        figure = new_figure(look, 7.6, 5.8)
        upper, lower = figure.subplots(2, 1, height_ratios=[3, 1.3], sharex=len(found.table.x_names) == 1)
        for axes in (upper, lower):
            style_axes(axes, look, zero=False)
        x, y = np.array(found.table.x), np.array(found.table.y)
        if max(np.abs(x).max(), np.abs(y).max(), np.abs(found.prediction).max()) > LARGEST:
            upper.text(0.5, 0.5, "the values are too large to be drawn", ha="center", transform=upper.transAxes)
        elif x.shape[1] == 1:
            _draw_line(found, x[:, 0], y, upper, look)
            lower.set_xlabel(plain(found.table.x_names[0], 40))
        else:
            _draw_agreement(found, y, upper, look)
            lower.set_xlabel("row")
        upper.set_ylabel(plain(found.table.y_name, 40))
        drawable = x.shape[1] == 1 and np.abs(x).max() <= LARGEST
        _draw_scores(found, x[:, 0] if drawable else np.arange(1, len(y) + 1), lower, look)
        figure.suptitle(plain(_title(found)), color=look.text, fontsize=12, x=0.02, ha="left")
    return figure


def _title(found: Anomalies) -> str:
    rows = f"{found.count} of {len(found)} rows marked"
    rule = f"false discovery rate {found.fdr:g}" if found.fdr is not None else f"alpha {found.alpha:g}"
    return f"{found.table.name}: {rows} ({found.method}, {rule})"


def _draw_line(found: Anomalies, x: Array, y: Array, axes: Axes, theme: Theme) -> None:
    order = np.argsort(x, kind="stable")
    place, middle, width = x[order], (found.prediction + found.center)[order], found.width[order]
    if found.fdr is None and np.isfinite(width).all():
        # Each row has a band of its own, those of one fold alike; a line through all of them would only be ragged.
        grid, low, high = _band(found, place, middle, width)
        label = f"normal at alpha {found.alpha:g}" + (", roughly" if found.source == "folds" else "")
        axes.fill_between(grid, low, high, color=theme.orders[0], alpha=0.14, linewidth=0, zorder=1, label=label)
    grid = np.linspace(x.min(), x.max(), CURVE_POINTS)
    curves = _curves(found, grid)
    if len(curves):
        names = {"folds": f"{len(curves)} networks"}
        for number, curve in enumerate(curves):
            label = names.get(found.source, "network") if number == 0 else ""
            axes.plot(grid, curve, color=theme.orders[0], linewidth=1.2, alpha=0.8, zorder=3, label=label or None)
    _draw_rows(found, x, y, axes, theme)
    axes.legend(**LEGEND)


def _band(found: Anomalies, place: Array, middle: Array, width: Array) -> tuple[Array, Array, Array]:
    """The band around the middle of the curves with the width that half of the rows have, or around the rows."""
    curves = _curves(found, grid := np.linspace(place.min(), place.max(), CURVE_POINTS))
    if not len(curves):
        return place, middle - width, middle + width
    center, half = np.median(curves, axis=0) + float(np.median(found.center)), float(np.median(width))
    return grid, center - half, center + half


def _curves(found: Anomalies, grid: Array) -> Array:
    curves = [curve(grid[:, None]) for curve in found.curves]
    return np.stack(curves) if curves and all(np.isfinite(curve).all() for curve in curves) else np.empty((0, 0))


def _draw_agreement(found: Anomalies, y: Array, axes: Axes, theme: Theme) -> None:
    ends = [min(y.min(), found.prediction.min()), max(y.max(), found.prediction.max())]
    axes.plot(ends, ends, color=theme.zero, linewidth=1.0, zorder=1.5)
    _draw_rows(found, found.prediction, y, axes, theme)
    axes.set_xlabel("prediction")
    axes.legend(**LEGEND)


def _draw_rows(found: Anomalies, across: Array, y: Array, axes: Axes, theme: Theme) -> None:
    marked = found.anomaly
    axes.scatter(across[~marked], y[~marked], s=12, color=theme.muted, zorder=2, label="rows", gid="rows")
    if marked.any():
        axes.scatter(
            across[marked],
            y[marked],
            s=46,
            color=theme.orders[1],
            edgecolors=theme.background,
            linewidths=0.8,
            zorder=4,
            label="marked",
            gid="marked",
        )
    from matplotlib.patheffects import withStroke

    for rows in _groups(found.rows[:NAMED], across, y):
        row = rows[0]
        left = across[row] <= (across.min() + across.max()) / 2
        numbers = ", ".join(str(number + 1) for number in sorted(rows))
        axes.annotate(
            f"row{'s' if len(rows) > 1 else ''} {numbers}",
            (across[row], y[row]),
            xytext=(7 if left else -7, 0),
            textcoords="offset points",
            ha="left" if left else "right",
            va="center",
            fontsize=8,
            color=theme.text,
            zorder=5,
            path_effects=[withStroke(linewidth=2.5, foreground=theme.background)],
        )


def _groups(rows: list[int], across: Array, y: Array) -> list[list[int]]:
    """Rows whose names would cover each other, together."""
    wide, high = (float(np.ptp(values)) or 1.0 for values in (across, y))
    groups: list[list[int]] = []
    for row in rows:
        for group in groups:
            first = group[0]
            if abs(across[row] - across[first]) < NEAR[0] * wide and abs(y[row] - y[first]) < NEAR[1] * high:
                group.append(row)
                break
        else:
            groups.append([row])
    return groups


def _draw_scores(found: Anomalies, across: Array, axes: Axes, theme: Theme) -> None:
    scores = np.minimum(np.nan_to_num(found.score, posinf=HIGHEST), HIGHEST)
    marked = found.anomaly
    axes.vlines(across[~marked], 0, scores[~marked], color=theme.muted, linewidth=0.8)
    axes.vlines(across[marked], 0, scores[marked], color=theme.orders[1], linewidth=1.4)
    bound = _bound(found)
    if bound is not None:
        axes.axhline(bound, color=theme.text, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.set_ylim(0, max(1.12 * float(scores.max(initial=0.0)), 1.2 * (bound or 0.0), 1e-9))
    axes.set_ylabel("score")


def _bound(found: Anomalies) -> float | None:
    """The score from which rows are marked; None where a false discovery rate decides by the order of all."""
    if found.fdr is not None:
        return None
    if found.method == "conformal":
        return 1.0
    from statistics import NormalDist

    return -NormalDist().inv_cdf(found.alpha / 2)
