"""A click group that imports its commands when they are used and ends every failure in one clean line."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from activations.errors import ActivationsError, PluginError
from activations_cli.defaults import FlagDefaults, name_variables, origins_told
from activations_cli.failures import guarded
from activations_cli.known_names import known_names
from activations_cli.loading import tell_problems
from activations_cli.options import NO_PLUGINS, asks_for_details
from activations_cli.output import Output
from activations_cli.plugin_commands import find_command, known_commands
from activations_cli.stores import ARGUMENTS
from activations_cli.terminal import clean, repair_streams

__all__ = ["CommandGroup"]

PROVIDER = "activations.plugin"


class CommandGroup(click.Group):
    """A group of commands, each in a module of its own that holds it as `command`; and those of plugins.

    Args:
        modules: module path by command name, in the order of the help text.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.modules = dict(modules)
        name_variables(self, ())

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, and keep them as they were typed."""
        ctx.meta[ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, without importing any."""
        return [*self.modules, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name in self.modules:
            found: click.Command = importlib.import_module(self.modules[cmd_name]).command
            name_variables(found, (cmd_name,))
            return found
        if ctx.resilient_parsing:  # a completion imports no plugin
            return None
        provided = find_command(cmd_name)
        if provided is None:
            tell_problems(ctx.ensure_object(Output))
            return None
        command, plugin = provided
        name_variables(command, (cmd_name,))
        ctx.meta[PROVIDER] = plugin.origin
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands into the help text, those of plugins apart and from memory."""
        super().format_commands(ctx, formatter)
        rows = sorted(known_commands(frozenset(self.modules)).items())
        if rows:
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, clean(summary)) for name, summary in rows])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands, those of plugins too, from memory and without importing any; and options."""
        found = []
        with contextlib.suppress(Exception):  # a completion is silent, whatever is broken
            rows = known_names("command").items()
            found = [CompletionItem(name, help=text) for name, text in rows if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name; a typo is answered with the nearest names."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            names = [*self.list_commands(ctx), *known_commands(frozenset(self.modules))]
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
        arguments = with_bare_options(sys.argv[1:] if args is None else args)

        def run() -> None:
            silent = any(word in ("-h", "--help", "--version") for word in arguments)
            defaults = FlagDefaults(self, silent=silent)
            try:
                context = self.make_context(name, arguments, **{"default_map": defaults, **extra})
                with context, blaming_plugin(context):
                    self.invoke(context)
            except click.UsageError as error:
                told = origins_told(error)
                if told:
                    raise click.UsageError(error.format_message() + told, error.ctx) from None
                raise

        repair_streams()
        sys.exit(guarded(run, verbose=asks_for_details(arguments)))

    def _complete(self, prog_name: str, complete_var: str | None) -> None:
        """Answer the shell's question for completions and exit, if it is one."""
        variable = complete_var or f"_{prog_name.replace('-', '_').replace('.', '_').upper()}_COMPLETE"
        instruction = os.environ.get(variable)
        if instruction:
            from activations_cli.completion import answer

            sys.exit(answer(self, prog_name, variable, instruction))


@contextlib.contextmanager
def blaming_plugin(context: click.Context) -> Iterator[None]:
    """Tell a bug in a plugin's command from one of ours."""
    try:
        yield
    except (ActivationsError, click.ClickException, click.exceptions.Exit, click.Abort, OSError):
        raise
    except Exception as error:
        if PROVIDER not in context.meta:
            raise
        what = f"{type(error).__name__}: {error}"
        raise PluginError(f"the command failed with {what}; it comes from plugin {context.meta[PROVIDER]}") from error


def with_bare_options(arguments: Sequence[str]) -> list[str]:
    """The arguments with a value for each option that takes one after `=` alone: --no-plugins is --no-plugins=*."""
    given = list(arguments)
    end = given.index("--") if "--" in given else len(given)
    return [f"{NO_PLUGINS}=*" if argument == NO_PLUGINS else argument for argument in given[:end]] + given[end:]
