"""Static pictures inside a page, as long as there is room for them: for readers without scripts, and for print."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

from activations.render.html import visible
from activations.render.report.curves import kind_of
from activations.render.report.places import FIGURES

if TYPE_CHECKING:
    from activations.benchmark.result import TargetResult
    from activations.render.report.drawings import Drawings

__all__ = ["Pictures"]

SHRINK = 2  # the page's pixels against those of the figure's file
COLOURS = 96


class Pictures:
    """The pictures of a page; those for which there is no room become links to the figures' files.

    Fits of classes come first: the page has no other drawing of them.

    Attributes:
        heat_map: what a template needs for the image; None for a single target.
        profile: the same; None without a ranking over targets.
        fits: one for each target.
    """

    def __init__(self, drawings: Drawings, room: int) -> None:
        self._drawings = drawings
        self._room = room
        targets = drawings.result.targets
        classes = [number for number, found in enumerate(targets) if kind_of(found.target) == "classes"]
        made = {number: self._fits(number, targets[number]) for number in classes}
        about = "Heat map of the digits of activations on targets"
        self.heat_map = self._image(drawings.heat_map, about) if drawings.heat_map else None
        about = "Share of runs that reach so many digits"
        self.profile = self._image(drawings.profile, about) if drawings.profile else None
        self.fits = [made.get(number) or self._fits(number, found) for number, found in enumerate(targets)]

    def _fits(self, number: int, found: TargetResult) -> dict[str, Any]:
        best = ", ".join(fit.label for fit in found.fits[:4])
        about = f"Fits of {found.target.name} by {best}" if best else f"{found.target.name}: there is no fit to draw"
        return self._image(self._drawings.fits[number], about)

    def _image(self, name: str, about: str) -> dict[str, Any]:
        """Where the image is, and the image itself if there is room."""
        found: dict[str, Any] = {"data": "", "alt": visible(about), "path": f"{FIGURES}/{name}.png"}
        if self._room <= 0:
            return found
        picture, width, height = _small(self._drawings.picture(name, "png"))
        text = base64.b64encode(picture).decode()
        self._room -= len(text)
        if self._room < 0:
            return found
        return {**found, "data": f"data:image/png;base64,{text}", "width": width, "height": height}


def _small(picture: bytes) -> tuple[bytes, int, int]:
    """A PNG of half the size with a palette, its width and its height in pixels."""
    from PIL import Image

    content = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        small = image.convert("RGB").reduce(SHRINK).quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(content, "png", optimize=True)
        return content.getvalue(), small.width, small.height
