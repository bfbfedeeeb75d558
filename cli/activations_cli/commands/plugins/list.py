"""`activations plugins list`: which plugins there are, what they provide, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from activations_cli.options import json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output

if TYPE_CHECKING:
    from activations.plugins import Plugin

__all__ = ["all_option", "command", "describe_plugins", "show_plugins"]

# What each status is called, with its style.
SHOWN = {
    "loaded": ("loaded", "green"),
    "ready": ("loaded", "green"),  # it was, the last time; the list itself loads nothing
    "new": ("not loaded yet", "yellow"),
    "failed": ("failed", "bold red"),
    "disabled": ("disabled", "dim"),
}

all_option = click.option("--all", "built_in", is_flag=True, help="The built-in activations, targets and commands too.")


@click.command("list")
@all_option
@json_option
@terminal_options
@pass_output
def command(output: Output, built_in: bool, as_json: bool) -> None:
    """List plugins: version, status, what they provide, their hooks.

    No plugin is imported for it: what is told is what was seen when each was loaded last. One that nobody has loaded
    yet is loaded by the first command that needs it, or by 'activations plugins check'.
    """
    show_plugins(output, built_in=built_in, as_json=as_json)


def show_plugins(output: Output, *, built_in: bool, as_json: bool) -> None:
    """One plugin in a row, and what is wrong below."""
    rows = ([describe_built_in()] if built_in else []) + describe_plugins()
    if as_json:
        output.json(rows)
        return
    if not rows:
        output.line("No plugin is installed.")
        output.note("'activations plugins new NAME' starts one; 'activations --plugin FILE.py ...' takes a file.")
        return
    columns = [
        Column("plugin", key=True),
        Column("version"),
        Column("status", key=True),
        Column("provides"),
        Column("hooks", style="dim", optional=True),
    ]
    output.table(columns, [table_row(row) for row in rows])
    for row in rows:
        for problem in row["problems"]:
            output.line()
            output.show(output.joined((f"{row['name']}  ", "bold"), f"{problem['reason']}; {problem['remedy']}"))


def describe_plugins() -> list[dict[str, Any]]:
    """All plugins that are found, for JSON; none is imported."""
    from activations.fitting.targets import target_problems
    from activations.plugins import known_plugins, problems
    from activations.registry import known_registry

    clashes = (*known_registry().problems, *target_problems())
    rows = [describe(plugin) for plugin in known_plugins()]
    for row, plugin in zip(rows, known_plugins(), strict=True):
        found = [problem for problem in clashes if problem.origin == plugin.origin]
        if found and row["status"] == "loaded":
            row["status"] = "clash"
        own = [plugin.problem] if plugin.problem else []
        row["problems"] = [{"reason": p.reason, "remedy": p.remedy} for p in (*own, *found)]
    missing = [problem for problem in problems() if problem.origin.version == "" and not any_of(rows, problem.origin)]
    for problem in missing:  # the environment lists it
        rows.append({**EMPTY, "name": problem.origin.distribution, "status": "missing"})
        rows[-1]["problems"] = [{"reason": problem.reason, "remedy": problem.remedy}]
    return rows


def any_of(rows: list[dict[str, Any]], origin: Any) -> bool:
    """Whether a row is of this distribution."""
    return any(row["name"] == origin.distribution for row in rows)


EMPTY: dict[str, Any] = {
    "name": "",
    "version": "",
    "entry_point": "",
    "status": "",
    "provides": {"activations": [], "targets": [], "commands": []},
    "hooks": [],
    "problems": [],
}


def describe(plugin: Plugin) -> dict[str, Any]:
    """One plugin without what is wrong with it."""
    facts = plugin.facts
    provides = {
        "activations": [item.name for item in facts.activations] if facts else [],
        "targets": [item.name for item in facts.targets] if facts else [],
        "commands": [name for name, _ in facts.commands or ()] if facts else [],
    }
    return {
        **EMPTY,
        "name": plugin.origin.distribution,
        "version": plugin.origin.version,
        "entry_point": f"{plugin.found.entry_point.name} = {plugin.found.entry_point.value}",
        "status": SHOWN[plugin.status][0],
        "provides": provides,
        "hooks": list(facts.hooks) if facts else [],
    }


def describe_built_in() -> dict[str, Any]:
    """Our own part, which is plugin number zero and can't be switched off."""
    from activations import __version__
    from activations.catalogue import axis_declarations, declarations
    from activations.fitting.targets import target_names
    from activations_cli.main import COMMANDS

    provides = {
        "activations": [*(item.name for item in declarations()), *(item.name for item in axis_declarations())],
        "targets": target_names(),
        "commands": list(COMMANDS),
    }
    return {**EMPTY, "name": "built-in", "version": __version__, "status": "loaded", "provides": provides}


def table_row(row: dict[str, Any]) -> list[Cell]:
    """One plugin as cells."""
    styles = dict(SHOWN.values()) | {"clash": "yellow", "missing": "red"}
    parts = [summary(kind, names) for kind, names in row["provides"].items() if names]
    status = row["status"]
    return [row["name"], row["version"], (status, styles[status]), "; ".join(parts) or "–", ", ".join(row["hooks"])]


def summary(kind: str, names: list[str]) -> str:
    """Some names, or how many there are."""
    if len(names) > 8:
        return f"{len(names)} {kind}"
    return ", ".join(names) if kind == "activations" else f"{kind} {', '.join(names)}"
