"""`activations anomalies`: rows of data that a fitted network does not explain."""

from __future__ import annotations

import json
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
from activations_cli.output import Cell, Column, Output, counted, significant
from activations_cli.training import read_recipe, training_options

if TYPE_CHECKING:
    from activations.declare import Variant
    from activations.fitting.table import TracedTable
    from activations.networks.anomalies import Anomalies
    from activations.networks.fit import Fit
    from activations.networks.settings import FitSettings
    from activations_cli.options import Hidden

__all__ = ["command"]

FILES = ("anomalies.csv", "anomalies.json", "anomalies.svg", "anomalies.png")
MOST = 30  # rows of the table
MOST_INPUTS = 4
NOTHING = 0.05
RATE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command("anomalies")
@click.argument("source", metavar="[MODEL|TARGET]", required=False, shell_complete=complete_targets)
@click.option(
    "--csv",
    "file",
    type=FILE,
    metavar="FILE",
    required=True,
    help="The rows to judge.",
)
@click.option("--x", "x_columns", metavar="COL", multiple=True, help="An input column, by name or number from 1.")
@click.option("--y", "y_column", metavar="COL", help="The column to judge.  [default: the model's, or the last]")
@click.option("--drop-na", is_flag=True, help="Leave out rows with empty or non-finite cells.")
@click.option(
    "--method",
    type=click.Choice(["mad", "conformal"]),
    default="mad",
    show_default=True,
    help="By the median absolute deviation of all residuals, or by the residuals of held-out rows.",
)
@click.option(
    "--alpha", type=RATE, default=0.01, show_default=True, help="The share of normal rows that may be marked."
)
@click.option(
    "--fdr", type=RATE, help="Mark so that at most this share of the marked rows is false, in place of alpha."
)
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rows of the same columns that count as normal: they train and calibrate, and are not judged.",
)
@click.option(
    "--folds",
    type=click.IntRange(2, 50),
    default=5,
    show_default=True,
    help="Networks, each of which judges the rows that it was trained without.",
)
@click.option(
    "-a",
    "--activation",
    "name",
    metavar="NAME",
    default="tanh",
    show_default=True,
    shell_complete=complete_activations,
    help="The activation of the networks, or a formula.",
)
@click.option("--hidden", type=HIDDEN, default="32", show_default=True, help="Widths of the hidden layers.")
@click.option("--steps", type=click.IntRange(1), default=2000, show_default=True, help="Optimizer steps.")
@click.option(
    "--lr", "rate", type=click.FloatRange(0, min_open=True), help="Learning rate.  [default: the optimizer's]"
)
@training_options
@click.option("--seed", type=SEED, default=0, show_default=True, help="Decides weights and how rows are divided.")
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
    help="Write there: all rows as CSV with the scores, the marked ones as JSON, and a picture as SVG and PNG.",
)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@force_option
@json_option
@terminal_options
@pass_output
def command(
    output: Output,
    source: str | None,
    file: Path,
    x_columns: tuple[str, ...],
    y_column: str | None,
    drop_na: bool,
    method: str,
    alpha: float,
    fdr: float | None,
    reference: Path | None,
    folds: int,
    name: str,
    hidden: Hidden,
    steps: int,
    rate: float | None,
    optimizer: str,
    schedule: str,
    loss: str,
    batch_size: int | None,
    initialisation: str,
    precision: str,
    seed: int,
    device: str,
    folder: Path | None,
    theme: str,
    force: bool,
    as_json: bool,
) -> None:
    """Mark the rows of a CSV file whose values a fitted curve does not explain.

    Without MODEL and TARGET, networks are trained on the rows themselves, and each row is judged by one that has not
    seen it. A MODEL, which 'activations fit -o' wrote, judges without training; a TARGET is what values ought to be.

    \b
      activations anomalies --csv readings.csv --x hour --y load -o found
      activations anomalies model.safetensors --csv new.csv --method conformal --alpha 0.05
      activations anomalies --csv new.csv --reference good.csv --method conformal --fdr 0.1
    """
    if force and folder is None:
        raise click.UsageError("--force is for the files of -o; name a folder with -o DIR.")
    if hidden.own:
        raise click.BadParameter(
            "all hidden layers have the activation of -a; give widths alone", param_hint="'--hidden'"
        )
    variants = read_variants(output, [name])
    if len(variants) > 1:
        raise click.BadParameter(f"{name!r} stands for {len(variants)} activations; name one", param_hint="'-a'")
    (variant,) = usable(output, variants)

    from activations.networks.settings import FitSettings

    settings = FitSettings(
        hidden=hidden.widths,
        learning_rate=rate,
        steps=steps,
        recipe=read_recipe(optimizer, schedule, loss, batch_size),
        seed=seed,
        initialisation=initialisation,  # type: ignore[arg-type]
        precision=precision,  # type: ignore[arg-type]
    )
    model, trains = read_model(source)
    columns = (x_columns, y_column or "") if x_columns or y_column else default_columns(file, model)
    traced = read_traced_rows(output, file, columns, drop_na)
    normal = read_traced_rows(output, reference, columns, drop_na).table if reference else None
    if folder is not None:
        prepare_folder(folder, overwrite=force)

    from activations.networks.anomalies import find_anomalies

    with output.progress() as advance:

        def tell(done: int, total: int) -> None:
            advance(done, total, "training")

        if trains is not None:
            model = train_on(trains, variant, settings, device)
        tell_problems(output)
        found = find_anomalies(
            traced.table,
            model=model,
            reference=normal,
            method=method,  # type: ignore[arg-type]
            alpha=alpha,
            fdr=fdr,
            activation=variant,
            settings=settings,
            folds=folds,
            device=device,
            progress=tell,
        )
    if as_json:
        output.json(described(found, traced))
    else:
        show_anomalies(output, found, traced)
    if folder is not None:
        write_files(output, found, traced, folder, theme, overwrite=force)


# Squares would let the anomalies pull the curve towards themselves.
for option in command.params:
    if option.name == "loss":
        option.default = "huber"


def read_model(source: str | None) -> tuple[Fit | None, str | None]:
    """A model file, or the text of a target to train on; neither if nothing was named."""
    if source is None:
        return None, None
    from activations.networks.model_file import is_model

    if is_model(source):
        from activations.networks.fit import Fit

        return Fit.load(source), None
    if source.lower().endswith(".safetensors"):
        # As a formula it would be an odd one; the system's or the file's own message says what is wrong with it.
        from activations.networks.fit import Fit

        return Fit.load(source), None
    return None, source


def train_on(text: str, variant: Variant, settings: FitSettings, device: str) -> Fit:
    """A network of what the values ought to be."""
    from activations.fitting.settings import SettingError
    from activations.fitting.targets import resolve_target
    from activations.networks.fit import Fitting

    fitting = Fitting(resolve_target(text), variant, settings, device=device)
    fitting.run()
    found = fitting.result()
    if found.state == "diverged":
        raise SettingError(f"training on {found.target.name} diverged at step {found.step}; choose a smaller --lr")
    return found


def default_columns(file: Path, model: Fit | None) -> tuple[tuple[str, ...], str]:
    """The columns that a model was trained on, if the file has all of them; none named otherwise."""
    if model is None:
        return (), ""
    from activations.fitting.table import column_names

    names = column_names(str(file))
    inputs = model.target.variables
    if not set(inputs) <= set(names):
        return (), ""
    value = model.target.table.y_name if model.target.table is not None else "y"
    return inputs, value if value in names else ""


def read_traced_rows(output: Output, file: Path, columns: tuple[tuple[str, ...], str], drop_na: bool) -> TracedTable:
    """The rows of a file, with notes on what is left out or repeated."""
    from activations.fitting.table import read_traced

    x_columns, y_column = columns
    traced = read_traced(str(file), x_columns, y_column, drop_missing=drop_na)
    if traced.table.dropped:
        output.note(f"Note: {traced.table.dropped} rows of {traced.table.name} without finite values left out")
    if traced.table.repeated:
        output.note(f"Note: {traced.table.repeated} rows of {traced.table.name} repeat the x of an earlier row")
    return traced


def prepare_folder(folder: Path, *, overwrite: bool) -> None:
    """Make the folder, and check that its files can be written before the work begins.

    Raises:
        OutputExistsError: a file exists and may not be overwritten.
        OSError: the folder can't be made.
    """
    from activations.files import require_free

    folder.mkdir(exist_ok=True)
    for name in FILES:
        require_free(folder / name, overwrite=overwrite)


def described(found: Anomalies, traced: TracedTable) -> dict[str, Any]:
    """The marked rows for JSON, with their lines in the file."""
    whole = found.to_dict()
    for row in whole["anomalies"]:
        row["line"] = traced.lines[row["row"] - 1]
    return whole


def show_anomalies(output: Output, found: Anomalies, traced: TracedTable) -> None:
    """A table of the marked rows, and what it means."""
    table = found.table
    about = f"  {table.y_name} from {', '.join(table.x_names)}"
    output.show(output.joined((table.name, "bold"), (about, "dim")))
    inputs = table.x_names[:MOST_INPUTS]
    columns = [
        Column("row", "right"),
        Column("line", "right", optional=True),
        *(Column(name, "right", optional=number > 0) for number, name in enumerate(inputs)),
        Column(table.y_name, "right"),
        Column("prediction", "right"),
        Column("residual", "right"),
        Column("score", "right"),
        Column("p-value", "right"),
    ]
    rows: list[list[Cell]] = [
        [
            str(row + 1),
            str(traced.lines[row]),
            *(f"{value:.6g}" for value in table.x[row][: len(inputs)]),
            f"{table.y[row]:.6g}",
            f"{found.prediction[row]:.6g}",
            f"{found.residual[row]:.4g}",
            (f"{found.score[row]:.3g}", "bold"),
            p_text(float(found.p_value[row])),
        ]
        for row in found.rows[:MOST]
    ]
    if rows:
        output.table(columns, rows)
    if found.count > MOST:
        output.line(f"{found.count - MOST} more: --json and -o show all", "dim")
    output.line()
    output.line(summary(found), "bold" if found.count else "")
    for text in remarks(found):
        output.line(text, "dim")


def p_text(value: float) -> str:
    """A p-value."""
    return "<1e-99" if value < 1e-99 else significant(value, 2)


def summary(found: Anomalies) -> str:
    """How many rows are marked, and how many of that to expect by chance."""
    marked = f"{found.count} of {counted(len(found), 'row')} marked"
    if found.fdr is not None:
        return f"{marked}; on average at most {found.fdr:.3g} of the marked ones are false (Benjamini-Hochberg)."
    return f"{marked}; alpha {found.alpha:g} lets {found.expected:.3g} of {len(found)} normal rows be marked by chance."


def remarks(found: Anomalies) -> list[str]:
    """What the numbers rest on."""
    by = {
        "folds": f"Each row is judged by a {found.label} network that was trained without it.",
        "model": f"One {found.label} network judges all rows. They must not be those that it was trained on.",
        "reference": f"A {found.label} network judges that was trained on half of the reference rows.",
    }
    told = [by[found.source], explained_text(found)]
    if found.method == "mad":
        told.append(
            "score: the distance from the median residual in robust standard deviations (1.4826 MAD); the p-value is "
            "that of a normal distribution."
        )
    else:
        told.append(
            f"score: the residual over the half-width of the prediction interval, from {found.held_out} held-out rows; "
            f"p = (1 + larger ones) / (1 + {found.held_out}), exact if rows are exchangeable."
        )
        if found.least > 1:
            told.append(
                f"With so few held-out rows this rate marks none unless at least {found.least} are beyond all of them."
            )
        if found.source != "reference":
            told.append(
                "Anomalies among the held-out rows hide others; if more than alpha of the rows may be bad, take "
                "--method mad, or --reference with good rows."
            )
    if found.outside:
        told.append(f"{counted(found.outside, 'row')} outside the inputs that the network knows: extrapolated.")
    return told


def explained_text(found: Anomalies) -> str:
    """How good the predictions are, on which everything else rests."""
    name = found.table.y_name
    if found.explained < NOTHING:
        return f"It explains nothing of the spread of {name}: what is marked is unusual by itself, or the fit is poor."
    return f"It explains {found.explained:.0%} of the spread of {name}."


def write_files(
    output: Output, found: Anomalies, traced: TracedTable, folder: Path, theme: str, *, overwrite: bool
) -> None:
    """Write the rows, the marked ones and the picture, and say where they are."""
    from activations.files import write_atomically
    from activations.render.anomalies import draw_anomalies
    from activations.render.anomaly_rows import anomalies_csv
    from activations.render.style import figure_bytes

    figure = draw_anomalies(found, theme)
    numbers = json.dumps(described(found, traced), indent=2, allow_nan=False) + "\n"
    contents = {
        "anomalies.csv": anomalies_csv(traced, found).encode("utf-8", "backslashreplace"),
        "anomalies.json": numbers.encode(),
        "anomalies.svg": figure_bytes(figure, "svg"),
        "anomalies.png": figure_bytes(figure, "png"),
    }
    for name in FILES:
        output.note(f"Wrote {write_atomically(folder / name, contents[name], overwrite=overwrite)}")
