"""Functions of one input with jumps."""

from __future__ import annotations

from activations.fitting.target import Target

__all__ = ["TARGETS"]

# Position and height of each jump.
BLOCKS = (
    (0.1, 4),
    (0.13, -5),
    (0.15, 3),
    (0.23, -4),
    (0.25, 5),
    (0.4, -4.2),
    (0.44, 2.1),
    (0.65, 4.3),
    (0.76, -3.1),
    (0.78, 2.1),
    (0.81, -4.2),
)

TARGETS = (
    Target(
        name="step",
        title="step at 0",
        formula="0 if x < 0 else 1",
        domain=((-1, 1),),
        points=200,
        group="discontinuous",
        tier="core",
        source="standard of approximation theory",
        expectation="the largest error of a continuous network is at least 1/2",
    ),
    Target(
        name="square_wave",
        title="square wave, two periods",
        formula="sign(sin(4*pi*(x + 0.013)))",
        domain=((0, 1),),
        points=400,
        group="discontinuous",
        tier="core",
        source="standard of signal processing",
    ),
    Target(
        name="blocks",
        title="Donoho and Johnstone's Blocks",
        formula=" + ".join(f"{height}*(1 + sign(x - {at}))/2" for at, height in BLOCKS).replace("+ -", "- "),
        domain=((0, 1),),
        points=1024,
        group="discontinuous",
        tier="core",
        source="Donoho, Johnstone 1994, doi:10.1093/biomet/81.3.425",
    ),
    Target(
        name="heavisine",
        title="Donoho and Johnstone's HeaviSine",
        formula="4*sin(4*pi*x) - sign(x - 0.3) - sign(0.72 - x)",
        domain=((0, 1),),
        points=512,
        group="discontinuous",
        tier="core",
        source="Donoho, Johnstone 1994, doi:10.1093/biomet/81.3.425",
    ),
    Target(
        name="jagtap_jump",
        title="two waves with a jump between",
        formula="0.2*sin(18*x) if x <= 0 else 1 + 0.3*x*cos(54*x)",
        domain=((-1, 1),),
        points=300,
        group="discontinuous",
        tier="core",
        source="Jagtap, Kawaguchi, Karniadakis 2020, doi:10.1098/rspa.2020.0334",
        expectation="tanh and sine of learned slope are better than plain tanh",
    ),
)
