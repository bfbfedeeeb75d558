"""How a surface shows itself in notebooks: by `activations.render`, which stands above and is found by its name."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SurfaceFace"]

RENDERER = "activations.render.surface.notebook"


class SurfaceFace:
    """The face of an error surface."""

    def plot(self, theme: str = "light", *, solid: bool = False) -> Figure:
        """A matplotlib figure: the contours with the path, or the surface in three dimensions.

        Args:
            theme: "light" or "dark".
            solid: draw it in three dimensions.
        """
        figure: Figure = importlib.import_module(RENDERER).surface_figure(self, theme, solid=solid)
        return figure

    def _repr_html_(self) -> str:
        html: str = importlib.import_module(RENDERER).surface_html(self)
        return html
