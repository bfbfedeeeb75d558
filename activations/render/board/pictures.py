"""Figures as pictures of a log."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from activations.render.style import figure_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from activations.render.board.events import Events

__all__ = ["add_figure"]

DPI = 110.0


def add_figure(events: Events, tag: str, figure: Figure) -> None:
    """Add a figure as a PNG."""
    from PIL import Image

    data = figure_bytes(figure, "png", DPI)
    with Image.open(io.BytesIO(data)) as picture:
        events.add_picture(tag, data, *picture.size)
