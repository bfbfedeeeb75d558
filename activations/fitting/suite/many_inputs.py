"""Functions of more than two inputs."""

from __future__ import annotations

import math

from activations.fitting.target import Target

__all__ = ["TARGETS"]

TARGETS = (
    Target(
        name="friedman1",
        title="Friedman's first function; x6 to x10 do nothing",
        formula="10*sin(pi*x1*x2) + 20*(x3 - 0.5)^2 + 10*x4 + 5*x5",
        domain=((0, 1),) * 10,
        points=400,
        sampling="uniform",
        noise=1.0,
        group="nd",
        tier="core",
        source="Friedman 1991, doi:10.1214/aos/1176347963",
    ),
    Target(
        name="friedman3",
        title="Friedman's third function: badly scaled inputs",
        formula="atan((x2*x3 - 1/(x2*x4))/x1)",
        domain=((0, 100), (40 * math.pi, 560 * math.pi), (0, 1), (1, 11)),
        points=400,
        sampling="uniform",
        noise=0.1,
        group="nd",
        source="Friedman 1991, doi:10.1214/aos/1176347963",
    ),
)
