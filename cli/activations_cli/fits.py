"""A fit on the terminal and in files."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from activations_cli.fit_sketch import is_sketchable, sketch_fit
from activations_cli.output import Cell, Column, Output, counted, significant

if TYPE_CHECKING:
    from activations.benchmark.outcome import Errors
    from activations.networks.fit import Fit

__all__ = ["FILES", "prepare_folder", "show_fit", "show_next", "write_folder"]

MODEL = "model.safetensors"
ONNX = "model.onnx"  # where its extra is installed
FILES = ("fit.png", "fit.svg", "loss.png", "loss.svg", MODEL, "fit.json")
ROWS = 12  # of the sketch
MOST = 24  # rows of the table of parameters


def prepare_folder(folder: Path, *, overwrite: bool) -> None:
    """Make the folder, and check that its files can be written before any training.

    Raises:
        OutputExistsError: a file exists and may not be overwritten.
        OSError: the folder can't be made.
    """
    from activations.files import require_free
    from activations.networks.onnx_file import has_onnx

    folder.mkdir(exist_ok=True)
    for name in (*FILES, *([ONNX] if has_onnx() else [])):
        require_free(folder / name, overwrite=overwrite)


def write_folder(output: Output, fit: Fit, folder: Path, *, overwrite: bool) -> None:
    """Write pictures, model and report, the model first, and say where they are."""
    from activations.files import write_atomically
    from activations.networks.onnx_file import has_onnx, write_onnx
    from activations.render.fits_single import pictures_of

    output.note(f"Wrote {fit.save(folder / MODEL, overwrite=overwrite)}")
    if has_onnx():
        output.note(f"Wrote {write_onnx(fit, folder / ONNX, overwrite=overwrite)}")
    report = (json.dumps(fit.to_dict(), indent=2, allow_nan=False) + "\n").encode()
    for path, data in [(folder / "fit.json", report), *pictures_of(fit, folder)]:
        output.note(f"Wrote {write_atomically(path, data, overwrite=overwrite)}")


def show_fit(output: Output, fit: Fit) -> None:
    """The errors, the curve and the parameters."""
    network = fit.network
    widths = "-".join(map(str, (network.inputs, *network.hidden, network.outputs)))
    about = f"  {fit.label}, {widths}, {counted(network.trained, 'parameter')}"
    output.show(output.joined((fit.target.name, "bold"), (about, "dim")))
    output.line(settings_text(fit), "dim")
    if fit.state != "finished":
        output.line(f"{fit.state}; these are the parameters behind step {fit.step}, the best so far", "yellow")
    output.line()
    show_errors(output, fit)
    if is_sketchable(fit):
        output.line()
        for pieces in sketch_fit(fit, output.width, ROWS, output.unicode):
            output.show(output.joined(*pieces))
    output.line()
    columns = [
        Column("parameters", key=True),
        Column("shape", "right"),
        Column("count", "right", optional=True),
        Column("mean", "right"),
        Column("sd", "right"),
    ]
    layers = fit.layers()
    rows: list[list[Cell]] = [
        [
            layer.name,
            " x ".join(map(str, layer.shape)),
            str(layer.count),
            significant(layer.mean),
            significant(layer.deviation),
        ]
        for layer in layers
    ]
    output.table(columns, rows[:MOST])
    if len(rows) > MOST:
        output.line(f"{len(rows) - MOST} more: --json shows all", "dim")


def show_errors(output: Output, fit: Fit) -> None:
    """Training and test errors beside each other."""
    training, test = fit.errors("training"), fit.errors("test")
    rows: list[list[Cell]] = []

    def row(name: str, training: float | None, test: float | None) -> None:
        if training is not None or test is not None:
            rows.append([name, significant(training, 4), (significant(test, 4), "bold")])

    row("accuracy", training.accuracy, test.accuracy)
    row("RMSE of the probabilities" if fit.target.classes else "RMSE", training.rmse, test.rmse)
    row("NRMSE", relative(training), relative(test))
    row("R²", training.r2, test.r2)
    row("largest error", training.largest, test.largest)
    head = f"test ({counted(len(fit.test), 'point')})"
    output.table(
        [
            Column("error", key=True),
            Column(f"training ({counted(len(fit.training), 'point')})", "right"),
            Column(head, "right"),
        ],
        rows,
    )


def relative(errors: Errors) -> float | None:
    """The error over the target's standard deviation; None for a constant target."""
    return None if errors.r2 is None else errors.relative


def settings_text(fit: Fit) -> str:
    """How it was trained, in a line."""
    settings = fit.settings
    rate = "" if settings.learning_rate is None else f", rate {settings.learning_rate:g}"
    scaling = "" if settings.scaling == "standard" else ", unscaled"
    bias = "" if settings.bias else ", no biases"
    split = "" if settings.split is None else f", {settings.split:.0%} of the points train"
    return (
        f"{settings.recipe.words}{rate}, {counted(settings.steps, 'step')}{split}{scaling}{bias}, "
        f"seed {settings.seed}, on {fit.device}, {fit.seconds:.1f} s"
    )


def show_next(output: Output, fit: Fit, model: Path | None) -> None:
    """How to go on."""
    if model is not None:
        rows = "--csv FILE" if fit.network.inputs > 1 or fit.target.table else "--at 0.5"
        output.note(f"Apply it: activations predict {shlex.quote(str(model))} {rows}")
    else:
        output.note("Keep it with pictures: -o DIR, or the model alone: --model FILE.safetensors")
