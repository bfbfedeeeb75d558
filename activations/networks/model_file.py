"""Trained networks as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activations.networks.fit import Fit
__all__ = ["read_model", "write_model"]


def write_model(fit: Fit, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a model."""
    raise NotImplementedError


def read_model(path: str | Path) -> Fit:
    """Read a model."""
    raise NotImplementedError
