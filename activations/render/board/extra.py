"""Whether tensorboard can be had. Imports nothing heavy: it is asked before the work begins."""

from __future__ import annotations

import importlib
import importlib.util
import warnings

from activations.errors import MissingExtraError

__all__ = ["require_tensorboard"]

NEEDED = "tensorboard"
USED = (
    "tensorboard.compat.proto.event_pb2",
    "tensorboard.plugins.hparams.metadata",
    "tensorboard.plugins.text.summary_v2",
    "tensorboard.summary.writer.record_writer",
)
INSTALL = "pip install 'torch-activations[tensorboard]'"


def require_tensorboard() -> None:
    """Refuse what needs the extra where it is not installed.

    Raises:
        MissingExtraError: it is not installed, or is broken.
    """
    if not _is_there():
        raise MissingExtraError(f"--tensorboard needs the package {NEEDED}; install the extra: {INSTALL}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it imports, which nobody here can mend
            for name in USED:
                importlib.import_module(name)
    except Exception as error:  # built for another protobuf, it raises whatever it likes
        told = " ".join(str(error).split())[:200]
        raise MissingExtraError(
            f"the package {NEEDED} is broken: {type(error).__name__}: {told}; install it again: {INSTALL}"
        ) from error


def _is_there() -> bool:
    try:
        return importlib.util.find_spec(NEEDED) is not None
    except ValueError:  # somebody has blocked it in sys.modules
        return False
