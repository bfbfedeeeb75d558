"""A chunk of runs of the same graph: trained together, and judged."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from activations.benchmark.outcome import Outcome, judge
from activations.benchmark.plan import CHUNK_STEP, Run
from activations.benchmark.untrained import untrained
from activations.errors import DataError, DeviceError
from activations.fitting import engine as training
from activations.fitting.engine import Batch, Engine
from activations.fitting.fused.engine import Stop, StoppedError
from activations.fitting.initialisation import initial_parameters, start_scale
from activations.fitting.samples import Samples, draw_samples
from activations.fitting.starts import keep_best_starts
from activations.trial import is_foreign, is_memory_error, memory_limit, physical_memory

__all__ = ["is_of_plugin", "train_chunk", "train_or_fail"]


def train_or_fail(
    runs: Sequence[Run], device: str = "cpu", engine: Engine = "batched", threads: int = 1, stop: Stop | None = None
) -> list[Outcome]:
    """Train runs of the same graph; if the code of a plugin fails in that, they fail, and nothing else does."""
    if not is_of_plugin(runs[0]):
        return train_chunk(runs, device, engine, threads, stop)
    try:
        with memory_limit(physical_memory()):
            return train_chunk(runs, device, engine, threads, stop)
    except (torch.OutOfMemoryError, DataError, DeviceError, StoppedError):
        raise
    except (Exception, SystemExit) as error:
        reason = "not enough memory" if is_memory_error(error) else f"its code raised {type(error).__name__}"
        return [untrained(run, reason) for run in runs]


def is_of_plugin(run: Run) -> bool:
    """Whether code of a plugin takes part in it."""
    variants = [variant for variant in (run.variant, *run.own) if variant is not None]
    return any(is_foreign(variant.activation) for variant in variants)


def train_chunk(
    runs: Sequence[Run], device: str = "cpu", engine: Engine = "batched", threads: int = 1, stop: Stop | None = None
) -> list[Outcome]:
    """Train runs of the same graph together, every start of each, and judge them.

    On a CPU the batch is filled up with copies, so that a result does not depend on what shares it: torch computes one
    or two runs by other kernels than more of them. The native engine trains none of the copies.

    Args:
        runs: of one graph.
        device: where to train.
        engine: see `activations.fitting.engine.train`, as for the others.
        threads: of the native engine.
        stop: ends the native engine.
    """
    start = time.perf_counter()
    first = runs[0]
    starts = first.recipe.starts
    missing = -len(runs) % CHUNK_STEP if device == "cpu" and first.recipe.has_rate else 0
    filled = [*runs, *[runs[-1]] * missing]
    samples = [draw_samples(run.target, run.seed) for run in filled]
    classes = bool(first.target.classes)
    dtype = getattr(torch, first.precision)

    def stacked(arrays: list[Any], dtype: torch.dtype = dtype) -> torch.Tensor:
        """One array per run as a tensor with one row per start."""
        return torch.as_tensor(np.repeat(np.stack(arrays), starts, axis=0), dtype=dtype)

    if classes:
        targets = stacked([sample.training.y for sample in samples], torch.long)
    else:
        targets = stacked([sample.training_values for sample in samples])
    rows = [_initial_parameters(run, number) for run in filled for number in range(starts)]
    batch = Batch(
        network=first.network,
        inputs=stacked([sample.inputs["training"] for sample in samples]),
        targets=targets,
        parameters=torch.as_tensor(np.stack(rows), dtype=dtype),
        learning_rates=stacked([np.float64(run.learning_rate) for run in filled]),
        steps=first.steps,
        recipe=replace(first.recipe, loss="cross-entropy") if classes else first.recipe,
        seeds=tuple(run.seed for run in filled for _ in range(starts)),
    )
    needed = len(runs) * starts if engine == "native" else None
    trained = training.train(batch.first(needed), device, engine, threads, stop)
    trained = keep_best_starts(batch, trained.filled(len(batch.parameters)), starts)
    outputs = _outputs(first, samples, trained.parameters)
    seconds = (time.perf_counter() - start) / len(filled)
    return [
        judge(
            run,
            samples[i],
            {part: found[i] for part, found in outputs.items()},
            int(trained.steps[i]),
            trained.parameters[i].numpy(),
            seconds,
            list(zip(trained.looked_at, trained.losses[:, i].tolist(), strict=True)),
        )
        for i, run in enumerate(runs)
    ]


def _initial_parameters(run: Run, start: int) -> npt.NDArray[np.float64]:
    scale = run.scale * start_scale(start)
    return initial_parameters(run.network, run.seed, scale, run.initialisation, start)


def _outputs(run: Run, samples: Sequence[Samples], parameters: torch.Tensor) -> dict[str, npt.NDArray[np.float64]]:
    """The outputs [runs, points, outputs] at the points that judge."""
    parts = ["validation", "test"] + ["extrapolation"] * (samples[0].extrapolation is not None)
    found = {}
    for part in parts:
        inputs = torch.as_tensor(np.stack([sample.inputs[part] for sample in samples]), dtype=parameters.dtype)
        found[part] = training.predict(run.network, parameters, inputs).double().numpy()
    return found
