"""The option that asks for a TensorBoard log, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from activations.benchmark import Result
    from activations.networks.fit import Fit
    from activations_cli.output import Output

__all__ = ["prepare_board", "tensorboard_option", "write_fit_board", "write_ranking_board"]

Command = TypeVar("Command", bound=Callable[..., Any])


def tensorboard_option(command: Command) -> Command:
    """Add --tensorboard."""
    return click.option(
        "--tensorboard",
        "board",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Write a log there for TensorBoard (an extra).",
    )(command)


def prepare_board(folder: Path, *, overwrite: bool) -> None:
    """Make the folder of a log, and check that it can be written, before any training.

    Raises:
        MissingExtraError: the extra is not installed, or is broken.
        OutputExistsError: the folder holds a log that may not be replaced.
        OSError: the folder can't be made.
    """
    from activations.render.board.extra import require_tensorboard
    from activations.render.board.places import prepare_folder

    require_tensorboard()
    prepare_folder(folder, overwrite=overwrite)


def write_ranking_board(output: Output, result: Result, folder: Path, *, overwrite: bool) -> None:
    """Write the log of a ranking, and say how to look at it."""
    from activations.render.board.ranking import write_ranking

    _tell(output, write_ranking(result, folder, overwrite=overwrite), folder)


def write_fit_board(output: Output, fit: Fit, folder: Path, *, overwrite: bool) -> None:
    """Write the log of a fit, and say how to look at it."""
    from activations.render.board.fitted import write_fit

    _tell(output, write_fit(fit, folder, overwrite=overwrite), folder)


def _tell(output: Output, written: list[Path], folder: Path) -> None:
    import shlex

    from activations_cli.output import counted

    opened = f"tensorboard --logdir {shlex.quote(str(folder))}"
    output.note(f"Wrote {counted(len(written), 'run')} to {folder}; look at them: {opened}")
