"""What is known of a run that could not be trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from activations.benchmark.outcome import Outcome, judge
from activations.benchmark.plan import Run
from activations.fitting.samples import draw_samples

__all__ = ["untrained"]


def untrained(run: Run, reason: str) -> Outcome:
    """The outcome of a run without any step: it failed, for a reason in a few words."""
    samples = draw_samples(run.target, run.seed)
    parts = ["validation", "test"] + ["extrapolation"] * (samples.extrapolation is not None)
    nothing = {part: np.full((len(getattr(samples, part).x), run.network.outputs), np.nan) for part in parts}
    outcome = judge(run, samples, nothing, 0, np.zeros(run.network.parameters, dtype=run.precision), 0.0)
    return replace(outcome, diverged_at=None, reason=reason)
