"""An activation on a target, with the runs that rank it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Precision, Run

__all__ = ["Entry", "Stage"]

Stage: TypeAlias = Literal["tuning", "screening", "ranking"]

# Relative errors below it are rounding, and do not rank: all of them are equal.
RESOLUTION: dict[Precision, float] = {"float32": 3e-7, "float64": 1e-13}


@dataclass(frozen=True)
class Entry:
    """What ranks an activation on a target.

    Attributes:
        stage: "ranking", or "screening" for the few seeds that choose who takes part in the final of a race.
        outcomes: of its fresh seeds, in order; at least one.
        at_edge: its learning rate is the lowest or highest that was tried.
    """

    stage: Stage
    outcomes: tuple[Outcome, ...]
    at_edge: bool

    @property
    def run(self) -> Run:
        """The run of its first seed, whose settings all of them have."""
        return self.outcomes[0].run

    @property
    def label(self) -> str:
        """The activation."""
        return self.run.variant.label

    @property
    def errors(self) -> list[float]:
        """The errors that rank, one per seed; one that is rounding is as large as the largest that is."""
        least = RESOLUTION[self.run.precision]
        constant = any(outcome.test.r2 is None for outcome in self.outcomes)  # its error is no relative one
        return [max(outcome.test.relative, 0.0 if constant else least) for outcome in self.outcomes]
