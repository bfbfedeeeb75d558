"""Writes a folder of surfaces, each file whole or not at all."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from activations.files import slugs, write_atomically
from activations.render.style import figure_bytes
from activations.render.surface.figures import draw_contours, draw_solids
from activations.render.surface.page import surface_page
from activations.render.surface.places import FORMATS, prepare_folder

if TYPE_CHECKING:
    from activations.networks.error_surface import Surface

__all__ = ["write_surfaces"]


def write_surfaces(
    surfaces: Sequence[Surface], folder: Path, *, about: str = "", overwrite: bool = False
) -> list[Path]:
    """Write surfaces of one target: `surface.html`, `surface.json`, `surface.npz`, and two figures as PNG and SVG.

    Equal surfaces give equal bytes.

    Args:
        surfaces: one or several.
        folder: where to write; it is made if it is missing, its parent must exist.
        about: a sentence on where they come from, for the page.
        overwrite: replace files that exist. Others in the folder are left alone.

    Returns:
        What was written, in order.

    Raises:
        OutputExistsError: a file exists and may not be overwritten; then nothing is written.
        OSError: the folder can't be made, or the disk is full.
    """
    prepare_folder(folder, overwrite=overwrite)
    return [write_atomically(folder / name, data, overwrite=overwrite) for name, data in _files(surfaces, about)]


def _files(surfaces: Sequence[Surface], about: str) -> Iterator[tuple[str, bytes]]:
    yield "surface.html", surface_page(surfaces, about).encode()
    found = [surface.to_dict() for surface in surfaces]
    yield "surface.json", (json.dumps(found, indent=1, allow_nan=False) + "\n").encode()
    yield "surface.npz", _archive(surfaces)
    for name, draw in (("contours", draw_contours), ("surfaces", draw_solids)):
        figure = draw(surfaces)
        for ending in FORMATS:
            yield f"figures/{name}.{ending}", figure_bytes(figure, ending)


def _archive(surfaces: Sequence[Surface]) -> bytes:
    """All arrays; those of one of several surfaces begin with its activation's name."""
    content = io.BytesIO()
    names = slugs(surface.activation.label for surface in surfaces)
    arrays = {
        f"{name}_{key}" if len(surfaces) > 1 else key: values
        for name, surface in zip(names, surfaces, strict=True)
        for key, values in surface.arrays().items()
    }
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()
