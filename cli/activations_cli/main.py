"""The entry point of the command `activations`."""

from __future__ import annotations

import click

from activations_cli.group import CommandGroup
from activations_cli.options import message_options, plugin_options, version_option
from activations_cli.surroundings import settle

__all__ = ["cli", "main"]

COMMANDS = (
    "list",
    "show",
    "similar",
    "derive",
    "cite",
    "plot",
    "export",
    "gallery",
    "check",
    "targets",
    "anomalies",
    "bench",
    "fit",
    "predict",
    "rank",
    "report",
    "surface",
    "runs",
    "plugins",
    "config",
    "cache",
)


@click.group(
    "activations",
    cls=CommandGroup,
    modules={name: f"activations_cli.commands.{name}" for name in COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 failed checks, 2 usage, 3 a bug of ours, 4 environment or files, 5 some runs failed.",
)
@version_option
@plugin_options(hidden=False)
@message_options
def cli() -> None:
    """Activation functions: proved, drawn, and ranked by how well they fit.

    An activation is written as a name (mish), a name with settings (sigmoid:beta=2) or a formula
    ("x*sigmoid(1.702*x)").
    """


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    settle()
    cli.main(prog_name="activations")


if __name__ == "__main__":
    main()
