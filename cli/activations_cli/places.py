"""Where the pictures of several targets go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from activations.files import slugs

if TYPE_CHECKING:
    from activations.fitting.targets import Target

__all__ = ["picture_paths"]


def picture_paths(folder: Path, targets: Sequence[Target]) -> tuple[Path, ...]:
    """A file of its own for each target; those of one name are numbered."""
    return tuple(folder / f"{name}.png" for name in slugs(target.name for target in targets))
