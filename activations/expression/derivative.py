"""The symbolic derivative: the table's rules, applied to the tree, with the arithmetic a person would do.

Only rules that keep the author's structure are applied (`0*u`, `1*u`, `u + 0`, `u**1`, numbers together);
nothing is expanded, so a numerically careful formula has a numerically careful derivative.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from activations.errors import ExpressionError
from activations.expression.functions import FUNCTIONS, OPERATOR_DERIVATIVES
from activations.expression.parser import parse_tree
from activations.expression.text import canonical_text, is_decimal
from activations.expression.tree import (
    Binary,
    Call,
    Compare,
    Conditional,
    Constant,
    Logical,
    Name,
    Negate,
    Node,
    Not,
    Number,
    fold,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SIZE = 10_000
"""Nodes; repeated derivatives grow, and beyond this nobody reads them."""
MAX_DEPTH = 300
_MAX_DIGITS = 40

_ARGUMENTS = ("u", "v", "w")
_DIFFERENTIALS = ("du", "dv", "dw")


def differentiate(tree: Node, name: str) -> Node:
    """The derivative of the tree with respect to one symbol.

    At a kink the value is that of the branch the condition selects; `sign(0) = 0` for `abs`.

    Args:
        tree: What to differentiate.
        name: The symbol.

    Returns:
        The derivative, simplified.

    Raises:
        ExpressionError: The derivative has become too large.
    """

    def step(node: Node, below: tuple[tuple[Node, Node], ...]) -> tuple[Node, Node]:
        # Each value is a pair: the subtree itself, simplified, and its derivative.
        here = simplify_step(node, tuple(pair[0] for pair in below))
        slope = _slope(node, here, below, name)
        for result in (here, slope):
            if result.size > MAX_SIZE or result.depth > MAX_DEPTH:
                message = f"the derivative is too large (limit {MAX_SIZE} nodes, {MAX_DEPTH} deep)"
                raise ExpressionError(message, text=canonical_text(tree)[:1000], hint="ask for a lower order")
        return here, slope

    return fold(fold(tree, step)[1], _sign_in_front)


def _slope(node: Node, here: Node, below: tuple[tuple[Node, Node], ...], name: str) -> Node:
    match node:
        case Number() | Constant() | Compare() | Logical() | Not():
            return _number(0)
        case Name(other):
            return _number(int(other == name))
        case Conditional():
            condition = below[0][0]
            return simplify_step(Conditional(condition, below[1][1], below[2][1]), None)
    if all(_is(slope, 0) for _, slope in below):
        return _number(0)
    match node:
        case Negate():
            return negate(below[0][1])
        case Binary("**"):
            return _power_slope(here, *below)
        case Binary(operator):
            return _apply(OPERATOR_DERIVATIVES[operator], below)
        case Call(function):
            rule = FUNCTIONS[function].derivative
            if FUNCTIONS[function].arity[1] is None:
                return _fold_slope(function, rule, below)
            return _apply(rule, below)
    raise TypeError(f"not a node of a formula: {node!r}")


def _fold_slope(function: str, rule: str, below: tuple[tuple[Node, Node], ...]) -> Node:
    """A function of any number of arguments as a function of two: f(a, f(b, c))."""
    value, slope = below[-1]
    for first in reversed(below[:-1]):
        slope = _apply(rule, (first, (value, slope)))
        rest = value.arguments if isinstance(value, Call) and value.function == function else (value,)
        value = Call(function, (first[0], *rest))
    return slope


def _power_slope(here: Node, base: tuple[Node, Node], exponent: tuple[Node, Node]) -> Node:
    (u, du), (v, dv) = base, exponent
    if _is(dv, 0):
        return multiply(multiply(v, power(u, subtract(v, _number(1)))), du)
    log = _number(1) if u == Constant("e") else simplify_step(Call("log", (u,)), None)
    if _is(du, 0):
        return multiply(multiply(here, log), dv)
    return multiply(here, add(multiply(log, dv), divide(multiply(v, du), u)))


@lru_cache(maxsize=256)
def rule_of(text: str) -> Node:
    """A text of the table as a tree in `u v w` and `du dv dw`."""
    return parse_tree(text, (*_ARGUMENTS, *_DIFFERENTIALS), open_order=True)


def _apply(rule: str, arguments: tuple[tuple[Node, Node], ...]) -> Node:
    """Put arguments and their derivatives into a rule of the table."""
    meaning: dict[str, Node] = {}
    for index, (value, slope) in enumerate(arguments):
        meaning[_ARGUMENTS[index]] = value
        meaning[_DIFFERENTIALS[index]] = slope
    return substitute(rule_of(rule), meaning)


def substitute(tree: Node, meaning: Mapping[str, Node]) -> Node:
    """Replace symbols by trees, and simplify."""

    def step(node: Node, below: tuple[Node, ...]) -> Node:
        return meaning[node.name] if isinstance(node, Name) and node.name in meaning else simplify_step(node, below)

    return fold(tree, step)


def simplify_step(node: Node, children: tuple[Node, ...] | None) -> Node:
    """The node over simplified children, with the obvious arithmetic done.

    Args:
        node: The node.
        children: Its new children; `None` if they are the ones it has.

    Returns:
        An equivalent node.
    """
    below = node.children if children is None else children
    match node:
        case Negate():
            return negate(*below)
        case Binary(operator):
            return {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}.get(operator, _modulo)(*below)
        case Conditional() if below[1] == below[2]:
            return below[1]
        case Call("log") if below[0] == Constant("e"):
            return _number(1)
        case Call("sign" | "abs") if isinstance(below[0], Number):
            return below[0] if node.function == "abs" else _number(int(below[0].value > 0))
    if below == node.children:
        return node
    return type(node).assemble(node.payload, below)


def add(left: Node, right: Node) -> Node:
    """The sum."""
    if _is(left, 0):
        return right
    if _is(right, 0):
        return left
    if isinstance(right, Negate):
        return subtract(left, right.operand)
    if isinstance(left, Negate):
        return subtract(right, left.operand)
    return _merged("+", left, right) or Binary("+", left, right)


def subtract(left: Node, right: Node) -> Node:
    """The difference."""
    if _is(right, 0):
        return left
    if _is(left, 0):
        return negate(right)
    if isinstance(right, Negate):
        return add(left, right.operand)
    return _merged("-", left, right) or Binary("-", left, right)


def multiply(left: Node, right: Node) -> Node:
    """The product, with a number in front and factors in a row."""
    if _is(left, 0) or _is(right, 0):
        return _number(0)
    if _is(left, 1):
        return right
    if _is(right, 1):
        return left
    if isinstance(left, Negate):
        return negate(multiply(left.operand, right))
    if isinstance(right, Negate):
        return negate(multiply(left, right.operand))
    # Numbers that are too long to be merged stay in their order; else they would change places for ever.
    if isinstance(right, Number) and not _all_numbers(left):
        left, right = right, left
    merged = _merged("*", left, right)
    if merged is not None:
        return merged
    if isinstance(right, Binary) and right.operator == "*":
        return multiply(multiply(left, right.left), right.right)
    if isinstance(right, Binary) and right.operator == "/":
        if _is(right.left, 1):
            return divide(left, right.right)
        if isinstance(left, Number):
            return divide(multiply(left, right.left), right.right)
    if isinstance(left, Binary) and left.operator == "/" and _is(left.left, 1):
        return divide(right, left.right)
    rest: Node | None = None
    last = left
    if isinstance(left, Binary) and left.operator == "*":
        rest, last = left.left, left.right
    base, times = _split_power(last)
    other, more_times = _split_power(right)
    if base == other:
        joined = Binary("**", base, Number(times + more_times))
        return joined if rest is None else Binary("*", rest, joined)
    return Binary("*", left, right)


def divide(left: Node, right: Node) -> Node:
    """The quotient."""
    if _is(left, 0) and not _is(right, 0):
        return _number(0)
    if _is(right, 1):
        return left
    if isinstance(left, Negate):
        return negate(divide(left.operand, right))
    if isinstance(right, Negate):
        return negate(divide(left, right.operand))
    cancelled = _cancelled(left, right)
    if cancelled is not None:
        return divide(*cancelled)
    top, upper = _split_number(left)
    bottom, lower = _split_number(right)
    if bottom == 0:
        return Binary("/", left, right)
    ratio = top / bottom
    whole = _is_whole(top) and _is_whole(bottom)
    if _is(lower, 1) and _short(ratio) and (_is_whole(ratio) or not whole):
        return multiply(Number(ratio), upper)
    if (whole or top == bottom) and ratio.denominator != bottom:
        above = multiply(Number(Fraction(ratio.numerator)), upper)
        return divide(above, multiply(Number(Fraction(ratio.denominator)), lower))
    return Binary("/", left, right)


def power(base: Node, exponent: Node) -> Node:
    """The power."""
    if _is(exponent, 0):
        return _number(1)
    if _is(exponent, 1):
        return base
    if _is(base, 1):
        return base
    if isinstance(exponent, Number) and _is_whole(exponent.value) and exponent.value <= _MAX_DIGITS:
        if isinstance(base, Number) and _short(base.value**exponent.value.numerator):
            return Number(base.value**exponent.value.numerator)
        inner, times = _split_power(base)
        if times != 1:
            return Binary("**", inner, Number(times * exponent.value))
    return Binary("**", base, exponent)


def negate(operand: Node) -> Node:
    """The opposite."""
    if _is(operand, 0):
        return operand
    if isinstance(operand, Negate):
        return operand.operand
    return Negate(operand)


def _modulo(left: Node, right: Node) -> Node:
    return Binary("%", left, right)


def _merged(operator: str, left: Node, right: Node) -> Node | None:
    """Two numbers as one, or a number and a product that begins with one; else `None`."""
    if not isinstance(left, Number):
        return None
    if operator == "*":
        factor, rest = _split_number(right)
        result = left.value * factor
        if factor == 1 or not _short(result):
            return None
        return multiply(Number(result), rest)
    if not isinstance(right, Number):
        return None
    result = left.value + right.value if operator == "+" else left.value - right.value
    if not _short(result):
        return None
    return negate(Number(-result)) if result < 0 else Number(result)


def _split_number(node: Node) -> tuple[Fraction, Node]:
    """The number a product begins with, and the rest; 1 if it begins with none."""
    if isinstance(node, Number):
        return node.value, _number(1)
    factors: list[Node] = []
    first = node
    while isinstance(first, Binary) and first.operator == "*":
        factors.append(first.right)
        first = first.left
    if not factors or not isinstance(first, Number):
        return Fraction(1), node
    rest = factors.pop()
    for factor in reversed(factors):
        rest = Binary("*", rest, factor)
    return first.value, rest


def _all_numbers(node: Node) -> bool:
    """Whether it is a number or a product of numbers."""
    while isinstance(node, Binary) and node.operator == "*" and isinstance(node.right, Number):
        node = node.left
    return isinstance(node, Number)


def _split_power(node: Node) -> tuple[Node, Fraction]:
    """Base and exponent, if the exponent is a whole number; else the node itself, once."""
    if isinstance(node, Binary) and node.operator == "**":
        exponent = node.right
        if isinstance(exponent, Number) and _is_whole(exponent.value) and exponent.value:
            return node.left, exponent.value
    return node, Fraction(1)


def _cancelled(left: Node, right: Node) -> tuple[Node, Node] | None:
    """Both sides of a quotient without the power they share; `None` if they share none.

    Without this the denominator's exponent would double with every derivative, and overflow.
    """
    base, times = _split_power(right)
    if isinstance(base, Number):
        return None
    factors: list[Node] = []
    first = left
    while isinstance(first, Binary) and first.operator == "*":
        factors.append(first.right)
        first = first.left
    factors.append(first)
    for index, factor in enumerate(factors):
        other, more_times = _split_power(factor)
        if other != base:
            continue
        shared = min(times, more_times)
        factors[index] = power(base, Number(more_times - shared))
        top = factors.pop()
        for rest in reversed(factors):
            top = multiply(top, rest)
        return top, power(base, Number(times - shared))
    return None


def _sign_in_front(node: Node, below: tuple[Node, ...]) -> Node:
    """Write `-2*x` for `-(2*x)`: the same value, and what a person writes."""
    if not isinstance(node, Negate):
        return node if below == node.children else type(node).assemble(node.payload, below)
    spine: list[Binary] = []
    first = below[0]
    while isinstance(first, Binary) and first.operator in ("*", "/"):
        spine.append(first)
        first = first.left
    result: Node = Negate(first)
    for link in reversed(spine):
        result = Binary(link.operator, result, link.right)
    return result


def _short(value: Fraction) -> bool:
    return is_decimal(value) and max(abs(value.numerator), value.denominator) < 10**_MAX_DIGITS


def _is_whole(value: Fraction) -> bool:
    return value.denominator == 1


def _number(value: int) -> Number:
    return Number(Fraction(value))


def _is(node: Node, value: int) -> bool:
    return isinstance(node, Number) and node.value == value
