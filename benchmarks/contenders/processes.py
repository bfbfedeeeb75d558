"""Two processes or threads against one, with the benchmark's own workers."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import torch

from activations.benchmark.plan import CHUNK, Run
from activations.benchmark.workers import Workers
from activations.fitting.devices import compute_steadily
from activations.fitting.engine import Engine
from activations.fitting.target import Target
from activations.registry import default_registry

__all__ = ["measure_cores", "measure_processes", "measure_threads"]

SIDE = 192  # of matrices that lie in a core's second cache


def measure_processes(steps: int = 300, chunks: int = 8, rounds: int = 3) -> float:
    """How many times as fast two processes of the batched engine train runs of 1-64-64-1, their start not counted."""
    return _measured("batched", steps, chunks, rounds)


def measure_threads(steps: int = 1000, chunks: int = 8, rounds: int = 3) -> float:
    """How many times as fast two threads of the native engine train the same runs of 1-64-64-1."""
    return _measured("native", steps, chunks, rounds)


def measure_cores(products: int = 20_000, rounds: int = 3) -> float:
    """How many times as fast two threads multiply matrices as one: what two cores of this machine give to anybody.

    Virtual cores may be two halves of one, or share their clock with others.
    """

    def multiply(count: int) -> None:
        left, right = torch.rand(2, SIDE, SIDE)
        out = torch.empty_like(left)
        for _ in range(count):
            torch.mm(left, right, out=out)

    ratios = []
    with ThreadPoolExecutor(2, initializer=compute_steadily) as pool:
        for _ in range(rounds):
            start = time.perf_counter()
            pool.submit(multiply, products).result()
            middle = time.perf_counter()
            list(pool.map(multiply, [products // 2] * 2))
            ratios.append((middle - start) / (time.perf_counter() - middle))
    return statistics.median(ratios)


def _measured(engine: Engine, steps: int, chunks: int, rounds: int) -> float:
    target = Target("sin(6*x)", ((-1.0, 1.0),), "sin(6*x)", points=256)
    variant = default_registry().variant("relu")

    def runs(first: int, count: int, steps: int) -> list[Run]:
        return [Run(target, variant, (64, 64), 1e-3, 1.0, seed, steps) for seed in range(first, first + count)]

    def seconds(workers: Workers) -> float:
        start = time.perf_counter()
        for _ in workers.train(runs(0, chunks * CHUNK, steps)):
            pass
        return time.perf_counter() - start

    ratios = []
    with Workers(1, "cpu", engine) as one, Workers(2, "cpu", engine) as two:
        for workers in (one, two):
            # Four chunks, so that both processes have started and have imported everything.
            for _ in workers.train(runs(0, 4 * CHUNK, 2)):
                pass
        for _ in range(rounds):
            ratios.append(seconds(one) / seconds(two))
    return statistics.median(ratios)
