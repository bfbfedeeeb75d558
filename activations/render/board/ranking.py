"""The log of a ranking: who won first of all, then the errors, the training curves, and a table of all activations.

    ranking                 texts and pictures of each target, and what the columns of the table mean
    TARGET/01-ACTIVATION    of each activation in the order of the ranking: its median error with the interval, the
                            error of each seed, the training curve of its median run, its row in the table

A run of each seed would be natural too, but TensorBoard shows nothing on some of its tabs where there are more than
forty runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from activations.render.board.extra import require_tensorboard
from activations.render.board.pictures import add_figure
from activations.render.board.places import run_names, write_log
from activations.render.fits import draw_fits
from activations.render.html import visible
from activations.render.report.figures import draw_heat_map, draw_ranking
from activations.render.report.findings import verdict
from activations.render.report.runs import error_of, is_tuned, median_outcome
from activations.render.report.tables import escaped_markdown, overall_markdown, target_markdown

if TYPE_CHECKING:
    from activations.benchmark.result import Result, Row, TargetResult
    from activations.render.board.events import Events, Value

__all__ = ["ranking_log", "write_ranking"]

OVERVIEW = "ranking"
MOST = 600  # runs; TensorBoard's list of them is good for fewer


def write_ranking(result: Result, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write the log of a ranking.

    Args:
        result: of a benchmark, or made from a store.
        folder: where to write; it is made if it is missing, its parent must exist.
        overwrite: replace a log.

    Raises:
        MissingExtraError: the extra `tensorboard` is not installed, or is broken.
        OutputExistsError: the folder holds a log that may not be replaced; then nothing is written.
        OSError: the folder can't be made, or the disk is full.
    """
    return write_log(folder, ranking_log(result), overwrite=overwrite)


def ranking_log(result: Result) -> Mapping[str, bytes]:
    """The event file of each run, by its folder; the overview comes last.

    Raises:
        MissingExtraError: the extra `tensorboard` is not installed, or is broken.
    """
    require_tensorboard()
    from activations.render.board.events import Events

    overview = Events()
    runs: dict[str, bytes] = {}
    columns: dict[str, Value] = {}
    names = run_names(found.target.name for found in result.targets)
    for name, found in zip(names, result.targets, strict=True):
        _add_overview(overview, name, found)
        shown = found.ranking[: max(1, MOST // len(result.targets))]
        labels = run_names(row.activation for row in shown)
        digits = max(2, len(str(len(shown))))
        for place, (row, label) in enumerate(zip(shown, labels, strict=True), start=1):
            events = Events()
            facts = _hyperparameters(row, found)
            columns.update(facts)
            events.add_hyperparameters(facts, failed=row.failed >= 1.0, seconds=row.seconds)
            _add_row(events, name, place, row, found)
            runs[f"{name}/{place:0{digits}}-{label}"] = events.to_bytes()
    if result.overall is not None:
        overview.add_text("ranking/all-targets", overall_markdown(result.overall))
        add_figure(overview, "best/all-targets", draw_heat_map(result))
    metrics = dict.fromkeys(found.metric for found in result.targets)
    overview.add_experiment(columns, [(_tag(metric), f"median test {metric.upper()}") for metric in metrics])
    runs[OVERVIEW] = overview.to_bytes()
    return runs


def _add_overview(events: Events, name: str, found: TargetResult) -> None:
    add_figure(events, f"best/{name}-1-fits", draw_fits(found))
    add_figure(events, f"best/{name}-2-errors", draw_ranking(found))
    events.add_text(f"ranking/{name}", f"{escaped_markdown(verdict(found))}\n\n{target_markdown(found)}")


def _add_row(events: Events, name: str, place: int, row: Row, found: TargetResult) -> None:
    """The errors of an activation, over its place and over the seeds, and the curve of its median run."""
    error = error_of(row, found.metric)
    events.add_number(_tag(found.metric), error)
    events.add_number(f"ranking-1-median/{name}", error, place)
    if row.interval is not None:
        for tag, end in zip(("ranking-2-low", "ranking-3-high"), row.interval, strict=True):
            events.add_number(f"{tag}/{name}", end, place)
    outcomes = found.outcomes.get(row.activation, ())
    for number, outcome in enumerate(sorted(outcomes, key=lambda outcome: outcome.run.seed)):
        value = outcome.test.relative if found.metric == "nrmse" else outcome.test.rmse
        events.add_number(f"error-by-seed/{name}", value, number, outcome.seconds)
    median = median_outcome(outcomes)
    if median is not None:
        events.add_curve(f"loss/{name}", median.losses, median.seconds / max(1, median.run.steps))


def _hyperparameters(row: Row, found: TargetResult) -> dict[str, Value]:
    """What the table says of an activation; the seed is that of its median run."""
    median = median_outcome(found.outcomes.get(row.activation, ()))
    tuned: dict[str, Value] = {"learning_rate": row.learning_rate, "weight_scale": row.scale} if is_tuned(found) else {}
    return {
        "activation": visible(row.activation),
        **tuned,
        "rank": row.rank,
        **({} if median is None else {"seed": median.run.seed}),
        "target": visible(found.target.name),
    }


def _tag(metric: str) -> str:
    return f"error/{metric}"
