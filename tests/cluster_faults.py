"""What is done to a worker of a cluster in its own process."""

from __future__ import annotations

import platform
import resource

import activations
from activations.benchmark.cluster import work

__all__ = ["pretend_machine", "pretend_version", "refuse_writes"]

MACHINE, VERSION = platform.machine, activations.__version__


def refuse_writes(refuse: bool) -> None:
    """Let every write to a file fail, or not any more."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0 if refuse else hard, hard))


def pretend_machine(name: str = "") -> None:
    """Be another processor, or the true one again."""
    platform.machine = (lambda: name) if name else MACHINE
    work._environment.cache_clear()


def pretend_version(version: str = "") -> None:
    """Be another release of this library, or the true one again."""
    activations.__version__ = version or VERSION
    work._environment.cache_clear()
