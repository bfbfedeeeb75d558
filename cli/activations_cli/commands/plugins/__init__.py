"""`activations plugins`: what is installed beside the built-in activations, what is wrong with it, and new ones."""

from __future__ import annotations

from typing import Any

import click

from activations_cli.commands.plugins.new import command as new
from activations_cli.options import json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output

__all__ = ["command"]


@click.group("plugins", invoke_without_command=True)
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(output: Output, context: click.Context, as_json: bool) -> None:
    """List plugins with what they provide, and the problems of those that failed; start a new one."""
    if context.invoked_subcommand is None:
        show_plugins(output, as_json=as_json)


command.add_command(new)


def show_plugins(output: Output, *, as_json: bool) -> None:
    """What is installed, one plugin in a row."""
    from activations.fit.targets import known_targets
    from activations.plugins import installed_plugins
    from activations.registry import default_registry

    plugins = installed_plugins()
    problems = (*default_registry().problems, *known_targets().problems)
    rows: list[dict[str, Any]] = [
        {
            "distribution": plugin.origin.distribution,
            "version": plugin.origin.version,
            "entry_point": plugin.entry_point,
            "activations": [item.name for item in plugin.activations],
            "targets": [str(getattr(item, "name", item)) for item in plugin.targets],
            "problems": [
                {"reason": problem.reason, "remedy": problem.remedy}
                for problem in problems
                if problem.origin == plugin.origin
            ],
        }
        for plugin in plugins
    ]
    if as_json:
        output.json(rows)
        return
    if not rows:
        output.line("No plugin is installed.")
        return
    columns = [Column("plugin", key=True), Column("version"), Column("provides"), Column("state")]
    output.table(columns, [table_row(row) for row in rows])


def table_row(row: dict[str, Any]) -> list[Cell]:
    """One plugin as cells."""
    provided = ", ".join([*row["activations"], *row["targets"]]) or "–"
    problems = "; ".join(f"{problem['reason']}; {problem['remedy']}" for problem in row["problems"])
    return [row["distribution"], row["version"], provided, (problems, "red") if problems else ("ok", "green")]
