"""How the benchmark scales on a cluster: workers, cost of a batch, memory, rows, and what follows for very many.

    python benchmarks/scaling.py              # all of it, some minutes on an idle machine
    python benchmarks/scaling.py workers      # one and two worker processes: wall time, and the ratio
    python benchmarks/scaling.py tasks 10000  # tiny tasks: CPU time of each, and memory meanwhile
    python benchmarks/scaling.py store        # rows per second, and bytes of each
    python benchmarks/scaling.py model        # 1,000 workers and 10^8 runs by the constants below

CPU times hold on a busy machine too; the ratio of the workers needs an idle one with two cores.
"""

from __future__ import annotations

import pickle
import resource
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from activations import default_registry, resolve_target
from activations.benchmark.cluster import Cluster, ClusterCrew, crew
from activations.benchmark.cluster.work import Task, pack
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run
from activations.benchmark.store import Store, this_environment
from activations.benchmark.workers import Workers


@dataclass(frozen=True)
class Model:
    """What a large benchmark needs; all times are of CPU on one core.

    Attributes:
        scheduler_ms: of the scheduler for a batch, and of the client's connection to it.
        client_ms: of the client's main thread for a batch, without its rows.
        row_ms: of the client's main thread for a row that is stored.
        sent: bytes of a batch on its way to a worker.
        result: bytes of a run's result on its way back.
        row: bytes of a row with its network in the store.
        held: bytes that the client keeps of a run until its stage is over.
    """

    scheduler_ms: float
    client_ms: float
    row_ms: float
    sent: int
    result: int
    row: int
    held: int

    def tell(self, workers: int, runs: float, batch_seconds: float, run_seconds: float) -> None:
        """Print the demands of so many runs."""
        per_batch = max(1.0, batch_seconds / run_seconds)
        batches = runs / per_batch
        rate = workers / batch_seconds  # batches per second
        hours = runs * run_seconds / workers / 3600
        client = rate * (self.client_ms + per_batch * self.row_ms) / 1000
        print(
            f"{workers} workers, {runs:.0e} runs of {run_seconds:g} s in {batches:.1e} batches of {batch_seconds:g} s"
        )
        print(f"  {hours:.1f} h if nothing else limits it; {rate:.1f} batches/s, {rate * per_batch:.0f} rows/s")
        scheduler = rate * self.scheduler_ms / 1000
        print(f"  scheduler {100 * scheduler:.0f} % of a core; client {100 * client:.0f} % of a core")
        print(f"  network of the client {rate * (self.sent + per_batch * self.result) / 1e6:.2f} MB/s")
        print(f"  store {runs * self.row / 1e9:.0f} GB; client's memory {runs * self.held / 1e9:.0f} GB")


# Measured by this script; SCALING.md says where.
MEASURED = Model(scheduler_ms=9.1, client_ms=1.2, row_ms=0.5, sent=3000, result=5100, row=6700, held=6800)


def some_runs(count: int, steps: int, hidden: tuple[int, ...] = (32,)) -> list[Run]:
    """Runs of one graph."""
    (variant,) = default_registry().match(["tanh"])
    return [Run(resolve_target("sin"), variant, hidden, 0.01, 1.0, seed, steps) for seed in range(count)]


def measure_workers() -> None:
    """The same runs by one and by two workers."""
    runs = some_runs(1152, 1000)
    seconds = {}
    for count in (1, 2):
        with ClusterCrew(Cluster(f"local:{count}"), runs[:1], "cpu") as group:
            list(group.train([replace(run, seed=run.seed + 10_000) for run in runs[: 48 * count]]))  # all is imported
            start = time.perf_counter()
            trained = sum(map(len, group.train(runs)))
            seconds[count] = time.perf_counter() - start
        print(f"{count} workers: {trained} runs in {seconds[count]:.1f} s")
    print(f"two workers are {seconds[1] / seconds[2]:.2f} times as fast as one")


def measure_tasks(count: int) -> None:
    """Tiny tasks of one run each, by two workers; scheduler and client share this process."""
    runs = some_runs(count, 1, (4,))
    whole = crew.units
    crew.units = lambda runs, most, together: ([run] for run in runs)  # type: ignore[assignment]
    try:
        with ClusterCrew(Cluster("local:2"), runs[:1], "cpu") as group:
            list(group.train(some_runs(50, 2, (4,))))
            print(f"sent {len(pack(Task(runs[:1], 'cpu', 'batched', group.environment)))} bytes for one run")
            wall, cpu, main = time.perf_counter(), time.process_time(), time.thread_time()
            before = memory()
            for i, _ in enumerate(group.train(runs), 1):
                if i % max(1, count // 5) == 0:
                    print(f"  {i} tasks: {memory() - before:+.1f} MB, {group._bound()} on their way at most")
            wall, cpu, main = time.perf_counter() - wall, time.process_time() - cpu, time.thread_time() - main
    finally:
        crew.units = whole
    print(f"each of {count} tasks: {1000 * wall / count:.2f} ms of wall time, CPU {1000 * cpu / count:.2f} ms here:")
    print(f"  client's main thread {1000 * main / count:.2f} ms")
    print(f"  scheduler and connections {1000 * (cpu - main) / count:.2f} ms")


def memory() -> float:
    """Resident megabytes of this process."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def measure_store() -> None:
    """Rows of outcomes into a store, in transactions of a batch."""
    with Workers(1, "cpu") as workers:
        found = [outcome for part in workers.train(some_runs(48, 100, (32, 32))) for outcome in part]
    outcomes: list[Outcome] = [
        replace(outcome, run=replace(outcome.run, seed=1000 * i + j))
        for i in range(100)
        for j, outcome in enumerate(found)
    ]
    print(f"train {found[0].seconds / 100:.2e} s of wall time for a step of one run, hidden layers 32,32")
    print(f"result {len(pickle.dumps(found)) / len(found):.0f} bytes of a run")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "runs.sqlite3"
        with Store(file) as store:
            environment = this_environment("cpu")
            cpu = time.process_time()
            for start in range(0, len(outcomes), 48):
                store.add(outcomes[start : start + 48], "ranking", environment)
            cpu = time.process_time() - cpu
        size = file.stat().st_size / len(outcomes)
        print(f"store {1000 * cpu / len(outcomes):.3f} ms of CPU and {size:.0f} bytes a row")
    del outcomes
    before = memory()
    kept: list[Any] = [pickle.loads(data) for data in [pickle.dumps(found)] * 200]
    print(f"held {1e6 * (memory() - before) / len(kept) / len(found):.0f} bytes of a run in the client's memory")


def tell_model() -> None:
    """What follows for very many."""
    for batch_seconds in (2.0, 60.0):
        MEASURED.tell(1000, 1e8, batch_seconds, 0.5)
    MEASURED.tell(2, 1e4, 2.0, 0.5)


def main() -> None:
    """Measure what is named, or all."""
    chosen = sys.argv[1] if len(sys.argv) > 1 else "all"
    if chosen in ("all", "workers"):
        measure_workers()
    if chosen in ("all", "tasks"):
        measure_tasks(int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
    if chosen in ("all", "store"):
        measure_store()
    if chosen in ("all", "model"):
        tell_model()


if __name__ == "__main__":
    main()
