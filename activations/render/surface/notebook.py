"""A surface in notebooks: facts, the contours as a picture, and figures on request."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

from activations.render.html import visible
from activations.render.style import figure_bytes
from activations.render.surface.figures import draw_contours, draw_solids
from activations.render.surface.words import facts, notes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from activations.networks.error_surface import Surface

__all__ = ["surface_figure", "surface_html"]

DPI = 90.0


def surface_figure(surface: Surface, theme: str = "light", *, solid: bool = False) -> Figure:
    """The contours of a surface, or its view in three dimensions."""
    return draw_solids([surface], theme) if solid else draw_contours([surface], theme)


def surface_html(surface: Surface) -> str:
    """Facts and a picture without scripts, whose foreign text is text."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(visible(name))}</th>'
        f'<td style="text-align:left">{escape(visible(value))}</td></tr>'
        for name, value in facts(surface)
    )
    said = "".join(f"<p>{escape(text)}</p>" for text in notes(surface))
    picture = base64.b64encode(figure_bytes(draw_contours([surface]), "png", DPI)).decode()
    about = escape(visible(f"Contours of the error of {surface.title} on {surface.target.name}"))
    return (
        f"<div><p><b>{escape(visible(surface.title))}</b> on {escape(visible(surface.target.name))}</p>"
        f"<table>{rows}</table>{said}"
        f'<img src="data:image/png;base64,{picture}" alt="{about}"></div>'
    )
