"""Runs that the native engine trains: in threads of this process, and by the batched one until all is compiled."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from activations.benchmark.chunk import is_of_plugin, train_or_fail
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run, batched_seconds, chunks, operations
from activations.fitting.devices import compute_steadily, steady_arithmetic
from activations.fitting.engine import Engine
from activations.fitting.fused.choice import fused_is_faster
from activations.fitting.fused.engine import Stop
from activations.fitting.fused.kernels import Kernels, Readiness

__all__ = ["NativeCrew"]

# Operations of a piece of work, about a fifth of a second: rows are stored, and threads get new work, that often.
PIECE = 2e10
# Seconds of the batched engine; not by the number of threads, on which no digit may depend.
WORTH_COMPILING = 3.0


class NativeCrew:
    """Trains runs by the native engine.

    Args:
        threads: how many networks are trained at the same time.
        engine: "auto" takes the runs for which it is the faster engine, "native" all that it can train.
        tell: told in one line why it does not train something.
    """

    def __init__(self, threads: int, engine: Engine, tell: Callable[[str], None] | None = None) -> None:
        self.threads = threads
        self.engine = engine
        self.kernels = Kernels(tell)

    def prepare(self, runs: Sequence[Run]) -> None:
        """Begin to compile what runs of such graphs need."""
        wanted = [run for run in _one_of_each(runs) if self._wants(run)]
        if wanted:
            first = wanted[0]
            self.kernels.prepare([run.network for run in wanted], first.recipe, "cpu", first.precision)

    def chosen(self, runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
        """The runs that it trains, and the others; all others by "auto" where so little work is no compilation's worth.

        That holds also for what is compiled already: no digit of little work depends on what was done before.
        """
        if self.engine == "auto" and sum(map(batched_seconds, runs)) <= WORTH_COMPILING:
            return [], list(runs)
        self.prepare(runs)
        mine = {run.graph for run in _one_of_each(runs) if self._wants(run) and self._readiness(run) != "never"}
        return [run for run in runs if run.graph in mine], [run for run in runs if run.graph not in mine]

    def train(self, runs: Sequence[Run]) -> Iterator[list[Outcome]]:
        """Train runs in pieces; they come as they are finished."""
        waiting = deque(chunks(runs))
        while waiting and self._readiness(waiting[0][0]) == "wait":
            yield _train_here(waiting.popleft())
        own, foreign = [], []
        for part in waiting:
            if self._readiness(part[0]) != "ready":  # the compiler refused it
                yield _train_here(part)
            elif is_of_plugin(part[0]):
                foreign.append(part)
            else:
                own += _pieces(part)
        yield from self._train_in_threads(own)
        for part in foreign:
            # Python code of a plugin runs in this thread alone: limits of time and memory hold for a whole process.
            yield _train_here(part, "native", self.threads)

    def _train_in_threads(self, pieces: Sequence[Sequence[Run]]) -> Iterator[list[Outcome]]:
        stop = Stop()
        with steady_arithmetic(), ThreadPoolExecutor(self.threads, "native", initializer=compute_steadily) as pool:
            try:
                # Nobody else keeps the futures, which keep the results.
                for future in as_completed(
                    [pool.submit(train_or_fail, piece, "cpu", "native", 1, stop) for piece in pieces]
                ):
                    yield future.result()
            finally:
                # Whoever leaves early, by Ctrl-C or an error, waits for one step and not for the rest of the work.
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)

    def _wants(self, run: Run) -> bool:
        return self.engine == "native" or fused_is_faster(run.network)

    def _readiness(self, run: Run) -> Readiness:
        return self.kernels.readiness(run.network, run.recipe, "cpu", run.precision)


def _one_of_each(runs: Sequence[Run]) -> list[Run]:
    return list({run.graph: run for run in runs}.values())


def _pieces(part: Sequence[Run]) -> list[list[Run]]:
    """Pieces of a chunk that are worth a thread's while."""
    return chunks(part, max(1, min(len(part), math.ceil(PIECE / operations(part[0])))))


def _train_here(part: Sequence[Run], engine: Engine = "batched", threads: int = 1) -> list[Outcome]:
    with steady_arithmetic():
        return train_or_fail(part, engine=engine, threads=threads)
