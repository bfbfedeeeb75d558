"""Points of classes in the plane, and the colours that classes have in every picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from activations.render.formula import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from activations.fitting.points import Points
    from activations.render.style import Theme

__all__ = ["class_colours", "draw_classes", "mixed_colours"]


def class_colours(theme: Theme, classes: int) -> list[str]:
    """A colour per class: for two the ends of the colour map of their probability."""
    if classes == 2:
        return [theme.low, theme.high]
    return [theme.cycle[number % len(theme.cycle)] for number in range(classes)]


def mixed_colours(shares: np.ndarray[Any, Any], theme: Theme) -> np.ndarray[Any, Any]:
    """The classes' colours, paled, in the proportions [..., classes] of their probabilities."""
    from matplotlib.colors import to_rgb

    colours = np.array([to_rgb(colour) for colour in class_colours(theme, shares.shape[-1])])
    pale = 0.35 * colours + 0.65 * np.array(to_rgb(theme.background))
    return np.clip(shares @ pale, 0, 1)


def draw_classes(
    axes: Axes,
    points: Points,
    classes: int,
    theme: Theme,
    *,
    size: float = 9,
    alpha: float = 1.0,
    names: Sequence[str] = (),
) -> None:
    """Draw points [points, 2] in the colours of their classes, with labels for a legend if names are given."""
    for number, colour in enumerate(class_colours(theme, classes)):
        chosen = points.x[points.y == number]
        axes.scatter(
            chosen[:, 0],
            chosen[:, 1],
            s=size,
            color=colour,
            alpha=alpha,
            edgecolors=theme.background,
            linewidths=0.4 if alpha == 1 else 0,
            label=plain(names[number], 30) if names else None,
        )
