"""Reads a parametric curve such as `t -> (t*cos(t), t*sin(t))`: one input, one formula per coordinate."""

from __future__ import annotations

import functools
import re

from activations.errors import ExpressionError
from activations.expression import Expression, parse

__all__ = ["MAX_COORDINATES", "is_curve", "parse_curve"]

MAX_COORDINATES = 9
ARROW = "->"
HINT = "write a curve as t -> (cos(t), sin(t))"


def is_curve(text: str) -> bool:
    """Whether a text is meant as a curve."""
    return ARROW in text


@functools.lru_cache(maxsize=256)
def parse_curve(text: str) -> tuple[str, tuple[Expression, ...]]:
    """Read a curve.

    Args:
        text: a name for the input, `->`, and formulas in it, in brackets and parted by commas.

    Returns:
        The input's name and the formulas.

    Raises:
        ExpressionError: a mistake; its column counts from the start of the whole text.
    """
    start = text.index(ARROW) + len(ARROW)
    name = text[: start - len(ARROW)].strip()
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,15}", name):
        raise ExpressionError("the input of a curve needs a name", text=text, column=1, hint=HINT)
    body = text[start:].strip()
    if not (body.startswith("(") and body.endswith(")")):
        raise ExpressionError("the coordinates of a curve stand in brackets", text=text, column=start + 1, hint=HINT)
    first = text.index("(", start) + 1
    parts = _split(text, first, text.rindex(")"))
    if len(parts) > MAX_COORDINATES:
        message = f"{len(parts)} coordinates; a curve has at most {MAX_COORDINATES}"
        raise ExpressionError(message, text=text, column=first)
    return name, tuple(_parse_part(text, begin, end, name) for begin, end in parts)


def _split(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where the parts between commas outside all brackets begin and end."""
    parts, begin, depth = [], start, 0
    for index in range(start, end):
        letter = text[index]
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth < 0:
                raise ExpressionError("the bracket closes nothing", text=text, column=index + 1, hint=HINT)
        elif letter == "," and depth == 0:
            parts.append((begin, index))
            begin = index + 1
    return [*parts, (begin, end)]


def _parse_part(text: str, begin: int, end: int, name: str) -> Expression:
    part = text[begin:end]
    blanks = len(part) - len(part.lstrip())
    try:
        return parse(part.strip(), (name,))
    except ExpressionError as error:
        column = begin + blanks + error.column
        raise ExpressionError(error.message, text=text, column=column, hint=error.hint) from None
