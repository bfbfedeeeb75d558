"""Functions of one input with structure at several scales."""

from __future__ import annotations

from activations.fitting.target import Target

__all__ = ["TARGETS"]

PHASES = (0, 2.1, 4.2, 0.9, 3, 5.1, 1.8, 3.9, 6, 2.7)  # of the frequencies 5, 10, … 50; chosen here

# Position, height and width. Copies on the web have 2.1 for the height 5.1.
BUMPS = (
    (0.1, 4, 0.005),
    (0.13, 5, 0.005),
    (0.15, 3, 0.006),
    (0.23, 4, 0.01),
    (0.25, 5, 0.01),
    (0.4, 4.2, 0.03),
    (0.44, 2.1, 0.01),
    (0.65, 4.3, 0.01),
    (0.76, 3.1, 0.005),
    (0.78, 5.1, 0.008),
    (0.81, 4.2, 0.005),
)

TARGETS = (
    Target(
        name="higdon",
        title="Higdon's two waves",
        formula="sin(2*pi*x/10) + 0.2*sin(2*pi*x/2.5)",
        domain=((0, 10),),
        group="multiscale",
        tier="core",
        source="Higdon 2002, in Quantitative Methods for Current Environmental Issues, 37-56",
    ),
    Target(
        name="multisine",
        title="ten sines of frequencies 5 to 50",
        formula=" + ".join(f"sin({10 * k}*pi*x + {phase})" for k, phase in enumerate(PHASES, start=1)).replace(
            " + 0)", ")"
        ),
        domain=((0, 1),),
        points=401,
        group="multiscale",
        tier="core",
        source="Rahaman et al. 2019, arXiv:1806.08734; phases and number of points chosen here",
        expectation="ReLU networks learn the low frequencies first",
    ),
    Target(
        name="doppler",
        title="Donoho and Johnstone's Doppler",
        formula="sqrt(x*(1 - x))*sin(2.1*pi/(x + 0.05))",
        domain=((0, 1),),
        points=512,
        group="multiscale",
        tier="core",
        source="Donoho, Johnstone 1994, doi:10.1093/biomet/81.3.425",
    ),
    Target(
        name="two_scale",
        title="a sine with a small fast one",
        formula="sin(2*pi*x) + 0.1*sin(50*pi*x)",
        domain=((0, 1),),
        points=256,
        group="multiscale",
        tier="core",
        source="Wang, Wang, Perdikaris 2021, arXiv:2012.10047",
        expectation="activations that are not periodic stop near NRMSE 0.0995, that of leaving the fast sine out",
    ),
    Target(
        name="weierstrass",
        title="seven terms of Weierstrass's series",
        formula="cos(pi*x) + " + " + ".join(f"0.5^{k}*cos({3**k}*pi*x)" for k in range(1, 7)),
        domain=((-1, 1),),
        points=1001,
        group="multiscale",
        tier="core",
        source="Weierstrass 1872, with a = 1/2 and b = 3",
    ),
    Target(
        name="bumps",
        title="Donoho and Johnstone's Bumps",
        formula=" + ".join(f"{height}*(1 + abs((x - {at})/{width}))^-4" for at, height, width in BUMPS),
        domain=((0, 1),),
        points=1024,
        group="multiscale",
        source="Donoho, Johnstone 1994, doi:10.1093/biomet/81.3.425",
    ),
)
