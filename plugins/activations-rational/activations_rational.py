"""Padé activation units: learnable quotients of two polynomials that start near a familiar activation.

All are one family of curves, a polynomial of degree 5 over 1 + |b1*x| + |b2*x^2| + |b3*x^3| + |b4*x^4|, which is never
below 1. The paper's text has the size of the sum there, its authors' code has the sum of the sizes as its version A;
this is the latter. The authors find start values by least squares. Those here are our own: the best uniform fit on
[-3, 3] among those with a0 = 0, so that 0 stays 0 and there is no kink, and with every b at least 0.01, because a
coefficient of 0 within a size has no gradient and would never learn. `fit.py` beside the sources finds them again.
"""

from torch import Tensor, float32, promote_types

from activations import activation, hookimpl
from activations.catalogue.polynomial import rational_a

PAPER = "Molina, Schramowski, Kersting 2020, arXiv:1907.06732"
FORMULA = "(a0 + a1*x + a2*x^2 + a3*x^3 + a4*x^4 + a5*x^5)/(1 + abs(b1*x) + abs(b2*x^2) + abs(b3*x^3) + abs(b4*x^4))"
LEARNABLE = ("a0", "a1", "a2", "a3", "a4", "a5", "b1", "b2", "b3", "b4")
KINKS = ("0/(a0*b1)",)
CASES = ({"a0": 0.5},)
FITTED = (-3.0, 3.0)


def _quotient(x: Tensor, **coefficients: float | Tensor) -> Tensor:
    """The quotient of the catalogue, in single precision at least: in half types its slope far out would overflow."""
    wide = x.to(promote_types(x.dtype, float32))
    return rational_a.function(wide, **coefficients).to(x.dtype)


@activation(formula=FORMULA, paper=PAPER, learnable=LEARNABLE, kinks=KINKS, cases=CASES, window=FITTED)
def pau_leaky_relu(
    x: Tensor,
    *,
    a0: float = 0.0,
    a1: float = 0.54967145,
    a2: float = 4.23616519,
    a3: float = 8.24170718,
    a4: float = 5.01572881,
    a5: float = 0.96469516,
    b1: float = 1.29228062,
    b2: float = 14.26209252,
    b3: float = 1.03080754,
    b4: float = 1.74859473,
) -> Tensor:
    """A safe Padé activation unit that starts as leaky ReLU with slope 0.01, within 0.017 on [-3, 3].

    The `rational_a` of the catalogue has the authors' own start values near the same function.
    """
    return _quotient(x, a0=a0, a1=a1, a2=a2, a3=a3, a4=a4, a5=a5, b1=b1, b2=b2, b3=b3, b4=b4)


@activation(formula=FORMULA, paper=PAPER, learnable=LEARNABLE, kinks=KINKS, window=FITTED)
def pau_tanh(
    x: Tensor,
    *,
    a0: float = 0.0,
    a1: float = 1.001199,
    a2: float = 0.0,
    a3: float = 0.20253395,
    a4: float = 0.0,
    a5: float = 0.00328208,
    b1: float = 0.01,
    b2: float = 0.5100121,
    b3: float = 0.02875715,
    b4: float = 0.03603287,
) -> Tensor:
    """A safe Padé activation unit that starts as tanh, within 0.00005 on [-3, 3]; beyond that it grows, as all do."""
    return _quotient(x, a0=a0, a1=a1, a2=a2, a3=a3, a4=a4, a5=a5, b1=b1, b2=b2, b3=b3, b4=b4)


@activation(formula=FORMULA, paper=PAPER, learnable=LEARNABLE, kinks=KINKS, window=FITTED)
def pau_gelu(
    x: Tensor,
    *,
    a0: float = 0.0,
    a1: float = 0.5055506,
    a2: float = 0.41579945,
    a3: float = 0.15358311,
    a4: float = 0.04022459,
    a5: float = 0.00563216,
    b1: float = 0.03084068,
    b2: float = 0.27949829,
    b3: float = 0.01,
    b4: float = 0.01,
) -> Tensor:
    """A safe Padé activation unit that starts as GELU, within 0.0027 on [-3, 3]."""
    return _quotient(x, a0=a0, a1=a1, a2=a2, a3=a3, a4=a4, a5=a5, b1=b1, b2=b2, b3=b3, b4=b4)


@hookimpl
def provide_activations() -> list[object]:
    """Give the registry what this distribution declares."""
    return [pau_leaky_relu, pau_tanh, pau_gelu]
