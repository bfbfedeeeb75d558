"""Plain text as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["escaped", "fence", "raw", "table"]

SPECIAL = frozenset("\\*_[]<>#$|^~")


def escaped(text: str) -> str:
    """Text that means itself, with code in backticks as it is."""
    return "`".join(
        part if number % 2 else "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in part)
        for number, part in enumerate(text.split("`"))
    )


def fence(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"


def raw(markup: str) -> str:
    """HTML as it is; nothing for nothing."""
    return f"```{{raw}} html\n{markup}\n```" if markup else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; a bar in a cell is a bar."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)
