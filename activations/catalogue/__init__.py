"""The built-in activations: one file per family, one short declaration each.

The family "axis" holds functions over a dimension, the others elementwise activations.
"""

from __future__ import annotations

import importlib

from activations.axis import AxisActivation
from activations.declare import Activation

__all__ = ["AXIS_FAMILY", "FAMILIES", "axis_declarations", "declarations"]

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
AXIS_FAMILY = "axis"


def declarations() -> list[Activation]:
    """All built-in elementwise activations in source order."""
    modules = [importlib.import_module(f"{__name__}.{family}") for family in FAMILIES]
    return [item for module in modules for item in vars(module).values() if isinstance(item, Activation)]


def axis_declarations() -> list[AxisActivation]:
    """All built-in functions over a dimension in source order."""
    module = importlib.import_module(f"{__name__}.{AXIS_FAMILY}")
    return [item for item in vars(module).values() if isinstance(item, AxisActivation)]
