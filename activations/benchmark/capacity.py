"""The capacity ranking: how well networks can fit at all, not how well a gradient descent gets there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from activations.benchmark.plan import CHUNK, Precision, Run
from activations.benchmark.presets import Preset
from activations.benchmark.tuning import Choice
from activations.fitting.initialisation import START_SCALES
from activations.fitting.levenberg import MAX_JACOBIAN, MAX_PARAMETERS
from activations.fitting.network import Network
from activations.fitting.recipe import DEFAULT_RECIPE, HISTORY, Recipe
from activations.fitting.settings import SettingError
from activations.fitting.target import Target

__all__ = [
    "capacity_effort",
    "capacity_recipe",
    "capacity_run",
    "capacity_settings",
    "require_rankable",
    "untuned",
]

LBFGS_ITERATIONS = 3  # times those of Levenberg–Marquardt, which take about as long
LEAST_HISTORY = 10
HISTORY_MEMORY = 2**30  # bytes of the pairs that a chunk remembers


def capacity_recipe(network: Network, points: int, *, starts: int = 1, classes: bool = False) -> Recipe:
    """The strongest recipe that a network and its data allow.

    Levenberg–Marquardt, which minimises squares, up to 1500 parameters and a Jacobian of two million entries; else
    L-BFGS, with history 100 unless that takes too much memory, and by cross-entropy for classes.

    Args:
        network: the architecture.
        points: number of training points.
        starts: initial weights of each run.
        classes: whether it is a classification.
    """
    entries = points * network.outputs * network.parameters
    if not classes and network.parameters <= MAX_PARAMETERS and entries <= MAX_JACOBIAN:
        return Recipe(optimizer="lm", starts=starts)
    affordable = HISTORY_MEMORY // (CHUNK * 2 * 8 * network.parameters)
    return Recipe(optimizer="lbfgs", starts=starts, history=max(LEAST_HISTORY, min(HISTORY, affordable)))


def capacity_effort(effort: Preset) -> Preset:
    """The effort of a preset for the capacity ranking: nothing is tuned, and its steps are iterations."""
    return replace(effort, steps=effort.iterations, tuning_seeds=0, finalists=None, scales=START_SCALES)


def capacity_run(run: Run, starts: int) -> Run:
    """A run with the same network, target and seed that is trained as well as can be."""
    target = run.target
    recipe = capacity_recipe(run.network, target.points, starts=starts, classes=bool(target.classes))
    steps = run.steps if recipe.optimizer == "lm" else run.steps * LBFGS_ITERATIONS
    return replace(run, recipe=recipe, steps=steps)


def capacity_settings(effort: Preset) -> dict[str, Any]:
    """What a capacity ranking says of itself in its settings; the same for all targets."""
    recipe = Recipe(optimizer="lm", starts=effort.starts)
    other = f"for classes and for large networks L-BFGS, {LBFGS_ITERATIONS} times as many iterations"
    return {"ranking": "capacity", "optimizer": f"{recipe.words} ({other})", "recipe": recipe.to_dict()}


def untuned(prototypes: Sequence[Run]) -> list[Choice]:
    """The settings of runs without a learning rate: there is nothing to choose."""
    return [Choice(replace(run, learning_rate=1.0, scale=1.0), at_edge=False) for run in prototypes]


def require_rankable(recipe: Recipe, targets: Sequence[Target], precision: Precision, *, capacity: bool) -> None:
    """Refuse a recipe that can't train the targets, before anything is trained.

    Raises:
        SettingError: with the way out.
    """
    if capacity and recipe != DEFAULT_RECIPE:
        raise SettingError(f"capacity=True chooses the recipe itself; leave out {recipe.words!r}")
    if recipe.optimizer != "lm":
        return
    if precision != "float64":
        raise SettingError(f"optimizer='lm' needs precision='float64', got {precision!r}")
    for target in targets:
        if target.classes:
            raise SettingError(f"optimizer='lm' can't fit the classes of {target.name}; choose 'lbfgs'")
