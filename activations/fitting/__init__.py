"""Targets to fit, their samples, small networks, and the engine that trains many of them at once."""

from activations.fitting.function import function_target
from activations.fitting.settings import SettingError
from activations.fitting.targets import (
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
