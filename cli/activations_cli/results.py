"""A benchmark's result on the terminal and in files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from activations.files import require_free, write_atomically
from activations_cli.output import Cell, Column, Output, counted, significant
from activations_cli.places import picture_paths

if TYPE_CHECKING:
    from activations.benchmark import Result, Row, TargetResult
    from activations.fit.targets import Target

__all__ = ["Places", "create_folder", "show_result", "write_result"]


@dataclass(frozen=True)
class Places:
    """The files of a result: the numbers, and one picture per target."""

    ranking: Path
    pictures: tuple[Path, ...]


def create_folder(folder: Path, targets: Sequence[Target], *, overwrite: bool) -> Places:
    """Make the folder, and check that its files can be written before hours of work end in an error.

    Raises:
        OutputExistsError: a file exists and may not be overwritten.
        OSError: the folder can't be made.
    """
    folder.mkdir(exist_ok=True)
    places = Places(folder / "ranking.json", picture_paths(folder, targets))
    for place in (places.ranking, *places.pictures):
        require_free(place, overwrite=overwrite)
    return places


def write_result(output: Output, result: Result, places: Places, *, overwrite: bool) -> None:
    """Write the numbers and the pictures, and say where they are."""
    from activations.render.fits import draw_fits
    from activations.render.style import figure_bytes

    text = json.dumps(result.to_dict(), indent=2, allow_nan=False) + "\n"
    write_atomically(places.ranking, text.encode(), overwrite=overwrite)
    output.note(f"Wrote {places.ranking}")
    for target, place in zip(result.targets, places.pictures, strict=True):
        write_atomically(place, figure_bytes(draw_fits(target), "png"), overwrite=overwrite)
        output.note(f"Wrote {place}")


def show_result(output: Output, result: Result) -> None:
    """One table per target, and what the columns mean."""
    for target in result.targets:
        show_target(output, target)
    output.line(legend(result), "dim")


def show_target(output: Output, result: TargetResult) -> None:
    """The ranking of one target."""
    classes = result.target.task == "classification"
    columns = [
        Column("rank", "right"),
        Column("activation", key=True),
        Column(result.metric.upper(), "right"),
        Column("95 % interval", key=True, style="dim"),
        *([Column("accuracy", "right")] if classes else []),
        Column("failed", "right"),
        Column("best lr", "right", optional=True),
        Column("scale", "right", optional=True),
        Column("params", "right", optional=True),
        Column("s/run", "right", optional=True),
    ]
    ranks = [row.rank for row in result.ranking]
    about = result.target.title or domain_text(result.target)
    output.show(output.joined((result.target.name, "bold"), (f"  {about}", "dim")))
    output.table(columns, [table_row(row, ranks, result.metric) for row in result.ranking])
    output.line()


def table_row(row: Row, ranks: Sequence[int], metric: str) -> list[Cell]:
    """An activation's place as cells; the best are green, = marks a tie, * a rate at the end of those tried."""
    style = "bold green" if row.rank == 1 and row.diverged < 1 else ""
    error = row.rmse if metric == "rmse" else row.nrmse
    interval = "–" if row.interval is None else " … ".join(significant(end) for end in row.interval)
    cells: list[Cell] = [
        (f"{row.rank}{'=' if ranks.count(row.rank) > 1 else ' '}", style),
        (row.activation, style),
        (significant(error), style),
        interval,
    ]
    if row.accuracy is not None:
        cells.append(f"{row.accuracy:.1%}")
    cells.append((f"{row.failed:.0%}", "red") if row.failed else "0%")
    cells.append(f"{row.learning_rate:.2g}{'*' if row.at_edge else ' '}")
    cells += [f"{row.scale:g}", str(row.parameters), significant(row.seconds, 2)]
    return cells


def domain_text(target: Target) -> str:
    """Where a typed formula is fitted."""
    return "on " + " x ".join(f"[{low:g}, {high:g}]" for low, high in target.domain)


def legend(result: Result) -> str:
    """What the columns mean, and what was done."""
    settings = result.settings
    parts = [
        f"Median over {counted(settings['seeds'], 'fresh seed')}, with its bootstrap interval. "
        "NRMSE: root mean square error at test points over the target's standard deviation; "
        "0 is exact, 1 no better than its mean. failed: runs that diverged or explain less than 10 %. "
        "best lr: Adam's rate, and scale: the spread of the first layer, both tuned on other seeds.",
    ]
    rows = [row for target in result.targets for row in target.ranking]
    if any(row.at_edge for row in rows):
        parts.append("*: the lowest or highest rate that was tried.")
    if len({(target.target.name, row.rank) for target in result.targets for row in target.ranking}) < len(rows):
        parts.append("=: tied.")
    widths = ",".join(map(str, settings["hidden"]))
    parts.append(
        f"{settings['preset']}: {settings['steps']} steps, hidden {widths}, seed {settings['seed']}, "
        f"on {result.device}, {result.seconds:.0f} s."
    )
    return " ".join(parts)
