"""The canonical text of a tree: one spelling for all that read to the same tree; it reads back to that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.expression.tree import (
    Binary,
    Call,
    Compare,
    Conditional,
    Constant,
    Logical,
    Name,
    Negate,
    Not,
    Number,
    fold,
    free_names,
)

if TYPE_CHECKING:
    from fractions import Fraction

    from activations.expression.tree import Node

# How tightly a spelling binds, as in Python.
_CONDITIONAL, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(1, 11)

_LEVELS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT, "**": _POWER}
_SPELLINGS = {"+": " + ", "-": " - ", "*": "*", "/": "/", "%": " % ", "**": "**"}

# What to write for a constant whose name a symbol has taken.
_SHADOWED = {"pi": "acos(-1)", "e": "exp(1)"}


def decimal_text(value: Fraction) -> str:
    """The shortest exact decimal spelling of a number that has one.

    Args:
        value: Zero or positive, with a finite decimal expansion.

    Returns:
        Plain digits for ordinary sizes (`0.001`, `1500`), else with an exponent (`1.5e-30`).
    """
    numerator, denominator, shift = value.numerator, value.denominator, 0
    while denominator % 10 == 0:
        denominator //= 10
        shift += 1
    for factor, partner in ((2, 5), (5, 2)):
        while denominator % factor == 0:
            denominator //= factor
            numerator *= partner
            shift += 1
    if denominator != 1:
        raise ValueError(f"{value} has no finite decimal expansion")
    digits = str(numerator).rstrip("0") or "0"
    shift -= len(str(numerator)) - len(digits) if numerator else 0
    if numerator == 0:
        return "0"
    magnitude = len(digits) - shift
    if shift <= 0 and magnitude <= 16:
        return digits + "0" * -shift
    if -4 < magnitude <= 16:
        padded = digits.rjust(shift + 1, "0")
        return f"{padded[:-shift]}.{padded[-shift:]}"
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}e{magnitude - 1}"


def is_decimal(value: Fraction) -> bool:
    """Whether the number has a finite decimal expansion."""
    denominator = value.denominator
    for factor in (2, 5):
        while denominator % factor == 0:
            denominator //= factor
    return denominator == 1


def canonical_text(tree: Node) -> str:
    """Spell the tree.

    Args:
        tree: Any tree.

    Returns:
        Text that `parse` reads back to an equal tree, given the same symbols.
    """
    taken = free_names(tree)

    def spell(node: Node, below: tuple[tuple[str, int], ...]) -> tuple[str, int]:
        def operand(index: int, least: int) -> str:
            text, level = below[index]
            return text if level >= least else f"({text})"

        match node:
            case Number(value):
                return decimal_text(value), _ATOM
            case Constant(name):
                return (_SHADOWED[name] if name in taken else name), _ATOM
            case Name(name):
                return name, _ATOM
            case Negate():
                return "-" + operand(0, _SIGN), _SIGN
            case Binary("**"):
                return f"{operand(0, _ATOM)}**{operand(1, _SIGN)}", _POWER
            case Binary(operator):
                level = _LEVELS[operator]
                return operand(0, level) + _SPELLINGS[operator] + operand(1, level + 1), level
            case Call(function):
                return f"{function}({', '.join(text for text, _ in below)})", _ATOM
            case Compare(operators):
                text = operand(0, _SUM)
                for index, operator in enumerate(operators, start=1):
                    text += f" {operator} {operand(index, _SUM)}"
                return text, _COMPARE
            case Logical(operator):
                level = _AND if operator == "and" else _OR
                return f" {operator} ".join(operand(index, level + 1) for index in range(len(below))), level
            case Not():
                return "not " + operand(0, _NOT), _NOT
            case Conditional():
                return f"{operand(1, _OR)} if {operand(0, _OR)} else {operand(2, _CONDITIONAL)}", _CONDITIONAL
        raise TypeError(f"not a node of a formula: {node!r}")

    return fold(tree, spell)[0]
