"""`activations bench`: which activation fits a function or data best."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from activations_cli.boards import prepare_board, tensorboard_option, write_ranking_board
from activations_cli.clusters import (
    cluster_options,
    cluster_progress,
    read_cluster,
    refuse_cluster_contradictions,
)
from activations_cli.defaults import is_typed
from activations_cli.failures import ExitCode
from activations_cli.loading import read_csv_target, read_variants, tell_problems, usable
from activations_cli.options import (
    DEVICE,
    FILE,
    HIDDEN,
    SEED,
    complete_activations,
    complete_suites,
    complete_targets,
    force_option,
    json_option,
    pass_output,
    terminal_options,
)
from activations_cli.output import Output
from activations_cli.stores import open_store, reportable, resumable, store_option
from activations_cli.training import engine_option, read_own, read_recipe, training_options

if TYPE_CHECKING:
    from activations.benchmark import Result
    from activations.benchmark.protocol import Progress
    from activations.benchmark.store import Store
    from activations.declare import Variant
    from activations.fitting.targets import Target
    from activations_cli.options import Hidden

__all__ = ["command"]

PRESETS = ("quick", "standard", "full")


@click.command("bench")
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=complete_targets)
@click.option(
    "-a",
    "--activation",
    "names",
    metavar="NAME",
    multiple=True,
    shell_complete=complete_activations,
    help="An activation, a pattern, a formula, or all; may be given several times.  [default: a mixed dozen]",
)
@click.option(
    "--domain",
    nargs=2,
    type=float,
    metavar="LO HI",
    help="The interval of each input.  [default: the target's, or -1 1]",
)
@click.option(
    "--suite",
    "suites",
    shell_complete=complete_suites,
    metavar="NAME",
    multiple=True,
    help="All targets of a suite: seeds, core, all, or a group such as kinked; may be given several times.",
)
@click.option("--csv", "file", type=FILE, metavar="FILE", help="Fit the rows of a CSV file.")
@click.option("--x", "x_columns", metavar="COL", multiple=True, help="An input column, by name or number from 1.")
@click.option("--y", "y_column", metavar="COL", help="The column to fit.  [default: the last]")
@click.option("--classify", is_flag=True, help="Take the numbers of the --y column for classes.")
@click.option("--drop-na", is_flag=True, help="Leave out rows with empty or non-finite cells.")
@click.option("--preset", type=click.Choice(PRESETS), default="quick", show_default=True, help="How much work to do.")
@click.option(
    "--hidden",
    type=HIDDEN,
    help="Widths of the hidden layers, 'relu:64,32' for one with an activation of its own.  "
    "[default: the preset's: 32, 32,32 or 64,64]",
)
@click.option("--steps", type=click.IntRange(1), help="Optimizer steps of each run.  [default: the preset's]")
@click.option("--seeds", type=click.IntRange(1), help="Fresh seeds that rank.  [default: the preset's]")
@click.option("--equal-parameters", is_flag=True, help="Narrower layers for activations that bring parameters.")
@click.option("--no-race", is_flag=True, help="All seeds for all, even of more than 20 activations.")
@click.option("--capacity", is_flag=True, help="Rank how well networks can fit at all: no learning rate, many starts.")
@training_options
@click.option("--seed", type=SEED, default=0, show_default=True, help="Decides all random numbers.")
@click.option(
    "--device",
    type=DEVICE,
    default="auto",
    show_default=True,
    help="auto, cpu, cuda, cuda:N or mps; auto takes the best.",
)
@engine_option
@click.option("-j", "--jobs", type=click.IntRange(1), help="Processes that share the work.  [default: one per core]")
@cluster_options
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write a report there: report.html, figures as SVG and PNG, ranking.csv, ranking.md and ranking.json.",
)
@tensorboard_option
@force_option
@store_option
@click.option("--no-store", is_flag=True, help="Keep no runs, and take none that are kept.")
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(
    output: Output,
    context: click.Context,
    targets: tuple[str, ...],
    names: tuple[str, ...],
    domain: tuple[float, float] | None,
    suites: tuple[str, ...],
    file: Path | None,
    x_columns: tuple[str, ...],
    y_column: str | None,
    classify: bool,
    drop_na: bool,
    preset: str,
    hidden: Hidden | None,
    steps: int | None,
    seeds: int | None,
    equal_parameters: bool,
    no_race: bool,
    capacity: bool,
    optimizer: str,
    schedule: str,
    loss: str,
    batch_size: int | None,
    initialisation: str,
    precision: str,
    seed: int,
    device: str,
    engine: str,
    jobs: int | None,
    cluster: str | None,
    cluster_tls_ca: Path | None,
    cluster_tls_cert: Path | None,
    cluster_tls_key: Path | None,
    folder: Path | None,
    board: Path | None,
    force: bool,
    store_file: Path | None,
    no_store: bool,
    as_json: bool,
) -> None:
    """Rank activations by how well small networks with them fit a TARGET.

    A TARGET is a name ('activations targets' lists them), a formula, or a curve:

    \b
      activations bench sin
      activations bench "sin(3*x) + abs(x)" --domain -2 2 -a relu -a "*elu" -a sine
      activations bench --suite seeds -a relu -a tanh -a gelu
      activations bench "t -> (t*cos(t), t*sin(t))" --domain 0 12
      activations bench --csv data.csv --x year --y sunspots -o results
    """
    refuse_contradictions(
        (*targets, *suites), domain, file, x_columns, y_column, classify, drop_na, folder or board, force
    )
    tls = (cluster_tls_ca, cluster_tls_cert, cluster_tls_key)
    refuse_cluster_contradictions(cluster, tls, device, jobs if is_typed(context, "jobs") else None)
    named = read_variants(output, names or default_names())
    variants = usable(output, named)
    chosen = read_targets(output, targets, suites, domain, file, x_columns, y_column, classify, drop_na)
    tell_problems(output)

    from activations_cli.results import create_folder, show_result, write_result

    if board:
        prepare_board(board, overwrite=force)
    if folder:
        create_folder(folder, chosen, overwrite=force)

    from activations.benchmark import available_jobs, benchmark

    if no_store and store_file and is_typed(context, "no_store") == is_typed(context, "store_file"):
        raise click.UsageError("--store and --no-store contradict each other.")
    no_store = no_store and not is_typed(context, "store_file")
    with ExitStack() as stack:
        store = None if no_store else stack.enter_context(open_store(output, store_file, "write"))
        begun = stack.enter_context(resumable(output, context, store))
        note_older_releases(output, store, variants)
        advance = stack.enter_context(output.progress())

        def tell(seen: Progress) -> None:
            begun()
            advance(seen.done, seen.total, f"{cluster_progress(seen)}{seen.stage} on {seen.target}")

        result = benchmark(
            chosen,
            variants,
            preset=preset,
            device=device,
            seed=seed,
            hidden=hidden.widths if hidden else None,
            own=read_own(output, hidden.own) if hidden else (),
            steps=steps,
            seeds=seeds,
            equal_parameters=equal_parameters,
            racing=False if no_race else None,
            capacity=capacity,
            recipe=read_recipe(optimizer, schedule, loss, batch_size),
            initialisation=initialisation,  # type: ignore[arg-type]
            precision=precision,  # type: ignore[arg-type]
            engine=engine,  # type: ignore[arg-type]
            jobs=1 if cluster else jobs or available_jobs(),
            store=store,
            progress=tell,
            tell=output.note if cluster or engine == "native" else output.detail,
            cluster=read_cluster(cluster, tls),
        )
    with reportable(output, store, folder, board):
        if as_json:
            output.json(result.to_dict())
        else:
            show_result(output, result)
        if folder:
            write_result(output, result, folder, overwrite=force)
        if board:
            write_ranking_board(output, result, board, overwrite=force)
    if len(variants) < len(named):
        context.exit(ExitCode.RUNS_FAILED)
    if everything_diverged(result):
        output.note("Every run diverged: there is no best activation")
        context.exit(ExitCode.CHECKS_FAILED)


def refuse_contradictions(
    targets: Sequence[str],
    domain: tuple[float, float] | None,
    file: Path | None,
    x_columns: Sequence[str],
    y_column: str | None,
    classify: bool,
    drop_na: bool,
    folder: Path | None,
    force: bool,
) -> None:
    """Refuse options that make no sense together, before anything is imported or read.

    Raises:
        click.UsageError: they make none.
    """
    if not targets and file is None:
        message = "Name a TARGET ('activations targets' lists them), a formula, a --suite, or a file with --csv."
        raise click.UsageError(message)
    if file is None and (x_columns or y_column is not None or classify or drop_na):
        raise click.UsageError("--x, --y, --classify and --drop-na choose from a file; name it with --csv FILE.")
    if domain is not None and not targets:
        raise click.UsageError("--domain is for functions; the rows of a --csv file bring their own.")
    if domain is not None and not (-1e9 <= domain[0] < domain[1] <= 1e9):
        low, high = domain
        message = f"{low:g} to {high:g} is no interval within ±1e9; give the lower end first"
        raise click.BadParameter(message, param_hint="'--domain'")
    if force and folder is None:
        raise click.UsageError("--force is for files that are written; name a folder with -o DIR or --tensorboard DIR.")


def read_targets(
    output: Output,
    texts: Sequence[str],
    suites: Sequence[str],
    domain: tuple[float, float] | None,
    file: Path | None,
    x_columns: Sequence[str],
    y_column: str | None,
    classify: bool,
    drop_na: bool,
) -> list[Target]:
    """The targets of suites, then those that were typed, each once, then the file."""
    from activations.fitting.targets import resolve_target, resolve_targets

    found: dict[str, Target] = {target.digest: target for target in resolve_targets(suites=suites)}
    for text in texts:
        target = resolve_target(text, domain)
        if target.digest in found:
            output.note(f"Note: target given more than once, taken once: {text}")
        found.setdefault(target.digest, target)
    if file is not None:
        target = read_csv_target(output, file, x_columns, y_column, classify=classify, drop_na=drop_na)
        found[target.digest] = target
    return list(found.values())


def note_older_releases(output: Output, store: Store | None, variants: Sequence[Variant]) -> None:
    """Say that kept runs of another release of a plugin are not used."""
    from activations.trial import is_foreign

    foreign = [variant for variant in variants if is_foreign(variant.activation)]
    if store is None or not foreign:
        return
    from activations.benchmark.store.listing import changed_variants

    for label in changed_variants(store, foreign):
        output.note(f"Note: {label} has changed since runs of it were kept; those are not used")


def default_names() -> Sequence[str]:
    """The activations that are ranked unless some are named."""
    from activations.benchmark import DEFAULT_ACTIVATIONS

    names: Sequence[str] = DEFAULT_ACTIVATIONS
    return names


def everything_diverged(result: Result) -> bool:
    """Whether no activation fitted any target in any run."""
    return all(row.diverged >= 1.0 for target in result.targets for row in target.ranking)
