"""A click group that imports its commands when they are used and ends every failure in one clean line."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from activations_cli.defaults import FlagDefaults, name_variables, origins_told
from activations_cli.failures import guarded
from activations_cli.stores import ARGUMENTS
from activations_cli.terminal import repair_streams

__all__ = ["CommandGroup"]


class CommandGroup(click.Group):
    """A group of commands, each in a module of its own that holds it as `command`.

    Args:
        modules: module path by command name, in the order of the help text.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.modules = dict(modules)
        name_variables(self, ())

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, without importing any."""
        return [*self.modules, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name in self.modules:
            found: click.Command | None = importlib.import_module(self.modules[cmd_name]).command
        else:
            found = super().get_command(ctx, cmd_name)
        if found is not None:
            name_variables(found, (cmd_name,))
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name; a typo is answered with the nearest names."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            names = self.list_commands(ctx)
            raise click.NoSuchCommand(error.command_name, possibilities=names, ctx=ctx) from None

    def main(  # type: ignore[override]  # ours always ends the process, so it has no standalone mode
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        **extra: Any,
    ) -> NoReturn:
        """Run the command line and exit with the code that `failures` documents."""
        name = prog_name or self.name or "activations"
        self._complete(name, complete_var)
        arguments = list(sys.argv[1:] if args is None else args)

        def run() -> None:
            typed = tuple(arguments)  # which parsing consumes
            defaults = FlagDefaults(self, silent=any(word in ("-h", "--help", "--version") for word in typed))
            try:
                with self.make_context(name, arguments, **{"default_map": defaults, **extra}) as context:
                    context.meta[ARGUMENTS] = typed
                    self.invoke(context)
            except click.UsageError as error:
                told = origins_told(error)
                if told:
                    raise click.UsageError(error.format_message() + told, error.ctx) from None
                raise

        repair_streams()
        sys.exit(guarded(run, verbose=_asks_for_details(arguments)))

    def _complete(self, prog_name: str, complete_var: str | None) -> None:
        """Answer the shell's question for completions and exit, if it is one."""
        variable = complete_var or f"_{prog_name.replace('-', '_').replace('.', '_').upper()}_COMPLETE"
        instruction = os.environ.get(variable)
        if instruction:
            from click.shell_completion import shell_complete

            sys.exit(shell_complete(self, {}, prog_name, variable, instruction))


def _asks_for_details(arguments: Sequence[str]) -> bool:
    # Read by hand: a bug may strike before or while click parses.
    return any(argument in ("-v", "-vv", "--verbose") for argument in arguments)
