"""Runs on an accelerator: as many at once as its memory holds, fewer where that was too many."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run, bytes_per_run, chunks
from activations.benchmark.untrained import untrained
from activations.errors import DeviceError

__all__ = ["OUT_OF_MEMORY", "chunks_that_fit", "train_or_split"]

OUT_OF_MEMORY = "out of memory"

# Of the free memory; the rest is for what torch's libraries and its allocator take.
SHARE = 0.5


def chunks_that_fit(runs: Sequence[Run], device: str) -> list[list[Run]]:
    """Runs of the same graph in chunks that an estimate says fit into the device's free memory."""
    groups = chunks(runs, max(len(runs), 1))
    available = _free_bytes(device)
    if available is None:
        return groups
    parts: list[list[Run]] = []
    for group in groups:
        most = max(1, int(SHARE * available / bytes_per_run(group[0])))
        # Parts of equal size: a last one of few runs would leave the device idle.
        size = math.ceil(len(group) / math.ceil(len(group) / most))
        parts += chunks(group, size)
    return parts


def train_or_split(
    runs: Sequence[Run], device: str, train: Callable[[Sequence[Run], str], list[Outcome]]
) -> list[Outcome]:
    """Train runs together, or in halves where the device's memory is too small; a single run that is too large fails.

    Args:
        runs: of one graph.
        device: where to train.
        train: trains such runs.

    Raises:
        DeviceError: the device itself failed.
    """
    try:
        return train(runs, device)
    except torch.OutOfMemoryError:
        # What the failed attempt holds is freed when this block is left, with the error.
        pass
    except RuntimeError as error:
        if "CUDA error" not in str(error):
            raise
        reason = str(error).partition("\n")[0]
        raise DeviceError(
            f"device {device} failed while {len(runs)} runs were trained: {reason}; what is stored is kept, "
            "and the same command resumes from there"
        ) from error
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if len(runs) == 1:
        return [untrained(runs[0], OUT_OF_MEMORY)]
    half = len(runs) // 2
    return train_or_split(runs[:half], device, train) + train_or_split(runs[half:], device, train)


def _free_bytes(device: str) -> int | None:
    """Free memory, what torch keeps in reserve included; None where torch does not know it."""
    if torch.device(device).type != "cuda":
        return None
    free, _ = torch.cuda.mem_get_info(device)
    reserve = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(free + reserve)
