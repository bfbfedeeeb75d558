"""A recorded graph in the operations that ONNX has: the others are put together from those with the same care."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from activations.fitting.fused.graph import Graph, Node, ordered

__all__ = ["OPERATORS", "lowered"]

OPERATORS: Final[Mapping[str, str]] = {
    "abs": "Abs",
    "acos": "Acos",
    "acosh": "Acosh",
    "add": "Add",
    "and": "And",
    "asin": "Asin",
    "asinh": "Asinh",
    "atan": "Atan",
    "atanh": "Atanh",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "div": "Div",
    "eq": "Equal",
    "erf": "Erf",
    "exp": "Exp",
    "floor": "Floor",
    "fmod": "Mod",
    "ge": "GreaterOrEqual",
    "gt": "Greater",
    "le": "LessOrEqual",
    "log": "Log",
    "lt": "Less",
    "max": "Max",
    "min": "Min",
    "mul": "Mul",
    "neg": "Neg",
    "not": "Not",
    "or": "Or",
    "pow": "Pow",
    "round": "Round",
    "select": "Where",
    "sigmoid": "Sigmoid",
    "sin": "Sin",
    "sinh": "Sinh",
    "sqrt": "Sqrt",
    "sub": "Sub",
    "tan": "Tan",
    "tanh": "Tanh",
    "xor": "Xor",
}
"""ONNX's operator for an operation of a graph. "fmod" is C's: the remainder with the sign of the dividend."""

ERFC_TAIL: Final = (
    *(0.08480809121765132, -0.20700788216660854, 0.06682590173941903, 0.06619965951068167),
    *(0.17856174074804795, 0.24669296609691838, 0.2820983947614981, 0.2820947713872035),
)
"""Chebyshev's interpolation of erfc(x) exp(x²)/t over x > 1/2, to 4e-7; the first one is of the highest power."""

Rule: TypeAlias = Callable[..., Node]


def lowered(value: Node) -> Node:
    """The same function in a graph of its own that has inputs, parameters, constants and these operations alone.

    Raises:
        KeyError: there is no rule for an operation.
    """
    graph = Graph(value.graph.precision)
    made: dict[Node, Node] = {}
    for node in ordered([value]):
        operands = [made[operand] for operand in node.operands]
        if node.operation == "constant":
            made[node] = graph.constant(bool(node.number) if node.is_mask else node.number)
        elif node.operation == "input":
            made[node] = graph.input(int(node.number))
        elif node.operation == "theta":
            made[node] = graph.theta(int(node.number))
        elif node.operation == "select":
            made[node] = graph.select(*operands)
        elif node.operation == "pow":
            made[node] = graph.power(*operands)
        elif node.operation in OPERATORS:
            made[node] = graph.apply(node.operation, *operands)
        else:
            made[node] = RULES[node.operation](graph, *operands)
    return made[value]


def _expm1(graph: Graph, x: Node) -> Node:
    # exp(x) - 1 loses all digits of a small x; near 0 the hyperbolic tangent of the half keeps them.
    half = graph.apply("tanh", x * 0.5)
    return graph.select(graph.apply("abs", x) < 1.0, half * 2.0 / (1.0 - half), graph.apply("exp", x) - 1.0)


def _log1p(graph: Graph, x: Node) -> Node:
    # log(1 + x) times what the rounding of 1 + x did to x.
    whole = x + 1.0
    rounded = whole - 1.0
    small = graph.select(graph.apply("eq", rounded, 0.0), x, graph.apply("log", whole) * x / rounded)
    return graph.select(graph.apply("abs", x) < 0.5, small, graph.apply("log", whole))


def _erfc(graph: Graph, x: Node) -> Node:
    if graph.precision == "float64":
        return 1.0 - graph.apply("erf", x)  # which is right to 1e-16, though not relative to the tail
    # 1 - erf(x) loses the tail, which may be multiplied by large numbers. There it is exp(-x²) times a function without
    # surprises, as a polynomial in t = 1/(1 + x/2).
    t = 1.0 / (x * 0.5 + 1.0)
    series: Node | float = ERFC_TAIL[0]
    for coefficient in ERFC_TAIL[1:]:
        series = t * series + coefficient
    tail = t * series * graph.apply("exp", -(x * x))
    return graph.select(x > 0.5, tail, 1.0 - graph.apply("erf", x))


def _hypot(graph: Graph, left: Node, right: Node) -> Node:
    left, right = graph.apply("abs", left), graph.apply("abs", right)
    large, small = graph.apply("max", left, right), graph.apply("min", left, right)
    share = graph.select(graph.apply("eq", large, small), 1.0, small / large)  # not 0/0, not inf/inf
    return large * graph.apply("sqrt", share * share + 1.0)


def _atan2(graph: Graph, y: Node, x: Node) -> Node:
    angle = graph.apply("atan", y / x)
    turn = graph.select(y < 0.0, -math.pi, math.pi)
    on_axis = graph.select(graph.apply("eq", y, 0.0), 0.0, turn * 0.5)
    return graph.select(x > 0.0, angle, graph.select(x < 0.0, angle + turn, on_axis))


def _logaddexp(graph: Graph, left: Node, right: Node) -> Node:
    apart = graph.select(graph.apply("eq", left, right), 0.0, graph.apply("abs", left - right))  # not inf - inf
    return graph.apply("max", left, right) + _log1p(graph, graph.apply("exp", -apart))


def _softplus(graph: Graph, x: Node) -> Node:
    # The standard's own is log(1 + exp(x)), which overflows where nobody takes care.
    return graph.apply("max", x, 0.0) + _log1p(graph, graph.apply("exp", -graph.apply("abs", x)))


def _remainder(graph: Graph, left: Node, right: Node) -> Node:
    rest = graph.apply("fmod", left, right)
    other_side = graph.apply("xor", rest < 0.0, right < 0.0)
    return graph.select(~graph.apply("eq", rest, 0.0) & other_side, rest + right, rest)


def _copysign(graph: Graph, size: Node, sign: Node) -> Node:
    size = graph.apply("abs", size)
    negative = (sign < 0.0) | (graph.apply("eq", sign, 0.0) & (1.0 / sign < 0.0))
    return graph.select(negative, -size, size)


def _trunc(graph: Graph, x: Node) -> Node:
    return graph.select(x < 0.0, graph.apply("ceil", x), graph.apply("floor", x))


def _cbrt(graph: Graph, x: Node) -> Node:
    return _copysign(graph, graph.power(graph.apply("abs", x), 1 / 3), x)


RULES: Final[Mapping[str, Rule]] = {
    "atan2": _atan2,
    "cbrt": _cbrt,
    "copysign": _copysign,
    "erfc": _erfc,
    "exp2": lambda graph, x: graph.power(2.0, x),
    "expm1": _expm1,
    "hypot": _hypot,
    "log10": lambda graph, x: graph.apply("log", x) * (1 / math.log(10)),
    "log1p": _log1p,
    "log2": lambda graph, x: graph.apply("log", x) * (1 / math.log(2)),
    "logaddexp": _logaddexp,
    "ne": lambda graph, left, right: ~graph.apply("eq", left, right),
    "remainder": _remainder,
    "rsqrt": lambda graph, x: 1.0 / graph.apply("sqrt", x),
    "softplus": _softplus,
    "trunc": _trunc,
}
"""How to put an operation together that ONNX lacks."""
