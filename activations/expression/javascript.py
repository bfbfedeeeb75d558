"""The formula as JavaScript: an arrow function of numbers, for curves that a web page evaluates.

Nothing in the emitted text is foreign: the names are ours, the numbers are printed here, and the functions are
those of the table.
"""

from __future__ import annotations

import importlib.resources
import math
from collections import Counter
from typing import TYPE_CHECKING

from activations.expression.functions import FUNCTIONS
from activations.expression.mpmath_product import constant_value
from activations.expression.tree import (
    Binary,
    Call,
    Compare,
    Conditional,
    Logical,
    Name,
    Negate,
    Node,
    Not,
    fold,
    free_names,
    from_numbering,
    numbering,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNS = {"==": "===", "!=": "!=="}


def javascript_runtime() -> str:
    """The script that defines `F`, which emitted functions call: what JavaScript's `Math` lacks."""
    return importlib.resources.files("activations.expression").joinpath("runtime.js").read_text(encoding="utf-8")


def to_javascript(tree: Node, names: Sequence[str]) -> str:
    """The formula as an arrow function.

    Args:
        tree: The formula.
        names: The symbols in the order of the function's arguments; all that the formula uses are among them.

    Returns:
        An expression such as `(p0, p1) => (p0 > 0) ? p0 : (p1 * Math.expm1(p0))`. It is pure; `F` of
        `javascript_runtime` must be in scope.
    """
    places = {name: f"p{index}" for index, name in enumerate(names)}
    missing = sorted(free_names(tree) - places.keys())
    if missing:
        raise TypeError(f"no argument for {', '.join(map(repr, missing))}")
    # Rebuilt, equal subtrees are one object; those that are used again get a name.
    tree = from_numbering(numbering(tree))
    used = Counter(id(child) for node in walk(tree) for child in node.children)
    shared: list[str] = []

    def emit(node: Node, below: tuple[str, ...]) -> str:
        if isinstance(node, Name):
            return places[node.name]
        if not isinstance(node, Compare | Logical | Not | Conditional) and not free_names(node):
            return _number_text(constant_value(node))
        code = _code(node, below)
        if used[id(node)] < 2:
            return code
        shared.append(f"v{len(shared)} = {code}")
        return f"v{len(shared) - 1}"

    result = fold(tree, emit)
    arguments = ", ".join(places.values())
    if not shared:
        return f"({arguments}) => {result}"
    return f"({arguments}) => {{ const {', '.join(shared)}; return {result}; }}"


def _code(node: Node, below: tuple[str, ...]) -> str:
    """A node that is neither symbol nor constant; in brackets, so that it can stand anywhere."""
    match node:
        case Negate():
            return f"(-{below[0]})"
        case Binary("**"):
            return f"F.pow({below[0]}, {below[1]})"
        case Binary("%"):
            return f"F.mod({below[0]}, {below[1]})"
        case Binary(operator):
            return f"({below[0]} {operator} {below[1]})"
        case Call(function):
            return f"{FUNCTIONS[function].javascript}({', '.join(below)})"
        case Compare(operators):
            links = [
                f"{below[index]} {_SIGNS.get(sign, sign)} {below[index + 1]}" for index, sign in enumerate(operators)
            ]
            return f"({' && '.join(links)})"
        case Logical(operator):
            return f"({(' && ' if operator == 'and' else ' || ').join(below)})"
        case Not():
            return f"(!{below[0]})"
        case Conditional():
            return f"({below[0]} ? {below[1]} : {below[2]})"
    raise TypeError(f"not a node of a formula: {node!r}")


def _number_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    text = "Infinity" if math.isinf(value) else repr(abs(value))
    return f"(-{text})" if math.copysign(1.0, value) < 0 else text
