"""What this machine could do at best: measured rates, and the shortest time that a model-step can take with them."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from activations.errors import BuildError
from activations.fitting.fused.builds import functions
from activations.fitting.fused.code import Inexpressible, emit
from contenders.problem import Problem, torch_function

__all__ = ["Limits", "least_seconds", "measure_limits"]


@dataclass(frozen=True)
class Limits:
    """Rates of one thread (or of one GPU).

    Attributes:
        flops: of float32 matrix products, per second, at the best of several sizes.
        bytes_per_second: read and written by a copy: in cache on a CPU, in memory on a GPU.
        activation: seconds per element for value and derivative of each activation, in cache.
    """

    flops: float
    bytes_per_second: float
    activation: dict[str, float]


def measure_limits(problems: list[Problem], device: str = "cpu", repeats: int = 15) -> Limits:
    """Measure the rates that the problems need."""
    small = device == "cpu"
    sides = (64, 128, 256, 512) if small else (1024, 4096)
    flops = max(2 * side**3 / _least(_product(side, device), device, repeats) for side in sides)
    size = 2**14 if small else 2**27
    # Small ones stay in the nearest cache, large ones pay less for each call.
    elements = (2**14, 2**16, 2**18) if small else (2**24,)
    source, target = (torch.zeros(size, device=device) for _ in range(2))
    traffic = 2 * source.nbytes / _least(lambda: target.copy_(source), device, repeats)
    per_element = {
        problem.activation: min(_activation(problem, count, device, repeats) for count in elements)
        for problem in {problem.activation: problem for problem in problems}.values()
    }
    return Limits(flops, traffic, per_element)


def least_seconds(problem: Problem, limits: Limits) -> dict[str, float]:
    """A bound for one model-step, by what takes the time; what is sent to memory between the parts is not counted."""
    products = 0
    for index, layer in enumerate(problem.network.layers):
        # Forward and weights always, the gradient of the inputs for all layers but the first.
        products += (3 if index else 2) * 2 * problem.looked_at * layer.inputs * layer.outputs
    elements = problem.looked_at * sum(problem.hidden)
    # Adam reads gradient, both moments and parameters, and writes the last three.
    moved = (
        (7 if problem.optimizer == "adam" else 3)
        * problem.network.parameters
        * (4 if problem.precision == "float32" else 8)
    )
    return {
        "products": products / limits.flops,
        "activation": elements * limits.activation[problem.activation],
        "optimizer": moved / limits.bytes_per_second,
    }


def _product(side: int, device: str) -> Callable[[], object]:
    left, right = (torch.rand(side, side, device=device) for _ in range(2))
    out = torch.empty_like(left)
    return lambda: torch.mm(left, right, out=out)


def _activation(problem: Problem, size: int, device: str, repeats: int) -> float:
    """Seconds per element for the value and the derivative: the best of our engines' ways and autograd's."""
    from activations.fitting.nonlinearity import Nonlinearity

    source = torch.randn(1, size, 1, device=device)
    slope = torch.ones_like(source)
    leaf = source.clone().requires_grad_()
    function = torch_function(problem)

    def by_autograd() -> None:
        torch.autograd.grad(function(leaf), leaf, slope)

    hook = Nonlinearity(problem.variant, ())
    linear = source.clone().requires_grad_(hook.keeps_graph)

    def by_engine() -> None:
        with torch.no_grad():
            hook.forward(linear)
            hook.backward(slope)

    ways: list[Callable[[], object]] = [by_autograd] if problem.variant.learnable else [by_autograd, by_engine]
    if device == "cpu":
        ways += _compiled(problem, source, slope)
    return min(_least(way, device, repeats) for way in ways) / size


def _compiled(problem: Problem, source: torch.Tensor, slope: torch.Tensor) -> list[Callable[[], object]]:
    """The native engine's function, if it can be had."""
    try:
        (address,) = functions([emit(problem.variant)], "float32").values()
    except (BuildError, Inexpressible):
        return []
    call = ctypes.CFUNCTYPE(None, ctypes.c_long, *(ctypes.c_void_p,) * 4)(address)
    inputs, value = source.clone(), torch.empty_like(source)
    theta = torch.tensor([dict(problem.variant.values)[name] for name in problem.variant.learnable] or [0.0])
    slopes = [torch.empty_like(slope) for _ in (*problem.variant.activation.inputs, *problem.variant.learnable)]

    def by_native_engine() -> None:
        read = (ctypes.c_void_p * problem.variant.inputs)(*[inputs.data_ptr()] * problem.variant.inputs)
        written = (ctypes.c_void_p * len(slopes))(*[tensor.data_ptr() for tensor in slopes])
        call(inputs.numel(), read, theta.data_ptr(), value.data_ptr(), written)

    return [by_native_engine]


def _least(call: Callable[[], object], device: str, repeats: int) -> float:
    """The shortest time of a call, in seconds, each measured over about 20."""
    call()
    found = []
    # On a CPU the processor's time: what else runs there does not count.
    clock = time.process_time if device == "cpu" else time.perf_counter
    for _ in range(repeats):
        if device != "cpu":
            torch.cuda.synchronize(device)
        start = clock()
        for _ in range(20):
            call()
        if device != "cpu":
            torch.cuda.synchronize(device)
        found.append((clock() - start) / 20)
    return min(found)
