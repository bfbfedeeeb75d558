"""The page of error surfaces: one file with plotly.js inside, which asks the network for nothing.

Browsers keep no more than some sixteen WebGL views alive. The page has a few of them that wander: a surface that is
looked at takes one that is free, later ones take the one that was taken first; the others are pictures and contours.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.render.html import asset, environment, markup, policy, script_json, visible
from activations.render.plotly_script import PLOTLY_STYLE, STYLE_ATTRIBUTES, placeholders, plotly_script
from activations.render.report.numbers import packed, rounded
from activations.render.style import THEMES, figure_bytes
from activations.render.surface.figures import PATH, draw_contours, draw_solids
from activations.render.surface.scale import Scale, scale_of
from activations.render.surface.words import facts, lead, notes, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from activations.fitting.points import Array
    from activations.networks.error_surface import Surface

__all__ = ["LIVE", "surface_page"]

ASSETS = "surface_assets"
LIVE = 8  # views in three dimensions at once; browsers allow 16 for all pages together
PICTURED = 16  # surfaces with static pictures of their own
DPI = 76.0
PALETTE = 256


def surface_page(surfaces: Sequence[Surface], about: str = "") -> str:
    """The whole page.

    Args:
        surfaces: of one target, one or several.
        about: a sentence on where they come from.
    """
    scale = scale_of(surfaces)
    plotly = plotly_script()
    style = environment(ASSETS).get_template("surface.css").render(light=THEMES["light"], dark=THEMES["dark"])
    script = asset(ASSETS, "surface.js")
    text = markup()
    page: str = (
        environment(ASSETS)
        .get_template("surface.html")
        .render(
            title=visible(title(surfaces)),
            lead=visible(lead(surfaces)),
            about=visible(about),
            formula=visible(_formula(surfaces[0])),
            surfaces=[_described(surface, scale, number) for number, surface in enumerate(surfaces)],
            live=LIVE,
            logarithmic=scale.logarithmic,
            data=text(script_json(_data(surfaces, scale))),
            style=text(style),
            script=text(script),
            plotly=text(plotly),
            placeholders=text(placeholders(plotly)),
            policy=policy([plotly, script], [style, PLOTLY_STYLE], images="data: blob:", more=STYLE_ATTRIBUTES),
        )
    )
    return page


def _formula(surface: Surface) -> str:
    target = surface.target
    return target.formula if target.formula and target.formula != target.name else ""


def _described(surface: Surface, scale: Scale, number: int) -> dict[str, Any]:
    """What the template shows of a surface."""
    pictures = {}
    if number < PICTURED:
        for kind, draw in (("solid", draw_solids), ("contour", draw_contours)):
            pictures[kind] = {theme: _image(draw, surface, theme, scale) for theme in THEMES}
    return {
        "title": visible(surface.title),
        "facts": [(visible(name), visible(value)) for name, value in facts(surface)],
        "notes": [visible(note) for note in notes(surface)],
        "pictures": pictures,
    }


def _image(draw: Any, surface: Surface, theme: str, scale: Scale) -> dict[str, Any]:
    from PIL import Image

    figure: Figure = draw([surface], theme, scale)
    content = io.BytesIO()
    with Image.open(io.BytesIO(figure_bytes(figure, "png", DPI))) as image:
        small = image.convert("RGB").quantize(PALETTE, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        small.save(content, "png", optimize=True)
        size = {"width": small.width, "height": small.height}
    return {"data": f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}", **size}


def _data(surfaces: Sequence[Surface], scale: Scale) -> dict[str, Any]:
    """What the script draws. Errors travel as logarithms: small and large ones keep their digits."""
    return {
        "logarithmic": scale.logarithmic,
        "low": scale.low,
        "high": scale.high,
        "path": PATH,
        "live": LIVE,
        "target": visible(surfaces[0].target.name),
        "surfaces": [_drawn(surface, scale) for surface in surfaces],
    }


def _drawn(surface: Surface, scale: Scale) -> dict[str, Any]:
    path = surface.path
    return {
        "name": visible(surface.title),
        "labels": [visible(label) for label in surface.labels],
        "x": [float(surface.x[0]), float(surface.x[-1])],
        "y": [float(surface.y[0]), float(surface.y[-1])],
        "points": len(surface.x),
        "log": packed(_logarithms(surface.losses, scale).ravel()),
        "path": {
            "x": _numbers(path.x),
            "y": _numbers(path.y),
            "step": path.steps.tolist(),
            "epoch": [round(float(epoch), 3) for epoch in path.epochs],
            "loss": _numbers(path.losses),
            "height": _numbers(path.heights),
        },
        "minima": [[rounded(value, 6) for value in (place.x, place.y, place.loss)] for place in surface.minima],
    }


def _logarithms(losses: Array, scale: Scale) -> Array:
    """Logarithms of what the scale shows; gaps stay gaps."""
    least = max(scale.low, np.finfo(np.float64).tiny)
    found: Array = np.log10(np.where(np.isfinite(losses), np.clip(losses, least, max(scale.high, least)), np.nan))
    return found


def _numbers(values: Array) -> list[float | None]:
    return [rounded(float(value), 6) if np.isfinite(value) else None for value in values]
