"""How a fit shows itself in notebooks, as a figure and as an animation: by `activations.render`, which stands above.

Nothing here imports it: it is found by its name when a fit is first shown.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FitFace"]


class FitFace:
    """The face of a fit."""

    def plot(self, theme: str = "light") -> Figure:
        """The fit over its data, with the residuals below, as a matplotlib figure.

        Args:
            theme: "light" or "dark".
        """
        figure: Figure = _renderer("fits_single").draw_fit(self, theme)
        return figure

    def plot_losses(self, theme: str = "light") -> Figure:
        """Training and test loss by the number of steps, as a matplotlib figure.

        Args:
            theme: "light" or "dark".
        """
        figure: Figure = _renderer("fits_single").draw_losses(self, theme)
        return figure

    def animate(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write how the fit grew, from its frames: as .gif, .mp4 or .html.

        Raises:
            SettingError: the fit has no frames, or the file name has another ending.
            OutputExistsError: the file exists and may not be overwritten.
            MissingExtraError: an MP4 needs ffmpeg.
        """
        written: Path = _renderer("animation").write_animation(self, Path(path), overwrite=overwrite)
        return written

    def _repr_html_(self) -> str:
        html: str = _renderer("fits_single").fit_html(self)
        return html


def _renderer(name: str) -> Any:
    return importlib.import_module(f"activations.render.{name}")
