"""Functions of two inputs."""

from __future__ import annotations

from activations.fitting.suite.special import elliptic_e
from activations.fitting.target import Target

__all__ = ["TARGETS"]

TARGETS = (
    Target(
        name="franke",
        title="Franke's hills",
        formula="0.75*exp(-((9*x1 - 2)^2 + (9*x2 - 2)^2)/4) + 0.75*exp(-(9*x1 + 1)^2/49 - (9*x2 + 1)/10)"
        " + 0.5*exp(-((9*x1 - 7)^2 + (9*x2 - 3)^2)/4) - 0.2*exp(-(9*x1 - 4)^2 - (9*x2 - 7)^2)",
        domain=((0, 1), (0, 1)),
        points=400,
        sampling="uniform",
        group="2d",
        tier="core",
        source="Franke 1979, report NPS-53-79-003",
    ),
    Target(
        name="kan_exp",
        title="exponential of a sine and a square",
        formula="exp(sin(pi*x1) + x2^2)",
        domain=((-1, 1), (-1, 1)),
        points=1000,
        sampling="uniform",
        group="2d",
        tier="core",
        source="Liu et al. 2024, arXiv:2404.19756, section 3.1",
    ),
    Target(
        name="elliptic_e",
        title="incomplete elliptic integral E(x1 | x2)",
        domain=((0, 1), (0, 1)),
        points=1000,
        sampling="uniform",
        group="2d",
        tier="core",
        source="Liu et al. 2024, arXiv:2404.19756, table 1",
        aliases=("ellipeinc",),
        function=elliptic_e,
    ),
    Target(
        name="radial_sinc",
        title="sine of the radius over the radius",
        formula="sinc(hypot(x1, x2)/pi)",
        domain=((-8, 8), (-8, 8)),
        points=900,
        sampling="uniform",
        group="2d",
        source="the classic sombrero",
    ),
    Target(
        name="disk",
        title="indicator of a disk",
        formula="1 if x1^2 + x2^2 < 0.25 else 0",
        domain=((-1, 1), (-1, 1)),
        points=1000,
        sampling="uniform",
        group="2d",
        tier="core",
        source="Petersen, Voigtlaender 2018, arXiv:1709.05289",
    ),
)
