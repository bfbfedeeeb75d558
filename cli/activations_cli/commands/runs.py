"""`activations runs`: what a store holds; choose, export and delete."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from activations_cli.failures import ExitCode
from activations_cli.options import force_option, json_option, pass_output, terminal_options
from activations_cli.output import Column, Output, counted, significant
from activations_cli.stores import open_store, store_option

if TYPE_CHECKING:
    from activations.benchmark.store import Store
    from activations.benchmark.store.listing import RunFilter
    from activations.benchmark.store.protocols import StoredProtocol

__all__ = ["command"]

Command = TypeVar("Command", bound=Callable[..., Any])
STATUSES = ("ok", "diverged", "failed")
STAGES = ("tuning", "screening", "ranking")
FORMATS = ("csv", "json", "parquet")


def filter_options(command: Command) -> Command:
    """The options that choose runs."""
    for option in (
        click.option("--stage", "stages", type=click.Choice(STAGES), multiple=True, help="Only runs of this stage."),
        click.option("--status", "statuses", type=click.Choice(STATUSES), multiple=True, help="Only such runs."),
        click.option("-a", "--activation", "names", metavar="PATTERN", multiple=True, help="Only such activations."),
        click.option("-t", "--target", "targets", metavar="PATTERN", multiple=True, help="Only such targets."),
    ):
        command = option(command)
    return command


def read_filter(
    targets: tuple[str, ...], names: tuple[str, ...], statuses: tuple[str, ...], stages: tuple[str, ...]
) -> RunFilter:
    """The filter of the options."""
    from activations.benchmark.store.listing import RunFilter

    return RunFilter(targets, names, statuses, stages)


@click.group("runs", invoke_without_command=True)
@store_option
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(output: Output, context: click.Context, store_file: Path | None, as_json: bool) -> None:
    """Show what a store of finished runs holds; list, export and delete runs.

    Without a command: the store in a few lines, and the rankings that can be made of it. The store is a SQLite file,
    which other tools can open too.
    """
    if context.invoked_subcommand is None:
        with open_store(output, store_file, "read") as store:
            show_store(output, store, as_json=as_json)


def show_store(output: Output, store: Store, *, as_json: bool) -> None:
    """The store in a few lines, and its protocols."""
    from activations.benchmark.store.listing import RunFilter, count_runs
    from activations.benchmark.store.protocols import stored_protocols

    counts = count_runs(store, RunFilter())
    protocols = stored_protocols(store)
    if as_json:
        output.json(
            {
                "store": str(store.path),
                "bytes": store.path.stat().st_size,
                "runs": dict(counts),
                "protocols": [protocol.to_dict() for protocol in protocols],
            }
        )
        return
    states = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    size = f"{store.path.stat().st_size / 2**20:.1f} MiB"
    output.facts([("store", str(store.path)), ("size", size), ("runs", states or "none")])
    if not protocols:
        return
    output.line()
    columns = [
        Column("protocol", "right"),
        Column("settings"),
        Column("targets"),
        Column("activations", "right"),
        Column("runs", "right"),
    ]
    rows = [[str(p.number), settings_text(p), ", ".join(p.targets), str(p.activations), str(p.runs)] for p in protocols]
    output.table(columns, rows)
    output.line("Rank one with 'activations rank --protocol N'.", "dim")


def settings_text(protocol: StoredProtocol) -> str:
    """A protocol's settings in a few words."""
    settings = protocol.settings
    widths = ",".join(map(str, settings["hidden"]))
    seeds = counted(settings["seeds"], "seed")
    return f"{settings['preset']}: hidden {widths}, {settings['steps']} steps, {seeds} from {settings['seed']}"


@command.command("list")
@filter_options
@store_option
@click.option("--limit", type=click.IntRange(1), default=40, show_default=True, help="Only the last ones.")
@json_option
@terminal_options
@pass_output
def list_runs(
    output: Output,
    store_file: Path | None,
    targets: tuple[str, ...],
    names: tuple[str, ...],
    statuses: tuple[str, ...],
    stages: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """List runs; with --json all of them and everything."""
    from activations.benchmark.store.listing import count_runs, select_runs

    chosen = read_filter(targets, names, statuses, stages)
    with open_store(output, store_file, "read") as store:
        rows = select_runs(store, chosen, None if as_json else limit)
        total = sum(count_runs(store, chosen).values())
    if as_json:
        output.json(rows)
        return
    columns = [
        Column("stage", optional=True),
        Column("target", short=True),
        Column("activation", key=True),
        Column("hidden", "right", optional=True),
        Column("lr", "right"),
        Column("scale", "right", optional=True),
        Column("seed", "right", optional=True),
        Column("error", "right"),
        Column("status", key=True),
    ]
    output.table(
        columns,
        [
            [
                *(row["stage"], row["target"], row["activation"], row["hidden"]),
                *(f"{row['learning_rate']:.2g}", f"{row['scale']:g}", str(row["seed"])),
                *(significant(row["error"]), (row["status"], "" if row["status"] == "ok" else "red")),
            ]
            for row in rows
        ],
    )
    if total > len(rows):
        output.line(f"the last {len(rows)} of {counted(total, 'run')}; more with --limit, all with --json", "dim")


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@filter_options
@store_option
@click.option("--format", "form", type=click.Choice(FORMATS), help="[default: by the file's ending]")
@force_option
@terminal_options
@pass_output
def export(
    output: Output,
    store_file: Path | None,
    file: Path,
    targets: tuple[str, ...],
    names: tuple[str, ...],
    statuses: tuple[str, ...],
    stages: tuple[str, ...],
    form: str | None,
    force: bool,
) -> None:
    """Write runs to a FILE: CSV, JSON, or Parquet if pandas and pyarrow are installed."""
    form = form or file.suffix.lstrip(".").lower()
    if form not in FORMATS:
        raise click.BadParameter(
            f"{file.name!r} ends in none of {', '.join(FORMATS)}; give --format", param_hint="FILE"
        )
    from activations.benchmark.store.listing import export_runs, select_runs
    from activations.files import require_free, write_atomically

    require_free(file, overwrite=force)
    with open_store(output, store_file, "read") as store:
        rows = select_runs(store, read_filter(targets, names, statuses, stages))
    write_atomically(file, export_runs(rows, form), overwrite=force)
    output.note(f"Wrote {counted(len(rows), 'run')} to {file}")


@command.command("delete")
@filter_options
@store_option
@click.option("--all", "everything", is_flag=True, help="Delete every run.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@terminal_options
@click.pass_context
@pass_output
def delete(
    output: Output,
    context: click.Context,
    store_file: Path | None,
    targets: tuple[str, ...],
    names: tuple[str, ...],
    statuses: tuple[str, ...],
    stages: tuple[str, ...],
    everything: bool,
    yes: bool,
) -> None:
    """Delete runs, and the rankings that they were part of."""
    chosen = read_filter(targets, names, statuses, stages)
    if chosen.is_empty != everything:
        raise click.UsageError("Choose runs with -t, -a, --status or --stage, or all of them with --all.")
    from activations.benchmark.store.listing import count_runs, delete_runs

    with open_store(output, store_file, "read") as store:
        count = sum(count_runs(store, chosen).values())
        path = store.path
    if not count:
        output.note("No run is chosen; nothing deleted")
        return
    if not yes and not confirmed(f"Delete {counted(count, 'run')} from {path}?"):
        output.note("Nothing deleted")
        context.exit(ExitCode.INTERRUPTED)
    with open_store(output, path, "write") as store:
        output.note(f"Deleted {counted(delete_runs(store, chosen), 'run')}")


def confirmed(question: str) -> bool:
    """Ask on the terminal.

    Raises:
        click.UsageError: nobody is there to answer.
    """
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin is not None and sys.stdin.isatty():
            raise
        click.echo(err=True)
        raise click.UsageError("Nobody is there to answer; -y deletes without asking.") from None


@command.command("check")
@store_option
@terminal_options
@click.pass_context
@pass_output
def check(output: Output, context: click.Context, store_file: Path | None) -> None:
    """Look for damage in the file."""
    from activations.benchmark.store.database import DamagedStoreError
    from activations.benchmark.store.repair import check_store

    try:
        with open_store(output, store_file, "read") as store:
            problems = check_store(store)
    except DamagedStoreError as error:  # too much to look for the places
        output.line(str(error), "red")
        context.exit(ExitCode.CHECKS_FAILED)
    for problem in problems:
        output.line(problem, "red")
    if problems:
        output.note("'activations runs salvage --store FILE NEW' saves what can be read")
        context.exit(ExitCode.CHECKS_FAILED)
    output.line(f"{store.path}: sound")


@command.command("salvage")
@click.argument("new", type=click.Path(path_type=Path))
@store_option
@terminal_options
@pass_output
def salvage(output: Output, store_file: Path | None, new: Path) -> None:
    """Copy what can be read of a damaged store to a NEW file."""
    from activations.benchmark.store import default_store
    from activations.benchmark.store.repair import salvage_store

    saved = salvage_store(store_file or default_store(), new)
    rows, lost = saved["runs"]
    output.note(f"Saved {counted(rows, 'run')} to {new}" + ("; some could not be read" if lost else ""))
