"""A trained network as an ONNX file, checked against torch. Needs the extra `onnx`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from activations.errors import MissingExtraError

if TYPE_CHECKING:
    from activations.networks.fit import Fit

__all__ = ["has_onnx", "require_onnx", "write_onnx"]

NEEDED = ("onnx", "onnxscript")


def has_onnx() -> bool:
    """Whether the extra is installed."""
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


def require_onnx() -> None:
    """Refuse what needs the extra where it is not installed.

    Raises:
        MissingExtraError: it is not installed.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"ONNX needs {' and '.join(missing)}; install the extra: pip install 'torch-activations[onnx]'"
        )


def write_onnx(fit: Fit, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write it."""
    raise NotImplementedError
