"""`activations plugins disable|enable`: switch plugins for good, without importing them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

from activations_cli.options import pass_output, terminal_options
from activations_cli.output import Output

__all__ = ["complete_plugins", "disable", "enable"]


def complete_plugins(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The installed plugins that start as typed."""
    try:
        from activations.discovery import discover

        names = dict.fromkeys(found.origin.distribution for found in discover())
    except Exception:  # a completion is silent, whatever is broken
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


names_argument = click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=complete_plugins)


@click.command("disable")
@names_argument
@terminal_options
@pass_output
def disable(output: Output, names: tuple[str, ...]) -> None:
    """Leave out plugins from now on; NAME is that of a distribution or of an entry point."""
    from activations.plugins.switches import switch

    require_known(names)
    for name in names:
        changed = switch(name, on=False)
        output.line(f"{name} is disabled" if changed else f"{name} was disabled already")


@click.command("enable")
@names_argument
@terminal_options
@pass_output
def enable(output: Output, names: tuple[str, ...]) -> None:
    """Load plugins again that were disabled."""
    from activations.plugins.switches import disabled_names, switch

    require_known(names, disabled_names())
    for name in names:
        output.line(f"{name} is enabled" if switch(name, on=True) else f"{name} was not disabled")


def require_known(names: Sequence[str], others: frozenset[str] = frozenset()) -> None:
    """Refuse what is no plugin.

    Raises:
        click.UsageError: a name is unknown, or ours.
    """
    from activations.discovery import canonical, discover

    known = {found.origin.distribution for found in discover()} | {found.entry_point.name for found in discover()}
    for name in names:
        if canonical(name) in ("built-in", "torch-activations", "activations"):
            raise click.UsageError("The built-in activations can't be disabled; choose with -a, or a pattern.")
        if canonical(name) not in {*map(canonical, known), *others}:
            close = difflib.get_close_matches(name, sorted(known), n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else "see 'activations plugins'"
            raise click.UsageError(f"No plugin {name[:80]!r} is installed; {hint}")
