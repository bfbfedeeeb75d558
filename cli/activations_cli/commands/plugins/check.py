"""`activations plugins check`: load each plugin in a process of its own and tell what it does wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from activations_cli.commands.plugins.switch import complete_plugins, require_known
from activations_cli.failures import ExitCode
from activations_cli.options import json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activations.discovery import FoundPlugin
    from activations_cli.plugin_check import Verdict

__all__ = ["command"]

STYLES = {"sound": "green", "faulty": "yellow", "failed": "bold red", "crashed": "bold red", "hung": "bold red"}


@click.command("check")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete_plugins)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 3600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long each may take.",
)
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(output: Output, context: click.Context, names: tuple[str, ...], timeout: float, as_json: bool) -> None:
    """Load plugins, disabled ones too, each in a process of its own, and tell what they do that they should not.

    That is: failing, crashing, hanging, ending the process, writing to stdout, taking more than 4 GiB of memory, and
    changing what others rely on: functions of torch, default dtype, random generators, threads, warnings, signals, the
    working folder, environment variables, the root logger. The exit code is 1 if anything was found.

    'activations check NAME' proves the activations of a plugin.
    """
    from activations.plugins import files
    from activations_cli.plugin_check import check_plugin

    chosen = chosen_plugins(names)
    verdicts: list[Verdict] = []
    with output.progress() as advance:
        for done, found in enumerate(chosen):
            advance(done, len(chosen), str(found.origin))
            verdicts.append(check_plugin(found, timeout, files.paths()))
    if as_json:
        output.json([verdict.to_dict() for verdict in verdicts])
    else:
        show(output, verdicts)
    if any(verdict.findings for verdict in verdicts):
        context.exit(ExitCode.CHECKS_FAILED)


def chosen_plugins(names: Sequence[str]) -> list[FoundPlugin]:
    """The plugins of these names, of distributions or entry points; all if there are none."""
    from activations.discovery import canonical, discover
    from activations.plugins import files

    every = (*discover(), *files.given())
    if not names:
        return list(every)
    require_known(names)
    wanted = set(map(canonical, names))
    return [one for one in every if {canonical(one.origin.distribution), canonical(one.entry_point.name)} & wanted]


def show(output: Output, verdicts: Sequence[Verdict]) -> None:
    """A row for each plugin, and what is wrong below."""
    from activations_cli.commands.plugins.list import summary

    if not verdicts:
        output.line("No plugin is installed.")
        return
    columns = [Column("plugin", key=True), Column("version"), Column("result", key=True), Column("provides")]
    rows: list[list[Cell]] = []
    for verdict in verdicts:
        origin = verdict.found.origin
        parts = [summary(kind, verdict.provides[kind]) for kind in verdict.provides if verdict.provides[kind]]
        status = (verdict.status, STYLES[verdict.status])
        rows.append([origin.distribution, origin.version, status, "; ".join(parts) or "–"])
    output.table(columns, rows)
    for verdict in verdicts:
        for problem in verdict.findings:
            output.line()
            name = (f"{problem.origin.distribution}  ", "bold")
            output.show(output.joined(name, f"{problem.reason}; {problem.remedy}"))
    output.line()
    bad = sum(bool(verdict.findings) for verdict in verdicts)
    verdict_text = (f"{bad} with findings", "bold red") if bad else ("all sound", "bold green")
    output.show(output.joined(verdict_text, f" · {counted(len(verdicts), 'plugin')}"))
