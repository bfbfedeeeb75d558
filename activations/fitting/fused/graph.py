"""An elementwise function as a graph of operations on numbers and masks, simplified while it is built."""

from __future__ import annotations

import ctypes
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from activations.errors import ActivationsError
from activations.fitting.precision import Precision

__all__ = ["Graph", "Inexpressible", "Node", "Operand", "ordered"]


MAX_POWER = 8  # a longer chain of products rounds worse than a power does
ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
}
COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}
MIRRORED: Final = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
MASKS: Final = frozenset({*COMPARISONS, "and", "or", "xor", "not"})
COMMUTATIVE: Final = frozenset({"add", "mul", "eq", "ne", "and", "or", "xor", "min", "max", "hypot", "logaddexp"})
ODD: Final = frozenset(
    {"sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf", "cbrt", "round", "trunc"}
)
EVEN: Final = frozenset({"cos", "cosh", "abs"})


class Inexpressible(ActivationsError):  # noqa: N818 - it is a finding about an activation, and callers go on
    """An activation that no vector code can be written for; the message says what in it."""


class Node:
    """One value of a graph: a number, or a mask (the outcome of a comparison).

    Equal nodes of a graph are the same object. Python's operators make further nodes, with numbers on either side;
    `==` compares identities.

    Attributes:
        graph: where it belongs.
        operation: "input", "theta", "constant", or the name of an operation.
        operands: the nodes that it is computed from.
        number: a constant's number or truth value, or the number of an input or learnable parameter.
        place: a running number; the operands have smaller ones.
        is_mask: whether it is a mask.
    """

    __slots__ = ("graph", "is_mask", "number", "operands", "operation", "place")

    def __init__(
        self, graph: Graph, operation: str, operands: tuple[Node, ...], number: float, place: int, is_mask: bool
    ) -> None:
        self.graph = graph
        self.operation = operation
        self.operands = operands
        self.number = number
        self.place = place
        self.is_mask = is_mask

    @property
    def is_constant(self) -> bool:
        """Whether it is a number or truth value that is known."""
        return self.operation == "constant"

    def equals(self, number: float) -> bool:
        """Whether it is this constant."""
        return self.operation == "constant" and self.number == number

    def __repr__(self) -> str:
        inner = ", ".join(map(repr, self.operands)) if self.operands else f"{self.number}"
        return f"{self.operation}({inner})"

    def __add__(self, other: Operand) -> Node:
        return self.graph.apply("add", self, other)

    def __radd__(self, other: Operand) -> Node:
        return self.graph.apply("add", other, self)

    def __sub__(self, other: Operand) -> Node:
        return self.graph.apply("sub", self, other)

    def __rsub__(self, other: Operand) -> Node:
        return self.graph.apply("sub", other, self)

    def __mul__(self, other: Operand) -> Node:
        return self.graph.apply("mul", self, other)

    def __rmul__(self, other: Operand) -> Node:
        return self.graph.apply("mul", other, self)

    def __truediv__(self, other: Operand) -> Node:
        return self.graph.apply("div", self, other)

    def __rtruediv__(self, other: Operand) -> Node:
        return self.graph.apply("div", other, self)

    def __neg__(self) -> Node:
        return self.graph.apply("neg", self)

    def __lt__(self, other: Operand) -> Node:
        return self.graph.apply("lt", self, other)

    def __le__(self, other: Operand) -> Node:
        return self.graph.apply("le", self, other)

    def __gt__(self, other: Operand) -> Node:
        return self.graph.apply("gt", self, other)

    def __ge__(self, other: Operand) -> Node:
        return self.graph.apply("ge", self, other)

    def __and__(self, other: Node) -> Node:
        return self.graph.apply("and", self, other)

    def __or__(self, other: Node) -> Node:
        return self.graph.apply("or", self, other)

    def __xor__(self, other: Node) -> Node:
        return self.graph.apply("xor", self, other)

    def __invert__(self) -> Node:
        return self.graph.apply("not", self)


Operand: TypeAlias = Node | float


class Graph:
    """The nodes of one function. Building a node that exists gives the old one, so common parts are there once.

    The rules keep every finite result, infinity and NaN as the operations as written would give them, or round better;
    only the sign of a zero may change.

    Args:
        precision: to which the constants are rounded.
    """

    def __init__(self, precision: Precision) -> None:
        self.precision = precision
        self._known: dict[tuple[object, ...], Node] = {}

    def input(self, index: int) -> Node:
        """An input of the activation."""
        return self._node("input", (), index)

    def theta(self, index: int) -> Node:
        """A learnable parameter."""
        return self._node("theta", (), index)

    def constant(self, number: float) -> Node:
        """A number, rounded to the precision, or a truth value."""
        if isinstance(number, bool):
            return self._node("constant", (), number, is_mask=True)
        rounded = ctypes.c_float(number).value if self.precision == "float32" else float(number)
        return self._node("constant", (), rounded)

    def real(self, operand: Operand) -> Node:
        """A number; a mask becomes 1 and 0."""
        node = operand if isinstance(operand, Node) else self.constant(float(operand))
        return self.select(node, 1.0, 0.0) if node.is_mask else node

    def mask(self, operand: Operand) -> Node:
        """A mask; a number counts as true unless it is 0."""
        node = operand if isinstance(operand, Node) else self.constant(bool(operand))
        return node if node.is_mask else self.apply("ne", node, 0.0)

    def select(self, condition: Operand, if_true: Operand, if_false: Operand) -> Node:
        """One of two values: masks if both are masks, else numbers."""
        condition = self.mask(condition)
        if _is_mask(if_true) and _is_mask(if_false):
            one, other = self.mask(if_true), self.mask(if_false)
            return (condition & one) | (~condition & other)
        one, other = self.real(if_true), self.real(if_false)
        if condition.is_constant:
            return one if condition.number else other
        if condition.operation == "not":
            condition, one, other = condition.operands[0], other, one
        if one.operation == "select" and one.operands[0] is condition:
            one = one.operands[1]
        if other.operation == "select" and other.operands[0] is condition:
            other = other.operands[2]
        return one if one is other else self._node("select", (condition, one, other))

    def power(self, base: Operand, exponent: Operand) -> Node:
        """A power; small whole exponents become products, as torch has it for the smallest."""
        base, exponent = self.real(base), self.real(exponent)
        if exponent.is_constant:
            number = exponent.number
            if number == 0:
                return self.constant(1.0)
            if number in {0.5, -0.5}:
                return self.apply("sqrt" if number > 0 else "rsqrt", base)
            if float(number).is_integer() and abs(number) <= MAX_POWER:
                product = self._product(base, int(abs(number)))
                return product if number > 0 else 1.0 / product
        return self._node("pow", (base, exponent))

    def apply(self, operation: str, *operands: Operand) -> Node:
        """The node of an operation other than a selection or a power, simplified."""
        if operation in {"and", "or", "xor", "not"}:
            return self._logic(operation, *map(self.mask, operands))
        nodes = tuple(map(self.real, operands))
        if operation in ARITHMETIC:
            return self._arithmetic(operation, *nodes)
        if operation in COMPARISONS:
            return self._comparison(operation, *nodes)
        if operation == "neg":
            return self._negative(nodes[0])
        if len(nodes) == 1 and nodes[0].operation == "neg":
            if operation in ODD:
                return -self.apply(operation, nodes[0].operands[0])
            if operation in EVEN:
                nodes = nodes[0].operands
        return self._node(operation, nodes)

    def _product(self, base: Node, exponent: int) -> Node:
        if exponent == 1:
            return base
        half = self._product(base, exponent // 2)
        return half * half if exponent % 2 == 0 else self._product(base, exponent - 1) * base

    def _arithmetic(self, operation: str, left: Node, right: Node) -> Node:
        folded = self._folded(operation, left, right)
        if folded is not None:
            return folded
        if operation == "add":
            return self._sum(left, right)
        if operation == "sub":
            return self._difference(left, right)
        return self._multiple(left, right) if operation == "mul" else self._quotient(left, right)

    def _folded(self, operation: str, left: Node, right: Node) -> Node | None:
        """The constant that arithmetic on constants gives, or on constants that a mask chooses from."""
        if left.is_constant and right.is_constant:
            if operation == "div" and right.number == 0:
                return None
            try:
                return self.constant(ARITHMETIC[operation](left.number, right.number))
            except OverflowError:
                return None
        chosen, other = (left, right) if right.is_constant else (right, left)
        if not (other.is_constant and chosen.operation == "select"):
            return None
        condition, *branches = chosen.operands
        if not all(branch.is_constant for branch in branches):
            return None
        if chosen is left:
            results = [self._folded(operation, branch, right) for branch in branches]
        else:
            results = [self._folded(operation, left, branch) for branch in branches]
        one, two = results
        return None if one is None or two is None else self.select(condition, one, two)

    def _sum(self, left: Node, right: Node) -> Node:
        if left.equals(0):
            return right
        if right.equals(0):
            return left
        if right.operation == "neg":
            return left - right.operands[0]
        if left.operation == "neg":
            return right - left.operands[0]
        if left.operation == right.operation == "select" and left.operands[0] is right.operands[0]:
            # A gradient that flows through either branch comes back as two selections against 0.
            condition, *branches = left.operands
            pairs = list(zip(branches, right.operands[1:], strict=True))
            if all(one.equals(0) or other.equals(0) for one, other in pairs):
                return self.select(condition, *(one + other for one, other in pairs))
        return self._node("add", (left, right))

    def _difference(self, left: Node, right: Node) -> Node:
        if right.equals(0):
            return left
        if left.equals(0):
            return -right
        if right.operation == "neg":
            return left + right.operands[0]
        if left.operation == "neg":
            return -(left.operands[0] + right)
        return self._node("sub", (left, right))

    def _multiple(self, left: Node, right: Node) -> Node:
        if left.is_constant:
            left, right = right, left
        if right.equals(1):
            return left
        if right.equals(-1):
            return -left
        if left.operation == "neg":
            return left.operands[0] * -right if right.is_constant else -(left.operands[0] * right)
        if right.operation == "neg":
            return -(left * right.operands[0])
        if right.is_constant and left.operation == "mul" and left.operands[1].is_constant:
            factor = left.operands[1].number
            product = factor * right.number
            # Only a power of two keeps the rounding, and only where nothing leaves the range in between.
            if (_is_power_of_two(factor) or _is_power_of_two(right.number)) and 1e-30 < abs(product) < 1e30:
                return left.operands[0] * product
        return self._node("mul", (left, right))

    def _quotient(self, left: Node, right: Node) -> Node:
        if right.is_constant and _is_power_of_two(right.number):
            return left * (1 / right.number)
        if left.operation == "neg":
            return -(left.operands[0] / right)
        if right.operation == "neg":
            return -(left / right.operands[0])
        return self._node("div", (left, right))

    def _negative(self, node: Node) -> Node:
        if node.is_constant:
            return self.constant(-node.number)
        if node.operation == "neg":
            return node.operands[0]
        if node.operation == "sub":
            return node.operands[1] - node.operands[0]
        if node.operation in {"mul", "div"} and (factor := node.operands[node.operation == "mul"]).is_constant:
            other = node.operands[node.operation == "div"]
            return other * -factor if node.operation == "mul" else -factor / other
        if node.operation == "select" and all(branch.is_constant for branch in node.operands[1:]):
            return self.select(node.operands[0], *(-branch for branch in node.operands[1:]))
        return self._node("neg", (node,))

    def _comparison(self, operation: str, left: Node, right: Node) -> Node:
        if left.is_constant and right.is_constant:
            return self.constant(COMPARISONS[operation](left.number, right.number))
        if left.is_constant:
            operation, left, right = MIRRORED[operation], right, left
        if left.operation == "neg" and right.is_constant:
            operation, left, right = MIRRORED[operation], left.operands[0], -right
        if left.operation == "select" and right.is_constant and all(node.is_constant for node in left.operands[1:]):
            condition, one, other = left.operands
            return self.select(
                condition,
                self._comparison(operation, one, right),
                self._comparison(operation, other, right),
            )
        return self._node(operation, (left, right), is_mask=True)

    def _logic(self, operation: str, left: Node, right: Node | None = None) -> Node:
        if right is None:
            if left.is_constant:
                return self.constant(not left.number)
            return left.operands[0] if left.operation == "not" else self._node("not", (left,), is_mask=True)
        if left.is_constant:
            left, right = right, left
        if right.is_constant:
            if operation == "xor":
                return ~left if right.number else left
            decisive = operation == "or"
            return right if bool(right.number) is decisive else left
        if left is right and operation != "xor":
            return left
        return self._node(operation, (left, right), is_mask=True)

    def _node(self, operation: str, operands: tuple[Node, ...], number: float = 0.0, *, is_mask: bool = False) -> Node:
        if operation in COMMUTATIVE:
            # Constants stay on the right, where the rules look for them.
            operands = tuple(sorted(operands, key=lambda node: (node.is_constant, node.place)))
        # The text of a number tells 0 from -0, and is the same for all NaN.
        key = (operation, *map(id, operands)) if operands else (operation, is_mask, repr(number))
        node = self._known.get(key)
        if node is None:
            node = self._known[key] = Node(self, operation, operands, number, len(self._known), is_mask)
        return node


def ordered(outputs: Iterable[Node]) -> list[Node]:
    """All nodes that the outputs are computed from, each behind its operands."""
    found: set[Node] = set()
    waiting = list(outputs)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += node.operands
    return sorted(found, key=lambda node: node.place)


def _is_mask(operand: Operand) -> bool:
    return operand.is_mask if isinstance(operand, Node) else isinstance(operand, bool)


def _is_power_of_two(number: float) -> bool:
    return math.isfinite(number) and abs(math.frexp(number)[0]) == 0.5 and 1e-30 < abs(number) < 1e30
