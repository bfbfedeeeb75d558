"""One activation of a gallery: what its picture, its row in the table and its part of the page are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activations.declare import Variant
    from activations.properties import Properties
    from activations.shape import ShapeInfo

__all__ = ["GalleryEntry"]


@dataclass(frozen=True, eq=False)
class GalleryEntry:
    """One activation with all that a gallery shows of it.

    Attributes:
        variant: the activation with its parameter values.
        family: the family under which it stands.
        origin: the distribution that provides it, or "typed" for a formula.
        info: the plotted data.
        properties: what is measured of it.
        picture: path of the picture, relative to the gallery's folder, with forward slashes: the light one where
            both themes are drawn.
        picture_dark: path of the dark one, where there is one beside it.
        sweep: path of the picture that shows what the parameters do, where there are any.
        sweep_dark: path of the dark one, where there is one beside it.
    """

    variant: Variant
    family: str
    origin: str
    info: ShapeInfo
    properties: Properties
    picture: str
    picture_dark: str | None = None
    sweep: str | None = None
    sweep_dark: str | None = None
