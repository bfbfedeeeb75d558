"""Which configuration files are read: the nearest of the project, then the user's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypeAlias

from activations.user_folders import config_folder

__all__ = ["PROJECT_FILE", "USER_FILE", "VARIABLE", "Role", "find_files"]

Role: TypeAlias = Literal["project", "user", "named"]

PROJECT_FILE = "activations.toml"
USER_FILE = "config.toml"
VARIABLE = "ACTIVATIONS_CONFIG"
"""The environment variable that names the one file to read instead; empty for none."""


def find_files() -> tuple[tuple[Role, Path], ...]:
    """The files that exist, the one that counts most first.

    That is the nearest `activations.toml` in the working folder or above it, then `config.toml` in the user's
    folder; or the one file that ACTIVATIONS_CONFIG names, whether it exists or not.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        return (("named", Path(os.path.abspath(named))),) if named.strip() else ()
    found: list[tuple[Role, Path]] = []
    project = _nearest()
    if project is not None:
        found.append(("project", project))
    folder = config_folder()
    if folder is not None and os.path.exists(folder / USER_FILE):
        found.append(("user", folder / USER_FILE))
    return tuple(found)


def _nearest() -> Path | None:
    try:
        here = Path.cwd()
    except OSError:  # the working folder was deleted
        return None
    return next((folder / PROJECT_FILE for folder in (here, *here.parents) if _exists(folder)), None)


def _exists(folder: Path) -> bool:
    return os.path.exists(folder / PROJECT_FILE)
