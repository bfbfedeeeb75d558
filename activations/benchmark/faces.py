"""How results show themselves in notebooks and consoles: by `activations.render`, which stands above this package.

Nothing here imports it: it is found by its name when a result is first shown.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ResultFace", "StoredFace", "TargetFace"]

RENDERER = "activations.render.notebook"


class TargetFace:
    """The face of a ranking on one target."""

    def plot(self, theme: str = "light") -> Figure:
        """The best fits beside the data, as a matplotlib figure.

        Args:
            theme: "light" or "dark".
        """
        figure: Figure = _renderer().target_figure(self, theme)
        return figure

    def _repr_html_(self) -> str:
        html: str = _renderer().target_html(self)
        return html

    def __rich__(self) -> Any:
        return _renderer().target_rich(self)


class ResultFace:
    """The face of a whole benchmark."""

    def plot(self, target: str | None = None, theme: str = "light") -> Figure:
        """A matplotlib figure: the best fits of a target, or the heat map of all targets if there are several.

        Args:
            target: whose fits to draw; may be left out if there is only one.
            theme: "light" or "dark".

        Raises:
            UnknownTargetError: the result has no target of that name.
        """
        figure: Figure = _renderer().result_figure(self, target, theme)
        return figure

    def _repr_html_(self) -> str:
        html: str = _renderer().result_html(self)
        return html

    def __rich__(self) -> Any:
        return _renderer().result_rich(self)


class StoredFace:
    """The face of a ranking made from a store."""

    def _repr_html_(self) -> str:
        html: str = _renderer().stored_html(self)
        return html


def _renderer() -> Any:
    return importlib.import_module(RENDERER)
