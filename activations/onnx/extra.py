"""Whether the extra `onnx` is there."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator

from activations.errors import MissingExtraError

__all__ = ["has_onnx", "require_onnx", "silence"]


def has_onnx() -> bool:
    """Whether onnx is installed."""
    return importlib.util.find_spec("onnx") is not None


def require_onnx() -> None:
    """Refuse what needs the extra where it is not installed.

    Raises:
        MissingExtraError: onnx is not installed, or is broken.
    """
    if not has_onnx():
        raise MissingExtraError("ONNX needs onnx; install the extra: pip install 'torch-activations[onnx]'")
    try:
        with silence():
            importlib.import_module("onnx.reference")
    except Exception as error:  # built for another numpy, a package raises whatever it likes
        raise MissingExtraError(
            f"the extra onnx is broken: {type(error).__name__}: {error}; "
            "install it again: pip install 'torch-activations[onnx]'"
        ) from error


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Without what onnx prints, logs and warns of."""
    before = logging.root.manager.disable
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)
