"""Loaded by the worker processes of `local`: Ctrl-C is the client's business, which ends them."""

from __future__ import annotations

import signal
from typing import Any

__all__ = ["dask_setup"]


def dask_setup(worker: Any) -> None:
    """Ignore Ctrl-C in a worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
