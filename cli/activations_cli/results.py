"""A benchmark's result on the terminal and in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from activations_cli.output import Cell, Column, Output, counted, significant

if TYPE_CHECKING:
    from activations.benchmark import Result, Row, TargetResult
    from activations.benchmark.references import ReferenceRow
    from activations.benchmark.statistics import Aggregate
    from activations.fitting.targets import Target

__all__ = ["create_folder", "show_result", "write_result"]

MOST = 24  # rows of a table on the terminal, where a race has hundreds
SCREENED = 8  # rows behind the final


def create_folder(folder: Path, targets: Sequence[Target], *, overwrite: bool) -> None:
    """Make the folder of a report, and check that its files can be written before hours of work end in an error.

    Raises:
        OutputExistsError: a file exists and may not be overwritten.
        OSError: the folder can't be made.
    """
    from activations.render.report import prepare_folder

    prepare_folder(targets, folder, overwrite=overwrite)


def write_result(output: Output, result: Result, folder: Path, *, overwrite: bool) -> None:
    """Write the report, and say where its files are."""
    from activations.render.report import write_report

    for place in write_report(result, folder, overwrite=overwrite):
        output.note(f"Wrote {place}")


def show_result(output: Output, result: Result) -> None:
    """One table per target, and what the columns mean."""
    for target in result.targets:
        show_target(output, target)
    if result.overall is not None:
        show_overall(output, result.overall)
    output.line(legend(result), "dim")


def show_overall(output: Output, overall: Aggregate) -> None:
    """The ranking over all targets."""
    groups = counted(len(set(overall.groups)), "group")
    about = f"  over {counted(len(overall.targets), 'target')} in {groups}, which weigh the same"
    output.show(output.joined(("all targets", "bold"), (about, "dim")))
    columns = [
        Column("rank", "right"),
        Column("activation", key=True),
        Column("mean rank", "right"),
        Column("95 % interval", key=True, style="dim"),
        Column("digits", "right"),
        Column("95 % interval", style="dim", optional=True),
    ]
    rows: list[list[Cell]] = []
    for place in overall.places[:MOST]:
        style = "bold green" if place.rank == 1 else ""
        rows.append(
            [
                (str(place.rank), style),
                (place.label, style),
                (f"{place.mean_rank:.2f}", style),
                _interval(place.mean_rank_interval),
                f"{place.digits:.2f}",
                _interval(place.digits_interval),
            ]
        )
    output.table(columns, rows)
    if len(overall.places) > MOST:
        output.line(f"{len(overall.places) - MOST} more: --json and -o show all", "dim")
    if overall.note:
        output.line(overall.note, "yellow")
    output.line("digits: interquartile mean of -log10 NRMSE, from 0 to 5.", "dim")
    output.line()


def _interval(ends: tuple[float, float] | None) -> str:
    return "–" if ends is None else f"{ends[0]:.2f} … {ends[1]:.2f}"


def show_target(output: Output, result: TargetResult) -> None:
    """The ranking of one target."""
    classes = result.target.task == "classification"
    columns = [
        Column("rank", "right"),
        Column("activation", key=True),
        Column(result.metric.upper(), "right"),
        Column("95 % interval", key=True, style="dim"),
        *([Column("accuracy", "right")] if classes else []),
        Column("P(best)", "right", optional=True),
        *([Column("x floor", "right", optional=True)] if _has_floors(result) else []),
        *([Column("outside", "right", optional=True)] if _goes_outside(result) else []),
        Column("failed", "right"),
        *([Column("best lr", "right", optional=True)] if _is_tuned(result) else []),
        *([Column("scale", "right", optional=True)] if _is_tuned(result) else []),
        Column("params", "right", optional=True),
        Column("s/run", "right", optional=True),
    ]
    about = result.target.title or domain_text(result.target)
    output.show(output.joined((result.target.name, "bold"), (f"  {about}", "dim")))
    final = [row for row in result.ranking if row.stage == "ranking"]
    shown = result.ranking[: max(len(final) + SCREENED, MOST)] if len(final) < len(result.ranking) else result.ranking
    output.table(columns, [table_row(row, result) for row in shown])
    if len(shown) < len(result.ranking):
        output.line(f"{len(result.ranking) - len(shown)} more were screened only: --json and -o show all", "dim")
    if result.note:
        output.line(result.note, "yellow")
    if result.references:
        parts = [f"{row.name} {significant(_error(row, result.metric))}" for row in result.references]
        output.line(f"without a network, at most as many parameters: {', '.join(parts)}", "dim")
    output.line()


def table_row(row: Row, result: TargetResult) -> list[Cell]:
    """An activation's place as cells: green if it ties with the best, * for a rate at the end of those tried."""
    style = "bold green" if row.rank == 1 and row.diverged < 1 else "green" if row.tied and row.diverged < 1 else ""
    style = "dim" if row.stage == "screening" else style
    interval = "–" if row.interval is None else " … ".join(significant(end) for end in row.interval)
    cells: list[Cell] = [
        (row.rank_text, style),
        (row.activation, style),
        (significant(_error(row, result.metric)), style),
        interval,
    ]
    if row.accuracy is not None:
        cells.append(f"{row.accuracy:.1%}")
    cells.append("–" if row.best_probability is None else f"{row.best_probability:.0%}")
    if _has_floors(result):
        cells.append(distance_text(row))
    if _goes_outside(result):
        cells.append(significant(row.extrapolation))
    cells.append((f"{row.failed:.0%}", "red") if row.failed else "0%")
    if _is_tuned(result):
        cells += [f"{row.learning_rate:.2g}{'*' if row.at_edge else ' '}", f"{row.scale:g}"]
    cells += [str(row.parameters), significant(row.seconds, 2)]
    return cells


def _has_floors(result: TargetResult) -> bool:
    return any(row.floor is not None for row in result.ranking)


def _is_tuned(result: TargetResult) -> bool:
    """Whether there were a learning rate and a scale to choose."""
    return all(outcome.run.recipe.has_rate for outcomes in result.outcomes.values() for outcome in outcomes)


def _goes_outside(result: TargetResult) -> bool:
    return any(row.extrapolation is not None for row in result.ranking)


def distance_text(row: Row) -> str:
    """How far an error is from the least one that the network can have."""
    if row.floor is None:
        return "–"
    known = "~" if row.floor.kind == "best known" else ""
    return f"{known}floor 0" if row.distance is None else f"{known}{row.distance:.3g}"


def _error(row: Row | ReferenceRow, metric: str) -> float | None:
    return row.rmse if metric == "rmse" else row.nrmse


def domain_text(target: Target) -> str:
    """Where a typed formula is fitted."""
    return "on " + " x ".join(f"[{low:g}, {high:g}]" for low, high in target.domain)


def legend(result: Result) -> str:
    """What the columns mean, and what was done."""
    settings = result.settings
    several = f"Median over {counted(settings['seeds'], 'fresh seed')}, with its bootstrap interval. "
    parts = [
        (
            "One fresh seed (n=1): no interval, and another seed may rank otherwise. "
            if settings["seeds"] == 1
            else several
        )
        + "NRMSE: root mean square error at test points over the target's standard deviation; "
        "0 is exact, 1 no better than its mean. failed: runs that diverged or explain less than 10 %.",
    ]
    if settings.get("ranking") == "capacity":
        parts.append(f"Capacity, how well the networks can fit at all: {settings['optimizer']}, nothing tuned.")
    elif all(map(_is_tuned, result.targets)):
        parts.append("best lr: the learning rate, and scale: the spread of the first layer, both tuned on other seeds.")
    race = settings.get("race")
    if race:
        parts.append(
            f"A race: ranks beyond {race['finalists']}, and the ranking over all targets, are those of a screening on "
            f"{race['seeds']} seeds with {race['steps']} steps, whose errors do not compare with those of the final."
        )
    rows = [row for target in result.targets for row in target.ranking]
    if any(row.at_edge for row in rows):
        parts.append("*: the lowest or highest rate that was tried.")
    parts.append(
        "rank 1–n: n that these seeds do not tell from the best. P(best): how often it is first in the bootstrap."
    )
    if any(map(_has_floors, result.targets)):
        parts.append("x floor: the error as a multiple of the least one that such a network can have.")
    if any(row.floor is not None and row.floor.kind == "best known" for row in rows):
        parts.append("~: of the least one that any run at hand has reached with it, which is no bound.")
    if any(map(_goes_outside, result.targets)):
        parts.append("outside: the error beyond the domain, which does not rank.")
    widths = ",".join(map(str, settings["hidden"]))
    parts.append(
        f"{settings['preset']}: {settings['steps']} steps, hidden {widths}, seed {settings['seed']}, "
        f"on {result.device}{seconds_text(result)}."
    )
    return " ".join(parts)


def seconds_text(result: Result) -> str:
    """How long it took, if anything was trained, and how much of it was in the store."""
    if result.seconds is None:
        return ", from the store"
    reused = f", {counted(result.reused, 'run')} taken from the store" if result.reused else ""
    return f", {result.seconds:.0f} s{reused}"
