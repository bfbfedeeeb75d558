"""On what kind of file system a path lies, where the system tells."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["is_on_a_network"]

MOUNTS = Path("/proc/self/mounts")
NETWORKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "fuse.sshfs", "lustre", "beegfs", "ceph"}


def is_on_a_network(path: Path) -> bool:
    """Whether a path lies on a file system of another machine, which shares no memory between processes."""
    try:
        mounts = [line.split()[1:3] for line in MOUNTS.read_text().splitlines()]
    except (OSError, ValueError):
        return False
    place = Path(os.path.realpath(path))
    best, kind = -1, ""
    for where, found in mounts:
        folder = Path(where.replace("\\040", " "))
        # Of two mounts at one place the later hides the earlier.
        if (place == folder or folder in place.parents) and len(folder.parts) >= best:
            best, kind = len(folder.parts), found
    return kind in NETWORKS
