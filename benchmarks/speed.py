"""Model-steps per second of the batched engine against the usual loop, as a ratio.

Both are measured alternately and the median of the ratios is printed, so that a busy machine slows both.
Run `python benchmarks/speed.py [ACTIVATION...]`.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
import torch
from torch import nn

from activations import create
from activations.declare import Variant
from activations.fit.devices import steady_arithmetic
from activations.fit.engine import Batch, train
from activations.fit.initialisation import initial_parameters
from activations.fit.network import Network
from activations.registry import default_registry

CASES = [((128,), 40), ((64, 64), 256)]
RUNS = 12
STEPS = 100
ROUNDS = 5


def batched(variant: Variant, hidden: tuple[int, ...], x: torch.Tensor, y: torch.Tensor) -> float:
    """Seconds per model-step of the engine."""
    network = Network(1, hidden, 1, variant)
    rows = np.stack([initial_parameters(network, seed) for seed in range(RUNS)])
    batch = Batch(
        network,
        x.expand(RUNS, -1, -1).contiguous(),
        y.expand(RUNS, -1, -1).contiguous(),
        torch.tensor(rows, dtype=torch.float32),
        torch.full((RUNS,), 1e-3),
        STEPS,
    )
    start = time.perf_counter()
    train(batch)
    return (time.perf_counter() - start) / (STEPS * RUNS)


def tutorial(variant: Variant, hidden: tuple[int, ...], x: torch.Tensor, y: torch.Tensor) -> float:
    """Seconds per model-step of one nn.Sequential with autograd, torch's Adam and a printed loss."""
    layers: list[nn.Module] = []
    fan_in = 1
    for width in hidden:
        layers += [nn.Linear(fan_in, width), create(variant.activation)]
        fan_in = width
    model = nn.Sequential(*layers, nn.Linear(fan_in, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    start = time.perf_counter()
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    return (time.perf_counter() - start) / STEPS


def main(names: list[str]) -> None:
    """Print a line per architecture and activation."""
    for hidden, points in CASES:
        x = torch.linspace(-1, 1, points)[:, None]
        y = torch.sin(6 * x)
        for name in names:
            variant = default_registry().variant(name)
            times = []
            with steady_arithmetic():
                for _ in range(ROUNDS):
                    times.append((batched(variant, hidden, x, y), tutorial(variant, hidden, x, y)))
            ours, theirs = (statistics.median(column) * 1e6 for column in zip(*times, strict=True))
            ratio = statistics.median(slow / fast for fast, slow in times)
            shape = "-".join(map(str, (1, *hidden, 1)))
            print(f"{shape:10} {points:4} points  {name:12} {ours:7.1f} us  loop {theirs:7.1f} us  {ratio:5.1f} times")


if __name__ == "__main__":
    main(sys.argv[1:] or ["relu", "tanh", "gelu", "sine"])
