"""The benchmark: tune every activation on every target, train on fresh seeds, rank."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from activations.benchmark.assembly import assemble
from activations.benchmark.best_known import BestKnown
from activations.benchmark.capacity import (
    capacity_effort,
    capacity_run,
    capacity_settings,
    require_rankable,
    untuned,
)
from activations.benchmark.cluster import Cluster, ClusterCrew
from activations.benchmark.entry import Entry, Stage
from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Precision, Run, require_memory, require_picklable
from activations.benchmark.presets import Preset, preset_named
from activations.benchmark.result import Result
from activations.benchmark.statistics import FINALISTS, RACE_ABOVE, logarithms, race
from activations.benchmark.store import Environment, Store, this_environment
from activations.benchmark.tuning import Choice, tune, tune_briefly
from activations.benchmark.widths import matched_hidden
from activations.benchmark.workers import Workers
from activations.declare import Variant
from activations.fitting.devices import resolve_device
from activations.fitting.engine import ENGINES, Engine
from activations.fitting.initialisation import INITIALISATIONS, Initialisation
from activations.fitting.network import read_hidden
from activations.fitting.recipe import DEFAULT_RECIPE, Recipe
from activations.fitting.samples import draw_samples
from activations.fitting.settings import SettingError, require_count
from activations.fitting.target import Target

__all__ = ["MAX_BENCHMARK_SEED", "SCREENING_SEEDS", "Progress", "benchmark"]

MAX_STEPS = 1_000_000
MAX_SEEDS = 1000
MAX_JOBS = 1024
SCREENING_SEEDS = 4  # which cost no more than three
SCREENING_PART = 2  # of the steps: a screening makes half of them
# A benchmark's seed and the number of a run in it make the run's seed; see `run_seeds`.
MAX_BENCHMARK_SEED = 2**40 - 1

STAGES: dict[Stage, int] = {"tuning": 0, "ranking": 1, "screening": 2}


@dataclass(frozen=True)
class Progress:
    """How far a benchmark has come.

    Attributes:
        stage: "tuning", "screening" or "ranking".
        target: the name of the target that was last worked on.
        done: runs of this stage that are finished; a stage may come again with further runs.
        total: runs of this stage.
        reused: those of them that were in the store.
        workers: of the cluster that trains them; None without one.
        rate: runs that the cluster finishes in a second.
    """

    stage: str
    target: str
    done: int
    total: int
    reused: int = 0
    workers: int | None = None
    rate: float | None = None


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
    equal_parameters: bool = False,
    racing: bool | None = None,
    capacity: bool = False,
    store: Store | str | Path | None = None,
    engine: Engine = "auto",
    tell: Callable[[str], None] | None = None,
    cluster: Cluster | str | None = None,
) -> Result:
    """Rank activations by how well small networks that use them fit targets.

    Seeds are paired: a seed fixes the random numbers of initial weights, sample positions and noise for all
    activations. Learning rate and first-layer scale are tuned per activation and target on validation points; the
    ranking is by the median error at test points over fresh seeds. A run that diverges counts as worst. An activation
    that is random in training (`rrelu`) takes part in its deterministic form.

    Args:
        targets: what to fit; repeated ones are taken once.
        variants: the activations; repeated ones are taken once.
        preset: "quick", "standard" or "full".
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
        equal_parameters: give two-input and learnable activations narrower layers, so that all networks have about as
            many parameters; else all have the same widths.
        racing: tune all activations briefly, screen them on four seeds with half of the steps, and let only the best
            dozen of each target be tuned in full and ranked on fresh seeds; None for doing so with more than twenty
            activations.
        capacity: rank how well the networks can fit at all: by Levenberg–Marquardt in float64, the best of several
            starts for each fresh seed, with nothing to tune. Steps are its iterations, and the recipe is its own.
        engine: what trains on a CPU: "auto" takes the native engine where it is faster and can be compiled, "native"
            wherever it can be, "batched" never; "numpy" is the slow reference. What can't be compiled the batched
            engine trains. Another engine gives other last digits.
        tell: told in one line why the native engine does not train something, and of a cluster what a person should
            know.
        cluster: train on a cluster of dask.distributed, at an address such as "tcp://host:8786", and not here. There
            "cuda" is each worker's own, and the engine is the batched one unless "native" is asked for.
        store: where finished runs are kept, and taken from if they are there already; a file's name, or nothing.

    Raises:
        SettingError: a setting is out of range.
        DeviceError: the device is not available.
        ClusterError: the cluster can't be reached, or can't do this; `ClusterLostError` if it went away.
        MissingExtraError: a cluster is asked for, and dask.distributed is not installed.
        DataError: a target is not finite on its domain.
        StoreError: the store can't be opened or written.
    """
    start = time.perf_counter()
    effort = preset_named(preset)
    if capacity:
        effort, precision = capacity_effort(effort), "float64"
    elif not recipe.has_rate:
        effort = replace(effort, tuning_seeds=0, finalists=None, scales=(1.0,))
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
    if engine not in ENGINES:
        raise SettingError(f"engine={engine!r} is unknown; write one of {', '.join(ENGINES)}")
    if engine == "numpy" and (capacity or not recipe.has_rate):
        raise SettingError("engine='numpy' has gradient descents only; write engine='batched'")
    if precision not in ("float32", "float64"):
        raise SettingError(f"precision={precision!r} is unknown; write float32 or float64")
    if cluster is not None and jobs > 1:
        raise SettingError(f"jobs={jobs} is for processes here, and a cluster has its own; leave out one of them")
    place = resolve_device("cpu" if cluster is not None else device)
    if place.type == "mps" and precision == "float64":
        remedy = "device='cpu'" if capacity else "precision='float32' or device='cpu'"
        raise SettingError(f"mps has no float64; write {remedy}")
    require_rankable(recipe, targets, precision, capacity=capacity)
    if own and equal_parameters:
        raise SettingError("equal_parameters and own can't be combined; leave out one of them")
    require_memory(targets, variants, widths)
    processes = jobs if place.type == "cpu" else 1
    if processes > 1 or cluster is not None:
        require_picklable(targets, [*variants, *(variant for variant in own if variant)])

    for target in targets:
        # A target that can't be evaluated fails before anything is trained.
        draw_samples(target, run_seeds(seed, 1, "tuning")[0])
    raced = len(variants) > RACE_ABOVE if racing is None else racing
    settings: dict[str, Any] = {
        "ranking": "as trained",
        "preset": preset,
        "steps": effort.steps,
        "seeds": effort.seeds,
        "tuning_seeds": effort.tuning_seeds,
        "finalists": effort.finalists,
        "scales": list(effort.scales),
        "seed": seed,
        "hidden": list(widths),
        "equal_parameters": equal_parameters,
        "initialisation": initialisation,
        "precision": precision,
        "own": [variant.label if variant else None for variant in own],
        "race": {"seeds": SCREENING_SEEDS, "steps": _screening_steps(effort.steps), "finalists": FINALISTS}
        if raced
        else None,
        "optimizer": recipe.words,
        "recipe": recipe.to_dict(),
        **(capacity_settings(effort) if capacity else {}),
    }
    prototypes = [
        Run(
            target,
            variant,
            matched_hidden(target, variant, widths) if equal_parameters else widths,
            *(0.0, 1.0, 0, effort.steps, initialisation, precision, recipe, tuple(own)),
        )
        for target in targets
        for variant in variants
    ]
    if capacity:
        prototypes = [capacity_run(run, effort.starts) for run in prototypes]
    with ExitStack() as stack:
        if store is not None and not isinstance(store, Store):
            store = stack.enter_context(Store(store))
        crew: Workers | ClusterCrew
        if cluster is None:
            crew = Workers(processes, str(place), engine, tell)
            environment = this_environment(str(place))
        else:
            address = Cluster(cluster) if isinstance(cluster, str) else cluster
            crew = ClusterCrew(address, prototypes, device, engine, tell)
            environment = crew.environment
        stack.enter_context(crew)
        trainer = _Trainer(crew, store, environment, progress)
        entries = _entries(prototypes, effort, seed, trainer, raced=raced)
        if store is not None:
            store.enter(settings, entries, environment)
        best_known = trainer.best_known
    versions = {"activations": environment.version, "torch": environment.torch}
    seconds = time.perf_counter() - start
    return assemble(entries, best_known, settings, environment.device, versions, seconds, trainer.reused)


class _Trainer:
    """Trains runs that the store does not hold, and puts them there as they are finished."""

    def __init__(
        self,
        workers: Workers | ClusterCrew,
        store: Store | None,
        environment: Environment,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.workers = workers
        self.store = store
        self.environment = environment
        self.progress = progress
        self.reused = 0
        self._seen = BestKnown()

    @property
    def best_known(self) -> BestKnown:
        """The best errors of all runs at hand: those of the store, else those trained here."""
        return self.store.best_known() if self.store else self._seen

    def train(self, stage: Stage, runs: Sequence[Run]) -> dict[str, Outcome]:
        """The outcomes of runs by key."""
        outcomes = self.store.known(runs, self.environment) if self.store else {}
        reused = len(outcomes)
        self.reused += reused
        if reused:
            self._tell(Progress(stage, runs[0].target.name, reused, len(runs), reused))
        for finished in self.workers.train([run for run in runs if run.key not in outcomes]):
            if self.store:
                self.store.add(finished, stage, self._trained_in)
            outcomes.update((outcome.run.key, outcome) for outcome in finished)
            self._tell(Progress(stage, finished[-1].run.target.name, len(outcomes), len(runs), reused))
        if self.store is None:  # which would know
            self._seen.add(outcomes.values())
        return outcomes

    def fresh(self, stage: Stage, runs: Sequence[Run], seeds: Sequence[int]) -> list[tuple[Outcome, ...]]:
        """The outcomes of each run with each of the seeds."""
        planned = [[replace(run, seed=seed) for seed in seeds] for run in runs]
        outcomes = self.train(stage, [run for group in planned for run in group])
        return [tuple(outcomes[run.key] for run in group) for group in planned]

    @property
    def _trained_in(self) -> Environment:
        """Where the outcomes that came last were made."""
        return self.workers.trained_in if isinstance(self.workers, ClusterCrew) else self.environment

    def _tell(self, progress: Progress) -> None:
        if self.progress is None:
            return
        if isinstance(self.workers, ClusterCrew):
            progress = replace(progress, workers=self.workers.workers, rate=self.workers.rate)
        self.progress(progress)


def _entries(prototypes: Sequence[Run], effort: Preset, seed: int, trainer: _Trainer, *, raced: bool) -> list[Entry]:
    """Screen if there are too many activations, tune, and train on fresh seeds."""
    tuned = prototypes[0].recipe.has_rate
    tuning_seeds = run_seeds(seed, effort.tuning_seeds, "tuning")

    def train(runs: list[Run]) -> dict[str, Outcome]:
        return trainer.train("tuning", runs)

    def ranked(choices: Sequence[Choice], stage: Stage, seeds: int) -> list[Entry]:
        found = trainer.fresh(stage, [choice.run for choice in choices], run_seeds(seed, seeds, stage))
        return [Entry(stage, runs, choice.at_edge) for choice, runs in zip(choices, found, strict=True)]

    screened: list[Entry] = []
    if raced:
        short = [replace(run, steps=_screening_steps(run.steps)) for run in prototypes]
        choices = tune_briefly(short, effort, tuning_seeds[0], train) if tuned else untuned(short)
        screened = ranked(choices, "screening", SCREENING_SEEDS)
        prototypes = _finalists(prototypes, screened)
    choices = tune(prototypes, effort, tuning_seeds, train) if tuned else untuned(prototypes)
    return [*ranked(choices, "ranking", effort.seeds), *screened]


def _screening_steps(steps: int) -> int:
    return max(1, steps // SCREENING_PART)


def _finalists(prototypes: Sequence[Run], screened: Sequence[Entry]) -> list[Run]:
    """The prototypes of those activations that are among the best of the screening on a target."""
    by_target: dict[str, list[int]] = {}
    for i, entry in enumerate(screened):
        by_target.setdefault(entry.run.target.digest + entry.run.target.name, []).append(i)
    kept = []
    for places in by_target.values():
        labels = [screened[i].label for i in places]
        best = race(logarithms([screened[i].errors for i in places]), labels).finalists
        kept += [prototypes[i] for i, label in zip(places, labels, strict=True) if label in best]
    return kept


def run_seeds(seed: int, count: int, stage: Stage) -> list[int]:
    """The seeds of a benchmark's runs: those of different stages never coincide."""
    return [seed << 20 | STAGES[stage] << 16 | i for i in range(count)]
