"""`activations report`: a page, figures and a TensorBoard log of what a store holds."""

from __future__ import annotations

from pathlib import Path

import click

from activations_cli.boards import prepare_board, tensorboard_option, write_ranking_board
from activations_cli.commands.rank import chosen_ranking_options
from activations_cli.options import force_option, pass_output, terminal_options
from activations_cli.output import Output
from activations_cli.stores import read_ranking, store_argument

__all__ = ["command"]


@click.command("report")
@store_argument
@chosen_ranking_options
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write report.html, ranking.csv, .md and .json, and figures there.",
)
@tensorboard_option
@force_option
@terminal_options
@pass_output
def command(
    output: Output,
    store_file: Path | None,
    protocol: int | None,
    targets: tuple[str, ...],
    names: tuple[str, ...],
    folder: Path | None,
    board: Path | None,
    force: bool,
) -> None:
    """Write the report of what a STORE holds, without training anything.

    The same store gives the same files. STORE is the file that 'activations bench' wrote to; your own if none is
    named.
    """
    if folder is None and board is None:
        raise click.UsageError("Name where to write: --output DIR for a report, --tensorboard DIR for a log, or both.")
    from activations_cli.results import create_folder, write_result

    found = read_ranking(output, store_file, protocol, targets, names)
    if board is not None:
        prepare_board(board, overwrite=force)
    if folder is not None:
        create_folder(folder, [result.target for result in found.targets], overwrite=force)
    if folder is not None:
        write_result(output, found, folder, overwrite=force)
    if board is not None:
        write_ranking_board(output, found, board, overwrite=force)
