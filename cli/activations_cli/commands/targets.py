"""`activations targets`: what can be fitted by name."""

from __future__ import annotations

import click

from activations_cli.options import json_option, pass_output, terminal_options
from activations_cli.output import Output

__all__ = ["command"]


@click.command("targets")
@json_option
@terminal_options
@pass_output
def command(output: Output, as_json: bool) -> None:
    """List the targets that `bench` knows by name; it also takes any formula and any CSV file."""
    raise NotImplementedError
