"""The operations of a formula on tensors, in a fresh tensor or in place of an operand that nobody needs any more."""

from __future__ import annotations

import operator as operators
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from activations.expression.functions import FUNCTIONS
from activations.expression.mpmath_product import constant_value
from activations.expression.tree import Binary, Call, Compare, Logical, Negate, Node, Not

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Operation: TypeAlias = Callable[..., Any]
    """A function of the scope and the operands."""

_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
    "==": operators.eq,
    "!=": operators.ne,
}


class Scope(NamedTuple):
    """What a Python number becomes when an operation needs a tensor."""

    torch: Any
    dtype: Any
    device: Any

    def tensor(self, value: Any) -> Any:
        """The value as a tensor without dimensions, if it is a number."""
        if isinstance(value, self.torch.Tensor):
            return value
        return self.torch.full((), self.fitting(value), dtype=self.dtype, device=self.device)

    def fitting(self, value: float) -> float:
        """The number, or an infinity: torch refuses one that overflows the type, where arithmetic would round."""
        largest = self.torch.finfo(self.dtype).max
        if value > largest:
            return float("inf")
        return float("-inf") if value < -largest else value


def operation(node: Node) -> Operation:
    """The step of a node that is neither leaf nor conditional."""
    match node:
        case Negate():
            return lambda scope, value: -value
        case Binary(operator):
            return _ARITHMETIC[operator]
        case Call(function, arguments):
            row = FUNCTIONS[function]
            leading: tuple[float, ...] = ()
            if row.order:
                leading = (constant_value(arguments[0]),)
            return lambda scope, *values: row.torch(scope.torch, *leading, *map(scope.tensor, values))
        case Compare(signs):
            return lambda scope, *values: chain(scope, signs, values)
        case Logical("and"):
            return lambda scope, *values: join(scope.torch.logical_and, values, False)
        case Logical():
            return lambda scope, *values: join(scope.torch.logical_or, values, True)
        case Not():
            return lambda scope, value: (not value) if isinstance(value, bool) else scope.torch.logical_not(value)
    raise TypeError(f"not a node of a formula: {node!r}")


def _divide(scope: Scope, left: Any, right: Any) -> Any:
    return scope.tensor(left) / right if isinstance(right, float) else left / right


def _power(scope: Scope, left: Any, right: Any) -> Any:
    if isinstance(left, float) and isinstance(right, float):
        left = scope.tensor(left)
    # Other arithmetic rounds a number that the type cannot hold to infinity; a power refuses it.
    left, right = (scope.fitting(value) if isinstance(value, float) else value for value in (left, right))
    return scope.torch.pow(left, right)


def _remainder(scope: Scope, left: Any, right: Any) -> Any:
    return scope.torch.remainder(scope.tensor(left), scope.tensor(right))


# Plain arithmetic on Python numbers neither raises nor turns complex for + - *; the others become tensors
# first.
_ARITHMETIC: Mapping[str, Callable[..., Any]] = {
    "+": lambda scope, left, right: left + right,
    "-": lambda scope, left, right: left - right,
    "*": lambda scope, left, right: left * right,
    "/": _divide,
    "**": _power,
    "%": _remainder,
}


def in_place(node: Node, position: int, *, fits: bool) -> Operation | None:
    """The step of a node that writes its result over one of its operands; None if there is no such operation.

    Args:
        node: what is computed.
        position: the operand that may be overwritten, if it is a tensor.
        fits: it has the shape and dtype of the result. Otherwise it is overwritten only if the others are numbers.
    """
    fresh, write = operation(node), None
    match node:
        case Negate():
            write = _negate_in_place
        case Binary(operator):
            write = _ARITHMETIC_IN_PLACE.get((operator, position))
        case Call(function) if function in NAMED_AS_IN_TORCH:
            method = function + "_"
            write = lambda scope, value: getattr(value, method)()  # noqa: E731
    if write is None:
        return None

    def run(scope: Scope, *values: Any) -> Any:
        tensors = [index for index, value in enumerate(values) if isinstance(value, scope.torch.Tensor)]
        allowed = position in tensors and (fits or len(tensors) == 1)
        return (write if allowed else fresh)(scope, *values)

    return run


NAMED_AS_IN_TORCH = frozenset(
    {"exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan"}
    | {"sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "sigmoid", "relu", "abs", "floor", "ceil"}
)
"""Functions that torch computes under the same name, and in place with an underscore behind it."""


def _negate_in_place(scope: Scope, value: Any) -> Any:
    return value.neg_()


def _power_in_place(scope: Scope, left: Any, right: Any) -> Any:
    # torch has no rule for this under vmap where the exponent is a tensor.
    return left.pow_(scope.fitting(right)) if isinstance(right, float) else scope.torch.pow(left, right)


# Each rounds exactly as the operation itself: a - b is -b + a.
_ARITHMETIC_IN_PLACE: Mapping[tuple[str, int], Operation] = {
    ("+", 0): lambda scope, left, right: left.add_(right),
    ("+", 1): lambda scope, left, right: right.add_(left),
    ("-", 0): lambda scope, left, right: left.sub_(right),
    ("-", 1): lambda scope, left, right: right.neg_().add_(left),
    ("*", 0): lambda scope, left, right: left.mul_(right),
    ("*", 1): lambda scope, left, right: right.mul_(left),
    ("/", 0): lambda scope, left, right: left.div_(right),
    ("**", 0): _power_in_place,
    ("%", 0): lambda scope, left, right: left.remainder_(right),
}


def chain(scope: Scope, signs: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A chain of comparisons, a < b <= c."""
    links = []
    for index, sign in enumerate(signs):
        links.append(_COMPARISONS[sign](values[index], values[index + 1]))
    return join(scope.torch.logical_and, tuple(links), False)


def join(combine: Callable[[Any, Any], Any], values: tuple[Any, ...], decisive: bool) -> Any:
    """Combine conditions, each a bool or a tensor of them."""
    result: Any = not decisive
    for value in values:
        if isinstance(value, bool):
            if value is decisive:
                return decisive
        else:
            result = value if isinstance(result, bool) else combine(result, value)
    return result


def choose(scope: Scope, condition: Any, if_true: Any, if_false: Any) -> Any:
    """One of two values, elementwise."""
    if isinstance(condition, bool):
        return if_true if condition else if_false
    return scope.torch.where(condition, scope.tensor(if_true), scope.tensor(if_false))


def keep_slope(scope: Scope, condition: Any, symbol: Any) -> Any:
    """The symbol, with a gradient only where the condition holds."""
    if isinstance(condition, bool) or isinstance(symbol, float):
        return symbol
    return scope.torch.where(condition, symbol, symbol.detach())


def drop_slope(scope: Scope, condition: Any, symbol: Any) -> Any:
    """The symbol, with a gradient only where the condition does not hold."""
    if isinstance(condition, bool) or isinstance(symbol, float):
        return symbol
    return scope.torch.where(condition, symbol.detach(), symbol)
