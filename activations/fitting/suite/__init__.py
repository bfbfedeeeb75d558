"""The suite of targets, a file per group; `activations.fitting.targets` looks them up. Imports nothing heavy."""

from __future__ import annotations

from activations.fitting.suite import (
    classes,
    controls,
    discontinuous,
    kinked,
    many_inputs,
    measured,
    multiscale,
    noisy,
    oscillating,
    smooth,
    two_inputs,
)
from activations.fitting.target import Target

__all__ = ["TARGETS"]

FILES = (
    oscillating,
    smooth,
    multiscale,
    kinked,
    discontinuous,
    noisy,
    two_inputs,
    many_inputs,
    classes,
    measured,
    controls,
)

TARGETS: tuple[Target, ...] = tuple(target for file in FILES for target in file.TARGETS)
"""All targets, group by group."""
