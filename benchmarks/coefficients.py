"""Polynomials of the fused kernel's elementary functions: minimax fits, printed as kernel/coefficients.hpp."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import mpmath
import numpy
from mpmath import mpf

__all__ = ["FITS", "Fit", "header"]

mpmath.mp.dps = 60
Real = Callable[[mpf], mpf]
POINTS = 401  # places where the error is looked at
ROUNDS = 60


@dataclass(frozen=True)
class Fit:
    """One function's fit by a polynomial, or by a quotient of two.

    Attributes:
        name: Name of the C++ function.
        what: What is approximated, in words.
        function: The function of the fit's argument.
        weight: The error of the fit times this is the error the degree was chosen by: relative to the final result.
        low: Lower end of the interval.
        high: Upper end.
        degrees: Of numerator and denominator, (float, double); None where a precision has no use of it.
        root: Whether the argument is a square, so that the nodes crowd where the root's do.
        chain: Whether the terms cancel, so that Horner's rule, which rounds less, is worth the wait for every product.
    """

    name: str
    what: str
    function: Real
    weight: Real
    low: mpf
    high: mpf
    degrees: tuple[tuple[int, int] | None, tuple[int, int] | None]
    root: bool = False
    chain: bool = False


def quotient(coefficients: tuple[list[mpf], list[mpf]], x: mpf) -> mpf:
    """Value of a numerator over a denominator."""
    return mpmath.polyval(coefficients[0][::-1], x) / mpmath.polyval(coefficients[1][::-1], x)


def solution(rows: list[tuple[mpf, mpf, mpf, int]], degrees: tuple[int, int]) -> tuple[list[mpf], list[mpf], mpf]:
    """Coefficients whose weighted error is one level at every row (argument, value, weight, sign), and the level."""
    top, bottom = degrees
    level = mpf(0)
    for _ in range(30):
        size = top + bottom + 2
        matrix, right = mpmath.matrix(size, size), mpmath.matrix(size, 1)
        for row, (x, y, weight, sign) in enumerate(rows):
            for power in range(top + 1):
                matrix[row, power] = weight * x**power
            for power in range(bottom):
                matrix[row, top + 1 + power] = -(weight * y - sign * level) * x ** (power + 1)
            matrix[row, size - 1] = sign
            right[row] = weight * y
        solved = mpmath.lu_solve(matrix, right)
        before, level = level, solved[size - 1]
        if not bottom or abs(level - before) <= abs(level) * mpf(10) ** -8:
            break
    return list(solved[: top + 1]), [mpf(1), *solved[top + 1 : size - 1]], level


def minimax(fit: Fit, degrees: tuple[int, int]) -> tuple[list[mpf], list[mpf], mpf]:
    """Numerator, denominator and largest weighted error of a fit, by Remez' exchange."""
    size = degrees[0] + degrees[1] + 2
    low, high = (mpmath.sqrt(fit.low), mpmath.sqrt(fit.high)) if fit.root else (fit.low, fit.high)
    # Chebyshev's places, none of them 0, where most of the functions are a quotient of zeros.
    places = [low + (high - low) * (1 - mpmath.cos(mpmath.pi * (i + mpf("0.25")) / POINTS)) / 2 for i in range(POINTS)]
    xs = [place**2 for place in places] if fit.root else places
    values = [fit.function(x) for x in xs]
    weights = [fit.weight(x) for x in xs]
    chosen = [round(i * (POINTS - 1) / (size - 1)) for i in range(size)]
    best: tuple[list[mpf], list[mpf], mpf] | None = None
    for _ in range(ROUNDS):
        rows = [(xs[i], values[i], weights[i], (-1) ** k) for k, i in enumerate(chosen)]
        top, bottom, level = solution(rows, degrees)
        errors = [weights[i] * (values[i] - quotient((top, bottom), xs[i])) for i in range(POINTS)]
        largest = max(abs(error) for error in errors)
        if best is None or largest < best[2]:
            best = (top, bottom, largest)
        if largest < abs(level) * mpf("1.01"):
            break
        turns: list[int] = []
        for i, error in enumerate(errors):
            if not turns or (error > 0) != (errors[turns[-1]] > 0):
                turns.append(i)
            elif abs(error) > abs(errors[turns[-1]]):
                turns[-1] = i
        while len(turns) > size:
            turns.pop(0 if abs(errors[turns[0]]) < abs(errors[turns[-1]]) else -1)
        if len(turns) < size:
            break
        chosen = turns
    assert best is not None
    return best


def nearest(value: mpf, double: bool) -> mpf:
    """The number of the precision nearest to a value."""
    return mpf(float(value)) if double else mpf(float(numpy.float32(float(value))))


def rounded(fit: Fit, degree: int, double: bool) -> tuple[list[mpf], mpf]:
    """Coefficients of the precision and the error of the first: each is fitted after those below it are rounded."""
    coefficients, _, error = minimax(fit, (degree, 0))
    first = nearest(coefficients[0], double)
    if degree == 0:
        return [first], error
    rest = replace(fit, function=lambda x: (fit.function(x) - first) / x, weight=lambda x: abs(fit.weight(x) * x))
    return [first, *rounded(rest, degree - 1, double)[0]], error


def odd(function: Real) -> Real:
    """The rest of an odd function x + x³·rest, as a function of x²."""
    return lambda z: (function(mpmath.sqrt(z)) / mpmath.sqrt(z) - 1) / z


def ratio(function: Real) -> Real:
    """An odd function over its argument, as a function of x²."""
    return lambda z: function(mpmath.sqrt(z)) / mpmath.sqrt(z)


def relative(function: Real, power: int = 1) -> Real:
    """What an error of the rest of an odd function weighs, relative to the function."""
    return lambda z: z**power / ratio(function)(z)


def logarithm_ratio(s: mpf) -> mpf:
    return 2 * mpmath.atanh(s)


SLACK = mpf("1.0005")  # a rounded argument may be a little outside
HALF = mpmath.log(2) / 2 * SLACK
ROOT = mpmath.sqrt(2)
ATANH = ((ROOT - 1) / (ROOT + 1)) ** 2 * SLACK
ERFC = 3  # the argument of erfc becomes 2·3/(x + 3) - 1


def erfc_tail(t: mpf) -> mpf:
    x = 2 * ERFC / (t + 1) - ERFC
    return mpmath.exp(x * x) * mpmath.erfc(x) * 2 / (t + 1)


FITS = (
    Fit(
        "exp_tail",
        "(exp(r) - 1 - r) / r²",
        lambda r: (mpmath.exp(r) - 1 - r) / r**2,
        lambda r: r**2 / abs(mpmath.expm1(r)),
        -HALF,
        HALF,
        ((4, 0), (9, 0)),
    ),
    Fit(
        "log_tail",
        "(log(1 + f) - f + f²/2) / f³",
        lambda f: (mpmath.log1p(f) - f + f * f / 2) / f**3,
        lambda f: abs(f**3 / mpmath.log1p(f)),
        1 / ROOT - 1,
        ROOT - 1,
        ((7, 0), None),
    ),
    Fit(
        "atanh_tail",
        "(2·atanh(s) / s - 2) / s², in s²",
        lambda z: (ratio(logarithm_ratio)(z) - 2) / z,
        relative(logarithm_ratio),
        mpf(0),
        ATANH,
        (None, (6, 0)),
        root=True,
    ),
    Fit(
        "pow_tail",
        "(2·atanh(s) / s - 2 - 2/3·s²) / s⁴, in s²",
        lambda z: (ratio(logarithm_ratio)(z) - 2 - 2 * z / 3) / z**2,
        relative(logarithm_ratio, 2),
        mpf(0),
        ATANH,
        ((2, 0), (7, 0)),
        root=True,
    ),
    Fit(
        "log1p_unit",
        "log(1 + u) / u",
        lambda u: mpmath.log1p(u) / u,
        lambda u: u / mpmath.log1p(u),
        mpf(0),
        mpf(1),
        ((9, 0), None),
        chain=True,
    ),
    Fit(
        "sin_tail",
        "(sin(r) / r - 1) / r², in r²",
        odd(mpmath.sin),
        relative(mpmath.sin),
        mpf(0),
        (mpmath.pi / 2 * SLACK) ** 2,
        ((3, 0), (7, 0)),
        root=True,
    ),
    Fit(
        "tan_tail",
        "(tan(r) / r - 1) / r², in r²",
        odd(mpmath.tan),
        relative(mpmath.tan),
        mpf(0),
        (mpmath.pi / 4 * SLACK) ** 2,
        ((1, 2), (2, 4)),
        root=True,
    ),
    Fit(
        "erf_exponent",
        "-log(erfc(x))",
        lambda x: -mpmath.log(mpmath.erfc(x)),
        mpmath.erfc,
        mpf(1),
        mpf(4),
        ((5, 0), None),
    ),
    Fit(
        "erf_tail",
        "erf(x) / x - 1, in x²",
        lambda z: ratio(mpmath.erf)(z) - 1,
        relative(mpmath.erf, 0),
        mpf(0),
        mpf(1),
        ((6, 0), (12, 0)),
        root=True,
    ),
    Fit(
        "erfc_tail",
        "exp(x²)·erfc(x)·(x + 3) / 3, in 6/(x + 3) - 1",
        erfc_tail,
        lambda t: 1 / erfc_tail(t),
        2 * ERFC / (mpf("9.3") + ERFC) - 1,
        mpf(1),
        ((9, 0), None),
        chain=True,
    ),
    Fit(
        "erfc_tail",
        "exp(x²)·erfc(x)·(x + 3) / 3, in 6/(x + 3) - 1",
        erfc_tail,
        lambda t: 1 / erfc_tail(t),
        2 * ERFC / (mpf("26.6") + ERFC) - 1,
        mpf(1),
        (None, (22, 0)),
        chain=True,
    ),
    Fit(
        "sinh_tail",
        "(sinh(x) / x - 1) / x², in x²",
        odd(mpmath.sinh),
        relative(mpmath.sinh),
        mpf(0),
        mpf(1),
        ((3, 0), (6, 0)),
        root=True,
    ),
    Fit(
        "asin_tail",
        "(asin(x) / x - 1) / x², in x²",
        odd(mpmath.asin),
        relative(mpmath.asin),
        mpf(0),
        mpf("0.25"),
        ((4, 0), (11, 0)),
        root=True,
    ),
    Fit(
        "atan_tail",
        "(atan(t) / t - 1) / t², in t²",
        odd(mpmath.atan),
        relative(mpmath.atan),
        mpf(0),
        ((ROOT - 1) * SLACK) ** 2,
        ((4, 0), (10, 0)),
        root=True,
    ),
)


def literal(value: mpf, double: bool) -> str:
    """A C++ literal of the nearest number of the precision."""
    return float(nearest(value, double)).hex() + ("" if double else "f")


def polynomial(coefficients: list[mpf], double: bool, chain: bool) -> str:
    """A polynomial in x as C++ text, by halves: short chains of dependent products keep a processor's units busy."""
    count = len(coefficients)
    if count == 1:
        return literal(coefficients[0], double)
    half = 1 if chain else 1 << ((count - 1).bit_length() - 1)
    low, high = polynomial(coefficients[:half], double, chain), polynomial(coefficients[half:], double, chain)
    return f"({high} * {'x' if half == 1 else f'x{half}'} + {low})"


def powers(count: int, chain: bool) -> str:
    """Declarations of the powers that a polynomial of some coefficients takes."""
    halves = [1 << k for k in range(1, (count - 1).bit_length()) if not chain]
    return "".join(f"    const V x{k} = x{k // 2 if k > 2 else ''} * x{k // 2 if k > 2 else ''};\n" for k in halves)


def wrapped(text: str) -> str:
    """A long expression, broken after its products."""
    lines, line = [], ""
    for piece in text.replace(" + ", " + \n").split("\n"):
        if len(line) + len(piece) > 104:
            lines.append(line)
            line = ""
        line += piece
    return "\n           ".join(line.strip() for line in [*lines, line])


def functions(double: bool) -> str:
    """C++ functions of every fit that a precision uses."""
    text = ""
    for fit in FITS:
        degrees = fit.degrees[double]
        if degrees is None:
            continue
        top, bottom, error = minimax(fit, degrees)
        # Only where 0 is an end: in the middle, what a rounding has left has a pole there that no polynomial follows.
        if not degrees[1] and not double and fit.low >= 0:
            top, error = rounded(fit, degrees[0], double)
        interval = f"[{mpmath.nstr(fit.low, 5)}, {mpmath.nstr(fit.high, 5)}]"
        text += f"// {fit.what}, on {interval}; largest error {mpmath.nstr(error, 2)} of the result.\n"
        parts = [("", top)] if len(bottom) == 1 else [("_top", top), ("_bottom", bottom)]
        for suffix, coefficients in parts:
            body = f"{powers(len(coefficients), fit.chain)}    return "
            body += f"{wrapped(polynomial(coefficients, double, fit.chain))};\n"
            text += f"INLINE V {fit.name}{suffix}(V x) {{\n{body}}}\n"
    return text


def header() -> str:
    """The whole header."""
    return (
        "// Polynomials of the elementary functions; written by benchmarks/coefficients.py, not by hand.\n"
        '#pragma once\n\n#include "real.hpp"\n\nnamespace fused {\n\n#if REAL_IS_DOUBLE\n\n'
        f"{functions(True)}\n#else\n\n{functions(False)}\n#endif\n\n}}  // namespace fused\n"
    )


if __name__ == "__main__":
    sys.stdout.write(header())
