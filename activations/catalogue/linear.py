"""Linear in each input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import activation

if TYPE_CHECKING:
    from torch import Tensor

DUBEY = "Dubey, Singh, Chaudhuri 2022, arXiv:2109.14545"


@activation(
    formula="alpha + beta*x",
    paper=DUBEY,
    aliases=("identity", "none"),
    cases=({"alpha": -0.5, "beta": 3.0},),
)
def linear(x: Tensor, *, alpha: float = 0.0, beta: float = 1.0) -> Tensor:
    """A straight line; the identity at its defaults.

    A network of it can only fit an affine function, which makes it the baseline of every ranking.
    """
    return alpha + beta * x


@activation(
    formula="x1*A*x2 + b",
    aliases=("bilinear_glu",),
    paper="Tenenbaum, Freeman 2000, doi:10.1162/089976600300015349",
    cases=({"A": -0.7, "b": 0.3},),
    window=(-3, 3),
)
def bilinear(x1: Tensor, x2: Tensor, *, A: float = 1.0, b: float = 0.0) -> Tensor:  # noqa: N803 (the matrix of x1·A·x2)
    """The product of two inputs, linear in each of them.

    The elementwise form of x1·A·x2 + b. `activations.nn.Bilinear(in1_features, in2_features, out_features)` is the
    layer with a learnable matrix per output, torch's own. Without a gate function it is also the bilinear GLU of
    Shazeer 2020, arXiv:2002.05202.
    """
    return x1 * A * x2 + b
