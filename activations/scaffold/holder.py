"""Whose name a new licence bears."""

from __future__ import annotations

import subprocess

__all__ = ["NOBODY", "licence_holder"]

NOBODY = "the authors"
MAX_LENGTH = 100


def licence_holder() -> str:
    """The name that git knows the user by, else "the authors"."""
    try:
        found = subprocess.run(["git", "config", "user.name"], capture_output=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return NOBODY
    text = found.decode("utf-8", "replace")
    return "".join(filter(str.isprintable, text)).strip()[:MAX_LENGTH] or NOBODY
