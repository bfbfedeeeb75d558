"""The choice of learning rate and first-layer scale, on validation points and tuning seeds alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from activations.benchmark.outcome import Outcome
from activations.benchmark.plan import Run
from activations.benchmark.presets import (
    BRIEF_PART,
    BRIEF_RATES,
    EXTENSION,
    RATES,
    Preset,
    half_decade,
)
from activations.benchmark.statistics import median

__all__ = ["Choice", "tune", "tune_briefly"]


@dataclass(frozen=True)
class Choice:
    """The settings chosen for one activation and target.

    Attributes:
        run: a run with these settings.
        at_edge: the rate is the lowest or highest that was tried.
    """

    run: Run
    at_edge: bool


class _Candidates:
    """The settings tried for one activation and target, with their validation errors by seed."""

    def __init__(self, prototype: Run, scales: Sequence[float], exponents: Sequence[int] = RATES) -> None:
        self.prototype = prototype
        self.scales = scales
        self.exponents = list(exponents)
        self.errors: dict[tuple[int, float], list[float]] = {}

    def runs(self, settings: Iterable[tuple[int, float]], seeds: Iterable[int]) -> list[tuple[tuple[int, float], Run]]:
        made = []
        for seed in seeds:
            for k, scale in settings:
                run = replace(self.prototype, learning_rate=half_decade(k), scale=scale, seed=seed)
                made.append(((k, scale), run))
        return made

    def grid(self, exponents: Iterable[int]) -> list[tuple[int, float]]:
        return [(k, scale) for k in exponents for scale in self.scales]

    def ordered(self) -> list[tuple[int, float]]:
        """Settings by median error; those tried on more seeds first, so that only they can be chosen."""
        most = max(map(len, self.errors.values()))
        tried = [setting for setting, errors in self.errors.items() if len(errors) == most]
        return sorted(tried, key=lambda setting: (median(self.errors[setting]), setting))

    def choice(self, prototype: Run) -> Choice:
        """The best setting, for a run that may be longer than those that were tried."""
        k, scale = self.ordered()[0]
        run = replace(prototype, learning_rate=half_decade(k), scale=scale)
        return Choice(run, at_edge=k in (min(self.exponents), max(self.exponents)))

    def extension(self) -> list[int]:
        """Rates beyond the end at which the best one lies."""
        if len(self.exponents) > len(RATES):
            return []
        best = self.ordered()[0]
        if not math.isfinite(median(self.errors[best])):
            # Everything diverged: only smaller rates could help.
            return [RATES[0] - i for i in range(1, EXTENSION + 1)]
        if best[0] == RATES[0]:
            return [RATES[0] - i for i in range(1, EXTENSION + 1)]
        if best[0] == RATES[-1]:
            return [RATES[-1] + i for i in range(1, EXTENSION + 1)]
        return []


def tune(
    prototypes: Sequence[Run],
    preset: Preset,
    seeds: Sequence[int],
    train: Callable[[list[Run]], dict[str, Outcome]],
) -> list[Choice]:
    """Choose learning rate and scale of each prototype.

    Every setting is tried on the first seed (on all seeds if the preset has no finalists); where the best rate lies
    at an end of the grid, two further half-decades are tried. The finalists are tried on the other seeds (if that
    moves the best rate to an end, the further half-decades follow), and the setting with the smallest median
    validation error is chosen. The procedure is the same for every activation.

    Args:
        prototypes: a run per activation and target, with any rate, scale and seed.
        preset: the effort.
        seeds: for tuning only.
        train: trains runs and gives their outcomes by key.

    Returns:
        The choices in the order of the prototypes.
    """
    cells = [_Candidates(prototype, preset.scales) for prototype in prototypes]
    opening = seeds if preset.finalists is None else seeds[:1]

    def extend(seeds: Sequence[int]) -> None:
        further = [cell.extension() for cell in cells]
        _try(cells, [cell.runs(cell.grid(more), seeds) for cell, more in zip(cells, further, strict=True)], train)
        for cell, more in zip(cells, further, strict=True):
            cell.exponents += more

    _try(cells, [cell.runs(cell.grid(RATES), opening) for cell in cells], train)
    extend(opening)
    if preset.finalists is not None:
        final = [cell.runs(cell.ordered()[: preset.finalists], seeds[1:]) for cell in cells]
        _try(cells, final, train)
        extend(seeds)  # where only the final moved the best rate to an end

    return [cell.choice(cell.prototype) for cell in cells]


def tune_briefly(
    prototypes: Sequence[Run],
    preset: Preset,
    seed: int,
    train: Callable[[list[Run]], dict[str, Outcome]],
) -> list[Choice]:
    """Choose learning rate and scale of each prototype with a small part of the work, to screen many activations.

    Four rates with all scales are tried on one tuning seed with a third of the steps, and the setting with the
    smallest validation error is chosen; the same for every activation.

    Args:
        prototypes: as for `tune`.
        preset: the effort.
        seed: for tuning only.
        train: trains runs and gives their outcomes by key.

    Returns:
        The choices in the order of the prototypes.
    """
    short = [replace(prototype, steps=max(1, prototype.steps // BRIEF_PART)) for prototype in prototypes]
    cells = [_Candidates(prototype, preset.scales, BRIEF_RATES) for prototype in short]
    _try(cells, [cell.runs(cell.grid(BRIEF_RATES), [seed]) for cell in cells], train)
    return [cell.choice(prototype) for cell, prototype in zip(cells, prototypes, strict=True)]


def _try(
    cells: Sequence[_Candidates],
    planned: Sequence[list[tuple[tuple[int, float], Run]]],
    train: Callable[[list[Run]], dict[str, Outcome]],
) -> None:
    outcomes = train([run for runs in planned for _, run in runs])
    for cell, runs in zip(cells, planned, strict=True):
        for setting, run in runs:
            cell.errors.setdefault(setting, []).append(outcomes[run.key].validation)
