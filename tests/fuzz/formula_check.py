"""What must hold of any text that somebody types for a formula; fuzzers and tests ask it of theirs."""

from __future__ import annotations

import re

import torch

from activations.errors import ExpressionError
from activations.expression import FUNCTIONS, Expression, parse

__all__ = ["WORDS", "check_formula", "read_text"]

X = torch.tensor([-2.0, -0.5, 0.0, 0.7, 3.0], dtype=torch.float64)
# What a fuzzer puts together, besides single characters.
SIGNS = (" if ", " else ", " and ", " or ", "not ", "**", "<=", ">=", "==", "!=", "1e", "pi", "e", ", ", "0x", "__")
WORDS = (*(f"{name}(" for name in FUNCTIONS), *SIGNS, "(x)")
# The words of the JavaScript that we emit: nothing of the formula's own.
NUMBER = re.compile(r"\b\d+(\.\d+)?(e[+-]?\d+)?\b")
OURS = re.compile(
    r"(Math|F)\.(pow|mod|"
    + "|".join(sorted({row.javascript.split(".")[1] for row in FUNCTIONS.values()}))
    + r")|const|return|Infinity|NaN|p0|v\d+|Math\.PI|Math\.E"
)


def read_text(data: bytes) -> str:
    """Bytes as a text, with lone surrogates where they are no UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def check_formula(text: str) -> bool:
    """Read a text as a formula and make everything of it that can be made.

    Args:
        text: any.

    Returns:
        Whether it is a formula.

    Raises:
        AssertionError: something that must hold does not. Any other exception is a fault too.
    """
    expression, refusal = formula_or_refusal(text)
    if expression is None:
        check_refusal(refusal)
        return False
    again = parse(str(expression))
    assert again == expression and str(again) == str(expression)
    check_products(expression)
    slope = slope_or_none(expression)
    if slope is not None:
        check_products(slope)
        # What a formula may not be, a derivative may: long, deep, or with a constant that is no finite number.
        copy, refusal = formula_or_refusal(str(slope))
        assert copy == slope or re.search(r"too long|deeply|constant|division by zero|order", str(refusal)), refusal
    return True


def formula_or_refusal(text: str) -> tuple[Expression | None, ExpressionError | None]:
    """A text as a formula, or why it is none."""
    try:
        return parse(text), None
    except ExpressionError as error:
        return None, error


def slope_or_none(expression: Expression) -> Expression | None:
    """The derivative, unless it grows too large.

    Raises:
        ExpressionError: there is none for another reason.
    """
    try:
        return expression.derivative()
    except ExpressionError as error:
        if "too large" not in str(error):
            raise
        return None


def check_refusal(error: ExpressionError | None) -> None:
    """Look at the error of a text that is no formula.

    Raises:
        AssertionError: it does not say enough, or says it in characters that a terminal may take for orders.
    """
    assert error is not None and error.column >= 1
    assert str(error).isascii() and "\n" not in str(error)
    lines = error.picture.split("\n")
    assert len(lines) == 2 and all(line.isascii() and line.isprintable() for line in lines)


def check_products(expression: Expression) -> None:
    """Make functions and notations of a formula in x, and look at them.

    Raises:
        AssertionError: one of them is not what it must be.
    """
    value = expression.to_torch()(x=X)
    assert value.shape == X.shape and value.dtype == X.dtype
    latex = expression.latex()
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") - latex.count(r"\leftarrow") == latex.count(r"\right")
    script = expression.to_javascript(("x",))
    foreign = [word for word in re.findall(r"[^\W\d][\w.]*", NUMBER.sub(" ", script)) if not OURS.fullmatch(word)]
    assert not foreign, foreign
    expression.to_mpmath()(x=0.7)
