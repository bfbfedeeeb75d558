"""Train runs, in this process or in several: the results are the same."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from activations.benchmark.accelerator import chunks_that_fit, train_or_split
from activations.benchmark.outcome import Outcome, judge
from activations.benchmark.plan import CHUNK_STEP, Run, chunks
from activations.benchmark.untrained import untrained
from activations.errors import DataError, DeviceError
from activations.fitting import engine
from activations.fitting.devices import keep_freed_memory, steady_arithmetic
from activations.fitting.engine import Batch
from activations.fitting.initialisation import initial_parameters, start_scale
from activations.fitting.samples import Samples, draw_samples
from activations.fitting.starts import keep_best_starts
from activations.plugins import files
from activations.trial import is_foreign, is_memory_error, memory_limit, physical_memory

__all__ = ["Workers", "train_chunk", "train_or_fail"]


class Workers:
    """Trains runs in this process, or in processes of one thread each that live as long as the context.

    Args:
        jobs: number of processes; 1 trains here.
        device: where to train.
    """

    def __init__(self, jobs: int, device: str) -> None:
        self.jobs = jobs
        self.device = device
        self._pool: ProcessPoolExecutor | None = None
        self._foreign: set[int | None] = set()

    def __enter__(self) -> Workers:
        if self.jobs > 1:
            self._foreign = {child.pid for child in multiprocessing.active_children()}
            # Spawned and not forked: torch's threads do not survive a fork.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.jobs, context, initializer=_start_worker, initargs=(files.paths(),))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is None:
            return
        if kind is not None:
            # Nobody waits for results any more; what is being trained would go on to its end.
            for child in multiprocessing.active_children():
                if child.pid not in self._foreign:
                    child.terminate()
        self._pool.shutdown(cancel_futures=True)

    def train(self, runs: Sequence[Run]) -> Iterator[list[Outcome]]:
        """Train runs chunk by chunk; chunks come as they are finished, outcomes within one in order.

        Raises:
            DeviceError: a process died, or the device failed.
        """
        if self.device != "cpu":
            # The opposite of a CPU holds: as many runs at once as there are.
            for part in chunks_that_fit(runs, self.device):
                with steady_arithmetic():
                    outcomes = train_or_split(part, self.device, train_or_fail)
                yield outcomes
            return
        parts = chunks(runs)
        if self._pool is None:
            for part in parts:
                with steady_arithmetic():
                    outcomes = train_or_fail(part, self.device)
                yield outcomes
            return
        try:
            for future in as_completed([self._pool.submit(train_or_fail, part, self.device) for part in parts]):
                yield future.result()
        except BrokenProcessPool:
            raise DeviceError("a training process ended by itself or was killed; try again with jobs=1") from None


def train_or_fail(runs: Sequence[Run], device: str = "cpu") -> list[Outcome]:
    """Train runs of the same graph; if the code of a plugin fails in that, they fail, and nothing else does."""
    first = runs[0]
    variants = [variant for variant in (first.variant, *first.own) if variant is not None]
    if not any(is_foreign(variant.activation) for variant in variants):
        return train_chunk(runs, device)
    try:
        with memory_limit(physical_memory()):
            return train_chunk(runs, device)
    except (torch.OutOfMemoryError, DataError, DeviceError):
        raise
    except (Exception, SystemExit) as error:
        reason = "not enough memory" if is_memory_error(error) else f"its code raised {type(error).__name__}"
        return [untrained(run, reason) for run in runs]


def train_chunk(runs: Sequence[Run], device: str = "cpu") -> list[Outcome]:
    """Train runs of the same graph together, every start of each, and judge them.

    On a CPU the batch is filled up with copies, so that a result does not depend on what shares it: torch computes one
    or two runs by other kernels than more of them.
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
        targets = stacked([sample.scaling.value_to_network(sample.training.y) for sample in samples])
    rows = [_initial_parameters(run, number) for run in filled for number in range(starts)]
    batch = Batch(
        network=first.network,
        inputs=stacked([sample.scaling.input_to_network(sample.training.x) for sample in samples]),
        targets=targets,
        parameters=torch.as_tensor(np.stack(rows), dtype=dtype),
        learning_rates=stacked([np.float64(run.learning_rate) for run in filled]),
        steps=first.steps,
        recipe=replace(first.recipe, loss="cross-entropy") if classes else first.recipe,
        seeds=tuple(run.seed for run in filled for _ in range(starts)),
    )
    trained = keep_best_starts(batch, engine.train(batch, device), starts)
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
        points = [sample.scaling.input_to_network(getattr(sample, part).x) for sample in samples]
        inputs = torch.as_tensor(np.stack(points), dtype=parameters.dtype)
        found[part] = engine.predict(run.network, parameters, inputs).double().numpy()
    return found


def _start_worker(plugin_files: Sequence[str]) -> None:
    """Prepare a process: the parent answers Ctrl-C, and every process computes with one thread."""
    files.import_given(plugin_files)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    keep_freed_memory()
