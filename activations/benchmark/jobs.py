"""How many processes may share the work."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["available_jobs"]

CONTROL_GROUPS = Path("/sys/fs/cgroup")


def available_jobs() -> int:
    """The number of processors that this process may use, a container's share of them included; at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = _share()
    return count if share is None else max(1, min(count, int(share)))


def _share() -> float | None:
    """The processors' time that a container may take per time; None if it is not limited."""
    try:
        # Version 2 of Linux's control groups, in one file: "max 100000" or "150000 100000".
        quota, period = (CONTROL_GROUPS / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota, period = (
                (CONTROL_GROUPS / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")
            )
        except OSError:
            return None
    try:
        return int(quota) / int(period) if int(quota) > 0 else None
    except (ValueError, ZeroDivisionError):
        return None
