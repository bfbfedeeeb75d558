"""The file of finished runs: the options that name it, and what is said when a command stops in the middle."""

from __future__ import annotations

import contextlib
import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from activations_cli.defaults import counts
from activations_cli.output import Output

if TYPE_CHECKING:
    from activations.benchmark import Result
    from activations.benchmark.store import Store
    from activations.benchmark.store.database import Mode

__all__ = [
    "ARGUMENTS",
    "command_line",
    "open_store",
    "read_ranking",
    "reportable",
    "resumable",
    "store_argument",
    "store_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])
ARGUMENTS = "activations.arguments"
STORE = "activations.store"


def _remember(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path | None:
    """The file that a group of commands was given counts for its commands."""
    if value is not None and counts(context, parameter, "store"):
        context.meta[STORE] = value
    found: Path | None = context.meta.get(STORE)
    return found


store_option = click.option(
    "--store",
    "store_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    callback=_remember,
    help="The file of finished runs.  [default: in your data folder]",
)
store_argument = click.argument("store_file", metavar="[STORE]", type=click.Path(path_type=Path), required=False)


def open_store(output: Output, file: Path | None, mode: Mode) -> Store:
    """The store of a file, or the user's own."""
    from activations.benchmark.store import Store, default_store

    return Store(file or default_store(), mode, notify=output.note)


def read_ranking(
    output: Output, file: Path | None, protocol: int | None, targets: Sequence[str], activations: Sequence[str]
) -> Result:
    """The ranking that a store holds; what a reader should know of its runs is told."""
    from activations.benchmark.store.protocols import stored_protocols
    from activations.benchmark.store.rankings import stored_ranking

    with open_store(output, file, "read") as store:
        found = stored_ranking(store, protocol, targets, activations)
        others = len(stored_protocols(store)) - 1
    for note in found.notes:
        output.note(f"Note: {note}")
    if others and protocol is None:
        output.note(f"Note: protocol {found.protocol.number} of the store; 'activations runs' lists {others} more")
    return found.result


def command_line(context: click.Context) -> str:
    """The command as it was typed, to be typed again."""
    return shlex.join(["activations", *context.meta.get(ARGUMENTS, ())])


@contextlib.contextmanager
def resumable(output: Output, context: click.Context, store: Store | None) -> Iterator[Callable[[], None]]:
    """Say how to go on if what happens within it ends before its time; gives what to call once runs are finished."""
    begun = threading.Event()
    try:
        yield begun.set
    except BaseException:
        if store is not None and begun.is_set():
            output.note(
                f"What is finished is in {str(store.path)!r}; the same command goes on from there:\n"
                f"  {command_line(context)}"
            )
        raise


@contextlib.contextmanager
def reportable(output: Output, store: Store | None, folder: Path | None, board: Path | None = None) -> Iterator[None]:
    """Say how to write the report of a finished benchmark again, if it can't be written where it should."""
    try:
        yield
    except BaseException:
        places = [("-o", folder), ("--tensorboard", board)]
        options = [part for option, place in places if place is not None for part in (option, str(place))]
        if store is not None and options:
            again = shlex.join(["activations", "report", str(store.path), *options])
            output.note(f"The results are kept; this writes their report without training:\n  {again}")
        raise
