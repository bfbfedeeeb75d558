"""The smallest error that networks of one activation and architecture have reached on a target, by any training."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run
from activations.floors import Floor

__all__ = ["Architecture", "BestKnown", "architecture", "own_text"]

Architecture: TypeAlias = tuple[str, str, str, str]
SHORT = {"lm": "LM", "lbfgs": "L-BFGS", "adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}


def architecture(run: Run) -> Architecture:
    """What runs share that may be compared: digests of target and activation, widths, activations of single layers."""
    return run.target.digest, run.variant.digest, ",".join(map(str, run.hidden)), own_text(run)


def own_text(run: Run) -> str:
    """The activations of single layers as JSON."""
    return json.dumps([[variant.label, variant.digest] if variant else None for variant in run.own])


@dataclass
class _Best:
    """The best of some runs: test RMSE, relative error, and the starts of each optimizer."""

    rmse: float = math.inf
    relative: float | None = None
    starts: Counter[str] = field(default_factory=Counter)


class BestKnown:
    """The best errors of many architectures. It is no bound: longer training may go below one."""

    def __init__(self) -> None:
        self._found: dict[Architecture, _Best] = {}

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Take runs into account, whatever their training was."""
        for outcome in outcomes:
            recipe = outcome.run.recipe
            relative = None if outcome.test.r2 is None else outcome.test.relative
            self.note(architecture(outcome.run), recipe.optimizer, recipe.starts, outcome.test.rmse, relative)

    def note(self, place: Architecture, optimizer: str, starts: int, rmse: float, relative: float | None) -> None:
        """Take into account the smallest errors of runs with so many starts in all."""
        best = self._found.setdefault(place, _Best())
        best.starts[optimizer] += starts
        if rmse < best.rmse:
            best.rmse, best.relative = rmse, relative

    def floor(self, run: Run) -> Floor | None:
        """The best value of a run's architecture, with the trainings that took part.

        Returns:
            None if no run gave a finite error, for a classification, and for a table, whose test points differ from
            seed to seed.
        """
        best = self._found.get(architecture(run))
        if best is None or not math.isfinite(best.rmse) or run.target.classes or run.target.table:
            return None
        parts = [
            f"{SHORT.get(name, name)}, {count} start{'s' * (count > 1)}" for name, count in sorted(best.starts.items())
        ]
        return Floor(best.rmse, "best known", "; ".join(parts), best.relative)
