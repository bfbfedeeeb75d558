"""Static pictures inside a page, as long as there is room for them: for readers without scripts, and for print."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from activations.render.fits import draw_fits
from activations.render.html import visible
from activations.render.report.curves import kind_of
from activations.render.report.figures import draw_heat_map, draw_profile
from activations.render.report.places import FIGURES, OVERALL, figure_names
from activations.render.report.runs import drawable
from activations.render.style import figure_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from activations.benchmark.result import Result, TargetResult

__all__ = ["Pictures"]

DPI = 80
COLOURS = 96  # of a small picture


class Pictures:
    """The pictures of a result; those for which there is no room become links to the figures' files.

    Fits of classes come first: the page has no other drawing of them.
    """

    def __init__(self, result: Result, room: int) -> None:
        self._room = room
        names = figure_names([found.target for found in result.targets])
        made: dict[int, dict[str, Any]] = {}
        heat, profile = OVERALL
        order = sorted(range(len(names)), key=lambda number: kind_of(result.targets[number].target) != "classes")
        classes = sum(kind_of(found.target) == "classes" for found in result.targets)
        for number in order[:classes]:
            made[number] = self._fits(names[number], result.targets[number])
        self.heat_map = None
        if len(result.targets) > 1:
            about = "Heat map of the digits of activations on targets"
            self.heat_map = self._picture(heat, about, lambda: draw_heat_map(result))
        self.profile = None
        if result.overall is not None:
            overall = result.overall
            self.profile = self._picture(
                profile, "Share of runs that reach so many digits", lambda: draw_profile(overall)
            )
        for number in order[classes:]:
            made[number] = self._fits(names[number], result.targets[number])
        self.fits = [made[number] for number in range(len(names))]

    def _fits(self, name: str, found: TargetResult) -> dict[str, Any]:
        fits = drawable(found)
        best = ", ".join(fit.label for fit in fits.fits[:4])
        about = f"Fits of {found.target.name} by {best}" if best else f"{found.target.name}: there is no fit to draw"
        return self._picture(f"{name}-fits", about, lambda: draw_fits(fits))

    def _picture(self, name: str, about: str, draw: Callable[[], Figure]) -> dict[str, Any]:
        """What a template needs for an image, or its address alone."""
        found: dict[str, Any] = {"data": "", "alt": visible(about), "path": f"{FIGURES}/{name}.png"}
        if self._room <= 0:
            return found
        figure = draw()
        width, height = (round(float(inches) * DPI) for inches in figure.get_size_inches())
        picture = base64.b64encode(_small_png(figure)).decode()
        self._room -= len(picture)
        if self._room < 0:
            return found
        return {**found, "data": f"data:image/png;base64,{picture}", "width": width, "height": height}


def _small_png(figure: Figure) -> bytes:
    """A PNG with a palette: a third of the size of one without."""
    from PIL import Image

    content = io.BytesIO()
    with Image.open(io.BytesIO(figure_bytes(figure, "png", dpi=DPI))) as image:
        small = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(content, "png", optimize=True)
    return content.getvalue()
