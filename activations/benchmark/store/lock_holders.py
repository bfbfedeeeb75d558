"""Which processes hold a lock on a file, where the system tells."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["lock_holders"]

LOCKS = Path("/proc/locks")


def lock_holders(*paths: Path) -> list[int]:
    """The numbers of other processes that hold a write lock on one of the files; empty where nobody can tell."""
    inodes = set()
    for path in paths:
        with contextlib.suppress(OSError):
            inodes.add(str(path.stat().st_ino))
    found = set()
    with contextlib.suppress(OSError, ValueError):
        for line in LOCKS.read_text().splitlines():
            # 1: POSIX  ADVISORY  WRITE 1234 08:01:5678 120 120
            fields = line.split()
            if len(fields) >= 8 and "WRITE" in fields and "->" not in fields:
                process, file = fields[-4], fields[-3]
                if file.rpartition(":")[2] in inodes and int(process) not in (0, -1, os.getpid()):
                    found.add(int(process))
    return sorted(found)
