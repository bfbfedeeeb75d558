"""The formula as LaTeX, in the author's order."""

from __future__ import annotations

import re
from typing import NamedTuple

from activations.expression.functions import CONSTANTS, FUNCTIONS
from activations.expression.text import decimal_text
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

_OR, _AND, _COMPARE, _SUM, _SIGN, _PRODUCT, _FACTOR, _ATOM = range(1, 9)

_RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}

_LETTERS = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"""

# Python reserves the word lambda, so authors write these.
_GREEK = {"lam": r"\lambda", "lambd": r"\lambda", "lambda_": r"\lambda", "eps": r"\epsilon"}
_GREEK.update((letter, "\\" + letter) for letter in _LETTERS.split())


class _Piece(NamedTuple):
    latex: str
    level: int
    head: str = ""
    """For a function set before a bracket: its name and its bracket apart, so that a power can go between."""
    tail: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    """For a conditional: value and condition of each case but the last, whose condition is empty."""


def to_latex(tree: Node) -> str:
    """Set the formula in LaTeX (amsmath).

    Args:
        tree: The formula.

    Returns:
        LaTeX for math mode, without dollar signs.
    """
    return fold(tree, _step).latex


def name_latex(name: str) -> str:
    """A symbol: Greek letters by name, digits and what follows `_` as a subscript, longer words upright."""
    if name in _GREEK:
        return _GREEK[name]
    match = re.fullmatch(r"([A-Za-z]+?)(?:_?(\d+)|_([A-Za-z0-9]{1,3}))", name)
    if match is not None and (match[1] in _GREEK or len(match[1]) == 1):
        subscript = match[2] or match[3]
        inside = subscript if len(subscript) == 1 or subscript.isdigit() else rf"\mathrm{{{subscript}}}"
        return f"{_GREEK.get(match[1], match[1])}_{{{inside}}}"
    if len(name) == 1 and name != "_":
        return name
    escaped = name.replace("_", r"\_")
    return rf"\mathrm{{{escaped}}}"


def _step(node: Node, below: tuple[_Piece, ...]) -> _Piece:
    match node:
        case Number(value):
            return _number(decimal_text(value))
        case Constant(name):
            return _Piece(CONSTANTS[name][1], _ATOM)
        case Name(name):
            return _Piece(name_latex(name), _ATOM)
        case Negate():
            return _Piece("-" + _bracketed(below[0], _PRODUCT), _SIGN)
        case Binary(operator):
            return _binary(operator, *below)
        case Call(function):
            return _call(FUNCTIONS[function].latex, below)
        case Compare(operators):
            latex = _bracketed(below[0], _SUM)
            for index, operator in enumerate(operators, start=1):
                latex += f" {_RELATIONS[operator]} {_bracketed(below[index], _SUM)}"
            return _Piece(latex, _COMPARE)
        case Logical(operator):
            level = _AND if operator == "and" else _OR
            return _Piece(rf" \text{{ {operator} }} ".join(_bracketed(piece, level + 1) for piece in below), level)
        case Not():
            return _Piece(r"\neg " + _brackets(below[0].latex), _COMPARE)
        case Conditional():
            first = (below[1].latex, rf"\text{{if }} {below[0].latex}")
            rows = (first, *(below[2].rows or ((below[2].latex, r"\text{otherwise}"),)))
            body = r" \\ ".join(f"{value} & {condition}" for value, condition in rows)
            return _Piece(rf"\begin{{cases}} {body} \end{{cases}}", _FACTOR, rows=rows)
    raise TypeError(f"not a node of a formula: {node!r}")


def _binary(operator: str, left: _Piece, right: _Piece) -> _Piece:
    if operator in ("+", "-"):
        least = _SIGN + 1 if operator == "-" or right.level == _SIGN else _SUM + 1
        return _Piece(f"{_bracketed(left, _SUM)} {operator} {_bracketed(right, least)}", _SUM)
    if operator == "*":
        second = _bracketed(right, _FACTOR)
        sign = r" \cdot " if second[0].isdigit() or (second.startswith(r"\frac{") and left.latex[-1].isdigit()) else " "
        return _Piece(_bracketed(left, _SIGN) + sign + second, min(left.level, _PRODUCT))
    if operator == "/":
        return _Piece(rf"\frac{{{left.latex}}}{{{right.latex}}}", _FACTOR)
    if operator == "%":
        return _Piece(rf"{_bracketed(left, _FACTOR)} \bmod {_bracketed(right, _FACTOR)}", _SUM)
    if left.head and right.latex.isdigit():
        return _Piece(f"{left.head}^{{{right.latex}}}{left.tail}", _FACTOR)
    return _Piece(f"{_bracketed(left, _ATOM)}^{{{right.latex}}}", _FACTOR)


def _call(template: str, arguments: tuple[_Piece, ...]) -> _Piece:
    if "#1" not in template:
        tail = _brackets(", ".join(piece.latex for piece in arguments))
        return _Piece(template + tail, _FACTOR, template, tail)
    latex = re.sub(r"#(\d)", lambda match: arguments[int(match[1]) - 1].latex, template)
    level = _ATOM if template.startswith((r"\left", r"\sqrt")) else _FACTOR
    return _Piece(latex, level)


def _number(text: str) -> _Piece:
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return _Piece(text, _ATOM)
    scale = f"10^{{{exponent}}}"
    return _Piece(scale, _FACTOR) if mantissa == "1" else _Piece(rf"{mantissa} \cdot {scale}", _PRODUCT)


def _bracketed(piece: _Piece, least: int) -> str:
    return piece.latex if piece.level >= least else _brackets(piece.latex)


def _brackets(latex: str) -> str:
    return rf"\left({latex}\right)"
