"""Activation functions, each one proved, drawn and ranked.

Every public name is imported at its first use: `import activations` alone loads neither torch nor matplotlib.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from activations.axis import AxisActivation, AxisVariant, axis_activation
    from activations.benchmark import Result, benchmark
    from activations.citation import bibtex
    from activations.declare import Activation, Variant, activation, formula_activation
    from activations.derivation import Derivation, derive
    from activations.derivatives import derivative
    from activations.errors import ActivationsError
    from activations.expression import Expression, parse
    from activations.fitting import Target, csv_target, function_target, resolve_target
    from activations.hookspecs import hookimpl
    from activations.linear_layers import initialise
    from activations.networks.anomalies import Anomalies, find_anomalies
    from activations.networks.fit import Fit, fit
    from activations.networks.surface import Surface, loss_surface
    from activations.nn import create
    from activations.properties import Properties, measure
    from activations.registry import Registry, default_registry
    from activations.shape import ShapeInfo, shape_info
    from activations.similarity import Similarity, similar
    from activations.swapping import Swap, swap
    from activations.uniform_init import UniformInit

__version__ = "0.1.0"

__all__ = [
    "Activation",
    "ActivationsError",
    "Anomalies",
    "AxisActivation",
    "AxisVariant",
    "Derivation",
    "Expression",
    "Fit",
    "Properties",
    "Registry",
    "Result",
    "ShapeInfo",
    "Similarity",
    "Surface",
    "Swap",
    "Target",
    "UniformInit",
    "Variant",
    "activation",
    "axis_activation",
    "benchmark",
    "bibtex",
    "create",
    "csv_target",
    "default_registry",
    "derivative",
    "derive",
    "find_anomalies",
    "fit",
    "formula_activation",
    "function_target",
    "hookimpl",
    "initialise",
    "loss_surface",
    "measure",
    "parse",
    "resolve_target",
    "shape_info",
    "similar",
    "swap",
]

_HOMES = {
    "activations.axis": ("AxisActivation", "AxisVariant", "axis_activation"),
    "activations.benchmark": ("Result", "benchmark"),
    "activations.citation": ("bibtex",),
    "activations.declare": ("Activation", "Variant", "activation", "formula_activation"),
    "activations.derivation": ("Derivation", "derive"),
    "activations.derivatives": ("derivative",),
    "activations.errors": ("ActivationsError",),
    "activations.expression": ("Expression", "parse"),
    "activations.fitting": ("Target", "csv_target", "function_target", "resolve_target"),
    "activations.hookspecs": ("hookimpl",),
    "activations.linear_layers": ("initialise",),
    "activations.networks.anomalies": ("Anomalies", "find_anomalies"),
    "activations.networks.fit": ("Fit", "fit"),
    "activations.networks.surface": ("Surface", "loss_surface"),
    "activations.nn": ("create",),
    "activations.properties": ("Properties", "measure"),
    "activations.registry": ("Registry", "default_registry"),
    "activations.shape": ("ShapeInfo", "shape_info"),
    "activations.similarity": ("Similarity", "similar"),
    "activations.swapping": ("Swap", "swap"),
    "activations.uniform_init": ("UniformInit",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in ("integrations", "nn"):
        return importlib.import_module(f"activations.{name}")
    if name in _HOME_OF:
        return getattr(importlib.import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'activations' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
