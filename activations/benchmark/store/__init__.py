"""Where results are kept: one SQLite file of runs, from which every ranking can be made again."""

from __future__ import annotations

from activations.benchmark.store.environment import Environment, this_environment
from activations.benchmark.store.store import Store, default_store

__all__ = ["Environment", "Store", "default_store", "this_environment"]
