"""`activations predict`: apply a trained network to rows or numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from activations_cli.options import FILE, force_option, json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activations.networks.fit import Fit
    from activations.networks.predictions import Predictions

__all__ = ["command"]


@click.command("predict")
@click.argument("model", metavar="MODEL", type=FILE)
@click.option(
    "--csv",
    "file",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Apply it to the rows of a CSV file.",
)
@click.option(
    "--x",
    "x_columns",
    metavar="COL",
    multiple=True,
    help="The column of an input, by name or number from 1, in the order of the inputs.  [default: by their names]",
)
@click.option("--drop-na", is_flag=True, help="Leave out rows with empty or non-finite inputs.")
@click.option(
    "--at",
    "places",
    metavar="X",
    multiple=True,
    help="Apply it to a number, or to several inputs as 0.5,2; repeatable.",
)
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path),
    metavar="OUT.csv",
    help="Write the rows with their predictions there.  [default: print them]",
)
@force_option
@json_option
@terminal_options
@pass_output
def command(
    output: Output,
    model: Path,
    file: Path | None,
    x_columns: tuple[str, ...],
    drop_na: bool,
    places: tuple[str, ...],
    path: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Apply a MODEL that 'activations fit' wrote to the rows of a CSV file, or to numbers.

    \b
      activations predict result/model.safetensors --csv new.csv -o predicted.csv
      activations predict model.safetensors --at 0.5 --at 0.75

    The rows come back with a column "prediction"; classes with the probability of the predicted one. A model may come
    from anywhere: nothing in its file is run.
    """
    refuse_contradictions(file, x_columns, drop_na, places, path, force, as_json)
    inputs = [read_place(place) for place in places]

    from activations.files import require_free, write_atomically
    from activations.networks.model_file import read_model

    if path is not None:
        require_free(path, overwrite=force)
    fit = read_model(model)
    if file is None:
        check_places(fit, places, inputs)
        found = predicted(output, fit, inputs)
        if as_json:
            output.json([{"x": x, **row} for x, row in zip(inputs, found.rows(), strict=True)])
        else:
            show(output, fit, inputs, found)
        return

    from activations.fitting.table_inputs import read_inputs

    table = read_inputs(str(file), fit.target.variables, x_columns, drop_missing=drop_na)
    if table.dropped:
        output.note(f"Note: {table.dropped} rows without finite inputs left out")
    found = predicted(output, fit, table.x)
    if path is not None:
        output.line(str(write_atomically(path, found.csv(table.names, table.cells), overwrite=force)))
    elif as_json:
        output.json(found.rows())
    else:
        output.stdout.write(found.csv(table.names, table.cells).decode())


def refuse_contradictions(
    file: Path | None,
    x_columns: tuple[str, ...],
    drop_na: bool,
    places: tuple[str, ...],
    path: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Refuse options that make no sense together, before anything is imported or read.

    Raises:
        click.UsageError: they make none.
    """
    if (file is None) == (not places):
        both = "both given; give one of them" if places else "neither given; say what to apply it to"
        raise click.UsageError(f"--csv FILE and --at X are {both}.")
    if file is None and (x_columns or drop_na or path is not None):
        raise click.UsageError("--x, --drop-na and -o go with the rows of --csv FILE.")
    if path is not None and as_json:
        raise click.UsageError("--json prints and -o writes CSV; give one of them.")
    if force and path is None:
        raise click.UsageError("--force is for the file of -o; name it with -o OUT.csv.")


def read_place(text: str) -> list[float]:
    """The numbers of one --at.

    Raises:
        click.BadParameter: they are none.
    """
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        message = f"{text!r} is no number; write one, or one per input as 0.5,2"
        raise click.BadParameter(message, param_hint="'--at'") from None
    if not all(abs(value) < float("inf") for value in values):
        raise click.BadParameter(f"{text!r} is not finite", param_hint="'--at'")
    return values


def check_places(fit: Fit, places: Sequence[str], inputs: Sequence[Sequence[float]]) -> None:
    """Refuse places with another number of inputs.

    Raises:
        click.BadParameter: there is one.
    """
    wanted = fit.network.inputs
    for text, values in zip(places, inputs, strict=True):
        if len(values) != wanted:
            names = ",".join(fit.target.variables[:10])
            message = f"{text!r} has {len(values)} numbers, the network {wanted} inputs: {names}"
            raise click.BadParameter(message, param_hint="'--at'")


def predicted(output: Output, fit: Fit, inputs: Sequence[Sequence[float]]) -> Predictions:
    """The predictions; a note tells how many are extrapolated."""
    import numpy as np

    from activations.networks.predictions import predict_rows

    found = predict_rows(fit, np.array(inputs, dtype=np.float64).reshape(len(inputs), fit.network.inputs))
    if found.outside:
        output.note(f"Note: {found.outside} of {len(inputs)} lie outside of what the network was trained on")
    return found


def show(output: Output, fit: Fit, inputs: Sequence[Sequence[float]], found: Predictions) -> None:
    """A table of inputs and predictions."""
    columns = [Column(name, "right") for name in (*fit.target.variables, *found.names)]
    rows: list[list[Cell]] = [
        [*(f"{value:g}" for value in x), *texts] for x, texts in zip(inputs, found.texts(), strict=True)
    ]
    output.table(columns, rows)
