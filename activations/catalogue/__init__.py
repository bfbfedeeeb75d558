"""The built-in activations: one file per family, one short declaration each."""

from __future__ import annotations

import importlib

from activations.declare import Activation

__all__ = ["FAMILIES", "declarations"]

FAMILIES = (
    "linear",
    "rectified",
    "smooth_rectified",
    "soft_rectified",
    "self_gated",
    "composite_gated",
    "smooth_absolute",
    "exponential_linear",
    "sigmoidal",
    "piecewise_linear",
    "shrinkage",
    "threshold",
    "logarithmic",
    "exponential",
    "polynomial",
    "periodic",
    "wavelet",
    "gated",
)


def declarations() -> list[Activation]:
    """All built-in activations in source order."""
    modules = [importlib.import_module(f"{__name__}.{family}") for family in FAMILIES]
    return [item for module in modules for item in vars(module).values() if isinstance(item, Activation)]
