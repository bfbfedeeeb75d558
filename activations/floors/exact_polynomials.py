"""Polynomials in one variable with rational coefficients: sums, products, and all real roots, none missed.

A polynomial is a tuple of its coefficients from the constant term upwards, without zeros at the end; zero is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

__all__ = [
    "MAX_DEGREE",
    "Coefficients",
    "TooLargeError",
    "added",
    "multiplied",
    "real_roots",
    "sign_of",
    "trimmed",
    "value_at",
]

Coefficients: TypeAlias = tuple[Fraction, ...]

MAX_DEGREE = 32
MAX_BITS = 4096
ROOT_BITS = 64  # to which irrational roots are found
SHORT = 10**6  # the largest denominator that is tried for a rational root


class TooLargeError(Exception):
    """A polynomial of too high a degree, or with too long a number; never seen outside of this package."""


def added(left: Coefficients, right: Coefficients) -> Coefficients:
    """The sum."""
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    return trimmed([value + (shorter[i] if i < len(shorter) else 0) for i, value in enumerate(longer)])


def multiplied(left: Coefficients, right: Coefficients) -> Coefficients:
    """The product.

    Raises:
        TooLargeError: its degree is above 32, or a number has more than 4096 bits.
    """
    if not left or not right:
        return ()
    if len(left) + len(right) > MAX_DEGREE + 2:
        raise TooLargeError
    result = [Fraction(0)] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            result[i + j] += a * b
    if any(max(abs(number.numerator), number.denominator).bit_length() > MAX_BITS for number in result):
        raise TooLargeError
    return trimmed(result)


def trimmed(coefficients: Sequence[Fraction]) -> Coefficients:
    """Without zeros at the end."""
    length = len(coefficients)
    while length and coefficients[length - 1] == 0:
        length -= 1
    return tuple(coefficients[:length])


def value_at(polynomial: Coefficients, place: Fraction) -> Fraction:
    """The value, by Horner's rule."""
    value = Fraction(0)
    for coefficient in reversed(polynomial):
        value = value * place + coefficient
    return value


def sign_of(value: Fraction) -> int:
    """-1, 0 or 1."""
    return (value > 0) - (value < 0)


def real_roots(polynomial: Coefficients) -> list[Fraction]:
    """All real roots, each once, in increasing order; none for a constant.

    Their number is exact, by Sturm's theorem. So are rational ones of small denominator; others have 64 bits.
    """
    if len(polynomial) < 2:
        return []
    if len(polynomial) == 2:
        return [-polynomial[0] / polynomial[1]]
    # The last of the chain is what the polynomial and its derivative share; without it each root is there once.
    simple = _divided(polynomial, _sturm_chain(polynomial)[-1])[0]
    chain = _sturm_chain(simple)
    bound = 1 + max(abs(value / simple[-1]) for value in simple)
    # Parted at 0, so that the size of a root is known when its digits are.
    ends = [-bound, Fraction(0), bound]
    pending = [(low, high, _variations(chain, low), _variations(chain, high)) for low, high in pairwise(ends)]
    found = []
    while pending:
        low, high, at_low, at_high = pending.pop()
        if at_low - at_high > 1:
            middle = (low + high) / 2
            at_middle = _variations(chain, middle)
            pending += [(low, middle, at_low, at_middle), (middle, high, at_middle, at_high)]
        elif at_low - at_high == 1:
            found.append(_narrowed(simple, low, high))
    return sorted(found)


def _narrowed(simple: Coefficients, low: Fraction, high: Fraction) -> Fraction:
    """The only root in (low, high]."""
    if value_at(simple, high) == 0:
        return high
    upper = sign_of(value_at(simple, high))
    while (high - low) * 2**ROOT_BITS > max(abs(low), abs(high)):
        middle = (low + high) / 2
        sign = sign_of(value_at(simple, middle))
        if sign == 0:
            return middle
        low, high = (low, middle) if sign == upper else (middle, high)
    short = ((low + high) / 2).limit_denominator(SHORT)
    return short if low < short <= high and value_at(simple, short) == 0 else (low + high) / 2


def _sturm_chain(polynomial: Coefficients) -> list[Coefficients]:
    chain = [polynomial, trimmed([i * value for i, value in enumerate(polynomial)][1:])]
    while True:
        rest = _divided(chain[-2], chain[-1])[1]
        if not rest:
            return chain
        # A positive factor changes no sign and keeps the numbers short.
        size = max(abs(value) for value in rest)
        chain.append(tuple(-value / size for value in rest))


def _divided(numerator: Coefficients, divisor: Coefficients) -> tuple[Coefficients, Coefficients]:
    """Quotient and remainder."""
    rest = list(numerator)
    quotient = [Fraction(0)] * max(len(numerator) - len(divisor) + 1, 0)
    for i in reversed(range(len(quotient))):
        factor = rest[i + len(divisor) - 1] / divisor[-1]
        quotient[i] = factor
        for j, value in enumerate(divisor):
            rest[i + j] -= factor * value
    return trimmed(quotient), trimmed(rest[: len(divisor) - 1])


def _variations(chain: Sequence[Coefficients], place: Fraction) -> int:
    signs = [sign for sign in (sign_of(value_at(part, place)) for part in chain) if sign]
    return sum(first != second for first, second in pairwise(signs))
