"""A unit of work: this runs on a worker of a cluster."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from activations.benchmark.accelerator import chunks_that_fit, train_or_split
from activations.benchmark.chunk import is_of_plugin, train_or_fail
from activations.benchmark.native_crew import NativeCrew
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run, chunks
from activations.benchmark.store.environment import Environment, this_environment
from activations.errors import ClusterError
from activations.fitting.devices import compute_steadily, keep_freed_memory
from activations.fitting.engine import Engine
from activations.plugins import files

__all__ = ["Finished", "Task", "pack", "train_packed", "unpack"]

# Limits of memory hold for a whole process, so that foreign code takes turns in one of several threads.
_ALONE = threading.Lock()


@dataclass(frozen=True)
class Task:
    """What a worker is to do.

    Attributes:
        runs: to be trained.
        device: where.
        engine: by which engine on a CPU: "batched", "native" or "numpy".
        environment: what the digits depend on, as it was when all was compared: a worker may have joined since.
    """

    runs: Sequence[Run]
    device: str
    engine: Engine
    environment: Environment


@dataclass(frozen=True)
class Finished:
    """What a worker did.

    Attributes:
        outcomes: in order of the runs.
        environment: of the worker.
        seconds: of wall time.
        notes: why the native engine did not train something.
    """

    outcomes: list[Outcome]
    environment: Environment
    seconds: float
    notes: tuple[str, ...] = ()


def pack(task: Task) -> bytes:
    """A task for `train_packed`; unlike the task itself it can be read before plugins' files are known."""
    return pickle.dumps(task, pickle.HIGHEST_PROTOCOL)


def unpack(packed: bytes) -> Finished:
    """What a worker did, as it sent it."""
    finished: Finished = pickle.loads(packed)
    return finished


def train_packed(packed: bytes, plugin_files: Sequence[str] = ()) -> bytes:
    """Do a task.

    Raises:
        ClusterError: this process would compute other digits than the task expects.
    """
    start = time.perf_counter()
    files.import_given(plugin_files)
    task: Task = pickle.loads(packed)
    environment = _environment(task.device)
    for name in ("version", "torch", "engine", "device"):
        here, wanted = getattr(environment, name), getattr(task.environment, name)
        if here != wanted:
            raise ClusterError(f"a worker that joined later has {name} {here} and not {wanted}; take it out")
    # Of this thread, and left so: on other threads of the process others of our tasks may be at work.
    compute_steadily()
    notes: list[str] = []
    if any(map(is_of_plugin, task.runs)):
        with _ALONE:
            outcomes = _train(task, notes)
    else:
        outcomes = _train(task, notes)
    finished = Finished(outcomes, environment, time.perf_counter() - start, tuple(notes))
    return pickle.dumps(finished, pickle.HIGHEST_PROTOCOL)


@cache
def _environment(device: str) -> Environment:
    keep_freed_memory()
    return this_environment(device)


def _train(task: Task, notes: list[str]) -> list[Outcome]:
    if task.device != "cpu":
        parts = chunks_that_fit(task.runs, task.device)
        found = [train_or_split(part, task.device, train_or_fail) for part in parts]
    elif task.engine == "native":
        mine, others = _native_ones(task.runs, notes)
        found = [train_or_fail(part, engine="native") for part in chunks(mine)]
        found += [train_or_fail(part) for part in chunks(others)]
    else:
        found = [train_or_fail(part, engine=task.engine) for part in chunks(task.runs)]
    return [outcome for part in found for outcome in part]


def _native_ones(runs: Sequence[Run], notes: list[str]) -> tuple[list[Run], list[Run]]:
    """The runs that the native engine trains, once all that they need is compiled, and the others."""
    crew = NativeCrew(1, "native", notes.append)
    crew.prepare(runs)
    crew.kernels.wait()
    return crew.chosen(runs)
