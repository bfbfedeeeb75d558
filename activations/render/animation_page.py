"""The page of an animation: one file that needs no network; without a script it shows the last frame."""

from __future__ import annotations

import base64
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.render.animation_pictures import boundaries, map_colours
from activations.render.classes import class_colours
from activations.render.html import asset, environment, markup, policy, script_json, visible
from activations.render.style import THEMES

if TYPE_CHECKING:
    from activations.render.animation_scene import Frame, Scene

__all__ = ["animation_html"]

Array = np.ndarray[Any, Any]

ASSETS = "animation_assets"
WIDTH, HEIGHT = 680, 420
LEFT, RIGHT, TOP, BOTTOM = 78, 24, 12, 44
SQUARE = 560  # height of a drawing of the plane
LOSS_HEIGHT = 110
BEYOND = 4  # heights of the drawing outside which a curve's points are cut off
FRAME_TIME = 80


class _Axis:
    """The map from one interval of numbers to one of pixels, and its ticks."""

    def __init__(self, limits: tuple[float, float], start: float, end: float) -> None:
        self.low, self.high = limits
        self.start, self.end = start, end

    def place(self, values: Array) -> Array:
        unit = (values / 2 - self.low / 2) / (self.high / 2 - self.low / 2)  # halves: a difference may overflow
        pixels: Array = self.start + unit * (self.end - self.start)
        return pixels

    def ticks(self, most: int = 7) -> list[tuple[float, str]]:
        from matplotlib.ticker import MaxNLocator

        found = [tick for tick in MaxNLocator(most).tick_values(self.low, self.high) if self.low <= tick <= self.high]
        return [(round(float(self.place(np.array(tick))), 1), _short(tick)) for tick in found]


def animation_html(scene: Scene) -> str:
    """The whole page.

    Its size is bounded by the numbers of frames, of points per curve and of dots that a scene has.
    """
    height = HEIGHT if scene.kind == "line" else SQUARE
    x = _Axis(scene.limits[0], LEFT, WIDTH - RIGHT)
    y = _Axis(scene.limits[1], height - BOTTOM, TOP)
    losses = _Losses(scene)
    frames = [_frame(scene, frame, x, y) | losses.place(frame) for frame in scene.frames]
    style = (
        environment(ASSETS)
        .get_template("page.css")
        .render(light=THEMES["light"], dark=THEMES["dark"], classes=range(8))
    )
    script = asset(ASSETS, "page.js")
    text = markup()
    page: str = (
        environment(ASSETS)
        .get_template("page.html")
        .render(
            title=visible(scene.name),
            kind=scene.kind,
            labels=[visible(label) for label in scene.labels],
            size={"width": WIDTH, "height": height, "loss": LOSS_HEIGHT},
            box={"left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": height - BOTTOM},
            x_ticks=x.ticks(),
            y_ticks=y.ticks(),
            dots=_dots(scene, x, y),
            truth=None if scene.truth is None else _path(scene.truth, x, y),
            losses=losses,
            last=frames[-1],
            count=len(frames),
            data=text(script_json({"frames": frames, "time": FRAME_TIME})),
            style=text(style),
            script=text(script),
            policy=policy([script], [style], images="data:"),
        )
    )
    return page


class _Losses:
    """The small drawing of the loss below."""

    top, bottom = 8, LOSS_HEIGHT - 40

    def __init__(self, scene: Scene) -> None:
        self.x = _Axis((0.0, float(max(scene.frames[-1].step, 1))), LEFT, WIDTH - RIGHT)
        history = scene.history
        self.drawn = len(history) > 0
        logs = np.log10(history[:, 1]) if self.drawn else np.zeros(1)
        low, high = float(logs.min()), float(logs.max())
        room = max(0.05 * (high - low), 0.05)
        self.y = _Axis((low - room, high + room), self.bottom, self.top)
        self.path = _path(np.stack([history[:, 0], logs], axis=1), self.x, self.y) if self.drawn else ""

    @property
    def x_ticks(self) -> list[tuple[float, str]]:
        return [(place, f"{float(text):,.0f}") for place, text in self.x.ticks(6)]

    @property
    def y_ticks(self) -> list[tuple[float, str]]:
        if not self.drawn:
            return []
        whole = range(math.ceil(self.y.low), math.floor(self.y.high) + 1)
        chosen = list(whole)[:: -(-len(whole) // 3) or 1]
        if len(chosen) < 2:
            chosen_logs = [self.y.low * 0.85 + self.y.high * 0.15, self.y.low * 0.15 + self.y.high * 0.85]
            return [(round(float(self.y.place(np.array(log))), 1), f"{10**log:.2g}") for log in chosen_logs]
        return [(round(float(self.y.place(np.array(float(k)))), 1), f"{10.0**k:g}") for k in chosen]

    def place(self, frame: Frame) -> dict[str, Any]:
        """Where the mark stands."""
        across = round(float(self.x.place(np.array(float(frame.step)))), 1)
        if not (self.drawn and math.isfinite(frame.loss) and frame.loss > 0):
            return {"x": across, "y": None}
        up = float(np.clip(self.y.place(np.array(math.log10(frame.loss))), self.top, self.bottom))
        return {"x": across, "y": round(up, 1)}


def _frame(scene: Scene, frame: Frame, x: _Axis, y: _Axis) -> dict[str, Any]:
    """What changes from frame to frame."""
    found: dict[str, Any] = {"title": scene.title(frame)}
    if frame.curve is not None:
        return found | {"path": _path(frame.curve, x, y)}
    lines = "".join(_path(line, x, y) for line in boundaries(scene, frame))
    return found | {"path": lines, "image": _image(scene, frame)}


def _image(scene: Scene, frame: Frame) -> str:
    """A map as a small picture that the browser stretches."""
    from PIL import Image

    colours = map_colours(scene, frame, THEMES["light"])[::-1]
    picture = Image.fromarray((colours * 255).round().astype(np.uint8)).quantize(32, dither=Image.Dither.NONE)
    content = io.BytesIO()
    picture.save(content, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


def _dots(scene: Scene, x: _Axis, y: _Axis) -> list[dict[str, Any]]:
    across, up = x.place(scene.data[:, 0]), y.place(scene.data[:, 1])
    classes = scene.classes if scene.class_count else np.full(len(scene.data), -1)
    colours = class_colours(THEMES["light"], scene.class_count) if scene.class_count else []
    return [
        {"x": round(float(a), 1), "y": round(float(b), 1), "fill": colours[int(c)] if colours else ""}
        for a, b, c in zip(across, up, classes, strict=True)
    ]


def _path(points: Array, x: _Axis, y: _Axis) -> str:
    """Points as the path of a line with gaps where they are no numbers or far outside the drawing."""
    across, up = x.place(points[:, 0]), y.place(points[:, 1])
    reach = BEYOND * (abs(y.end - y.start) + abs(x.end - x.start))
    parts, pen = [], "M"
    for a, b in zip(across.tolist(), up.tolist(), strict=True):
        if not (abs(a) < reach and abs(b) < reach):
            pen = "M"
            continue
        parts.append(f"{pen}{a:.1f} {b:.1f}")
        pen = "L"
    return "".join(parts)


def _short(value: float) -> str:
    return f"{0.0 if abs(value) < 1e-300 else value:.5g}".replace("-", "−") if abs(value) < 1e5 else f"{value:.3g}"
