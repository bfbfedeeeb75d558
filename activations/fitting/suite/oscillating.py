"""Functions of one input that oscillate at one scale."""

from __future__ import annotations

from activations.fitting.suite.special import bessel_j0
from activations.fitting.target import Target

__all__ = ["TARGETS"]

TARGETS = (
    Target(
        name="sin",
        title="sine over three periods",
        formula="sin(x)",
        domain=((-10, 10),),
        points=200,
        group="oscillating",
        tier="core",
        seed_target=True,
        extrapolation=((-15, -10), (10, 15)),
        source="seed of the project; Ziyin, Hartwig, Ueda 2020, arXiv:2006.08195",
        expectation="beyond the domain only periodic activations can follow, and only on inputs that are not scaled",
        aliases=("sin_wide",),
    ),
    Target(
        name="gramacy_lee",
        title="Gramacy and Lee's test of surrogate models",
        formula="sin(10*pi*x)/(2*x) + (x - 1)^4",
        domain=((0.5, 2.5),),
        points=201,
        group="oscillating",
        tier="core",
        source="Gramacy, Lee 2012, doi:10.1007/s11222-010-9224-x",
    ),
    Target(
        name="sinc10",
        title="sine of 10x over 10x",
        formula="sinc(10*x/pi)",
        domain=((-1, 1),),
        points=201,
        group="oscillating",
        tier="core",
        source="Taylor, Wang, Bala, Bednarz 2022, arXiv:2205.07430",
        expectation="Levenberg-Marquardt reaches far smaller errors than BFGS, L-BFGS and Adam, in this order",
    ),
    Target(
        name="bessel_j0",
        title="Bessel's function J0",
        domain=((0, 20),),
        points=201,
        group="oscillating",
        tier="core",
        source="special functions, as in Liu et al. 2024, arXiv:2404.19756",
        function=bessel_j0,
    ),
    Target(
        name="sin20pi",
        title="sine over ten periods",
        formula="sin(20*pi*x)",
        domain=((0, 1),),
        points=256,
        group="oscillating",
        tier="core",
        source="of the kind of Rahaman et al. 2019, arXiv:1806.08734",
        expectation="a sine of large scale is far better than tanh, GELU and ReLU at equal effort",
    ),
)
