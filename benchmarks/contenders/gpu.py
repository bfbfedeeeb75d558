"""The engine on a GPU: model-steps per second of few and of many networks, the usual loop beside it, and the limits."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from activations.fitting.engine import train
from contenders.problem import Problem
from contenders.roofline import least_seconds, measure_limits
from contenders.torch_ways import batch_of, loop_on

__all__ = ["measure_gpu"]

MODELS = (120, 12_000)


def measure_gpu(
    device: str, names: Sequence[str], say: Callable[[str], None], models: Sequence[int] = MODELS, steps: int = 200
) -> list[dict[str, Any]]:
    """Rows for 1-64-64-1 with 256 points; empty, with the reason said, where there is no such GPU."""
    if not torch.cuda.is_available():
        say(f"{device} is skipped: torch {torch.__version__} sees no CUDA device")
        return []
    problems = [Problem(name, (64, 64), 256, runs=count, steps=steps) for name in names for count in models]
    limits = measure_limits(problems, device)
    say(
        f"{torch.cuda.get_device_name(device)}: float32 products {limits.flops / 1e12:.1f} TFLOP/s, "
        f"copy in memory {limits.bytes_per_second / 1e9:.0f} GB/s"
    )
    rows = []
    for problem in problems:
        batch = batch_of(problem, device)
        train(batch, device)
        ours = 1 / _median(lambda batch=batch: train(batch, device)) * problem.runs * problem.steps
        loop = problem.steps / _median(lambda problem=problem: loop_on(problem, device))
        parts = least_seconds(problem, limits)
        rows.append(
            {
                "activation": problem.activation,
                "models": problem.runs,
                "model_steps_per_second": ours,
                "loop_model_steps_per_second": loop,
                "ratio": ours / loop,
                "arithmetic_fraction": ours * parts["products"],
                "memory_fraction": ours * _traffic(problem) / limits.bytes_per_second,
            }
        )
        row = rows[-1]
        say(
            f"{problem.shape} {problem.activation:7} {problem.runs:6} models  {ours:12,.0f} model-steps/s  "
            f"loop {loop:8,.0f}  {row['ratio']:8.1f} times  {row['arithmetic_fraction']:.0%} of the product rate  "
            f"{row['memory_fraction']:.0%} of the bandwidth"
        )
    return rows


def _traffic(problem: Problem) -> float:
    """Bytes that a model-step moves at least where no two operations are fused.

    Per hidden unit and point: written and read are the pre-activation, the value (read twice) and the slope (written
    twice, read three times); per parameter the optimizer's seven.
    """
    size = 4 if problem.precision == "float32" else 8
    return size * (10 * problem.points * sum(problem.hidden) + 7 * problem.network.parameters)


def _median(call: Callable[[], object], rounds: int = 3) -> float:
    found = []
    for _ in range(rounds):
        torch.cuda.synchronize()
        start = time.perf_counter()
        call()
        torch.cuda.synchronize()
        found.append(time.perf_counter() - start)
    return statistics.median(found)
