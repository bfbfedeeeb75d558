"""`activations fit`: train one network and look inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from activations_cli.boards import prepare_board, tensorboard_option, write_fit_board
from activations_cli.defaults import is_typed
from activations_cli.failures import ExitCode
from activations_cli.fit_presets import ALL, preset_facts, show_preset, write_presets
from activations_cli.loading import read_csv_target, read_variants, tell_problems, usable
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
from activations_cli.output import Output
from activations_cli.stores import command_line
from activations_cli.training import read_own, read_recipe, training_options

if TYPE_CHECKING:
    from activations.declare import Variant
    from activations.fitting.target import Target
    from activations.networks.fit import Fit, Fitting
    from activations_cli.options import Hidden

__all__ = ["command"]

SCALINGS = ("standard", "none")
FRAMES = 120  # of an animation
CHECKPOINT = "fit.checkpoint"
STEPS = 2000


@dataclass(frozen=True)
class Places:
    """The files that were asked for.

    Attributes:
        folder: of pictures, model and report.
        model: the model alone.
        weights: the parameters as text.
        animation: how the fit grew.
        onnx: the model for other programs.
        board: of a TensorBoard log.
        force: whether to overwrite files.
    """

    folder: Path | None
    model: Path | None
    weights: Path | None
    animation: Path | None
    onnx: Path | None
    board: Path | None
    force: bool

    @property
    def any(self) -> bool:
        """Whether there is any."""
        return any((self.folder, self.model, self.weights, self.animation, self.onnx, self.board))

    @property
    def checkpoint(self) -> Path | None:
        """Where the state of training is kept unless another file is named: beside the model."""
        if self.folder is not None:
            return self.folder / CHECKPOINT
        return None if self.model is None else self.model.with_name(f"{self.model.name}.checkpoint")

    @property
    def kept_model(self) -> Path | None:
        """The model's file."""
        return self.model or (self.folder / "model.safetensors" if self.folder else None)


@click.command("fit")
@click.argument("target_text", metavar="[TARGET]", required=False, shell_complete=complete_targets)
@click.option(
    "-a",
    "--activation",
    "name",
    metavar="NAME",
    shell_complete=complete_activations,
    help="An activation or a formula.  [default: tanh, or the preset's]",
)
@click.option(
    "--preset",
    metavar="NAME",
    help="A fit that an article describes, with its target and all its settings: cubic-1, …; all of them with 'all'.",
)
@click.option(
    "--domain",
    nargs=2,
    type=float,
    metavar="LO HI",
    help="The interval of each input.  [default: the target's, or -1 1]",
)
@click.option("--csv", "file", type=FILE, metavar="FILE", help="Fit the rows of a CSV file.")
@click.option("--x", "x_columns", metavar="COL", multiple=True, help="An input column, by name or number from 1.")
@click.option("--y", "y_column", metavar="COL", help="The column to fit.  [default: the last]")
@click.option("--classify", is_flag=True, help="Take the numbers of the --y column for classes.")
@click.option("--drop-na", is_flag=True, help="Leave out rows with empty or non-finite cells.")
@click.option(
    "--hidden",
    type=HIDDEN,
    help="Widths of the hidden layers, 'relu:64,32' for one with an activation of its own.  [default: 32]",
)
@click.option("--steps", type=click.IntRange(1), help=f"Optimizer steps.  [default: {STEPS}]")
@click.option(
    "--lr", "rate", type=float, metavar="RATE", help="The learning rate.  [default: adam 0.02, sgd 0.05, momentum 0.02]"
)
@click.option("--split", type=float, metavar="SHARE", help="Train on a random share of the points, test on the others.")
@click.option(
    "--scaling",
    type=click.Choice(SCALINGS),
    default=SCALINGS[0],
    show_default=True,
    help="Of inputs and values for the network; none takes them as they are.",
)
@click.option("--no-bias", is_flag=True, help="Linear layers without biases.")
@training_options
@click.option("--seed", type=SEED, default=0, show_default=True, help="Decides all random numbers.")
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
    help="Write fit and loss as PNG and SVG, model.safetensors and fit.json there.",
)
@click.option("--model", type=click.Path(path_type=Path), metavar="FILE", help="Write the model there.")
@click.option("--onnx", type=click.Path(path_type=Path), metavar="FILE", help="Write the model as ONNX (an extra).")
@click.option(
    "--dump-weights",
    "weights",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all parameters there, as .json or .csv.",
)
@click.option(
    "--animate",
    "animation",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write how the fit grows, as .gif, .mp4 or .html.",
)
@tensorboard_option
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the state of training there, from which the same command goes on.  [default: beside the model]",
)
@click.option(
    "--resume/--no-resume", default=True, show_default=True, help="Go on from the checkpoint if there is one."
)
@force_option
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(
    output: Output,
    context: click.Context,
    target_text: str | None,
    name: str | None,
    preset: str | None,
    domain: tuple[float, float] | None,
    file: Path | None,
    x_columns: tuple[str, ...],
    y_column: str | None,
    classify: bool,
    drop_na: bool,
    hidden: Hidden | None,
    steps: int | None,
    rate: float | None,
    split: float | None,
    scaling: str,
    no_bias: bool,
    optimizer: str,
    schedule: str,
    loss: str,
    batch_size: int | None,
    initialisation: str,
    precision: str,
    seed: int,
    device: str,
    folder: Path | None,
    model: Path | None,
    onnx: Path | None,
    weights: Path | None,
    animation: Path | None,
    board: Path | None,
    checkpoint: Path | None,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Train one network on a TARGET, and show its errors and parameters.

    A TARGET is a name ('activations targets' lists them), a formula, or a curve:

    \b
      activations fit sin -a tanh --hidden 32,32
      activations fit "sin(3*x) + abs(x)" --domain -2 2 --optimizer sgd --lr 5e-2 --steps 10000
      activations fit "t -> (t*cos(t), t*sin(t))" --domain 0 12 --animate spiral.html
      activations fit --csv data.csv --x year --y sunspots --split 0.8 -o result
      activations fit --preset cubic-1

    Ctrl-C ends the training and keeps the best network so far. With -o or --model the state is kept every few seconds,
    and the same command goes on from there.
    """
    places = Places(folder, model, weights, animation, onnx, board, force)
    refuse_contradictions(target_text, preset, domain, file, x_columns, y_column, classify, drop_na, places)

    if preset == ALL:
        write_presets(output, context, folder, force)
        return

    settings: dict[str, Any] = {
        "hidden": hidden.widths if hidden else (32,),
        "steps": steps or STEPS,
        "learning_rate": rate,
        "batch_size": batch_size,
        "split": split,
        "optimizer": optimizer,
        "schedule": schedule,
        "loss": loss,
        "initialisation": initialisation,
        "scaling": scaling,
        "bias": not no_bias,
        "precision": precision,
        "seed": seed,
    }
    if preset is not None:
        target, settings, label = with_preset(context, preset, settings)
        name = name or label
    else:
        target = read_target(output, target_text, domain, file, x_columns, y_column, classify, drop_na)
    variant = usable(output, read_variants(output, [name or "tanh"]))[0]
    own = read_own(output, hidden.own) if hidden else ()
    tell_problems(output)
    check_places(places)

    fitting = prepared(target, variant, own, settings, device, places, checkpoint, resume)
    fit = trained(output, context, fitting, places)
    finish(output, fit, places, as_json, preset)
    if fit.state == "interrupted":
        tell_resumption(output, context, fitting, places)
        context.exit(ExitCode.INTERRUPTED)
    fitting.forget()
    if fit.state == "diverged":
        output.note(f"It diverged at step {fitting.trainer.diverged_at}: try a lower --lr, or --scaling standard")
        context.exit(ExitCode.CHECKS_FAILED)


def refuse_contradictions(
    target: str | None,
    preset: str | None,
    domain: tuple[float, float] | None,
    file: Path | None,
    x_columns: tuple[str, ...],
    y_column: str | None,
    classify: bool,
    drop_na: bool,
    places: Places,
) -> None:
    """Refuse options that make no sense together, before anything is imported or read.

    Raises:
        click.UsageError: they make none.
    """
    given = [name for name, value in (("a TARGET", target), ("--csv", file), ("--preset", preset)) if value is not None]
    if not given:
        message = "Name a TARGET ('activations targets' lists them), a formula, a file with --csv, or a --preset."
        raise click.UsageError(message)
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} both say what to fit; give one of them.")
    if file is None and (x_columns or y_column is not None or classify or drop_na):
        raise click.UsageError("--x, --y, --classify and --drop-na choose from a file; name it with --csv FILE.")
    if domain is not None and target is None:
        raise click.UsageError("--domain is for a TARGET that is a function.")
    if domain is not None and not (-1e9 <= domain[0] < domain[1] <= 1e9):
        low, high = domain
        message = f"{low:g} to {high:g} is no interval within ±1e9; give the lower end first"
        raise click.BadParameter(message, param_hint="'--domain'")
    if places.force and not places.any:
        raise click.UsageError("--force is for files that are written; name a folder with -o DIR.")


def with_preset(context: click.Context, name: str, settings: dict[str, Any]) -> tuple[Target, dict[str, Any], str]:
    """The target of a preset, its settings with those that were typed in place of its own, and its activation."""
    from activations.networks.presets import preset_named

    preset = preset_named(name)
    options = {"learning_rate": "rate", "bias": "no_bias"}
    given = {key: value for key, value in preset.settings.items() if not is_typed(context, options.get(key, key))}
    return preset.target, {**settings, **given}, preset.activation


def read_target(
    output: Output,
    text: str | None,
    domain: tuple[float, float] | None,
    file: Path | None,
    x_columns: tuple[str, ...],
    y_column: str | None,
    classify: bool,
    drop_na: bool,
) -> Target:
    """The target that was typed, or that of the file."""
    from activations.fitting.targets import resolve_target

    if text is not None:
        return resolve_target(text, domain)
    assert file is not None  # refused before
    return read_csv_target(output, file, x_columns, y_column, classify=classify, drop_na=drop_na)


def check_places(places: Places) -> None:
    """Check that all files can be written, before any training.

    Raises:
        OutputExistsError: a file exists and may not be overwritten.
        OSError: a folder is missing.
        SettingError: a file name has an ending that can't be written.
        MissingExtraError: what a file needs is not installed.
    """
    from activations.files import require_free
    from activations.networks.weight_text import weight_format
    from activations_cli.fits import prepare_folder

    if places.weights is not None:
        weight_format(places.weights)
    if places.animation is not None:
        from activations.render.animation import animation_format

        animation_format(places.animation)
    if places.onnx is not None:
        from activations.networks.onnx_file import require_onnx

        require_onnx()
    for path in (places.model, places.weights, places.animation, places.onnx):
        if path is not None:
            require_free(path, overwrite=places.force)
    if places.folder is not None:
        prepare_folder(places.folder, overwrite=places.force)
    if places.board is not None:
        prepare_board(places.board, overwrite=places.force)


def prepared(
    target: Target,
    variant: Variant,
    own: tuple[Variant | None, ...],
    settings: dict[str, Any],
    device: str,
    places: Places,
    checkpoint: Path | None,
    resume: bool,
) -> Fitting:
    """The fit, not yet begun."""
    from activations.networks.fit import Fitting
    from activations.networks.settings import FitSettings

    fields = dict(settings)
    names = ("optimizer", "schedule", "loss", "batch_size")
    recipe = read_recipe(*(fields.pop(name) for name in names))
    fitting = Fitting(
        target,
        variant,
        FitSettings(recipe=recipe, **fields),
        own=own,
        device=device,
        frames=FRAMES if places.animation is not None else 0,
        checkpoint=checkpoint or places.checkpoint,
    )
    if not resume:
        fitting.forget()
    return fitting


def trained(output: Output, context: click.Context, fitting: Fitting, places: Places) -> Fit:
    """The trained network, or the best so far if Ctrl-C ends the training."""
    from activations_cli.live import watching

    title = f"{fitting.target.name}: {fitting.network.variant.label}"
    with resumable(output, context, fitting, places), watching(output, title) as tell:
        told = False

        def watch(moment: Any) -> None:
            nonlocal told
            if fitting.resumed_at and not told:
                told = True
                output.note(f"Going on from step {fitting.resumed_at} of the checkpoint")
            tell(moment)

        try:
            fitting.run(watch)
        except KeyboardInterrupt:
            if fitting.trainer.best is None:
                raise
    return fitting.result()


@contextmanager
def resumable(output: Output, context: click.Context, fitting: Fitting, places: Places) -> Iterator[None]:
    """Say how to go on if the training ends by a signal or an error."""
    try:
        yield
    except BaseException:
        tell_resumption(output, context, fitting, places)
        raise


def tell_resumption(output: Output, context: click.Context, fitting: Fitting, places: Places) -> None:
    """Say how to go on, if there is a checkpoint that this fit has written."""
    checkpoint = fitting.trainer.checkpoint
    if checkpoint is None or not checkpoint.is_written:
        return
    again = command_line(context)
    if places.any and not places.force:
        again += " --force"
    output.note(f"The state is in {str(checkpoint.path)!r}; the same command goes on from there:\n  {again}")


def finish(output: Output, fit: Fit, places: Places, as_json: bool, preset: str | None) -> None:
    """Write what was asked for, and show the rest."""
    from activations.files import write_atomically
    from activations_cli.fits import show_fit, show_next, write_folder

    if places.model is not None:
        output.note(f"Wrote {fit.save(places.model, overwrite=places.force)}")
    if places.weights is not None:
        from activations.networks.weight_text import weight_format, weight_text

        data = weight_text(fit, weight_format(places.weights))
        output.note(f"Wrote {write_atomically(places.weights, data, overwrite=places.force)}")
    if places.folder is not None:
        write_folder(output, fit, places.folder, overwrite=places.force)
    if places.onnx is not None:
        from activations.networks.onnx_file import write_onnx

        output.note(f"Wrote {write_onnx(fit, places.onnx, overwrite=places.force)}")
    if places.animation is not None:
        output.note(f"Wrote {fit.animate(places.animation, overwrite=places.force)}")
    if places.board is not None:
        write_fit_board(output, fit, places.board, overwrite=places.force)
    if as_json:
        output.json(fit.to_dict() | ({"preset": preset_facts(preset, fit)} if preset else {}))
    else:
        show_fit(output, fit)
        if preset is not None:
            show_preset(output, preset, fit)
        show_next(output, fit, places.kept_model)
