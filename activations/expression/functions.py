"""The one table of the formula language: a row per function, and everything that is known about it.

The parser, the products (torch, mpmath, SymPy, JavaScript, LaTeX), the derivative, the messages and the tests
read this table and name no function themselves. To add a function, add a row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

Backend = Callable[..., Any]
"""A function of a library module (torch, mpmath or sympy) and the arguments; no library is imported here."""


class Function(NamedTuple):
    r"""One function of the language.

    Attributes:
        name: What is written in a formula.
        torch: The value from the module `torch` and tensors.
        mpmath: The value from the module `mpmath` and mpf numbers. A complex value or an exception means
            "undefined".
        sympy: The expression from the module `sympy` and expressions.
        javascript: The function of floats that is called: one of JavaScript's own `Math`, or one of `runtime.js`,
            which the emitted code knows as `F`.
        latex: The name set before a bracket (`\tanh`), or a whole template with `#1`, `#2` for the arguments.
        derivative: The total derivative in the language itself: arguments `u v w`, their derivatives `du dv
            dw`. For two or more arguments of `min` and `max` it is the rule for two.
        scalar: The value from Python floats, good enough to see a constant overflow; `None` if not worth
            having.
        arity: The least and the greatest number of arguments; `None` for no greatest.
        domain: The open interval on which the function is real and smooth up to isolated points.
        tame: The slope is finite at every finite argument, also where the value overflows or underflows.
        wide: mpmath accepts an argument of any magnitude without needing as many digits as the number is
            long.
        order: The first argument is an order: a whole number, written out.
        steps: The same in functions that torch computes in one pass, for values of which no derivative is asked;
            empty if it is one of those itself.
    """

    name: str
    torch: Backend
    mpmath: Backend
    sympy: Backend
    javascript: str
    latex: str
    derivative: str
    scalar: Callable[..., float] | None
    arity: tuple[int, int | None] = (1, 1)
    domain: tuple[float, float] = (-math.inf, math.inf)
    tame: bool = False
    wide: bool = False
    order: bool = False
    steps: str = ""


def _torch_sech(torch: Any, u: Any) -> Any:
    # 1/cosh(u) has a NaN slope once cosh overflows. A conditional instead of abs keeps the second derivative
    # at zero.
    decay = torch.exp(-torch.where(u < 0, -u, u))
    return 2 * decay / (1 + decay * decay)


def _torch_gamma(torch: Any, u: Any) -> Any:
    # torch has only the logarithm of |gamma|; left of zero the sign alternates from pole to pole.
    negative = (u < 0) & (torch.remainder(torch.floor(u), 2) != 0)
    size = torch.exp(torch.lgamma(u))
    return torch.where(negative, -size, size)


def _torch_cbrt(torch: Any, u: Any) -> Any:
    return torch.sign(u) * torch.abs(u) ** (1 / 3)


def _fold(function: Backend, values: tuple[Any, ...]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = function(result, value)
    return result


def _sympy_log_gamma(sympy: Any, u: Any) -> Any:
    return sympy.log(sympy.Abs(sympy.gamma(u)))


def _scalar_sigmoid(u: float) -> float:
    return 0.5 * (1 + math.tanh(u / 2))


def _scalar_cbrt(u: float) -> float:
    return math.copysign(abs(u) ** (1 / 3), u)


_POSITIVE = (0.0, math.inf)
_UNIT = (-1.0, 1.0)

_ROWS = (
    Function(
        "exp",
        lambda t, u: t.exp(u),
        lambda m, u: m.exp(u),
        lambda s, u: s.exp(u),
        "Math.exp",
        "e^{#1}",
        "exp(u)*du",
        math.exp,
    ),
    Function(
        "expm1",
        lambda t, u: t.expm1(u),
        lambda m, u: m.expm1(u),
        lambda s, u: s.exp(u) - 1,
        "Math.expm1",
        r"\left(e^{#1} - 1\right)",
        "exp(u)*du",
        math.expm1,
    ),
    Function(
        "log",
        lambda t, u: t.log(u),
        lambda m, u: m.log(u),
        lambda s, u: s.log(u),
        "Math.log",
        r"\ln",
        "du/u",
        math.log,
        domain=_POSITIVE,
        wide=True,
    ),
    Function(
        "log1p",
        lambda t, u: t.log1p(u),
        lambda m, u: m.log1p(u),
        lambda s, u: s.log(1 + u),
        "Math.log1p",
        r"\ln\left(1 + #1\right)",
        "du/(1 + u)",
        math.log1p,
        domain=(-1.0, math.inf),
        wide=True,
    ),
    Function(
        "log2",
        lambda t, u: t.log2(u),
        lambda m, u: m.log(u) / m.log(2),
        lambda s, u: s.log(u) / s.log(2),
        "Math.log2",
        r"\log_{2}",
        "du/(u*log(2))",
        math.log2,
        domain=_POSITIVE,
        wide=True,
    ),
    Function(
        "log10",
        lambda t, u: t.log10(u),
        lambda m, u: m.log(u) / m.log(10),
        lambda s, u: s.log(u) / s.log(10),
        "Math.log10",
        r"\log_{10}",
        "du/(u*log(10))",
        math.log10,
        domain=_POSITIVE,
        wide=True,
    ),
    Function(
        "sqrt",
        lambda t, u: t.sqrt(u),
        lambda m, u: m.sqrt(u),
        lambda s, u: s.sqrt(u),
        "Math.sqrt",
        r"\sqrt{#1}",
        "du/(2*sqrt(u))",
        math.sqrt,
        domain=_POSITIVE,
        wide=True,
    ),
    Function(
        "cbrt",
        _torch_cbrt,
        lambda m, u: m.sign(u) * m.cbrt(abs(u)),
        lambda s, u: s.sign(u) * s.Abs(u) ** s.Rational(1, 3),
        "Math.cbrt",
        r"\sqrt[3]{#1}",
        "du/(3*cbrt(u)^2)",
        _scalar_cbrt,
        wide=True,
    ),
    Function(
        "abs",
        lambda t, u: t.abs(u),
        lambda m, u: abs(u),
        lambda s, u: s.Abs(u),
        "Math.abs",
        r"\left|#1\right|",
        "sign(u)*du",
        abs,
        tame=True,
        wide=True,
    ),
    Function(
        "sign",
        lambda t, u: t.sign(u),
        lambda m, u: m.sign(u),
        lambda s, u: s.sign(u),
        "Math.sign",
        r"\operatorname{sign}",
        "0",
        lambda u: float((u > 0) - (u < 0)),
        tame=True,
        wide=True,
    ),
    Function(
        "min",
        lambda t, *values: _fold(t.minimum, values),
        lambda m, *values: min(values),
        lambda s, *values: s.Min(*values),
        "Math.min",
        r"\min",
        "du if u <= v else dv",
        min,
        arity=(2, None),
        tame=True,
        wide=True,
    ),
    Function(
        "max",
        lambda t, *values: _fold(t.maximum, values),
        lambda m, *values: max(values),
        lambda s, *values: s.Max(*values),
        "Math.max",
        r"\max",
        "du if u >= v else dv",
        max,
        arity=(2, None),
        tame=True,
        wide=True,
    ),
    Function(
        "clip",
        lambda t, u, v, w: t.clamp(u, v, w),
        lambda m, u, v, w: min(max(u, v), w),
        lambda s, u, v, w: s.Min(s.Max(u, v), w),
        "F.clip",
        r"\operatorname{clip}",
        "du if v <= u <= w else (dv if u < v else dw)",
        lambda u, v, w: min(max(u, v), w),
        arity=(3, 3),
        tame=True,
        wide=True,
    ),
    Function(
        "relu",
        lambda t, u: t.relu(u),
        lambda m, u: max(u, m.mpf(0)),
        lambda s, u: s.Max(u, 0),
        "F.relu",
        r"\operatorname{relu}",
        "du if u > 0 else 0",
        lambda u: max(u, 0.0),
        tame=True,
        wide=True,
    ),
    Function(
        "floor",
        lambda t, u: t.floor(u),
        lambda m, u: m.floor(u),
        lambda s, u: s.floor(u),
        "Math.floor",
        r"\left\lfloor #1\right\rfloor",
        "0",
        lambda u: float(math.floor(u)),
        tame=True,
    ),
    Function(
        "ceil",
        lambda t, u: t.ceil(u),
        lambda m, u: m.ceil(u),
        lambda s, u: s.ceiling(u),
        "Math.ceil",
        r"\left\lceil #1\right\rceil",
        "0",
        lambda u: float(math.ceil(u)),
        tame=True,
    ),
    Function(
        "sin",
        lambda t, u: t.sin(u),
        lambda m, u: m.sin(u),
        lambda s, u: s.sin(u),
        "Math.sin",
        r"\sin",
        "cos(u)*du",
        math.sin,
        tame=True,
    ),
    Function(
        "cos",
        lambda t, u: t.cos(u),
        lambda m, u: m.cos(u),
        lambda s, u: s.cos(u),
        "Math.cos",
        r"\cos",
        "-sin(u)*du",
        math.cos,
        tame=True,
    ),
    Function(
        "tan",
        lambda t, u: t.tan(u),
        lambda m, u: m.tan(u),
        lambda s, u: s.tan(u),
        "Math.tan",
        r"\tan",
        "(1 + tan(u)^2)*du",
        math.tan,
    ),
    Function(
        "asin",
        lambda t, u: t.asin(u),
        lambda m, u: m.asin(u),
        lambda s, u: s.asin(u),
        "Math.asin",
        r"\arcsin",
        "du/sqrt((1 - u)*(1 + u))",
        math.asin,
        domain=_UNIT,
    ),
    Function(
        "acos",
        lambda t, u: t.acos(u),
        lambda m, u: m.acos(u),
        lambda s, u: s.acos(u),
        "Math.acos",
        r"\arccos",
        "-du/sqrt((1 - u)*(1 + u))",
        math.acos,
        domain=_UNIT,
    ),
    Function(
        "atan",
        lambda t, u: t.atan(u),
        lambda m, u: m.atan(u),
        lambda s, u: s.atan(u),
        "Math.atan",
        r"\arctan",
        "du/(1 + u^2)",
        math.atan,
        tame=True,
    ),
    Function(
        "atan2",
        lambda t, u, v: t.atan2(u, v),
        lambda m, u, v: m.atan2(u, v),
        lambda s, u, v: s.atan2(u, v),
        "Math.atan2",
        r"\operatorname{atan2}",
        "(v*du - u*dv)/(u^2 + v^2)",
        math.atan2,
        arity=(2, 2),
    ),
    Function(
        "hypot",
        lambda t, u, v: t.hypot(u, v),
        lambda m, u, v: m.hypot(u, v),
        lambda s, u, v: s.sqrt(u**2 + v**2),
        "Math.hypot",
        r"\operatorname{hypot}",
        "(u*du + v*dv)/hypot(u, v)",
        math.hypot,
        arity=(2, 2),
        wide=True,
    ),
    Function(
        "sinh",
        lambda t, u: t.sinh(u),
        lambda m, u: m.sinh(u),
        lambda s, u: s.sinh(u),
        "Math.sinh",
        r"\sinh",
        "cosh(u)*du",
        math.sinh,
    ),
    Function(
        "cosh",
        lambda t, u: t.cosh(u),
        lambda m, u: m.cosh(u),
        lambda s, u: s.cosh(u),
        "Math.cosh",
        r"\cosh",
        "sinh(u)*du",
        math.cosh,
    ),
    Function(
        "tanh",
        lambda t, u: t.tanh(u),
        lambda m, u: m.tanh(u),
        lambda s, u: s.tanh(u),
        "Math.tanh",
        r"\tanh",
        "sech(u)^2*du",
        math.tanh,
        tame=True,
    ),
    Function(
        "sech",
        _torch_sech,
        lambda m, u: m.sech(u),
        lambda s, u: s.sech(u),
        "F.sech",
        r"\operatorname{sech}",
        "-sech(u)*tanh(u)*du",
        lambda u: 1 / math.cosh(min(abs(u), 700.0)),
        tame=True,
        steps="2*exp(-abs(u))/(1 + exp(-abs(u))^2)",
    ),
    Function(
        "asinh",
        lambda t, u: t.asinh(u),
        lambda m, u: m.asinh(u),
        lambda s, u: s.asinh(u),
        "Math.asinh",
        r"\operatorname{arsinh}",
        "du/sqrt(1 + u^2)",
        math.asinh,
        tame=True,
        wide=True,
    ),
    Function(
        "acosh",
        lambda t, u: t.acosh(u),
        lambda m, u: m.acosh(u),
        lambda s, u: s.acosh(u),
        "Math.acosh",
        r"\operatorname{arcosh}",
        "du/(sqrt(u - 1)*sqrt(u + 1))",
        math.acosh,
        domain=(1.0, math.inf),
        wide=True,
    ),
    Function(
        "atanh",
        lambda t, u: t.atanh(u),
        lambda m, u: m.atanh(u),
        lambda s, u: s.atanh(u),
        "Math.atanh",
        r"\operatorname{artanh}",
        "du/((1 - u)*(1 + u))",
        math.atanh,
        domain=_UNIT,
    ),
    Function(
        "erf",
        lambda t, u: t.erf(u),
        lambda m, u: m.erf(u),
        lambda s, u: s.erf(u),
        "F.erf",
        r"\operatorname{erf}",
        "2/sqrt(pi)*exp(-u^2)*du",
        math.erf,
        tame=True,
    ),
    Function(
        "erfc",
        lambda t, u: t.erfc(u),
        lambda m, u: m.erfc(u),
        lambda s, u: s.erfc(u),
        "F.erfc",
        r"\operatorname{erfc}",
        "-2/sqrt(pi)*exp(-u^2)*du",
        math.erfc,
        tame=True,
    ),
    Function(
        "ncdf",
        # torch.special.ndtr is (1 + erf)/2, whose lower tail has no digits.
        lambda t, u: t.erfc(u * -math.sqrt(0.5)) / 2,
        lambda m, u: m.ncdf(u),
        lambda s, u: (1 + s.erf(u / s.sqrt(2))) / 2,
        "F.ncdf",
        r"\Phi",
        "exp(-u^2/2)/sqrt(2*pi)*du",
        lambda u: 0.5 * math.erfc(-u / math.sqrt(2)),
        tame=True,
        steps="erfc(-sqrt(1/2)*u)/2",
    ),
    Function(
        "gamma",
        _torch_gamma,
        lambda m, u: m.gamma(u),
        lambda s, u: s.gamma(u),
        "F.gamma",
        r"\Gamma",
        "gamma(u)*digamma(u)*du",
        math.gamma,
    ),
    Function(
        "lgamma",
        lambda t, u: t.lgamma(u),
        lambda m, u: m.re(m.loggamma(u)),
        _sympy_log_gamma,
        "F.lgamma",
        r"\ln\left|\Gamma\left(#1\right)\right|",
        "digamma(u)*du",
        math.lgamma,
    ),
    Function(
        "digamma",
        lambda t, u: t.digamma(u),
        lambda m, u: m.digamma(u),
        lambda s, u: s.digamma(u),
        "F.digamma",
        r"\psi",
        "polygamma(1, u)*du",
        None,
    ),
    Function(
        "polygamma",
        lambda t, u, v: t.polygamma(int(u), v),
        lambda m, u, v: m.polygamma(int(u), v),
        lambda s, u, v: s.polygamma(u, v),
        "F.polygamma",
        r"\psi^{(#1)}\left(#2\right)",
        "polygamma(u + 1, v)*dv",
        None,
        arity=(2, 2),
        domain=_POSITIVE,
        order=True,
    ),
    Function(
        "sinc",
        lambda t, u: t.sinc(u),
        lambda m, u: m.sincpi(u),
        lambda s, u: s.sinc(s.pi * u),
        "F.sinc",
        r"\operatorname{sinc}",
        # At zero the quotient is 0/0: there the first terms of its series give this and the next five
        # derivatives.
        "(-pi^2*u/3 + pi^4*u^3/30 - pi^6*u^5/840 if u == 0 else (cos(pi*u) - sinc(u))/u)*du",
        lambda u: math.sin(math.pi * u) / (math.pi * u) if u else 1.0,
        tame=True,
    ),
    Function(
        "sigmoid",
        lambda t, u: t.sigmoid(u),
        lambda m, u: 1 / (1 + m.exp(-u)),
        lambda s, u: 1 / (1 + s.exp(-u)),
        "F.sigmoid",
        r"\sigma",
        "dsigmoid(u)*du",
        _scalar_sigmoid,
        tame=True,
    ),
    # A function of its own, for sigmoid(u)*sigmoid(-u) would have a derivative that cancels around 0.
    Function(
        "dsigmoid",
        lambda t, u: t.sigmoid(u) * t.sigmoid(-u),
        lambda m, u: m.sech(u / 2) ** 2 / 4,
        lambda s, u: s.sech(u / 2) ** 2 / 4,
        "F.dsigmoid",
        r"\sigma'",
        "-dsigmoid(u)*tanh(u/2)*du",
        lambda u: _scalar_sigmoid(u) * _scalar_sigmoid(-u),
        tame=True,
        steps="sigmoid(u)*sigmoid(-u)",
    ),
    Function(
        "softplus",
        # Above the threshold torch returns u itself; its default of 20 is wrong by 2e-9, 40 is right in
        # float64.
        lambda t, u: t.nn.functional.softplus(u, 1.0, 40.0),
        lambda m, u: m.log1p(m.exp(u)),
        lambda s, u: s.log(1 + s.exp(u)),
        "F.softplus",
        r"\operatorname{softplus}",
        "sigmoid(u)*du",
        lambda u: max(u, 0.0) + math.log1p(math.exp(-abs(u))),
        tame=True,
    ),
)

FUNCTIONS: dict[str, Function] = {row.name: row for row in _ROWS}
"""The functions by name."""

CONDITIONAL = "where"
"""`where(condition, a, b)` is another spelling of `a if condition else b`, not a function of numbers."""

CONSTANTS = {"pi": (math.pi, r"\pi"), "e": (math.e, "e")}
"""The constants by name: value in float precision, and LaTeX. mpmath and SymPy know both by the names
below."""

SYMPY_CONSTANTS = {"pi": "pi", "e": "E"}

ALIASES = {
    "ln": "log",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "arsinh": "asinh",
    "arcosh": "acosh",
    "artanh": "atanh",
    "maximum": "max",
    "minimum": "min",
    "clamp": "clip",
    "absolute": "abs",
    "fabs": "abs",
    "sgn": "sign",
    "normcdf": "ncdf",
    "ndtr": "ncdf",
    "gammaln": "lgamma",
    "loggamma": "lgamma",
    "psi": "digamma",
    "expit": "sigmoid",
    "logistic": "sigmoid",
}
"""Other spellings, which the canonical text does not keep."""

OPERATOR_NAMES = {"pow": "**", "power": "**", "mod": "%", "remainder": "%"}
"""Functions of two arguments that are operators spelled out."""

OPERATOR_DERIVATIVES = {
    "+": "du + dv",
    "-": "du - dv",
    "*": "du*v + u*dv",
    "/": "du/v - u*dv/v^2",
    "%": "du - dv*floor(u/v)",
}
"""Total derivatives of the operators but `**`, whose rule depends on what is constant."""
