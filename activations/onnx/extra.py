"""Whether the packages of the extra `onnx` are there; nothing else imports them by name."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator

from activations.errors import MissingExtraError

__all__ = ["NETWORKS", "has_onnx", "require_onnx", "silence"]

MODELS = ("onnx",)
"""What an activation needs."""
NETWORKS = (*MODELS, "onnxscript")
"""What torch's own exporter needs, which writes networks."""


def has_onnx(needed: tuple[str, ...] = MODELS) -> bool:
    """Whether the packages are installed."""
    return not missing(needed)


def require_onnx(needed: tuple[str, ...] = MODELS) -> None:
    """Refuse what needs the extra where it is not installed.

    Args:
        needed: the packages.

    Raises:
        MissingExtraError: one is not installed, or is broken.
    """
    absent = missing(needed)
    if absent:
        raise MissingExtraError(
            f"ONNX needs {' and '.join(absent)}; install the extra: pip install 'torch-activations[onnx]'"
        )
    try:
        with silence():
            for name in needed:
                importlib.import_module(name)
    except Exception as error:  # built for another numpy, a package raises whatever it likes
        raise MissingExtraError(
            f"the extra onnx is broken: {type(error).__name__}: {error}; "
            "install it again: pip install 'torch-activations[onnx]'"
        ) from error


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Without what the packages print, log and warn of: steps, and packages that nothing here uses."""
    before = logging.root.manager.disable
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)


def missing(needed: tuple[str, ...]) -> list[str]:
    """Those of the packages that are not installed."""
    return [name for name in needed if importlib.util.find_spec(name) is None]
