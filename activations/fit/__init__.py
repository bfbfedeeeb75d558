"""Targets to fit, their samples, small networks, and the engine that trains many of them at once."""

from activations.fit.function import function_target
from activations.fit.settings import SettingError
from activations.fit.targets import (
    TARGETS,
    Target,
    csv_target,
    formula_target,
    resolve_target,
    resolve_targets,
    suite,
    target_names,
)

__all__ = [
    "TARGETS",
    "SettingError",
    "Target",
    "csv_target",
    "formula_target",
    "function_target",
    "resolve_target",
    "resolve_targets",
    "suite",
    "target_names",
]
