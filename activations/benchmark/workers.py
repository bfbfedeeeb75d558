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
import torch

from activations.benchmark.accelerator import chunks_that_fit, train_or_split
from activations.benchmark.outcome import Outcome, judge
from activations.benchmark.plan import CHUNK, CHUNK_STEP, Run, chunks
from activations.errors import DeviceError
from activations.fit.devices import keep_freed_memory, steady_arithmetic
from activations.fit.engine import Batch, predict
from activations.fit.initialisation import initial_parameters, start_scale
from activations.fit.samples import draw_samples
from activations.fit.starts import train_starts

__all__ = ["Workers", "train_chunk"]


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
            self._pool = ProcessPoolExecutor(self.jobs, context, initializer=_start_worker)
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
                    outcomes = train_or_split(part, self.device, train_chunk)
                yield outcomes
            return
        parts = chunks(runs, CHUNK)
        if self._pool is None:
            for part in parts:
                with steady_arithmetic():
                    outcomes = train_chunk(part, self.device)
                yield outcomes
            return
        try:
            for future in as_completed([self._pool.submit(train_chunk, part, self.device) for part in parts]):
                yield future.result()
        except BrokenProcessPool:
            raise DeviceError("a training process ended by itself or was killed; try again with jobs=1") from None


def train_chunk(runs: Sequence[Run], device: str = "cpu") -> list[Outcome]:
    """Train runs of the same graph together and judge each.

    On a CPU the batch is filled up with copies, so that a result does not depend on what shares it: torch computes one
    or two runs by other kernels than more of them, and systems of equations by others for every number of runs.
    """
    start = time.perf_counter()
    first = runs[0]
    samples = [draw_samples(run.target, run.seed) for run in runs]
    rates = [run.learning_rate for run in runs]
    multiple = CHUNK_STEP if first.recipe.has_rate else CHUNK
    missing = -len(runs) % multiple if device == "cpu" else 0
    dtype = getattr(torch, first.precision)

    def stacked(arrays: list[Any], dtype: torch.dtype = dtype) -> torch.Tensor:
        return torch.as_tensor(np.stack(arrays + arrays[-1:] * missing), dtype=dtype)

    def rows(start: int) -> torch.Tensor:
        """The initial parameters of all runs at one of their starts."""
        factor = start_scale(start)
        return stacked(
            [initial_parameters(run.network, run.seed, run.scale * factor, run.initialisation, start) for run in runs]
        )

    classes = bool(first.target.classes)
    if classes:
        targets = stacked([sample.training.y for sample in samples], torch.long)
    else:
        targets = stacked([sample.scaling.value_to_network(sample.training.y) for sample in samples])
    judged = ["validation", "test"] + ["extrapolation"] * (samples[0].extrapolation is not None)
    inputs = {
        part: stacked([s.scaling.input_to_network(getattr(s, part).x) for s in samples])
        for part in ("training", *judged)
    }
    trained = train_starts(
        Batch(
            network=first.network,
            inputs=inputs["training"],
            targets=targets,
            parameters=rows(0),
            learning_rates=stacked([np.float64(rate) for rate in rates]),
            steps=first.steps,
            recipe=replace(first.recipe, loss="cross-entropy") if classes else first.recipe,
            seeds=tuple([run.seed for run in runs] + [runs[-1].seed] * missing),
        ),
        (rows(start) for start in range(1, first.recipe.starts)),
        device,
    )
    outputs = {part: predict(first.network, trained.parameters, inputs[part]).double().numpy() for part in judged}
    seconds = (time.perf_counter() - start) / (len(runs) + missing)
    return [
        judge(
            run,
            sample,
            {part: found[i] for part, found in outputs.items()},
            int(trained.steps[i]),
            trained.parameters[i].numpy(),
            seconds,
            list(zip(trained.looked_at, trained.losses[:, i].tolist(), strict=True)),
        )
        for i, (run, sample) in enumerate(zip(runs, samples, strict=True))
    ]


def _start_worker() -> None:
    """Prepare a process: the parent answers Ctrl-C, and every process computes with one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    keep_freed_memory()
