"""A step recorded once as a CUDA graph and replayed: hundreds of small kernels start as one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Protocol

import torch

__all__ = ["Steps", "recorded"]

WARM_UP = 3  # steps that are made one call at a time, so that libraries have allocated what they need


class Steps(Protocol):
    """Something that makes steps: each call of `step` runs the same operations on the same buffers."""

    def step(self) -> None: ...


def recorded(
    steps: Steps, record: Callable[[Callable[[], None]], Callable[[], object]] | None = None
) -> Callable[[], None]:
    """A function that makes one step per call: the first ones as they are, then one that is recorded, again and again.

    Recording runs nothing, so a step that can't be recorded leaves no trace: all further ones are made call by call,
    and a warning says so.

    Args:
        steps: what is to be recorded.
        record: records the calls of a function and gives what replays them; a CUDA graph if None.
    """
    record = record or _graph
    made = 0
    replay: Callable[[], object] = steps.step

    def step() -> None:
        nonlocal made, replay
        if made == WARM_UP:
            try:
                replay = record(steps.step)
            except RuntimeError as error:
                if isinstance(error, torch.cuda.OutOfMemoryError):
                    raise
                reason = str(error).partition("\n")[0]
                warnings.warn(f"training goes on without a CUDA graph: {reason}", RuntimeWarning, stacklevel=2)
        made += 1
        replay()

    return step


def _graph(step: Callable[[], None]) -> Callable[[], object]:
    graph = torch.cuda.CUDAGraph()
    torch.cuda.synchronize()
    with torch.cuda.graph(graph):
        step()
    replay: Callable[[], object] = graph.replay
    return replay
