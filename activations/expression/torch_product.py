"""The formula as a torch function: a flat list of tensor operations, repeated subtrees computed once.

The list is built once; calling the function runs through it, which `torch.compile` traces without a break.
"""

from __future__ import annotations

import operator as operators
from typing import TYPE_CHECKING, Any, NamedTuple

from activations.expression.functions import FUNCTIONS
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
    Number,
    free_names,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
    "==": operators.eq,
    "!=": operators.ne,
}


class _Scope(NamedTuple):
    """What a Python number becomes when an operation needs a tensor."""

    torch: Any
    dtype: Any
    device: Any

    def tensor(self, value: Any) -> Any:
        if isinstance(value, self.torch.Tensor):
            return value
        return self.torch.full((), self.fitting(value), dtype=self.dtype, device=self.device)

    def fitting(self, value: float) -> float:
        # torch refuses a number that overflows the type, where arithmetic would give an infinity.
        largest = self.torch.finfo(self.dtype).max
        if value > largest:
            return float("inf")
        return float("-inf") if value < -largest else value


class TorchFunction:
    """A formula over tensors.

    Arguments are given by symbol: tensors or Python numbers, which broadcast against each other. The result
    has the broadcast shape of all arguments, also if the formula does not use them, and the dtype and device
    torch gives arithmetic on them. Numbers stay Python numbers, so half types are not upcast.
    """

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.names = tuple(sorted(free_names(tree)))
        builder = _Builder(self.names)
        self._result = builder.value(tree, {name: index for index, name in enumerate(self.names)}, {})
        self._steps = tuple(builder.steps)

    def __call__(self, **values: Any) -> Tensor:
        import torch

        missing = [name for name in self.names if name not in values]
        if missing:
            raise TypeError(f"missing a value for {', '.join(map(repr, missing))}")
        tensors = [value for value in values.values() if isinstance(value, torch.Tensor)]
        dtype, device = _common(torch, tensors)
        scope = _Scope(torch, dtype, device)
        slots: list[Any] = [_floating(torch, values[name]) for name in self.names]
        for run, arguments in self._steps:
            slots.append(run(scope, *[slots[index] for index in arguments]))
        result = scope.tensor(slots[self._result])
        shape = torch.broadcast_shapes(*[tensor.shape for tensor in tensors])  # type: ignore[no-untyped-call]
        if result.dtype != dtype:
            result = result.to(dtype)
        if result.shape != shape:
            result = result.expand(shape).clone()
        return result  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return TorchFunction, (self.tree,)


def to_torch(tree: Node) -> TorchFunction:
    """The formula over tensors.

    Args:
        tree: The formula.

    Returns:
        A function of keyword arguments; see `TorchFunction`.
    """
    return TorchFunction(tree)


def _common(torch: Any, tensors: list[Any]) -> tuple[Any, Any]:
    """Dtype and device of arithmetic on these tensors: those without dimensions give way, as in torch."""
    leading = [tensor for tensor in tensors if tensor.dim() > 0] or tensors
    dtype = None
    for tensor in leading:
        own = tensor.dtype if tensor.dtype.is_floating_point else torch.get_default_dtype()
        dtype = own if dtype is None else torch.promote_types(dtype, own)
    device = leading[0].device if leading else None
    return dtype or torch.get_default_dtype(), device


def _floating(torch: Any, value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return value if type(value) is float else float(value)
    return value if value.dtype.is_floating_point else value.to(torch.get_default_dtype())


class _Builder:
    """Turns a tree into steps; a slot is a symbol's argument or the result of a step, in order."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.slots = len(names)
        self.steps: list[tuple[Callable[..., Any], tuple[int, ...]]] = []
        self.constants: dict[float, int] = {}

    def append(self, run: Callable[..., Any], *arguments: int) -> int:
        self.steps.append((run, arguments))
        self.slots += 1
        return self.slots - 1

    def constant(self, value: float) -> int:
        if value not in self.constants:
            self.constants[value] = self.append(lambda scope: value)
        return self.constants[value]

    def value(self, node: Node, symbols: Mapping[str, int], done: dict[Node, int]) -> int:
        """The slot of a subtree; `done` holds the subtrees already computed from these symbols."""
        if node in done:
            return done[node]
        if isinstance(node, Name):
            slot = symbols[node.name]
        elif not isinstance(node, Compare | Logical | Not | Conditional) and not free_names(node):
            slot = self.constant(constant_value(node))
        elif isinstance(node, Conditional):
            slot = self.conditional(node, symbols, done)
        else:
            below = node.children
            if isinstance(node, Call) and FUNCTIONS[node.function].order:
                below = below[1:]
            arguments = []
            for child in below:
                arguments.append(self.value(child, symbols, done))
            slot = self.append(_operation(node), *arguments)
        done[node] = slot
        return slot

    def conditional(self, node: Conditional, symbols: Mapping[str, int], done: dict[Node, int]) -> int:
        condition = self.value(node.condition, symbols, done)
        branches = []
        for branch, run in ((node.if_true, _keep_slope), (node.if_false, _drop_slope)):
            if not is_steep(branch):
                branches.append(self.value(branch, symbols, done))
                continue
            # The branch that is not taken may have an infinite slope, and zero times that is NaN. So inside a
            # branch a symbol carries a gradient only where the branch is taken; the values stay the same.
            names = free_names(branch)
            masked = {name: self.append(run, condition, slot) for name, slot in symbols.items() if name in names}
            branches.append(self.value(branch, masked, {}))
        return self.append(_choose, condition, *branches)


def constant_value(tree: Node) -> float:
    """The value of a tree without symbols, rounded once."""
    import mpmath

    from activations.expression.mpmath_product import as_float, evaluate

    with mpmath.workdps(30):
        return as_float(evaluate(tree, {}))


def is_steep(tree: Node) -> bool:
    """Whether a slope in the tree may be infinite or undefined at some finite argument."""
    for node in walk(tree):
        match node:
            case Binary("/" | "%", _, right) if free_names(right):
                return True
            case Binary("**", left, right) if free_names(left) or free_names(right):
                if not (isinstance(right, Number) and right.value.denominator == 1):
                    return True
            case Call(function) if not FUNCTIONS[function].tame:
                return True
    return False


def _operation(node: Node) -> Callable[..., Any]:
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
            return lambda scope, *values: _chain(scope, signs, values)
        case Logical("and"):
            return lambda scope, *values: _join(scope.torch.logical_and, values, False)
        case Logical():
            return lambda scope, *values: _join(scope.torch.logical_or, values, True)
        case Not():
            return lambda scope, value: (not value) if isinstance(value, bool) else scope.torch.logical_not(value)
    raise TypeError(f"not a node of a formula: {node!r}")


def _divide(scope: _Scope, left: Any, right: Any) -> Any:
    return scope.tensor(left) / right if isinstance(right, float) else left / right


def _power(scope: _Scope, left: Any, right: Any) -> Any:
    if isinstance(left, float) and isinstance(right, float):
        left = scope.tensor(left)
    # Other arithmetic rounds a number that the type cannot hold to infinity; a power refuses it.
    left, right = (scope.fitting(value) if isinstance(value, float) else value for value in (left, right))
    return scope.torch.pow(left, right)


def _remainder(scope: _Scope, left: Any, right: Any) -> Any:
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


def _chain(scope: _Scope, signs: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    links = []
    for index, sign in enumerate(signs):
        links.append(_COMPARISONS[sign](values[index], values[index + 1]))
    return _join(scope.torch.logical_and, tuple(links), False)


def _join(combine: Callable[[Any, Any], Any], values: tuple[Any, ...], decisive: bool) -> Any:
    """Combine conditions, each a bool or a tensor of them."""
    result: Any = not decisive
    for value in values:
        if isinstance(value, bool):
            if value is decisive:
                return decisive
        else:
            result = value if isinstance(result, bool) else combine(result, value)
    return result


def _choose(scope: _Scope, condition: Any, if_true: Any, if_false: Any) -> Any:
    if isinstance(condition, bool):
        return if_true if condition else if_false
    return scope.torch.where(condition, scope.tensor(if_true), scope.tensor(if_false))


def _keep_slope(scope: _Scope, condition: Any, symbol: Any) -> Any:
    if isinstance(condition, bool) or isinstance(symbol, float):
        return symbol
    return scope.torch.where(condition, symbol, symbol.detach())


def _drop_slope(scope: _Scope, condition: Any, symbol: Any) -> Any:
    if isinstance(condition, bool) or isinstance(symbol, float):
        return symbol
    return scope.torch.where(condition, symbol.detach(), symbol)
