"""Runs on the workers of a cluster: few of them on their way at once, each result handed on as it arrives."""

from __future__ import annotations

import contextlib
import itertools
import math
import queue
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

from activations.benchmark.cluster.address import Cluster
from activations.benchmark.cluster.agreement import machines, require_agreement
from activations.benchmark.cluster.connection import connected
from activations.benchmark.cluster.units import cost, units, wanted_seconds
from activations.benchmark.cluster.work import Finished, Task, pack, train_packed, unpack
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run, chunks
from activations.benchmark.store.environment import Environment
from activations.benchmark.untrained import untrained
from activations.errors import ActivationsError, ClusterError, ClusterLostError
from activations.fitting.engine import Engine
from activations.plugins import files

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["GPU", "POISON", "ClusterCrew"]

GPU = "GPU"  # the resource of workers that train on one
POISON = "every worker that trained it died"
ENGINES_SPEED = {"cpu": 3e9, "cuda": 1e12}  # operations per second of a thread, until some are measured
SMOOTHING = 0.3  # of the measured speed: the weight of the newest unit
PER_THREAD = 2  # units on their way: one is trained, and the next one is there when it ends
TICK = 1.0  # seconds between two looks at the workers
PATIENCE = 300.0  # seconds without a single worker
DEVICES = ("auto", "cpu", "cuda")

Unit = Sequence[Run]


class ClusterCrew:
    """Trains runs on a cluster; a context that is connected to it.

    Attributes:
        environment: of the workers, which decides under which keys runs are kept.
        trained_in: that of the worker whose outcomes were given last.
        workers: how many there are.
        rate: runs per second, since the call of `train`; None until one is finished.

    Args:
        cluster: where it is.
        prototypes: one run of each kind that will be trained.
        device: "cpu", "cuda" for workers with the resource GPU, or "auto" for these if there are any.
        engine: "auto" and "batched" take the batched one, "native" takes it wherever it can be compiled.
        tell: told in one line what a person should know.

    Raises:
        MissingExtraError: dask.distributed is not installed.
        ClusterError: it can't be reached, has no fitting worker, or has other versions than this process.
    """

    def __init__(
        self,
        cluster: Cluster,
        prototypes: Sequence[Run],
        device: str = "auto",
        engine: Engine = "auto",
        tell: Callable[[str], None] | None = None,
    ) -> None:
        if device not in DEVICES:
            raise ClusterError(
                f"device {device!r} is of this machine; with a cluster write cpu, cuda (each worker's own) or auto"
            )
        self._engine: Engine = "batched" if engine == "auto" else engine
        self._tell = tell or (lambda line: None)
        self._told: set[str] = set()
        self._stack = ExitStack()
        try:
            self._client: Client = self._stack.enter_context(connected(cluster))
            self._address = cluster.address
            with _losses_told(cluster.address, ClusterError):
                self._begin(prototypes, device)
        except BaseException:
            self._stack.close()
            raise

    def _begin(self, prototypes: Sequence[Run], device: str) -> None:
        known = self._known_workers()
        if device == "auto":
            device = "cuda" if any(_has_gpu(worker) for worker in known.values()) else "cpu"
        self._device = device
        self._look(known)
        if not self.workers:
            raise ClusterError(
                f"cluster {self._address}: none of {len(known)} workers has the resource {GPU}; start them as "
                f"'dask worker … --resources {GPU}=1', or write --device cpu"
            )
        facts = require_agreement(self._client, prototypes, device, list(self._threads))
        environments = [one.environment for one in facts if one.environment is not None]
        self.environment: Environment = environments[0]
        self.trained_in = self.environment
        self._speed = ENGINES_SPEED[device]
        self.rate: float | None = None
        kinds = machines(facts)
        if len(kinds) > 1:
            self._note(
                "Note: the workers differ in processors or libraries, so that last digits depend on who trains: "
                + "; ".join(sorted({machine for machine, _ in kinds}))
            )
        link = self._dashboard()
        self._note(
            f"Cluster {self._address}: {_counted(self.workers, 'worker')} with "
            + _counted(sum(self._threads.values()), "thread")
            + (f"; dashboard {link}" if link else "")
        )

    def __enter__(self) -> ClusterCrew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def workers(self) -> int:
        """How many workers take part."""
        return len(self._threads)

    def train(self, runs: Sequence[Run]) -> Iterator[list[Outcome]]:
        """Train runs; units of them come as they are finished.

        A unit whose workers die, more often than the scheduler allows, is tried again at the end: in chunks, and each
        alone, so that it is sure which one kills. That one fails, and nothing else does.

        Raises:
            ClusterLostError: the scheduler went away, or all workers did for minutes.
            ClusterError: a worker can't train this.
        """
        self.rate = None
        start, done = time.monotonic(), 0
        total = cost(runs)

        def most() -> float:
            return self._speed * wanted_seconds(total, self._speed, sum(self._threads.values()))

        suspects: list[Unit] = []
        killers: list[Unit] = []
        waiting = units(runs, most, together=self._device != "cpu")
        alone = ([chunk] for unit in suspects for chunk in chunks(unit))
        flights = itertools.chain(
            self._fly(waiting, self._bound, suspects.append),
            itertools.chain.from_iterable(self._fly(part, lambda: 1, killers.append) for part in alone),
        )
        with _losses_told(self._address):
            for finished in flights:
                self.trained_in = finished.environment
                for note in finished.notes:
                    self._note(note)
                done += len(finished.outcomes)
                self.rate = done / max(time.monotonic() - start, 1e-9)
                yield finished.outcomes
        for unit in killers:
            yield [untrained(run, POISON) for run in unit]

    def _bound(self) -> int:
        return PER_THREAD * max(1, sum(self._threads.values()))

    def _fly(
        self, waiting: Iterable[Unit], bound: Callable[[], int], killed: Callable[[Unit], None]
    ) -> Iterator[Finished]:
        """Send units and give what comes back; never more of them on their way than the bound."""
        source = iter(waiting)
        landed: queue.SimpleQueue[Future] = queue.SimpleQueue()
        flying: dict[str, tuple[Future, Unit]] = {}
        try:
            while True:
                while len(flying) < bound() and (unit := next(source, None)) is not None:
                    future = self._send(unit)
                    flying[future.key] = future, unit
                    future.add_done_callback(landed.put)
                if not flying:
                    return
                future = self._next(landed)
                _, unit = flying.pop(future.key)
                finished = self._received(future, unit, killed)
                del future  # the scheduler forgets what nobody holds
                if finished is not None:
                    yield finished
        finally:
            if flying and self._client.status == "running":
                self._client.cancel([future for future, _ in flying.values()], force=True)

    def _send(self, unit: Unit) -> Future:
        packed = pack(Task(unit, self._device, self._engine, self.environment))
        resources = {GPU: 1} if self._device != "cpu" else None
        return self._client.submit(
            train_packed, packed, files.paths(), key=f"activations-{uuid.uuid4().hex}", pure=False, resources=resources
        )

    def _next(self, landed: queue.SimpleQueue[Future]) -> Future:
        """The next future that is done; the workers are counted while nothing lands."""
        empty_since: float | None = None
        while True:
            try:
                return landed.get(timeout=TICK)
            except queue.Empty:
                pass
            if self._client.status != "running":
                raise ClusterLostError(f"cluster {self._address}: the connection to the scheduler was lost")
            with contextlib.suppress(OSError):  # the client's status tells whether the connection is lost
                self._look(self._known_workers())
            if self.workers:
                empty_since = None
                continue
            if empty_since is None:
                empty_since = time.monotonic()
                self._note("No worker is left; waiting for others to join")
            elif time.monotonic() - empty_since > PATIENCE:
                raise ClusterLostError(f"cluster {self._address}: no worker for {PATIENCE:g} s")

    def _received(self, future: Future, unit: Unit, killed: Callable[[Unit], None]) -> Finished | None:
        """What a unit came to; None if its workers died of it."""
        from distributed import KilledWorker

        if future.status == "cancelled":
            raise ClusterLostError(f"cluster {self._address}: the connection to the scheduler was lost")
        if future.status == "error":
            error = future.exception()
            if isinstance(error, KilledWorker):
                killed(unit)
                return None
            if isinstance(error, ActivationsError):
                raise error
            text = " ".join(str(error).split())
            raise ClusterError(f"a worker failed while {len(unit)} runs were trained: {type(error).__name__}: {text}")
        finished = unpack(future.result())
        if finished.seconds > 0:
            measured = cost(unit) / finished.seconds
            self._speed = math.exp((1 - SMOOTHING) * math.log(self._speed) + SMOOTHING * math.log(measured))
        return finished

    def _known_workers(self) -> dict[str, dict[str, Any]]:
        # Not by scheduler_info: Dask's own heartbeat, which asks for no workers, overwrites what that is about to give.
        identity = self._client.sync(self._client.scheduler.identity, n_workers=-1)
        found: dict[str, dict[str, Any]] = identity["workers"]
        return found

    def _look(self, known: dict[str, dict[str, Any]]) -> None:
        """Count the workers that may take part, and their threads."""
        chosen = {address: one for address, one in known.items() if self._device == "cpu" or _has_gpu(one)}
        self._threads = {
            address: int(one["resources"][GPU]) if self._device != "cpu" else int(one["nthreads"])
            for address, one in chosen.items()
        }

    def _dashboard(self) -> str:
        try:
            return str(self._client.dashboard_link or "")
        except (KeyError, ValueError):
            return ""

    def _note(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._tell(line)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _has_gpu(worker: Mapping[str, Any]) -> bool:
    return bool(worker.get("resources", {}).get(GPU, 0) >= 1)


@contextlib.contextmanager
def _losses_told(address: str, kind: type[ClusterError] = ClusterLostError) -> Iterator[None]:
    """Within it whatever a lost connection raises is an error of ours."""
    try:
        yield
    except (OSError, CancelledError) as error:  # of dask too, whose errors are of these kinds
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise kind(f"cluster {address}: the connection to the scheduler was lost ({reason})") from None
