"""The engines against other ways to train many small networks, and against what the machine could do at best.

All contenders train the same networks from the same weights on the same points, by turns and with one thread each;
printed are medians over rounds of the time of the processor relative to the first engine's, the native one where there
is a compiler, so that a busy machine slows all alike. What is compiled or imported first is not counted. scikit-learn
and jax are measured where they are installed:

    python benchmarks/speed.py [ACTIVATION...] [--rounds N] [--steps N] [--json] [--device cuda]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from contenders.gpu import measure_gpu
from contenders.jax_way import JAX
from contenders.problem import Array, Contender, Problem
from contenders.processes import measure_cores, measure_processes, measure_threads
from contenders.roofline import Limits, least_seconds, measure_limits
from contenders.sklearn_way import SKLEARN
from contenders.torch_ways import FUNCTIONAL, LOOP, NATIVE, OURS

from activations.fitting.devices import steady_arithmetic

ACTIVATIONS = ("relu", "tanh", "gelu", "sine")
# Widths, points, networks at once (12, as the benchmark trains them on a CPU, or as many as small ones gain from),
# and what else a step does.
CASES: tuple[tuple[tuple[int, ...], int, int, dict[str, Any]], ...] = (
    ((128,), 40, 48, {"optimizer": "sgd"}),
    ((128,), 40, 48, {}),
    ((128, 10), 40, 48, {"optimizer": "sgd"}),
    ((512,), 256, 12, {"batch": 32}),
    ((20, 50, 20), 1000, 12, {"optimizer": "sgd"}),
    ((64, 64), 256, 12, {}),
)
CONTENDERS = (NATIVE, OURS, LOOP, SKLEARN, FUNCTIONAL, JAX)


def compare(problem: Problem, rounds: int, contenders: Sequence[Contender] = CONTENDERS) -> dict[str, Any]:
    """Times per model-step and their ratios to the first contender's.

    Args:
        problem: what is trained.
        rounds: how often each contender trains.
        contenders: the first that can train is what the others are compared with.
    """
    prepared: dict[str, tuple[Callable[[], Array], int]] = {}
    skipped, setup = {}, {}
    for contender in contenders:
        obstacle = contender.obstacle(problem)
        if obstacle:
            skipped[contender.name] = obstacle
            continue
        start = time.perf_counter()
        train = contender.prepare(problem)
        train()
        setup[contender.name] = time.perf_counter() - start
        prepared[contender.name] = train, contender.networks(problem) * problem.steps
    times: dict[str, list[float]] = {name: [] for name in prepared}
    for _ in range(rounds):
        for name, (train, model_steps) in prepared.items():
            start = time.process_time()
            train()
            times[name].append((time.process_time() - start) / model_steps)
    first = next(iter(times))
    ours = times[first]
    return {
        "shape": problem.shape,
        "points": problem.points,
        "work": problem.work,
        "first": first,
        "networks": problem.runs,
        "activation": problem.activation,
        "microseconds": {name: statistics.median(found) * 1e6 for name, found in times.items()},
        "ratios": {
            name: statistics.median(other / own for own, other in zip(ours, found, strict=True))
            for name, found in times.items()
        },
        "setup_seconds": setup,
        "skipped": skipped,
    }


def roof(problem: Problem, limits: Limits, microseconds: float) -> dict[str, Any]:
    """The bound of a model-step, its parts in microseconds, and the fraction of it that is reached."""
    parts = {name: seconds * 1e6 for name, seconds in least_seconds(problem, limits).items()}
    bound = sum(parts.values())
    return {"parts": parts, "bound": bound, "fraction": bound / microseconds}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All that is asked for, as plain values; lines are printed as they come unless JSON is wanted."""

    def say(line: str) -> None:
        if not options.json:
            print(line, flush=True)

    names = options.activations or ACTIVATIONS
    found: dict[str, Any] = {"torch": torch.__version__, "threads": 1, "rows": []}
    if options.device != "cpu":
        found["gpu"] = measure_gpu(options.device, options.activations or ("relu",), say)
        return found
    cases = [
        Problem(name, hidden, points, runs, options.steps, **more)
        for hidden, points, runs, more in CASES
        for name in names
    ]
    with steady_arithmetic():
        limits = measure_limits(cases)
        per_element = ", ".join(f"{name} {1e9 * value:.2f}" for name, value in limits.activation.items())
        say(
            f"torch {torch.__version__}, one thread: products {limits.flops / 1e9:.0f} GFLOP/s, "
            f"copy in cache {limits.bytes_per_second / 1e9:.0f} GB/s, value and derivative in ns: {per_element}"
        )
        say(
            "us per model-step of the first engine; others as multiples of it; the bound from these rates, its fraction"
        )
        for problem in cases:
            row = compare(problem, options.rounds)
            row["roof"] = roof(problem, limits, row["microseconds"][row["first"]])
            found["rows"].append(row)
            say(_line(row))
    for name, seconds in _setups(found["rows"]).items():
        say(f"{name}: {seconds:.1f} s of imports and compilation per shape and activation, not counted above")
    for name, reasons in _skips(found["rows"]).items():
        say(f"{name} is skipped: {reasons}")
    found["limits"] = {
        "gflops": limits.flops / 1e9,
        "gigabytes_per_second": limits.bytes_per_second / 1e9,
        "nanoseconds": {name: 1e9 * value for name, value in limits.activation.items()},
    }
    if options.processes:
        found["load"] = os.getloadavg()[0]
        found["two_processes"], found["two_threads"] = measure_processes(), measure_threads()
        found["two_cores"] = measure_cores()
        say(
            f"1-64-64-1 in wall time: two processes of the batched engine {found['two_processes']:.2f} times one, two "
            f"threads of the native one {found['two_threads']:.2f} times one; matrix products alone "
            f"{found['two_cores']:.2f} times "
            f"(load before: {found['load']:.1f} on {os.cpu_count()} cores; a busy machine hides the gain)"
        )
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the ratios, or JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("activations", nargs="*", metavar="ACTIVATION", help=f"default: {' '.join(ACTIVATIONS)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender trains")
    parser.add_argument("--steps", type=int, default=500, help="optimizer steps of each training")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for the report on a GPU")
    parser.add_argument(
        "--no-processes", dest="processes", action="store_false", help="leave out the two processes and threads"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    found = measure(options)
    if options.json:
        print(json.dumps(found, indent=1))


def _line(row: dict[str, Any]) -> str:
    others = [
        f"{name} {row['ratios'][name]:5.1f}×" if name in row["ratios"] else f"{name}     –"
        for name in (contender.name for contender in CONTENDERS)
        if name != row["first"]
    ]
    ours, roof = row["microseconds"][row["first"]], row["roof"]
    work = f"{row['shape']:12} {row['work']:24} {row['networks']:3} networks  {row['activation']:5}"
    head = f"{work} {row['first']} {ours:6.1f} us"
    return f"{head}  {'  '.join(others)}  bound {roof['bound']:5.1f} us ({roof['fraction']:.0%})"


def _setups(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The largest set-up of each contender that needs one."""
    largest: dict[str, float] = {}
    for row in rows:
        for name in (JAX.name,):
            if name in row["setup_seconds"]:
                largest[name] = max(largest.get(name, 0.0), row["setup_seconds"][name])
    return largest


def _skips(rows: list[dict[str, Any]]) -> dict[str, str]:
    reasons: dict[str, list[str]] = {}
    for row in rows:
        for name, reason in row["skipped"].items():
            reasons.setdefault(name, []).append(reason)
    return {name: "; ".join(dict.fromkeys(found)) for name, found in reasons.items()}


if __name__ == "__main__":
    main()
