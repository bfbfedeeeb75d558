"""Polynomials and quotients of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import activation
from activations.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

NOEL = "Noel, Bharadwaj, Muthiah-Nakarajan et al. 2021, arXiv:2111.04020"


@activation(
    formula="x - x^3",
    paper=NOEL,
    derivative="symbolic",
    aliases=("NCU", "non_monotonic_cubic_unit"),
    window=(-2, 2),
)
def ncu(x: Tensor) -> Tensor:
    """The non-monotonic cubic unit: the input less its cube."""
    return x * (1 - x) * (1 + x)


@activation(
    formula="x^2 + x",
    paper=NOEL,
    derivative="symbolic",
    aliases=("SQU", "shifted_quadratic_unit"),
    window=(-3, 3),
)
def squ(x: Tensor) -> Tensor:
    """The shifted quadratic unit: the input plus its square."""
    return x * (x + 1)


@activation(
    formula="x^2",
    paper="mlpack developers 2020, github.com/mlpack/mlpack",
    native="torch.square",
    aliases=("quadratic",),
    window=(-3, 3),
)
def square(x: Tensor) -> Tensor:
    """The square of its input."""
    return x * x


@activation(
    formula="a*x^3",
    paper="Deeplearning4j contributors 2016, github.com/deeplearning4j/deeplearning4j",
    derivative="symbolic",
    aliases=("cubic",),
    cases=({"a": -0.5},),
    window=(-2, 2),
)
def cube(x: Tensor, *, a: float = 1.0) -> Tensor:
    """The cube of its input, times a."""
    return a * x * x * x


@activation(
    formula=(
        "alpha*(max(x/gamma + beta, 0)^3*(max(x/gamma + beta, 0)^5 - 2*max(x/gamma + beta, 0)^4 + 2)"
        " - beta^3*(beta^5 - 2*beta^4 + 2))"
    ),
    paper="Kiseľák, Lu, Švihra, Szépe, Stehlík 2020, doi:10.1007/s00521-020-05182-1",
    aliases=("SPOCU",),
    cases=({"alpha": 1.0, "beta": 0.5, "gamma": 2.0},),
    window=(-6, 5.5),
    skip={"dtypes": "near 5.2 terms of sum 150 cancel, float32 keeps 1e-5; with gamma = 2 float16 overflows at 8"},
)
def spocu(x: Tensor, *, alpha: float = 3.0937, beta: float = 0.6653, gamma: float = 4.437) -> Tensor:
    """A polynomial of degree 8 to the right of -beta*gamma, smoothly joined to a constant, with value 0 at 0.

    The form with c = infinity, for 0 < beta < 1. The reference code in torch goes through NumPy and gives no gradient.
    The difference of the two polynomials is expanded around beta, so that it does not cancel near 0. Half types are
    computed in float32.
    """
    h = x.to(torch.promote_types(x.dtype, torch.float32)) / gamma
    h = torch.where(h < -beta, torch.zeros_like(h) - beta, h)
    b2 = beta * beta
    b3 = b2 * beta
    # r(y) = y^8 - 2*y^7 + 2*y^3: its derivatives at beta over k!, from k = 8 down to 1.
    coefficients = (
        1.0,
        8 * beta - 2,
        28 * b2 - 14 * beta,
        56 * b3 - 42 * b2,
        70 * b3 * (beta - 1),
        14 * b2 * b2 * (4 * beta - 5) + 2,
        14 * b2 * b3 * (2 * beta - 3) + 6 * beta,
        2 * b3 * b3 * (4 * beta - 7) + 6 * b2,
    )
    value = torch.zeros_like(h)
    for coefficient in coefficients:
        value = (value + coefficient) * h
    return (alpha * value).to(x.dtype)


@activation(
    formula=(
        "(a0 + a1*x + a2*x^2 + a3*x^3 + a4*x^4 + a5*x^5)/(1 + abs(b1*x) + abs(b2*x^2) + abs(b3*x^3) + abs(b4*x^4))"
    ),
    paper="Molina, Schramowski, Kersting 2020, arXiv:1907.06732",
    kinks=("0/(a0*b1)",),
    learnable=("a0", "a1", "a2", "a3", "a4", "a5", "b1", "b2", "b3", "b4"),
    aliases=("PAU", "safe_pau"),
    cases=({"a0": 0.0},),
)
def rational_a(
    x: Tensor,
    *,
    a0: float = 0.029792778657264946,
    a1: float = 0.6183735264987601,
    a2: float = 2.323309062531321,
    a3: float = 3.051936237265109,
    a4: float = 1.4854203263828845,
    a5: float = 0.2510244961111299,
    b1: float = -1.1419548357285474,
    b2: float = 4.393159974992486,
    b3: float = 0.8714712309957245,
    b4: float = 0.34719662339598834,
) -> Tensor:
    """A learnable quotient of two polynomials whose denominator is at least 1: the safe Padé activation unit.

    The defaults are those of rational_activations for leaky ReLU, fitted on [-3, 3]. Version A takes the size of each
    term of the denominator, which makes a kink at 0 unless a0 is 0; version B takes the size of their sum, and the
    unsafe version none. The gradient at 0 is a1, the mean of both sides.
    """
    size = x.abs()
    outside = size > 1
    c1, c2, c3, c4 = abs(b1), abs(b2), abs(b3), abs(b4)
    # Outside [-1, 1] both are divided by x^4, so that no power overflows.
    w = 1 / torch.where(outside, x, torch.ones_like(x))
    far = torch.where(outside, x, torch.ones_like(x)) * a5 + (a4 + w * (a3 + w * (a2 + w * (a1 + w * a0))))
    v = w.abs()
    far_below = c4 + v * (c3 + v * (c2 + v * (c1 + v)))
    near = torch.where(outside, torch.ones_like(x), x)
    m = near.abs()
    close = a0 + near * (a1 + near * (a2 + near * (a3 + near * (a4 + near * a5))))
    close_below = 1 + m * (c1 + m * (c2 + m * (c3 + m * c4)))
    return torch.where(outside, far / far_below, close / close_below)
