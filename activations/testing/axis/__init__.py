"""The checks of functions over a dimension."""

from __future__ import annotations

from collections.abc import Callable

from activations.axis import AxisVariant
from activations.testing.axis.gradients import check_gradcheck, check_gradient, check_kinks
from activations.testing.axis.layout import check_dtypes, check_permutation, check_shapes, check_sizes
from activations.testing.axis.modules import check_module
from activations.testing.axis.transforms import check_compile, check_transforms
from activations.testing.axis.values import check_finite, check_native, check_value
from activations.testing.outcome import Measured

__all__ = ["AXIS_CHECKS", "AxisCheck"]

AxisCheck = Callable[[AxisVariant], Measured]

AXIS_CHECKS: dict[str, AxisCheck] = {
    "value": check_value,
    "gradient": check_gradient,
    "gradcheck": check_gradcheck,
    "kinks": check_kinks,
    "native": check_native,
    "finite": check_finite,
    "permutation": check_permutation,
    "shapes": check_shapes,
    "sizes": check_sizes,
    "dtypes": check_dtypes,
    "transforms": check_transforms,
    "compile": check_compile,
    "module": check_module,
}
"""Every check by name; the docstring's first line says what it holds a function to."""
