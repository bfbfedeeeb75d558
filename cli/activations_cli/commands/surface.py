"""`activations surface`: the error over two weights or directions, with an optimizer's path on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from activations_cli.loading import read_variants, tell_problems, usable
from activations_cli.options import (
    DEVICE,
    FILE,
    HIDDEN,
    SEED,
    complete_activations,
    complete_targets,
    force_option,
    json_option,
    pass_output,
    terminal_options,
)
from activations_cli.output import Column, Output

if TYPE_CHECKING:
    from activations.fitting.targets import Target
    from activations.networks.error_surface import Surface
    from activations.networks.surface_presets import SurfacePreset
    from activations_cli.options import Hidden

__all__ = ["command"]

# The library knows these too; spelled out here, they cost no import at start-up. A test compares them.
PRESETS = ("surface-tanh",)
DIRECTIONS = ("weights", "random", "trajectory")
OPTIMIZERS = ("sgd", "momentum", "adam", "adamw")
SCHEDULES = ("constant", "cosine", "step")
LOSSES = ("squares", "huber")
SCALINGS = ("standard", "none")
PRECISIONS = ("float64", "float32")

ACTIVATION = "tanh"
SKETCHES = 4
ROWS = 18
WIDTH = 52  # columns of a sketch, with its labels; with so many rows nearly a square


@click.command("surface")
@click.argument("text", metavar="[TARGET]", required=False, shell_complete=complete_targets)
@click.option(
    "-a",
    "--activation",
    "names",
    metavar="NAME",
    multiple=True,
    shell_complete=complete_activations,
    help="An activation, a pattern or a formula; several stand side by side.  [default: tanh]",
)
@click.option("--preset", type=click.Choice(PRESETS), help="A target with its settings; what is given besides wins.")
@click.option("--domain", nargs=2, type=float, metavar="LO HI", help="The interval of each input of the target.")
@click.option("--csv", "file", type=FILE, metavar="FILE", help="Fit the rows of a CSV file.")
@click.option("--x", "x_columns", metavar="COL", multiple=True, help="An input column, by name or number from 1.")
@click.option("--y", "y_column", metavar="COL", help="The column to fit.  [default: the last]")
@click.option("--classify", is_flag=True, help="Take the numbers of the --y column for classes.")
@click.option("--drop-na", is_flag=True, help="Leave out rows with empty or non-finite cells.")
@click.option("--hidden", type=HIDDEN, help="Widths of the hidden layers.  [default: 1]")
@click.option("--bias/--no-bias", default=None, help="Whether layers have biases.  [default: unless --hidden is 1]")
@click.option(
    "--directions",
    type=click.Choice(DIRECTIONS),
    help="Two weights; two random directions, filter by filter; or the path's principal components.  "
    "[default: weights where there are two, else random]",
)
@click.option("--points", type=click.IntRange(3, 501), help="Of the grid along each coordinate.  [default: 61]")
@click.option("--span", nargs=2, type=float, metavar="LO HI", help="Both coordinates.  [default: around the path]")
@click.option("--from", "start", nargs=2, type=float, metavar="W1 W2", help="The two weights that the path starts at.")
@click.option("--steps", type=click.IntRange(1), help="Of the path.  [default: 300]")
@click.option("--epochs", type=click.IntRange(1), help="Passes through the data, in place of --steps.")
@click.option("--lr", "learning_rate", type=float, help="Learning rate of the path.  [default: 0.1]")
@click.option("--batch", "batch_size", type=click.IntRange(1), metavar="N", help="Minibatches of N points.")
@click.option("--optimizer", type=click.Choice(OPTIMIZERS), help="Of the path.  [default: sgd]")
@click.option("--schedule", type=click.Choice(SCHEDULES), help="Of the learning rate.  [default: constant]")
@click.option("--loss", type=click.Choice(LOSSES), help="The error of a regression.  [default: squares]")
@click.option(
    "--scaling", type=click.Choice(SCALINGS), help="Of the target: none keeps its units.  [default: standard]"
)
@click.option("--precision", type=click.Choice(PRECISIONS), help="Of all numbers.  [default: float64]")
@click.option("--seed", type=SEED, help="Decides all random numbers.  [default: 0]")
@click.option(
    "--device",
    type=DEVICE,
    default="auto",
    show_default=True,
    help="auto, cpu, cuda, cuda:N or mps; auto takes the best.",
)
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write surface.html, surface.json, surface.npz and figures as SVG and PNG there.",
)
@force_option
@json_option
@terminal_options
@pass_output
def command(
    output: Output,
    text: str | None,
    names: tuple[str, ...],
    preset: str | None,
    domain: tuple[float, float] | None,
    file: Path | None,
    x_columns: tuple[str, ...],
    y_column: str | None,
    classify: bool,
    drop_na: bool,
    hidden: Hidden | None,
    folder: Path | None,
    force: bool,
    as_json: bool,
    device: str,
    **options: Any,
) -> None:
    """Draw the error of a small network on a TARGET over two weights or directions, and an optimizer's path.

    A TARGET is a name ('activations targets' lists them), a formula, or a curve:

    \b
      activations surface sin -a tanh -a relu
      activations surface --preset surface-tanh -o tanh
      activations surface "sin(3*x)" -a gelu --hidden 32 --directions trajectory --optimizer adam --lr 0.01
    """
    refuse_contradictions(text, preset, domain, file, x_columns, y_column, classify, drop_na, hidden, options)
    if force and folder is None:
        raise click.UsageError("--force is for the files of -o; name a folder with -o DIR.")
    found = read_preset(preset)
    chosen = names or ((found.activation,) if found else (ACTIVATION,))
    variants = usable(output, read_variants(output, chosen))
    target = read_target(output, found, text, domain, file, x_columns, y_column, classify, drop_na)
    tell_problems(output)
    if folder:
        from activations.render.surface.places import prepare_folder

        prepare_folder(folder, overwrite=force)

    from activations.networks.surface import loss_surfaces

    settings = {
        **(found.settings if found else {}),
        **{name: value for name, value in options.items() if value is not None},
        **({"hidden": hidden.widths} if hidden else {}),
    }
    if options.get("steps") is not None:
        settings.pop("epochs", None)
    with output.progress() as advance:
        surfaces = loss_surfaces(target, variants, device=device, progress=advance, **settings)
    if folder:
        from activations.render.surface.writing import write_surfaces

        about = found.about if found and text is None and file is None else ""
        for place in write_surfaces(surfaces, folder, about=about, overwrite=force):
            output.note(f"Wrote {place}")
    if as_json:
        output.json([surface.to_dict() for surface in surfaces])
        return
    show_surfaces(output, surfaces)
    if folder:
        output.line(str(folder / "surface.html"))


def refuse_contradictions(
    text: str | None,
    preset: str | None,
    domain: tuple[float, float] | None,
    file: Path | None,
    x_columns: Sequence[str],
    y_column: str | None,
    classify: bool,
    drop_na: bool,
    hidden: Hidden | None,
    options: dict[str, Any],
) -> None:
    """Refuse options that make no sense together, before anything is imported or read.

    Raises:
        click.UsageError: they make none.
    """
    if text is None and preset is None and file is None:
        message = "Name a TARGET ('activations targets' lists them), a formula, a --preset, or a file with --csv."
        raise click.UsageError(message)
    if text is not None and file is not None:
        raise click.UsageError("A TARGET and --csv contradict each other; give one of them.")
    if file is None and (x_columns or y_column is not None or classify or drop_na):
        raise click.UsageError("--x, --y, --classify and --drop-na choose from a file; name it with --csv FILE.")
    if domain is not None and text is None:
        raise click.UsageError("--domain is for a TARGET that is a function; name one.")
    for name, ends in (("--domain", domain), ("--span", options["span"])):
        if ends is not None and not (-1e9 <= ends[0] < ends[1] <= 1e9):
            message = f"{ends[0]:g} to {ends[1]:g} is no interval within ±1e9; give the lower end first"
            raise click.BadParameter(message, param_hint=f"'{name}'")
    if options["steps"] is not None and options["epochs"] is not None:
        raise click.UsageError("--steps and --epochs contradict each other; give one of them.")
    if hidden and hidden.own:
        message = "a surface has one activation for all layers; write widths alone, as in 32,32"
        raise click.BadParameter(message, param_hint="'--hidden'")


def read_preset(name: str | None) -> SurfacePreset | None:
    """The preset of that name."""
    from activations.networks.surface_presets import surface_preset

    return surface_preset(name) if name else None


def read_target(
    output: Output,
    preset: SurfacePreset | None,
    text: str | None,
    domain: tuple[float, float] | None,
    file: Path | None,
    x_columns: Sequence[str],
    y_column: str | None,
    classify: bool,
    drop_na: bool,
) -> Target:
    """The target that was typed, that of a file, or the preset's."""
    from activations.fitting.targets import csv_target, resolve_target

    if text is not None:
        return resolve_target(text, domain)
    if file is None:
        assert preset is not None
        return preset.target
    target = csv_target(str(file), x=list(x_columns), y=y_column or "", drop_missing=drop_na, classify=classify)
    if target.table is not None and target.table.dropped:
        output.note(f"Note: {target.table.dropped} rows without finite values left out")
    return target


def show_surfaces(output: Output, surfaces: Sequence[Surface]) -> None:
    """A sketch of the first few with facts, and a table where there are several."""
    from activations.render.surface.scale import scale_of
    from activations.render.surface.words import facts, lead, notes, place_words

    scale = scale_of(surfaces)
    output.line(lead(surfaces), "dim")
    for surface in surfaces[:SKETCHES]:
        output.line()
        output.show(
            output.joined((surface.title, "bold"), (f"  {surface.labels[0]} across, {surface.labels[1]} up", "dim"))
        )
        show_sketch(output, surface, scale)
        output.facts(facts(surface))
        for note in notes(surface):
            output.line(note, "yellow")
    start, end, low = ("○", "●", "★") if output.unicode else ("S", "E", "*")
    output.line(f"{start} start of the path, {end} its end, {low} lowest of the grid", "dim")
    if len(surfaces) < 2:
        return
    output.line()
    columns = [
        Column("activation", key=True),
        Column("lowest of the grid"),
        Column("path ends at"),
        Column("steps", "right"),
    ]
    output.table(
        columns,
        [
            [
                surface.activation.label,
                place_words(surface.minimum) if surface.minimum else "no finite error",
                place_words(surface.path.end),
                f"{int(surface.path.steps[-1])}{' (diverged)' if surface.path.diverged else ''}",
            ]
            for surface in surfaces
        ],
    )


def show_sketch(output: Output, surface: Surface, scale: Any) -> None:
    """The contours with characters."""
    from activations_cli.contour import Relief, contour

    relief = Relief(
        x=(float(surface.x[0]), float(surface.x[-1])),
        y=(float(surface.y[0]), float(surface.y[-1])),
        heights=scale.height(surface.losses).tolist(),
        levels=scale.levels()[1 : -1 : 2 if output.unicode else 3],
        path=list(zip(surface.path.x.tolist(), surface.path.y.tolist(), strict=True)),
        minima=[(place.x, place.y) for place in surface.minima],
    )
    for line in contour(relief, min(output.width, WIDTH), ROWS, output.unicode):
        output.show(output.joined(*line))
