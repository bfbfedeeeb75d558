"""The C++ function of an activation: its value and derivatives over a buffer, in one pass, without a branch."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from activations.declare import Variant
from activations.fitting.fused.graph import Inexpressible, Node, ordered
from activations.fitting.fused.recording import record
from activations.fitting.precision import Precision

__all__ = ["Emitted", "Inexpressible", "emit", "source"]


@dataclass(frozen=True)
class Emitted:
    """One activation, ready to be compiled.

    Attributes:
        symbol: the name of the function, made from its text.
        text: the C++ function.
        cost: rough processor cycles per element, measured with vectors of 32 bytes.
    """

    symbol: str
    text: str
    cost: float


class _Form(NamedTuple):
    """How an operation is written, with its operands by number, and its rough cycles per element."""

    text: str
    cost: float


_FORMS = {
    "add": _Form("{0} + {1}", 0.05),
    "sub": _Form("{0} - {1}", 0.05),
    "mul": _Form("{0} * {1}", 0.05),
    "div": _Form("{0} / {1}", 0.5),
    "neg": _Form("-{0}", 0.05),
    "lt": _Form("{0} < {1}", 0.05),
    "le": _Form("{0} <= {1}", 0.05),
    "gt": _Form("{0} > {1}", 0.05),
    "ge": _Form("{0} >= {1}", 0.05),
    "eq": _Form("{0} == {1}", 0.05),
    "ne": _Form("{0} != {1}", 0.05),
    "and": _Form("{0} & {1}", 0.05),
    "or": _Form("{0} | {1}", 0.05),
    "xor": _Form("{0} ^ {1}", 0.05),
    "not": _Form("~{0}", 0.05),
    "select": _Form("select({0}, {1}, {2})", 0.05),
    **{
        name: _Form(f"{name}_({{0}})", cost)
        for name, cost in {
            **dict.fromkeys(("abs", "ceil", "floor", "round", "trunc"), 0.1),
            **dict.fromkeys(("sqrt", "rsqrt"), 0.7),
            **dict.fromkeys(("exp", "exp2", "expm1"), 1.2),
            **dict.fromkeys(("asin", "acos", "atan", "cbrt", "cosh", "log", "log2", "log10", "sigmoid", "sin"), 1.4),
            **dict.fromkeys(("cos", "log1p", "sinh", "tan", "tanh"), 2.0),
            **dict.fromkeys(("atanh", "erf", "erfc", "softplus"), 3.0),
            **dict.fromkeys(("acosh", "asinh"), 4.0),
        }.items()
    },
    **{
        name: _Form(f"{name}_({{0}}, {{1}})", cost)
        for name, cost in {
            **dict.fromkeys(("copysign", "max", "min"), 0.1),
            **dict.fromkeys(("hypot", "remainder"), 0.8),
            **dict.fromkeys(("atan2", "logaddexp"), 2.8),
            "pow": 9.0,
        }.items()
    },
}
_MEMORY = 0.1  # a load or a store
_IN_FLOAT64 = 2.5  # times as long: half as many numbers in a vector, and longer polynomials


def emit(variant: Variant, precision: Precision = "float32") -> Emitted:
    """Write the C++ function of an activation.

    Everything in the text is made here: generated names, and numbers in hexadecimal. No text of a declaration gets
    into it.

    Args:
        variant: the activation with its parameter values; its learnable parameters are read at run time.
        precision: that of the numbers.

    Raises:
        Inexpressible: it is no function of each element alone, or uses an operation that there is no rule for.
        Exception: whatever the declaration's code raises.
    """
    recorded = record(variant, precision)
    outputs = (recorded.value, *recorded.slopes)
    order = ordered(outputs)
    varying = _varying(order)
    names = {node: f"{'v' if node in varying else 'c'}{index}" for index, node in enumerate(order)}
    before, inside = [], []
    cost = _MEMORY * (len(outputs) + variant.inputs)
    for node in order:
        line = f"const {'M' if node.is_mask else 'V'} {names[node]} = {_expression(node, names)};"
        if node in varying:
            inside.append(line)
            cost += _FORMS[node.operation].cost if node.operation in _FORMS else 0.0
        else:
            before.append(line)
    inside.append(f"store(value + i, {names[outputs[0]]});")
    inside += [f"store(slopes[{index}] + i, {names[node]});" for index, node in enumerate(outputs[1:])]
    body = "\n".join(
        [
            "(long count, const REAL* const* inputs, const REAL* theta, REAL* value, REAL* const* slopes) {",
            "    (void)theta;",
            *(f"    {line}" for line in before),
            "    for (long i = 0; i < count; i += LANES) {",
            *(f"        {line}" for line in inside),
            "    }",
            "}",
        ]
    )
    cost *= _IN_FLOAT64 if precision == "float64" else 1.0
    symbol = f"phi_{hashlib.sha256(body.encode()).hexdigest()[:16]}"
    return Emitted(symbol, f'extern "C" void {symbol}{body}\n', round(cost, 2))


def source(emitted: Sequence[Emitted]) -> str:
    """A translation unit of these functions, each once."""
    texts = {item.symbol: item.text for item in emitted}
    return "\n".join(['#include "math.hpp"\n', *texts.values()])


def _varying(order: Iterable[Node]) -> set[Node]:
    """The nodes that depend on an input; the others are the same for all elements."""
    varying: set[Node] = set()
    for node in order:
        if node.operation == "input" or not varying.isdisjoint(node.operands):
            varying.add(node)
    return varying


def _expression(node: Node, names: dict[Node, str]) -> str:
    if node.operation == "input":
        return f"load(inputs[{node.number}] + i)"
    if node.operation == "theta":
        return f"splat(theta[{node.number}])"
    if node.operation == "constant":
        return f"splat(REAL({_number(node.number)}))"
    return _FORMS[node.operation].text.format(*(names[operand] for operand in node.operands))


def _number(number: float) -> str:
    if math.isnan(number):
        return '__builtin_nan("")'
    if math.isinf(number):
        return "__builtin_inf()" if number > 0 else "-__builtin_inf()"
    return float(number).hex()
