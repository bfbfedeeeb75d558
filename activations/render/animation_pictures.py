"""The frames of an animation as pictures, all of one size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.render.classes import class_colours, mixed_colours
from activations.render.formula import plain
from activations.render.style import Theme, new_figure, style_axes, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from activations.render.animation_scene import Frame, Scene

__all__ = ["boundaries", "fixed_colours", "map_colours", "pictures"]

Array = np.ndarray[Any, Any]

DOTS = 100  # per inch
EDGE, RIGHT, TOP, BOTTOM, BETWEEN = 12, 26, 36, 46, 56  # pixels around and between the drawings
PALE = 0.5  # of a map's colours, so that dots of the same colour stand out
SHADES = (1.0, 0.75, 0.5, 0.25)  # of a colour at the edges of lines
LEVELS = 9  # of the contours of a map of values


def pictures(scene: Scene, theme: str = "light", *, dots: int = DOTS, last: bool = False) -> Iterator[Array]:
    """Each frame as an array [height, width, 3] of bytes; width and height are even, as videos want them.

    Args:
        scene: what is drawn.
        theme: "light" or "dark".
        dots: per inch.
        last: only the last frame.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with styled(theme) as look:
        tall = scene.kind != "line"
        figure = new_figure(look, 5.6 if tall else 6.8, 6.2 if tall else 4.8)
        figure.set_dpi(dots)
        canvas: Any = FigureCanvasAgg(figure)
        upper, lower = figure.subplots(2, 1, height_ratios=[5.2, 1] if tall else [3.6, 1])
        title = figure.suptitle(scene.title(scene.frames[-1]), color=look.text, fontsize=11, x=0.02, ha="left")
        draw = _map(scene, upper, look) if scene.kind == "map" else _curve(scene, upper, look)
        mark = _losses(scene, lower, look)
        draw(scene.frames[-1])
        _place(figure, (upper, lower), tall)
        for frame in scene.frames[-1:] if last else scene.frames:
            title.set_text(scene.title(frame))
            draw(frame)
            mark(frame)
            canvas.draw()
            yield np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _place(figure: Figure, axes: tuple[Axes, Axes], tall: bool) -> None:
    """Give the drawings their places: fixed ones, but for the room that the widest label on the left takes."""
    upper, lower = axes
    figure.set_layout_engine("none")
    width, height = figure.get_size_inches() * DOTS
    shrunk = DOTS / figure.get_dpi()
    share = 0.84 if tall else 0.77
    room = height - TOP - BOTTOM - BETWEEN
    left = 90.0
    for _ in range(2):
        for drawing, bottom, size in (
            (upper, BOTTOM + BETWEEN + (1 - share) * room, share * room),
            (lower, BOTTOM, (1 - share) * room),
        ):
            drawing.set_position((left / width, bottom / height, (width - left - RIGHT) / width, size / height))
        figure.draw_without_rendering()
        boxes = [drawing.yaxis.get_tightbbox() for drawing in axes]
        left += EDGE - min(box.x0 * shrunk for box in boxes if box is not None)
    figure.align_ylabels(axes)


def _curve(scene: Scene, axes: Axes, theme: Theme) -> Any:
    style_axes(axes, theme, zero=False)
    if scene.truth is not None:
        axes.plot(*scene.truth.T, color=theme.zero, linewidth=4, alpha=0.55, zorder=1.8, label="target")
    size = 14 if len(scene.data) <= 300 else 5
    axes.scatter(scene.data[:, 0], scene.data[:, 1], s=size, color=theme.muted, linewidths=0, zorder=2, label="data")
    (line,) = axes.plot([], [], color=theme.cycle[1], linewidth=2, zorder=3, label="network")
    _frame_axes(scene, axes)
    legend = axes.legend(loc="upper left", ncols=3, bbox_to_anchor=(0, 1.0), borderaxespad=0.3)
    legend.set_in_layout(False)

    def draw(frame: Frame) -> None:
        assert frame.curve is not None
        line.set_data(*frame.curve.T)

    return draw


def _map(scene: Scene, axes: Axes, theme: Theme) -> Any:
    from matplotlib.collections import LineCollection

    style_axes(axes, theme, zero=False)
    axes.grid(False)
    (left, right), (bottom, top) = scene.limits
    first = map_colours(scene, scene.frames[-1], theme)
    image = axes.imshow(
        first, extent=(left, right, bottom, top), origin="lower", aspect="auto", interpolation="bilinear"
    )
    lines = LineCollection([], colors=[theme.text], linewidths=1.1, zorder=2)
    axes.add_collection(lines)
    if scene.class_count:
        for number, colour in enumerate(class_colours(theme, scene.class_count)):
            chosen = scene.data[scene.classes == number]
            axes.scatter(
                chosen[:, 0], chosen[:, 1], s=16, color=colour, edgecolors=theme.background, linewidths=0.6, zorder=3
            )
    else:
        axes.scatter(scene.data[:, 0], scene.data[:, 1], s=7, color=theme.muted, linewidths=0, alpha=0.7, zorder=3)
    _frame_axes(scene, axes)

    def draw(frame: Frame) -> None:
        image.set_data(map_colours(scene, frame, theme))
        lines.set_segments(boundaries(scene, frame))

    return draw


def _frame_axes(scene: Scene, axes: Axes) -> None:
    axes.set_xlim(*scene.limits[0])
    axes.set_ylim(*scene.limits[1])
    axes.set_xlabel(plain(scene.labels[0], 40))
    axes.set_ylabel(plain(scene.labels[1], 40))


def _losses(scene: Scene, axes: Axes, theme: Theme) -> Any:
    style_axes(axes, theme, zero=False)
    axes.set_ylabel("loss")
    axes.set_xlabel("iteration")
    if len(scene.history):
        axes.set_yscale("log")
        axes.plot(*scene.history.T, color=theme.muted, linewidth=1.1)
    axes.set_xlim(0, max(scene.frames[-1].step, 1))
    axes.xaxis.set_major_formatter(lambda value, place: f"{value:,.0f}")
    axes.yaxis.set_minor_formatter("")
    axes.tick_params(which="both", length=0)
    (dot,) = axes.plot([], [], "o", color=theme.cycle[1], markersize=6, clip_on=False, zorder=4)
    line = axes.axvline(0, color=theme.cycle[1], linewidth=1, alpha=0.5)

    def mark(frame: Frame) -> None:
        line.set_xdata([frame.step, frame.step])
        drawable = np.isfinite(frame.loss) and frame.loss > 0 and len(scene.history)
        dot.set_data([frame.step] if drawable else [], [frame.loss] if drawable else [])

    return mark


def map_colours(scene: Scene, frame: Frame, theme: Theme) -> Array:
    """The colours [height, width, 3] of a map, from 0 to 1, its lowest row first."""
    values = frame.values
    assert values is not None
    if scene.class_count == 2:
        return _pale(np.asarray(theme.diverging()(values[..., 1]))[..., :3], theme)
    if scene.class_count:
        return mixed_colours(values, theme)
    low, high = float(scene.classes.min()), float(scene.classes.max())
    unit = (np.nan_to_num(values, nan=low) - low) / ((high - low) or 1.0)
    return _pale(np.asarray(theme.diverging()(np.clip(unit, 0, 1)))[..., :3], theme)


def fixed_colours(scene: Scene, theme: str = "light") -> list[tuple[int, int, int]]:
    """The colours that must come out as they are, each with some steps towards the background."""
    from matplotlib.colors import to_rgb

    from activations.render.style import theme_named

    look = theme_named(theme)
    named = [look.text, look.muted, look.grid, look.zero, look.cycle[1], *class_colours(look, scene.class_count)]
    background = np.array(to_rgb(look.background))
    mixed = [share * np.array(to_rgb(colour)) + (1 - share) * background for colour in named for share in SHADES]
    rounded = [tuple(int(part) for part in (255 * colour).round()) for colour in [background, *mixed]]
    return list(dict.fromkeys(rounded))  # type: ignore[arg-type]


def _pale(colours: Array, theme: Theme) -> Array:
    from matplotlib.colors import to_rgb

    mixed: Array = PALE * colours + (1 - PALE) * np.array(to_rgb(theme.background))
    return mixed


def boundaries(scene: Scene, frame: Frame) -> list[Array]:
    """The lines of a map, each of points [points, 2]: between classes, or of equal values."""
    from matplotlib.figure import Figure

    values = frame.values
    assert values is not None
    (left, right), (bottom, top) = scene.limits
    x, y = np.linspace(left, right, values.shape[1]), np.linspace(bottom, top, values.shape[0])
    if scene.class_count:
        # A class's lead over the best of the others is 0 on its boundary; of two classes one line is enough.
        leads = []
        for number in range(1, scene.class_count):
            others = np.delete(values, number, axis=2).max(axis=2)
            leads.append((values[..., number] - others, [0.0]))
    else:
        low, high = float(scene.classes.min()), float(scene.classes.max())
        leads = [(values, list(np.linspace(low, high, LEVELS + 2)[1:-1]))] if high > low else []
    axes = Figure().add_subplot()
    lines: list[Array] = []
    for lead, levels in leads:
        if not np.isfinite(lead).any():
            continue
        inside = [level for level in levels if np.nanmin(lead) < level < np.nanmax(lead)]
        if inside:
            found = axes.contour(x, y, np.ma.masked_invalid(lead), levels=inside)
            lines += [np.asarray(line) for level in found.allsegs for line in level if len(line) > 1]
    return lines
