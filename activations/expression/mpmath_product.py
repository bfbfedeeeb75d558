"""The formula as an mpmath function: the reference at any precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activations.expression.functions import FUNCTIONS
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
    from collections.abc import Callable, Mapping

# Beyond this power of two (a little more than floats reach) an argument counts as infinite, and below its
# inverse as zero, for functions that would need as many digits as the argument is long: sin(10**(10**9))
# would fill the memory.
_WIDEST = 1100


def to_mpmath(tree: Node) -> Callable[..., Any]:
    """The formula over mpf numbers.

    Args:
        tree: The formula.

    Returns:
        A function of keyword arguments that works at the precision mpmath has when it is called. Where the
        formula is no real number (`log(-1)`, `1/0`), or an argument is NaN, the value is NaN.
    """

    def function(**values: Any) -> Any:
        return evaluate(tree, values)

    return function


def evaluate(tree: Node, values: Mapping[str, Any]) -> Any:
    """The value of the tree at the current mpmath precision."""
    import mpmath

    def step(node: Node, below: tuple[Any, ...]) -> Any:
        match node:
            case Number():
                return _number(mpmath, node)
            case Constant(name):
                return +getattr(mpmath, name)
            case Name(name):
                if name not in values:
                    raise TypeError(f"missing a value for {name!r}")
                return mpmath.mpf(values[name])
            case Negate():
                return -below[0]
            case Binary(operator):
                return _defined(mpmath, lambda: _arithmetic(mpmath, operator, *below), below)
            case Call(function):
                row = FUNCTIONS[function]
                arguments = below if row.wide else tuple(_narrow(mpmath, value) for value in below)
                return _defined(mpmath, lambda: row.mpmath(mpmath, *arguments), below)
            case Compare(operators):
                return all(
                    _compare(operator, below[index], below[index + 1]) for index, operator in enumerate(operators)
                )
            case Logical(operator):
                return all(below) if operator == "and" else any(below)
            case Not():
                return not below[0]
            case Conditional():
                return below[1] if below[0] else below[2]
        raise TypeError(f"not a node of a formula: {node!r}")

    return fold(tree, step)


def as_float(value: Any) -> float:
    """An mpf as float, an infinity where it is too large."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _number(mpmath: Any, number: Number) -> Any:
    # A long numerator would be rounded before the division; with guard digits the quotient is rounded only
    # once.
    with mpmath.workprec(mpmath.mp.prec + 40):
        quotient = mpmath.mpf(number.value.numerator) / number.value.denominator
    return +quotient


def _defined(mpmath: Any, compute: Callable[[], Any], arguments: tuple[Any, ...]) -> Any:
    """The value if it is a real number, else NaN."""
    if any(mpmath.isnan(argument) for argument in arguments):
        return mpmath.nan
    try:
        value = compute()
    except (ValueError, ArithmeticError, TypeError, NotImplementedError, mpmath.mp.NoConvergence):
        return mpmath.nan
    return mpmath.nan if isinstance(value, mpmath.mpc) else mpmath.mpf(value)


def _narrow(mpmath: Any, value: Any) -> Any:
    if mpmath.isinf(value) or value == 0 or abs(mpmath.mag(value)) <= _WIDEST:
        return value
    return mpmath.sign(value) * mpmath.inf if mpmath.mag(value) > 0 else mpmath.mpf(0)


def _arithmetic(mpmath: Any, operator: str, left: Any, right: Any) -> Any:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        return left / right
    right = _narrow(mpmath, right)
    if operator == "**":
        return left**right
    return _narrow(mpmath, left) % right


def _compare(operator: str, left: Any, right: Any) -> bool:
    match operator:
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
        case "==":
            return bool(left == right)
    return bool(left != right)


def constant_value(tree: Node) -> float:
    """The value of a tree without symbols, rounded once."""
    import mpmath

    with mpmath.workdps(30):
        return as_float(evaluate(tree, {}))
