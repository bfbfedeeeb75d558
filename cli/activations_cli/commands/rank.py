"""`activations rank`: rank again what a store holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from activations_cli.options import json_option, pass_output, terminal_options
from activations_cli.output import Output
from activations_cli.stores import read_ranking, store_argument

__all__ = ["chosen_ranking_options", "command"]

Command = TypeVar("Command", bound=Callable[..., Any])


def chosen_ranking_options(command: Command) -> Command:
    """The options that choose what of a store is ranked."""
    for option in (
        click.option("-a", "--activation", "names", metavar="NAME", multiple=True, help="Only this activation."),
        click.option("-t", "--target", "targets", metavar="NAME", multiple=True, help="Only this target."),
        click.option("--protocol", type=click.IntRange(1), metavar="N", help="Its number in 'activations runs'."),
    ):
        command = option(command)
    return command


@click.command("rank")
@store_argument
@chosen_ranking_options
@json_option
@terminal_options
@pass_output
def command(
    output: Output,
    store_file: Path | None,
    protocol: int | None,
    targets: tuple[str, ...],
    names: tuple[str, ...],
    as_json: bool,
) -> None:
    """Rank what a STORE holds, without training anything.

    A ranking mixes only runs that were trained under one protocol: that of the last benchmark, unless --protocol
    names another one. STORE is the file that 'activations bench' wrote to; your own if none is named.
    """
    from activations_cli.results import show_result

    found = read_ranking(output, store_file, protocol, targets, names)
    if as_json:
        output.json(found.to_dict())
    else:
        show_result(output, found)
