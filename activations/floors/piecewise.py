"""Formulas that are polynomials in pieces, in exact arithmetic: where the pieces end, and what each one is.

Comparisons, `abs`, `max`, conditionals and the rest are all made of three things: pointwise sums and products, and the
sign of a piecewise polynomial, for which its roots are found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from activations.expression.formula import Expression
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
from activations.floors.exact_polynomials import (
    MAX_DEGREE,
    Coefficients,
    TooLargeError,
    added,
    multiplied,
    real_roots,
    sign_of,
    trimmed,
    value_at,
)

__all__ = ["Piecewise", "piecewise_of"]

MAX_PIECES = 1000
SAME = Fraction(1, 10**9)  # irrational roots are rounded, and so are the values there


@dataclass(frozen=True)
class Piecewise:
    """A function on the real line that is a polynomial on each of finitely many intervals.

    Attributes:
        breaks: where one polynomial ends and another starts, in increasing order.
        pieces: coefficients from the constant term upwards, without zeros at the end; one more than breaks.
        at: the values at the breaks.
    """

    breaks: tuple[Fraction, ...]
    pieces: tuple[Coefficients, ...]
    at: tuple[Fraction, ...]

    @property
    def degree(self) -> int:
        """The largest degree of a piece; 0 for a constant."""
        return max(max(len(piece) for piece in self.pieces) - 1, 0)

    @property
    def isolated(self) -> bool:
        """Whether the value at some break is that of neither side."""
        return any(
            not any(_same(value, value_at(piece, place)) for piece in sides)
            for place, value, sides in zip(self.breaks, self.at, pairwise(self.pieces), strict=True)
        )

    @property
    def constant(self) -> Fraction | None:
        """The value if it is the same everywhere."""
        if self.breaks or self.degree:
            return None
        return self.pieces[0][0] if self.pieces[0] else Fraction(0)


def piecewise_of(tree: Node, name: str, values: dict[str, float]) -> Piecewise | None:
    """A formula as a piecewise polynomial in one symbol, or None where it is none that this arithmetic can find.

    Args:
        tree: the formula.
        name: the symbol of the input.
        values: the numbers for the other symbols; a symbol without one gives None.
    """

    def step(node: Node, below: tuple[Piecewise | None, ...]) -> Piecewise | None:
        known = [part for part in below if part is not None]
        if len(known) < len(below):
            return _without_all(node, below)
        return _combined(node, known, name, values)

    try:
        return fold(tree, step)
    except TooLargeError:
        return None


def _combined(node: Node, below: list[Piecewise], name: str, values: dict[str, float]) -> Piecewise | None:
    match node:
        case Number(value):
            return _number(value)
        case Constant():
            return _constant_value(node)
        case Name(other):
            if other == name:
                return Piecewise((), ((Fraction(0), Fraction(1)),), ())
            return _number(Fraction(values[other])) if other in values else None
        case Negate():
            return _scaled(below[0], -1)
        case Binary(operator):
            return _arithmetic(operator, *below)
        case Compare(operators):
            return _product([_compared(*pair, op) for pair, op in zip(pairwise(below), operators, strict=True)])
        case Logical("and"):
            return _product(below)
        case Logical():
            return _opposite(_product([_opposite(part) for part in below]))
        case Not():
            return _opposite(below[0])
        case Conditional():
            condition, if_true, if_false = below
            return _sum(_product([condition, if_true]), _product([_opposite(condition), if_false]))
        case Call(function):
            return _called(function, below)
    return None


def _without_all(node: Node, below: Sequence[Piecewise | None]) -> Piecewise | None:
    """What can be said although a part is no piecewise polynomial: 0 times it, and a branch that is never taken."""
    match node, [part.constant if part is not None else None for part in below]:
        case Binary("*"), [0, _] | [_, 0]:
            return _number(Fraction(0))
        case Conditional(), [Fraction() as condition, _, _]:
            return below[1] if condition else below[2]
    return None


def _called(function: str, below: list[Piecewise]) -> Piecewise | None:
    first = below[0]
    match function:
        case "sign":
            return _sign(first)
        case "abs":
            return _absolute(first)
        case "relu":
            return _extreme(1, [first, _number(Fraction(0))])
        case "max":
            return _extreme(1, below)
        case "min":
            return _extreme(-1, below)
        case "clip":
            return _extreme(-1, [_extreme(1, below[:2]), below[2]])
    numbers = [part.constant for part in below]
    if any(number is None for number in numbers):
        return None
    arguments = tuple(_literal(number) for number in numbers if number is not None)
    return _constant_value(Call(function, arguments))


def _constant_value(node: Node) -> Piecewise | None:
    value = Expression(node, "").constant()
    return _number(Fraction(value)) if math.isfinite(value) else None


def _literal(value: Fraction) -> Node:
    return Negate(Number(-value)) if value < 0 else Number(value)


def _number(value: Fraction) -> Piecewise:
    return Piecewise((), (trimmed([value]),), ())


def _arithmetic(operator: str, left: Piecewise, right: Piecewise) -> Piecewise | None:
    match operator:
        case "+":
            return _sum(left, right)
        case "-":
            return _sum(left, _scaled(right, -1))
        case "*":
            return _product([left, right])
        case "/":
            # Only by what is one number in each piece, and never 0.
            if right.degree or not all(right.pieces) or not all(right.at):
                return None
            inverse = Piecewise(
                right.breaks, tuple((1 / piece[0],) for piece in right.pieces), tuple(1 / value for value in right.at)
            )
            return _product([left, inverse])
        case "**":
            return _power(left, right)
    return None


def _power(base: Piecewise, exponent: Piecewise) -> Piecewise | None:
    times = exponent.constant
    if times is None:
        return None
    if times.denominator == 1 and 0 <= times <= MAX_DEGREE:
        return _product([base] * int(times)) if times else _number(Fraction(1))
    number = base.constant
    if number is None:
        return None
    return _constant_value(Binary("**", _literal(number), _literal(times)))


def _pointwise(
    left: Piecewise,
    right: Piecewise,
    of_pieces: Callable[[Coefficients, Coefficients], Coefficients],
    of_values: Callable[[Fraction, Fraction], Fraction],
) -> Piecewise:
    """Both on common intervals, combined."""
    breaks = tuple(sorted({*left.breaks, *right.breaks}))
    parts = [_refined(part, breaks) for part in (left, right)]
    pieces = [of_pieces(*pair) for pair in zip(parts[0][0], parts[1][0], strict=True)]
    values = [of_values(*pair) for pair in zip(parts[0][1], parts[1][1], strict=True)]
    return _joined(breaks, pieces, values)


def _refined(part: Piecewise, breaks: Sequence[Fraction]) -> tuple[list[Coefficients], list[Fraction]]:
    """The polynomial left of each break and right of the last one, and the values at the breaks."""
    known = dict(zip(part.breaks, part.at, strict=True))
    pieces, values, index = [part.pieces[0]], [], 0
    for place in breaks:
        values.append(known.get(place, value_at(part.pieces[index], place)))
        index += place in known
        pieces.append(part.pieces[index])
    return pieces, values


def _joined(breaks: Sequence[Fraction], pieces: Sequence[Coefficients], values: Sequence[Fraction]) -> Piecewise:
    """Without breaks at which nothing breaks."""
    if len(pieces) > MAX_PIECES:
        raise TooLargeError
    kept = [
        i
        for i, place in enumerate(breaks)
        if pieces[i] != pieces[i + 1] or not _same(values[i], value_at(pieces[i], place))
    ]
    return Piecewise(
        tuple(breaks[i] for i in kept),
        (pieces[0], *(pieces[i + 1] for i in kept)),
        tuple(values[i] for i in kept),
    )


def _sum(left: Piecewise, right: Piecewise) -> Piecewise:
    return _pointwise(left, right, added, lambda a, b: a + b)


def _product(parts: Sequence[Piecewise]) -> Piecewise:
    result = parts[0]
    for part in parts[1:]:
        result = _pointwise(result, part, multiplied, lambda a, b: a * b)
    return result


def _scaled(part: Piecewise, factor: int) -> Piecewise:
    return _product([part, _number(Fraction(factor))])


def _opposite(condition: Piecewise) -> Piecewise:
    return _sum(_number(Fraction(1)), _scaled(condition, -1))


def _absolute(part: Piecewise) -> Piecewise:
    return _product([part, _sign(part)])


def _extreme(side: int, parts: Sequence[Piecewise]) -> Piecewise:
    """The largest (side 1) or smallest (side -1) of them: (a + b ± |a - b|)/2."""
    result = parts[0]
    half = _number(Fraction(side, 2))
    for part in parts[1:]:
        gap = _absolute(_sum(result, _scaled(part, -1)))
        result = _sum(_product([_number(Fraction(1, 2)), _sum(result, part)]), _product([half, gap]))
    return result


def _compared(left: Piecewise, right: Piecewise, operator: str) -> Piecewise:
    """1 where the comparison holds, 0 elsewhere."""
    sign = _sign(_sum(left, _scaled(right, -1)))
    holds = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "==": (0,), "!=": (-1, 1)}[operator]

    def truth(value: Fraction) -> Fraction:
        return Fraction(int(value in holds))

    pieces = [trimmed([truth(piece[0] if piece else Fraction(0))]) for piece in sign.pieces]
    return _joined(sign.breaks, pieces, [truth(value) for value in sign.at])


def _sign(part: Piecewise) -> Piecewise:
    """-1, 0 or 1."""
    breaks: list[Fraction] = []
    for i, piece in enumerate(part.pieces):
        low = part.breaks[i - 1] if i else None
        high = part.breaks[i] if i < len(part.breaks) else None
        roots = [r for r in real_roots(piece) if (low is None or r > low) and (high is None or r < high)]
        breaks += roots if high is None else [*roots, high]
    pieces, values = _refined(part, breaks)
    edges = [breaks[0] - 2, *breaks, breaks[-1] + 2] if breaks else [Fraction(-1), Fraction(1)]
    signs = [
        trimmed([Fraction(sign_of(value_at(piece, (low + high) / 2)))])
        for piece, (low, high) in zip(pieces, pairwise(edges), strict=True)
    ]
    known = set(part.breaks)
    # At a root the value is 0, which its rounded place does not show.
    at = [
        Fraction(sign_of(value)) if place in known else Fraction(0) for place, value in zip(breaks, values, strict=True)
    ]
    return _joined(breaks, signs, at)


def _same(first: Fraction, second: Fraction) -> bool:
    return abs(first - second) <= SAME * (1 + abs(first))
