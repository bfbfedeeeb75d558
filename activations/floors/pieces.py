"""Into how many polynomial pieces an activation, and a network of it, can cut a line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from activations.declare import Activation, Variant
from activations.expression.derivative import substitute
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
    walk,
)
from activations.floors.exact_polynomials import MAX_DEGREE
from activations.floors.piecewise import piecewise_of

__all__ = ["Pieces", "activation_pieces", "network_pieces"]

MOST = 10**9  # pieces and degrees beyond this are all alike
JUMPING = ("sign", "floor", "ceil")


@dataclass(frozen=True)
class Pieces:
    """What a function of one variable is made of, at most.

    Attributes:
        count: number of intervals with a polynomial each; 1 for a polynomial.
        degree: of the polynomials.
        isolated: whether the value where two intervals meet may be that of neither.
    """

    count: int
    degree: int
    isolated: bool = False

    def __str__(self) -> str:
        """Such as "33 linear pieces", "a polynomial of degree 4" or "an affine function"."""
        if self.count == 1:
            named = {0: "a constant", 1: "an affine function"}
            return named.get(self.degree, f"a polynomial of degree {self.degree}")
        words = {0: "constant", 1: "linear", 2: "quadratic", 3: "cubic"}
        if self.degree in words:
            return f"{self.count} {words[self.degree]} pieces"
        return f"{self.count} pieces of degree {self.degree}"


def activation_pieces(variant: Variant) -> Pieces | None:
    """The pieces of an activation as a function of its pre-activation, or None if it is no piecewise polynomial.

    They are found in the formula by exact arithmetic. Two inputs, which are both affine in the variable of a network,
    and parameters that training changes are bounded for all their values.
    """
    activation = variant.activation
    if variant.inputs == 1 and not variant.learnable:
        exact = piecewise_of(activation.formula.tree, activation.inputs[0], dict(variant.values))
        return None if exact is None else Pieces(len(exact.pieces), exact.degree, exact.isolated)
    fixed = {name: _literal(value) for name, value in variant.values if name not in variant.learnable}
    tree = substitute(activation.formula.tree, fixed)
    found = fold(tree, lambda node, below: _bound(node, below, activation.inputs))
    if found is None:
        return None
    breaks, degree = found
    if degree <= 1 and variant.inputs == 1 and activation.kinks is not None:
        # Every break of straight pieces is a kink, and the declaration has one expression for each.
        breaks = min(breaks, len(activation.kinks))
    return Pieces(breaks + 1, degree, _may_be_isolated(activation))


def network_pieces(activation: Pieces, hidden: Sequence[int]) -> Pieces:
    """The most pieces of a network with one input, as a function of that input.

    A unit breaks where its pre-activation, on each interval a polynomial of the degree so far, crosses one of the
    activation's breaks. So a first layer of n units with k breaks gives k*n + 1 pieces.

    Args:
        activation: the activation's pieces.
        hidden: widths of the hidden layers.
    """
    count, degree = 1, 1
    for width in hidden:
        count = min(count * ((activation.count - 1) * degree * width + 1), MOST)
        degree = min(degree * activation.degree, MOST)
    return Pieces(count, degree, activation.isolated and count > 1)


_Bound = tuple[int, int]  # breaks and degree, neither more than this


def _bound(node: Node, below: tuple[_Bound | None, ...], inputs: Sequence[str]) -> _Bound | None:
    """Breaks and degree of a formula whose inputs are affine functions of one variable; None if it is no such thing.

    Symbols that are not inputs may be any numbers.
    """
    known = [part for part in below if part is not None]
    if len(known) < len(below):
        return None
    breaks, degree = sum(part[0] for part in known), max((part[1] for part in known), default=0)
    match node:
        case Number() | Constant():
            return 0, 0
        case Name(name):
            return 0, int(name in inputs)
        case Negate() | Not() | Logical() | Conditional():
            return breaks, degree
        case Binary("+" | "-"):
            return breaks, degree
        case Binary("*"):
            return breaks, sum(part[1] for part in known)
        case Binary("/") if known[1] == (0, 0):
            return breaks, degree
        case Binary("**"):
            return _power_bound(node, *known)
        case Compare():
            return sum(_crossed(a[0] + b[0], max(a[1], b[1])) for a, b in pairwise(known)), 0
        case Call("abs" | "relu"):
            return _crossed(breaks, degree), degree
        case Call("sign"):
            return _crossed(breaks, degree), 0
        case Call("min" | "max" | "clip"):
            result = known[0]
            for part in known[1:]:
                degree = max(result[1], part[1])
                result = _crossed(result[0] + part[0], degree), degree
            return result
    return (0, 0) if all(part == (0, 0) for part in known) else None


def _power_bound(node: Node, base: _Bound, exponent: _Bound) -> _Bound | None:
    if base == exponent == (0, 0):
        return 0, 0
    written = node.children[1]
    if not isinstance(written, Number) or written.value.denominator != 1 or written.value > MAX_DEGREE:
        return None
    return base[0], base[1] * int(written.value)


def _crossed(breaks: int, degree: int) -> int:
    """The breaks after a comparison with zero: a polynomial crosses it at most as often as its degree."""
    return min(breaks + (breaks + 1) * degree, MOST)


def _may_be_isolated(activation: Activation) -> bool:
    """Whether the value at a break may be that of neither side; a continuous function has no such values."""
    if activation.jumps is not None and len(activation.inputs) == 1:
        return bool(activation.jumps)
    return any(
        isinstance(node, (Conditional, Compare)) or (isinstance(node, Call) and node.function in JUMPING)
        for node in walk(activation.formula.tree)
    )


def _literal(value: float) -> Node:
    number = Number(Fraction(abs(value)))
    return Negate(number) if math.copysign(1.0, value) < 0 else number
