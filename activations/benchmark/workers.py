"""Train runs, in this process or in several: the results are the same."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType

from activations.benchmark.accelerator import chunks_that_fit, train_or_split
from activations.benchmark.chunk import train_or_fail
from activations.benchmark.native_crew import NativeCrew
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run, chunks
from activations.errors import DeviceError
from activations.fitting.devices import compute_steadily, keep_freed_memory, steady_arithmetic
from activations.fitting.engine import Engine
from activations.plugins import files

__all__ = ["Workers"]


class Workers:
    """Trains runs in this process, or in processes of one thread each that live as long as the context.

    What the native engine can train it trains here, in as many threads. Until it is compiled, the batched one begins.

    Args:
        jobs: number of processes, or of threads; 1 trains here.
        device: where to train.
        engine: "auto", "batched", "native" (which leaves to the batched engine what it can't) or "numpy".
        tell: told in one line why the native engine does not train something.
    """

    def __init__(
        self, jobs: int, device: str, engine: Engine = "batched", tell: Callable[[str], None] | None = None
    ) -> None:
        self.jobs = jobs
        self.device = device
        self._engine: Engine = "numpy" if engine == "numpy" else "batched"
        self.native = NativeCrew(jobs, engine, tell) if engine in ("auto", "native") else None
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
        if self.native is not None and self.device == "cpu":
            mine, others = self.native.chosen(runs)
            yield from self.native.train(mine)
            runs = others
        yield from self._train_batched(runs)

    def _train_batched(self, runs: Sequence[Run]) -> Iterator[list[Outcome]]:
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
                    outcomes = train_or_fail(part, self.device, self._engine)
                yield outcomes
            return
        try:
            # Nobody else keeps the futures, which keep the results.
            for future in as_completed(
                [self._pool.submit(train_or_fail, part, self.device, self._engine) for part in parts]
            ):
                yield future.result()
        except BrokenProcessPool:
            raise DeviceError("a training process ended by itself or was killed; try again with jobs=1") from None


def _start_worker(plugin_files: Sequence[str]) -> None:
    """Prepare a process: the parent answers Ctrl-C, and every process computes with one thread."""
    files.import_given(plugin_files)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    compute_steadily()
    keep_freed_memory()
