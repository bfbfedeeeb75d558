"""From the entries of a benchmark to its result: a pure function, the same for new runs and for stored ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from activations.benchmark.best_known import BestKnown
from activations.benchmark.entry import Entry
from activations.benchmark.outcome import Outcome
from activations.benchmark.references import reference_rows
from activations.benchmark.result import Fit, Result, Row, TargetResult
from activations.benchmark.statistics import (
    Aggregate,
    Standing,
    aggregate,
    compare,
    logarithms,
    median,
    median_interval,
    ranks,
    resamples,
)
from activations.fitting.randomness import Purpose, generator
from activations.floors import Floor, exact_floor

__all__ = ["assemble"]

FITS = 6  # networks that are kept for pictures


def assemble(
    entries: Sequence[Entry],
    best_known: BestKnown,
    settings: Mapping[str, Any],
    device: str,
    versions: Mapping[str, str],
    seconds: float | None,
    reused: int = 0,
) -> Result:
    """Rank what was trained under one protocol.

    Args:
        entries: all of them, in order of targets and activations.
        best_known: the best errors of all runs at hand, these and others.
        settings: of the benchmark.
        device: where it was trained.
        versions: of this library and torch.
        seconds: of wall time in all; None for stored runs.
        reused: number of runs that were in the store already.
    """
    seed = int(settings["seed"])
    by_target: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        by_target.setdefault((entry.run.target.name, entry.run.target.digest), []).append(entry)
    targets = tuple(_rank_target(found, best_known, seed) for found in by_target.values())
    overall = _rank_over_targets(targets, list(by_target.values()), seed)
    return Result(targets, overall, settings, device, versions, seconds, reused)


def _rank_target(entries: Sequence[Entry], best_known: BestKnown, seed: int) -> TargetResult:
    """Rank the activations of one target: those of the final, then those that the screening left out."""
    target = entries[0].run.target
    final = {entry.label: entry for entry in entries if entry.stage == "ranking"}
    rows, note = _final_rows(final, best_known, seed)
    screened = {entry.label: entry for entry in entries if entry.stage == "screening" and entry.label not in final}
    order = ranks({label: median(entry.errors) for label, entry in screened.items()})
    rows += [
        _row(screened[label], best_known, Standing(label, place, str(place), math.nan, None, None, 0.0, None, False))
        for label, place in ((label, rank + len(final)) for label, rank in order)
    ]
    outcomes = {row.activation: (final.get(row.activation) or screened[row.activation]).outcomes for row in rows}
    constant = all(outcome.test.r2 is None for found in outcomes.values() for outcome in found)
    fits: list[Fit] = []
    references: tuple[Any, ...] = ()
    if target.has_values:
        best = [label for label in outcomes if label in final and math.isfinite(median(final[label].errors))]
        fits = [fit for label in best[:FITS] if (fit := _median_fit(outcomes[label]))]
        references = reference_rows(target, rows[0].parameters, [outcome.run.seed for outcome in entries[0].outcomes])
    return TargetResult(
        target=target,
        metric="rmse" if constant else "nrmse",
        ranking=tuple(rows),
        references=references,
        note=note,
        fits=tuple(fits),
        outcomes=outcomes,
    )


def _final_rows(final: Mapping[str, Entry], best_known: BestKnown, seed: int) -> tuple[list[Row], str]:
    """The rows of the activations that all fresh seeds rank, and what those seeds can't tell."""
    if not final:
        return [], ""
    errors = [entry.errors for entry in final.values()]
    compared = compare(logarithms(errors), list(final), generator(seed, Purpose.COMPARISON))
    samples = resamples(len(errors[0]), generator(seed, Purpose.BOOTSTRAP))
    rows = [
        _row(final[standing.label], best_known, standing, median_interval(_relative(final[standing.label]), samples))
        for standing in compared.standings
    ]
    return rows, compared.note


def _rank_over_targets(
    results: Sequence[TargetResult], entries: Sequence[Sequence[Entry]], seed: int
) -> Aggregate | None:
    """Rank the activations over the targets that have an NRMSE; None if those are fewer than two.

    After a race it is the screening's seeds that rank, for all activations have them on all targets.
    """
    kept = [i for i, result in enumerate(results) if result.metric == "nrmse"]
    if len(kept) < 2:
        return None
    stage = "screening" if any(entry.stage == "screening" for found in entries for entry in found) else "ranking"
    tables = [{entry.label: entry.errors for entry in entries[i] if entry.stage == stage} for i in kept]
    labels = list(dict.fromkeys(label for table in tables for label in table))
    seeds = max(len(errors) for table in tables for errors in table.values())
    panel = np.full((len(kept), len(labels), seeds), np.nan)
    for place, table in enumerate(tables):
        for label, errors in table.items():
            if len(errors) == seeds:
                panel[place, labels.index(label)] = logarithms(errors)
    if not (~np.isnan(panel)).all(axis=(0, 2)).any():
        return None  # no activation has runs on all targets
    return aggregate(
        panel,
        labels,
        [results[i].target.name for i in kept],
        [results[i].target.group for i in kept],
        generator(seed, Purpose.COMPARISON, 1),
    )


def _row(entry: Entry, best_known: BestKnown, standing: Standing, interval: tuple[float, float] | None = None) -> Row:
    run, outcomes = entry.run, entry.outcomes
    tests = [outcome.test for outcome in outcomes]
    r2 = [test.r2 for test in tests if test.r2 is not None]
    accuracy = [test.accuracy for test in tests if test.accuracy is not None]
    rmse = median([test.rmse for test in tests])
    floor = _floor(entry, best_known)
    outside = [outcome.extrapolation for outcome in outcomes if outcome.extrapolation is not None]
    return Row(
        activation=standing.label,
        rank=standing.rank,
        rank_text=standing.rank_text,
        tied=standing.tied_with_best,
        best_probability=standing.best_probability if entry.stage == "ranking" and len(outcomes) > 1 else None,
        p_value=standing.p_value,
        nrmse=median([test.relative for test in tests]) if r2 else None,
        interval=interval,
        rmse=rmse,
        r2=median(r2) if r2 else None,
        max_error=median([test.largest for test in tests]),
        accuracy=median(accuracy) if accuracy else None,
        extrapolation=median(outside) if outside else None,
        failed=sum(outcome.failed for outcome in outcomes) / len(outcomes),
        diverged=sum(outcome.diverged_at is not None for outcome in outcomes) / len(outcomes),
        seeds=len(outcomes),
        learning_rate=run.learning_rate,
        scale=run.scale,
        at_edge=entry.at_edge,
        parameters=run.network.parameters,
        hidden=run.hidden,
        seconds=median([outcome.seconds for outcome in outcomes]),
        steps_to_precision=_median_steps(outcomes),
        stage=entry.stage,
        floor=floor,
        distance=floor.distance(rmse) if floor else None,
    )


def _relative(entry: Entry) -> list[float]:
    """The errors as they are, rounding and all."""
    return [outcome.test.relative for outcome in entry.outcomes]


def _median_steps(outcomes: Sequence[Outcome]) -> tuple[float | None, ...]:
    columns = zip(*(outcome.steps_to_precision for outcome in outcomes), strict=True)
    medians = [median([math.inf if step is None else step for step in column]) for column in columns]
    return tuple(step if math.isfinite(step) else None for step in medians)


def _floor(entry: Entry, best_known: BestKnown) -> Floor | None:
    """The exact floor of an entry's architecture, if there is one, else the best known value."""
    run = entry.run
    if not any(run.own) and run.target.has_values:
        found = exact_floor(run.target, run.variant, run.hidden, [outcome.run.seed for outcome in entry.outcomes])
        if isinstance(found, Floor):
            return found
    return best_known.floor(run)


def _median_fit(outcomes: Sequence[Outcome]) -> Fit | None:
    ordered = sorted(outcomes, key=lambda outcome: (outcome.test.relative, outcome.run.seed))
    return Fit.of(ordered[(len(ordered) - 1) // 2])
