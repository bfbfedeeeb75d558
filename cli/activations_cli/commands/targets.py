"""`activations targets`: what can be fitted by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from activations_cli.loading import tell_problems
from activations_cli.options import complete_suites, force_option, json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output, counted

if TYPE_CHECKING:
    from activations.fitting.targets import Target

__all__ = ["command"]

SEVERAL = {
    "two spirals": "two classes in the plane",
    "three spirals": "three classes in the plane",
    "moons": "two classes in the plane",
    "table": "rows of a file",
}


@click.command("targets")
@click.option(
    "--suite",
    "suites",
    metavar="NAME",
    multiple=True,
    shell_complete=complete_suites,
    help="seeds, core, all, or a group such as smooth; may be given several times.  [default: all]",
)
@click.option(
    "--plot",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Draw each target, with its training points, to a picture there.",
)
@force_option
@json_option
@terminal_options
@pass_output
def command(output: Output, suites: tuple[str, ...], folder: Path | None, force: bool, as_json: bool) -> None:
    """List the targets that `bench` knows by name; it also takes any formula and any CSV file."""
    if force and folder is None:
        raise click.UsageError("--force is for the pictures of --plot; name a folder with --plot DIR.")
    from activations.fitting.targets import known_targets, suite

    tell_problems(output, known_targets().problems)
    chosen = {target.name: target for name in suites or ["all"] for target in suite(name)}
    targets = list(chosen.values())
    if folder is not None:
        draw(output, targets, folder, overwrite=force)
    if as_json:
        output.json([describe(target) for target in targets])
        return
    columns = [
        Column("target", key=True),
        Column("what it is", short=True),
        Column("formula", short=True),
        Column("domain", optional=True, short=True),
        Column("points", "right", optional=True),
        Column("group", style="dim", optional=True),
    ]
    output.table(columns, [table_row(target) for target in targets])
    output.note('Any formula is a target too: activations bench "sin(3*x) + abs(x)" --domain -2 2')


def draw(output: Output, targets: Sequence[Target], folder: Path, *, overwrite: bool) -> None:
    """Write a picture of each target; nothing is drawn if one of the files may not be written."""
    from activations.files import require_free, write_atomically
    from activations_cli.places import picture_paths

    folder.mkdir(exist_ok=True)
    places = picture_paths(folder, targets)
    for place in places:
        require_free(place, overwrite=overwrite)

    from activations.render.style import figure_bytes
    from activations.render.targets import draw_target

    with output.progress() as advance:
        for done, (target, place) in enumerate(zip(targets, places, strict=True)):
            advance(done, len(targets), target.name)
            write_atomically(place, figure_bytes(draw_target(target), "png"), overwrite=overwrite)
    output.note(f"Wrote {counted(len(places), 'picture')} to {folder}")


def describe(target: Target) -> dict[str, Any]:
    """A target for JSON."""
    return {
        "name": target.name,
        "aliases": list(target.aliases),
        "title": target.title,
        "task": target.task,
        "formula": target.formula or None,
        "latex": target.latex or None,
        "inputs": target.dimension,
        "outputs": target.outputs,
        "classes": target.classes,
        "domain": [list(interval) for interval in target.domain],
        "points": target.points,
        "sampling": target.sampling,
        "noise": target.noise,
        "noise_kind": target.noise_kind if target.noise else None,
        "noise_profile": target.noise_profile or None,
        "extrapolation": [list(interval) for interval in target.extrapolation],
        "group": target.group,
        "tier": target.tier,
        "seed_target": target.seed_target,
        "expectation": target.expectation or None,
        "source": target.source,
    }


def table_row(target: Target) -> list[Cell]:
    """A target as cells."""
    formula = target.formula or SEVERAL.get(target.sampling, "Python function")
    noise = f", {noise_text(target)}" if target.noise else ""
    return [target.name, target.title, formula, domain_text(target), str(target.points), target.group + noise]


def domain_text(target: Target) -> str:
    """The domain in a few letters: one interval if all inputs have the same, none for the columns of a file."""
    if target.table is not None:
        return counted(target.dimension, "input")
    end = ")" if "half-open" in target.sampling else "]"
    intervals = list(dict.fromkeys(f"[{low:g}, {high:g}{end}" for low, high in target.domain))
    power = f" x{target.dimension}" if target.dimension > 1 and len(intervals) == 1 else ""
    return " x ".join(intervals) + power


def noise_text(target: Target) -> str:
    """What makes the training values inexact."""
    if target.noise_kind == "flips":
        return f"{target.noise:.0%} wrong"
    if target.noise_kind == "student":
        return f"noise {target.noise:g} with outliers"
    return f"noise {target.noise:g}" + (f"*({target.noise_profile})" if target.noise_profile else "")
