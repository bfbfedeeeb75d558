"""Controls: their outcome is known, and shows that the benchmark itself is sound."""

from __future__ import annotations

from activations.fitting.target import Target

__all__ = ["TARGETS"]

TARGETS = (
    Target(
        name="control_affine",
        title="straight line",
        formula="2*x - 1",
        domain=((-1, 1),),
        points=50,
        group="control",
        tier="control",
        extrapolation=((1, 3),),
        source="control",
        expectation="the identity is exact, and so can every piecewise linear activation be",
    ),
    Target(
        name="control_constant",
        title="constant",
        formula="1",
        domain=((-1, 1),),
        points=50,
        group="control",
        tier="control",
        source="control",
        expectation="no variance: R² and NRMSE are undefined, and the RMSE ranks",
    ),
    Target(
        name="control_noise",
        title="nothing but noise",
        formula="0",
        domain=((-1, 1),),
        sampling="uniform",
        points=100,
        noise=1.0,
        group="control",
        tier="control",
        source="control",
        expectation="nothing can be learned, and no activation is the winner",
    ),
)
