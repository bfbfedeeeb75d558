"""How many processes may share the work."""

from __future__ import annotations

import os

__all__ = ["available_jobs"]


def available_jobs() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
