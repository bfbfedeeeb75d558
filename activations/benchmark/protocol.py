"""The benchmark: tune every activation on every target, train on fresh seeds, rank."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Precision, Run, require_memory, require_picklable
from activations.benchmark.presets import preset_named
from activations.benchmark.result import Result, rank_over_targets, rank_target
from activations.benchmark.tuning import tune
from activations.benchmark.workers import Workers
from activations.declare import Variant
from activations.fit.devices import resolve_device
from activations.fit.initialisation import INITIALISATIONS, Initialisation
from activations.fit.network import read_hidden
from activations.fit.recipe import DEFAULT_RECIPE, Recipe
from activations.fit.samples import draw_samples
from activations.fit.settings import SettingError, require_count
from activations.fit.target import Target

__all__ = ["MAX_BENCHMARK_SEED", "Progress", "benchmark"]

MAX_STEPS = 1_000_000
MAX_SEEDS = 1000
MAX_JOBS = 1024
# A benchmark's seed and the number of a run in it make the run's seed; see `run_seeds`.
MAX_BENCHMARK_SEED = 2**40 - 1


@dataclass(frozen=True)
class Progress:
    """How far a benchmark has come.

    Attributes:
        stage: "tuning" or "ranking".
        target: the name of the target that was last worked on.
        done: runs of this stage that are finished; a stage may come again with further runs.
        total: runs of this stage.
    """

    stage: str
    target: str
    done: int
    total: int


def benchmark(
    targets: Sequence[Target],
    variants: Sequence[Variant],
    *,
    preset: str = "quick",
    device: str = "auto",
    seed: int = 0,
    hidden: Sequence[int] | None = None,
    jobs: int = 1,
    progress: Callable[[Progress], None] | None = None,
    steps: int | None = None,
    seeds: int | None = None,
    initialisation: Initialisation = "moments",
    precision: Precision = "float32",
    recipe: Recipe = DEFAULT_RECIPE,
    own: Sequence[Variant | None] = (),
) -> Result:
    """Rank activations by how well small networks that use them fit targets.

    Seeds are paired: a seed fixes the random numbers of initial weights, sample positions and noise for all
    activations. Learning rate and first-layer scale are tuned per activation and target on validation points; the
    ranking is by the median error at test points over fresh seeds. A run that diverges counts as worst. An activation
    that is random in training (`rrelu`) takes part in its deterministic form.

    Args:
        targets: what to fit; repeated ones are taken once.
        variants: the activations; repeated ones are taken once.
        preset: "quick" or "standard".
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        seed: another one gives other tuning seeds and other fresh seeds.
        hidden: widths of the hidden layers in place of the preset's.
        jobs: processes on a CPU, of one thread each; the result does not depend on it. With more than one, the
            calling script needs the `if __name__ == "__main__":` that `multiprocessing` asks for.
        progress: called after each chunk of runs.
        steps: optimizer steps in place of the preset's.
        seeds: fresh seeds in place of the preset's.
        initialisation: "moments" suits the first weights to the activation, "torch" takes those of `nn.Linear`.
        precision: "float32" or "float64".
        recipe: optimizer, schedule, loss and batch size.
        own: activations of single hidden layers, one for each layer, None where the ranked activation is.

    Raises:
        SettingError: a setting is out of range.
        DeviceError: the device is not available.
        DataError: a target is not finite on its domain.
    """
    start = time.perf_counter()
    effort = preset_named(preset)
    effort = replace(
        effort,
        steps=require_count("steps", effort.steps if steps is None else steps, 1, MAX_STEPS),
        seeds=require_count("seeds", effort.seeds if seeds is None else seeds, 1, MAX_SEEDS),
    )
    seed = require_count("seed", seed, 0, MAX_BENCHMARK_SEED)
    jobs = require_count("jobs", jobs, 1, MAX_JOBS)
    widths = read_hidden(effort.hidden if hidden is None else hidden)
    if own and len(own) != len(widths):
        raise SettingError(f"own has {len(own)} activations for {len(widths)} hidden layers; give one or None for each")
    targets = list({target.digest + target.name: target for target in targets}.values())
    variants = list({variant.label: variant for variant in variants}.values())
    if not targets or not variants:
        raise SettingError("nothing to rank; give at least one target and one activation")
    if initialisation not in INITIALISATIONS:
        raise SettingError(f"initialisation={initialisation!r} is unknown; write one of {', '.join(INITIALISATIONS)}")
    if precision not in ("float32", "float64"):
        raise SettingError(f"precision={precision!r} is unknown; write float32 or float64")
    place = resolve_device(device)
    if place.type == "mps" and precision == "float64":
        raise SettingError("mps has no float64; write precision='float32' or device='cpu'")
    require_memory(targets, variants, widths)
    processes = jobs if place.type == "cpu" else 1
    if processes > 1:
        require_picklable(targets)

    tuning_seeds = run_seeds(seed, effort.tuning_seeds, fresh=False)
    fresh_seeds = run_seeds(seed, effort.seeds, fresh=True)
    for target in targets:
        draw_samples(target, tuning_seeds[0])  # a target that can't be evaluated fails before anything is trained
    prototypes = [
        Run(target, variant, widths, 0.0, 1.0, 0, effort.steps, initialisation, precision, recipe, tuple(own))
        for target in targets
        for variant in variants
    ]
    with Workers(processes, str(place)) as workers:

        def train(stage: str, runs: list[Run]) -> dict[str, Outcome]:
            outcomes: dict[str, Outcome] = {}
            for finished in workers.train(runs):
                outcomes.update((outcome.run.key, outcome) for outcome in finished)
                if progress is not None:
                    progress(Progress(stage, finished[-1].run.target.name, len(outcomes), len(runs)))
            return outcomes

        choices = tune(prototypes, effort, tuning_seeds, lambda runs: train("tuning", runs))
        final = [[replace(choice.run, seed=seed) for seed in fresh_seeds] for choice in choices]
        outcomes = train("ranking", [run for runs in final for run in runs])

    results = []
    for i, target in enumerate(targets):
        part = slice(i * len(variants), (i + 1) * len(variants))
        found = {runs[0].variant.label: [outcomes[run.key] for run in runs] for runs in final[part]}
        results.append(rank_target(target, choices[part], found, seed))
    overall = rank_over_targets(results, [[outcomes[run.key] for run in runs] for runs in final], seed)
    settings = {
        "preset": preset,
        "steps": effort.steps,
        "seeds": effort.seeds,
        "tuning_seeds": effort.tuning_seeds,
        "scales": list(effort.scales),
        "seed": seed,
        "hidden": list(widths),
        "initialisation": initialisation,
        "precision": precision,
        "own": [variant.label if variant else None for variant in own],
        "optimizer": recipe.words,
        "recipe": recipe.to_dict(),
    }
    return Result(tuple(results), overall, settings, str(place), _versions(), time.perf_counter() - start)


def run_seeds(seed: int, count: int, *, fresh: bool) -> list[int]:
    """The seeds of a benchmark's runs: those for tuning and the fresh ones never coincide."""
    return [seed << 20 | fresh << 16 | i for i in range(count)]


def _versions() -> dict[str, Any]:
    import torch

    from activations import __version__

    return {"activations": __version__, "torch": torch.__version__}
