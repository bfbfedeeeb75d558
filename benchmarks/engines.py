"""Where the native engine is faster than the batched one: what `--engine auto` rests on.

Both train the same networks by turns on one thread; printed is the batched engine's processor time as a multiple of the
native one's, by width of two hidden layers and number of points:

    python benchmarks/engines.py [ACTIVATION...] [--rounds N]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from contenders.problem import Problem
from contenders.torch_ways import NATIVE, OURS
from speed import compare

from activations.fitting.devices import steady_arithmetic
from activations.fitting.fused.choice import fused_is_faster

ACTIVATIONS = ("relu", "gelu")
WIDTHS = (4, 16, 64, 128, 256, 512)
POINTS = (32, 256, 1000)
PRODUCTS = 2e10  # of a training, about a second


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("activations", nargs="*", metavar="ACTIVATION", help=f"default: {' '.join(ACTIVATIONS)}")
    parser.add_argument("--rounds", type=int, default=3, help="how often each engine trains")
    options = parser.parse_args(arguments)
    print("batched / native; in brackets where 'auto' takes the batched engine")
    print("activation  width " + "".join(f"{points:>12}" for points in POINTS) + "  points")
    with steady_arithmetic():
        for name in options.activations or ACTIVATIONS:
            for width in WIDTHS:
                print(
                    f"{name:10}  {width:5} " + "".join(_cell(name, width, points, options.rounds) for points in POINTS)
                )


def _cell(name: str, width: int, points: int, rounds: int) -> str:
    steps = max(2, min(200, round(PRODUCTS / (12 * 6 * points * width * width))))
    problem = Problem(name, (width, width), points, steps=steps)
    ratio = compare(problem, rounds, (NATIVE, OURS))["ratios"][OURS.name]
    text = f"{ratio:.2f}" if fused_is_faster(problem.network) else f"({ratio:.2f})"
    return f"{text:>12}"


if __name__ == "__main__":
    main()
