"""Docstrings as reStructuredText: ours are plain text with code in backticks, where a star is a product."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["as_rst"]

CODE = re.compile(r"(`+[^`]*`+)")
SPECIAL = re.compile(r"([*|\\]|(?<=\w)_(?!\w))")


def as_rst(lines: Sequence[str]) -> list[str]:
    """The lines with the characters escaped that reStructuredText would take for markup, but for code."""
    found, margin = [], -1  # of the paragraph before a literal block, while one lasts
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if margin >= 0 and line.strip() and indent <= margin:
            margin = -1
        found.append(line if margin >= 0 else "".join(_plain(part) for part in CODE.split(line)))
        if margin < 0 and line.rstrip().endswith("::"):
            margin = indent
    return found


def _plain(part: str) -> str:
    return part if part.startswith("`") else SPECIAL.sub(r"\\\1", part)
