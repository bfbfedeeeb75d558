"""Single values of a configuration file: of the right type, or a sentence that says which."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from activations.configuration.file import ConfigurationFile

__all__ = ["kind_of", "nearest", "read_number", "read_text", "read_texts", "require_keys"]

MAX_TEXT = 4000
KINDS = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}


def require_keys(
    file: ConfigurationFile, path: tuple[str, ...], table: Mapping[str, Any], allowed: Sequence[str]
) -> None:
    """Refuse keys that mean nothing.

    Raises:
        ConfigurationError: one means nothing; the nearest of those allowed is told.
    """
    for key in table:
        if key not in allowed:
            raise file.error(f"unknown key {key[:80]!r}; {nearest(key, allowed)}", *path, key)


def nearest(word: str, allowed: Sequence[str]) -> str:
    """What was meant, or all that there is."""
    close = difflib.get_close_matches(word[:80].lower().replace("_", "-"), allowed, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"write one of {', '.join(allowed)}"


def read_text(file: ConfigurationFile, *path: str, value: Any) -> str:
    """A text of one line.

    Raises:
        ConfigurationError: it is none, is empty, or is too long.
    """
    if not isinstance(value, str):
        raise file.error(f"{path[-1]} is {kind_of(value)} and must be a text in quotes", *path)
    plain = " ".join(value.split())
    if not plain or len(plain) > MAX_TEXT or not plain.isprintable():
        size = "is empty" if not plain else f"has {len(plain)} characters"
        raise file.error(f"{path[-1]} {size}; write a text of 1 to {MAX_TEXT} printable characters", *path)
    return plain


def read_texts(file: ConfigurationFile, *path: str, value: Any) -> tuple[str, ...]:
    """A list of texts.

    Raises:
        ConfigurationError: it is none.
    """
    if not isinstance(value, list):
        raise file.error(f'{path[-1]} is {kind_of(value)} and must be a list of texts, as ["…"]', *path)
    return tuple(read_text(file, *path, value=item) for item in value)


def read_number(file: ConfigurationFile, *path: str, value: Any) -> float:
    """A finite number.

    Raises:
        ConfigurationError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise file.error(f"{path[-1]} is {kind_of(value)} and must be a number", *path)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise file.error(f"{path[-1]} is not finite; give a finite number", *path)
    return number


def kind_of(value: Any) -> str:
    """The type of a value in words."""
    return KINDS.get(type(value), "a date or time")
