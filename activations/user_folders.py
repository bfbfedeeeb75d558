"""Where this library keeps what it reads and writes for a user: the folders that each system has for that."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_folder", "config_folder", "data_folder"]


def cache_folder() -> Path | None:
    """Our folder among the user's caches, made by nobody yet; None if the user has no home.

    It is below XDG_CACHE_HOME if that is absolute, as the standard demands, else in the system's usual place.
    """
    return _folder("XDG_CACHE_HOME", ".cache", "Library/Caches", "cache")


def config_folder() -> Path | None:
    """Our folder among the user's settings, made by nobody yet; None if the user has no home.

    It is below XDG_CONFIG_HOME if that is absolute, as the standard demands, else in the system's usual place.
    """
    return _folder("XDG_CONFIG_HOME", ".config", "Library/Application Support", "config")


def data_folder() -> Path | None:
    """Our folder among the user's data, made by nobody yet; None if the user has no home.

    It is below XDG_DATA_HOME if that is absolute, as the standard demands, else in the system's usual place.
    """
    return _folder("XDG_DATA_HOME", ".local/share", "Library/Application Support", "data")


def _folder(variable: str, plain: str, mac: str, windows: str) -> Path | None:
    chosen = os.environ.get(variable, "")
    if os.path.isabs(chosen):
        return Path(chosen) / "activations"
    local = os.environ.get("LOCALAPPDATA", "")
    if sys.platform == "win32" and os.path.isabs(local):
        return Path(local) / "activations" / windows
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / (mac if sys.platform == "darwin" else plain) / "activations"
