"""Continuous functions of one input with kinks, cusps or infinite slopes."""

from __future__ import annotations

from activations.fitting.target import Target

__all__ = ["TARGETS"]

TARGETS = (
    Target(
        name="abs",
        title="absolute value",
        formula="abs(x)",
        domain=((-1, 1),),
        group="kinked",
        tier="core",
        source="Bernstein 1914, doi:10.1007/BF02401828",
        expectation="two units of ReLU are exact; smooth activations round the kink",
    ),
    Target(
        name="triangle",
        title="triangle wave, four periods",
        formula="2*abs(2*(4*x - floor(4*x + 0.5))) - 1",
        domain=((0, 1),),
        points=201,
        group="kinked",
        tier="core",
        source="Telgarsky 2016, arXiv:1602.04485",
    ),
    Target(
        name="sqrt_cusp",
        title="cusp of a square root",
        formula="sqrt(abs(x - 0.37))",
        domain=((0, 1),),
        points=201,
        group="kinked",
        tier="core",
        source="the Cusp signal of WaveLab, after Donoho, Johnstone 1994, doi:10.1093/biomet/81.3.425",
        expectation="knots that are placed freely are much better than equidistant ones",
    ),
    Target(
        name="nguyen8",
        title="Nguyen-8 of symbolic regression",
        formula="sqrt(x)",
        domain=((0, 4),),
        group="kinked",
        source="Uy et al. 2011, doi:10.1007/s10710-010-9121-2",
    ),
)
