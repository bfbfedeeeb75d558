"""The formula as a SymPy expression, for closed forms and as a second opinion on derivatives."""

from __future__ import annotations

from typing import Any

from activations.expression.functions import FUNCTIONS, SYMPY_CONSTANTS
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

# SymPy computes constants exactly; beyond this, 1.01**10**9 or gamma(10**6) would take minutes.
_EXACT_LIMIT = 1000


def to_sympy(tree: Node) -> Any:
    """The formula over real symbols, with exact rational numbers.

    Args:
        tree: The formula.

    Returns:
        A SymPy expression; conditionals are `Piecewise`.
    """
    import sympy

    def step(node: Node, below: tuple[Any, ...]) -> Any:
        match node:
            case Number(value):
                return sympy.Rational(value.numerator, value.denominator)
            case Constant(name):
                return getattr(sympy, SYMPY_CONSTANTS[name])
            case Name(name):
                return sympy.Symbol(name, real=True)
            case Negate():
                return -below[0]
            case Binary(operator):
                return _arithmetic(sympy, operator, *below)
            case Call(function):
                if any(_is_large(value) for value in below):
                    with sympy.evaluate(False):
                        return FUNCTIONS[function].sympy(sympy, *below)
                return FUNCTIONS[function].sympy(sympy, *below)
            case Compare(operators):
                pairs = [_compare(sympy, op, below[i], below[i + 1]) for i, op in enumerate(operators)]
                return sympy.And(*pairs)
            case Logical(operator):
                return sympy.And(*below) if operator == "and" else sympy.Or(*below)
            case Not():
                return sympy.Not(below[0])
            case Conditional():
                return sympy.Piecewise((below[1], below[0]), (below[2], True))
        raise TypeError(f"not a node of a formula: {node!r}")

    return fold(tree, step)


def _is_large(value: Any) -> bool:
    return bool(value.is_Rational) and abs(value) > _EXACT_LIMIT


def _arithmetic(sympy: Any, operator: str, left: Any, right: Any) -> Any:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        return left / right
    if operator == "**":
        evaluate = not (left.is_Rational and _is_large(right))
        return sympy.Pow(left, right, evaluate=evaluate)
    # Mod has no derivative in SymPy.
    return left - right * sympy.floor(left / right)


def _compare(sympy: Any, operator: str, left: Any, right: Any) -> Any:
    relations = {"<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq, "!=": sympy.Ne}
    return relations[operator](left, right)
