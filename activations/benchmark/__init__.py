"""Which activation fits best: tuned, trained on fresh seeds, ranked with intervals. Imports nothing heavy."""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

from activations.benchmark.jobs import available_jobs
from activations.benchmark.presets import DEFAULT_ACTIVATIONS, PRESETS, Preset, preset_named

if TYPE_CHECKING:
    from activations.benchmark.protocol import Progress, benchmark
    from activations.benchmark.result import Fit, Result, Row, TargetResult

__all__ = [
    "DEFAULT_ACTIVATIONS",
    "PRESETS",
    "Fit",
    "Preset",
    "Progress",
    "Result",
    "Row",
    "TargetResult",
    "available_jobs",
    "benchmark",
    "preset_named",
]


class _CallableModule(types.ModuleType):
    """Lets `activations.benchmark(...)` be called: the package and its function have one name."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return __getattr__("benchmark")(*args, **options)


sys.modules[__name__].__class__ = _CallableModule

_HEAVY = {"benchmark": "protocol", "Progress": "protocol"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HEAVY.get(name, 'result')}"), name)
