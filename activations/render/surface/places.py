"""The files of a folder of surfaces. Imports nothing heavy: they are checked before the work begins."""

from __future__ import annotations

from pathlib import Path

from activations.files import require_free

__all__ = ["FIGURES", "FORMATS", "prepare_folder", "surface_paths"]

FIGURES = ("contours", "surfaces")
FORMATS = ("png", "svg")


def surface_paths(folder: Path) -> list[Path]:
    """All files that are written."""
    figures = [f"figures/{name}.{ending}" for name in FIGURES for ending in FORMATS]
    return [folder / name for name in ("surface.html", "surface.json", "surface.npz", *figures)]


def prepare_folder(folder: Path, *, overwrite: bool) -> None:
    """Make the folder, and check that its files can be written before the work that fills them.

    Raises:
        OutputExistsError: a file exists and may not be overwritten.
        OSError: the folder can't be made, or a path in it is a folder or a device.
    """
    folder.mkdir(exist_ok=True)
    (folder / "figures").mkdir(exist_ok=True)
    for place in surface_paths(folder):
        require_free(place, overwrite=overwrite)
