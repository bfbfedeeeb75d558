"""What a process of the command line is given before a command runs."""

from __future__ import annotations

import contextlib
import os

__all__ = ["NOWHERE", "settle"]

NOWHERE = "/proc/self"


def settle() -> None:
    """Keep hostile or lost working folders away from this process and its children.

    Processes that train take no module from the working folder, as this one does not. Where that folder is gone, the
    process goes to a place in which nobody can make a file: torch's libraries end a process that has none, and no
    relative path may lead to a file where nobody looks for it.
    """
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    try:
        os.getcwd()
    except FileNotFoundError:
        with contextlib.suppress(OSError):  # other systems than Linux, whose libraries do not mind
            os.chdir(NOWHERE)
