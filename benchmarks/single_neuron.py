"""One neuron, y = v·φ(wx + b) + c, on five polynomials: what it can do, what training reaches, and what one seed says.

Three tables. The first ranks by capacity: the best of several starts by Levenberg–Marquardt in float64. The second
ranks as trained: Adam with tuned rates, in float32. The third counts how often each activation is first if only one
seed is looked at, as a table without intervals does; where the winner changes from seed to seed it is a coin toss.

tanh and sigmoid are one family here, for sigmoid(z) = (1 + tanh(z/2))/2: whatever tells them apart is training.
Run `python benchmarks/single_neuron.py [--seeds N] [--iterations N] [--steps N] [--jobs N] [ACTIVATION...]`.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

from activations.benchmark import Result, TargetResult, available_jobs, benchmark
from activations.fitting.targets import formula_target
from activations.registry import default_registry

POLYNOMIALS = ("x", "x^2", "x^2 + x", "x^3 + x^2", "x^3 + x^2 + x")
ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh", "sine")
CLEAR = 0.9  # of the seeds: a winner that has fewer is a coin toss
EXACT = 1e-3  # NRMSE: below it a fit is exact to the eye (R² above 0.999999), and how far below says nothing here


def study(
    names: Sequence[str] = ACTIVATIONS, *, seeds: int = 10, iterations: int = 1000, steps: int = 700, jobs: int = 1
) -> tuple[Result, Result]:
    """The ranking by capacity and the one as trained, over the same seeds.

    Args:
        names: activations.
        seeds: fresh ones that rank.
        iterations: of Levenberg–Marquardt.
        steps: of Adam.
        jobs: processes.
    """
    targets = [formula_target(text) for text in POLYNOMIALS]
    variants = [default_registry().variant(name) for name in names]
    capacity = benchmark(targets, variants, hidden=(1,), capacity=True, steps=iterations, seeds=seeds, jobs=jobs)
    trained = benchmark(targets, variants, hidden=(1,), steps=steps, seeds=seeds, jobs=jobs)
    return capacity, trained


def winners(result: TargetResult) -> Counter[str]:
    """How often each activation has the smallest error if one seed is looked at, the most frequent first."""
    labels = sorted(result.outcomes)
    by_seed = zip(*(result.outcomes[label] for label in labels), strict=True)
    first = Counter(
        min(zip(labels, outcomes, strict=True), key=lambda pair: pair[1].test.relative)[0] for outcomes in by_seed
    )
    return Counter(dict(first.most_common()))


def verdict(capacity: TargetResult, trained: TargetResult) -> str:
    """What the winner of one seed is worth, in a few words."""
    if all(row.nrmse is not None and row.nrmse < EXACT for row in capacity.ranking):
        return "all can be exact"
    counts = winners(trained)
    (first, most), seeds = counts.most_common(1)[0], sum(counts.values())
    able = [row.activation for row in capacity.ranking if row.tied]
    if most < CLEAR * seeds:
        return "coin toss"
    return "the best" if first in able else f"not the best, which is {' or '.join(able)}"


def show(title: str, result: Result) -> None:
    """One line per target, best first: NRMSE, a star for what the seeds do not tell from the best."""
    print(f"\n{title}: {result.settings['optimizer']}, {result.settings['steps']} steps")
    for target in result.targets:
        cells = [f"{row.activation}{'*' * row.tied} {row.nrmse:.2g}" for row in target.ranking]
        print(f"  {target.target.name:<14} {'   '.join(cells)}")


def main() -> None:
    """Run the study and print its three tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="ACTIVATION", nargs="*", default=ACTIVATIONS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--jobs", type=int, default=available_jobs())
    given = parser.parse_args()
    capacity, trained = study(
        given.names, seeds=given.seeds, iterations=given.iterations, steps=given.steps, jobs=given.jobs
    )
    show("by capacity (NRMSE, * ties with the best)", capacity)
    show("as trained (NRMSE, * ties with the best)", trained)
    print(f"\nfirst as trained, by a single seed of {given.seeds}")
    for able, reached in zip(capacity.targets, trained.targets, strict=True):
        counts = ", ".join(f"{label} {count}" for label, count in winners(reached).items())
        print(f"  {reached.target.name:<14} {counts:<40} {verdict(able, reached)}")


if __name__ == "__main__":
    main()
