"""Python's reader of TOML, imported at its first use: most who start us have no file to read."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["read_toml"]


def read_toml(text: str) -> dict[str, Any]:
    """The tables of a text.

    Raises:
        ValueError: it is no TOML; the message ends with the place in brackets.
        RecursionError: it is nested too deep.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    found: dict[str, Any] = tomllib.loads(text)
    return found
