"""`activations plugins`: what is installed beside the built-in activations, whether it is sound, and new ones."""

from __future__ import annotations

import click

from activations_cli.commands.plugins.check import command as check
from activations_cli.commands.plugins.list import all_option, show_plugins
from activations_cli.commands.plugins.list import command as list_
from activations_cli.commands.plugins.new import command as new
from activations_cli.commands.plugins.switch import disable, enable
from activations_cli.options import json_option, pass_output, terminal_options
from activations_cli.output import Output

__all__ = ["command"]


@click.group("plugins", invoke_without_command=True)
@all_option
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(output: Output, context: click.Context, built_in: bool, as_json: bool) -> None:
    """List plugins with what they provide; check them, switch them off and on, or start a new one.

    Without a command: the list. No plugin is imported for it.
    """
    if context.invoked_subcommand is None:
        show_plugins(output, built_in=built_in, as_json=as_json)


for part in (list_, check, disable, enable, new):
    command.add_command(part)
