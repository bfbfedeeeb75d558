"""`activations config`: what is configured, and where."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from activations.errors import ConfigurationError
from activations_cli.defaults import OTHERS, check_file, commands_by_path, is_command, option_name, settings, variables
from activations_cli.facts import near
from activations_cli.options import json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output

if TYPE_CHECKING:
    from pathlib import Path

    from activations.configuration.file import ConfigurationFile
    from activations.configuration.found import Entry

__all__ = ["command"]

Rows = list[dict[str, Any]]
NO_COMMANDS = ("activations", "defaults")


@click.command("config")
@click.option("--all", "everything", is_flag=True, help="Options that nobody has set, too.")
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(output: Output, context: click.Context, everything: bool, as_json: bool) -> None:
    """Show which configuration files are read, and where the value of each option comes from.

    What is typed counts first, then the environment, then activations.toml in the working folder or above it, then
    your own config.toml, then our default. ACTIVATIONS_CONFIG=FILE reads that file alone, and ACTIVATIONS_CONFIG= none.
    """
    problems: list[ConfigurationError] = []
    root = context.find_root().command
    assert isinstance(root, click.Group)
    places, files = read_files(problems)
    named = [name for file in files for name in file.tables if name not in NO_COMMANDS and is_command(root, name)]
    commands = commands_by_path(root, named)
    sound = []
    for file in files:
        mistakes = list(check_file(file, root, commands))
        problems += mistakes
        sound += [file] if not mistakes else []
    values: Rows = [
        {
            "command": " ".join(path),
            "option": option_name(parameter),
            "value": plain(setting.value),
            "from": setting.source,
            "place": setting.place or None,
        }
        for path, parameter, setting in settings(commands, tuple(sound))
    ]
    activations, targets = declared(tuple(files), problems)
    used = {name for path, each in commands.items() for item in each.params for name in variables(path, item)}
    unknown = sorted(name for name in os.environ if name.startswith("ACTIVATIONS_") and name not in {*used, *OTHERS})
    if as_json:
        output.json(
            {
                "files": places,
                "values": values,
                "activations": activations,
                "targets": targets,
                "unknown_variables": unknown,
                "problems": [str(problem) for problem in problems],
            }
        )
    else:
        show(output, places, values if everything else [row for row in values if row["from"] != "default"])
        show_declared(output, "activation", activations)
        show_declared(output, "target", targets)
    for name in unknown:
        output.note(f"Note: no option is set by the variable {name}")
    for problem in problems[1:]:
        output.warn(str(problem))
    if problems:
        raise problems[0]


def read_files(problems: list[ConfigurationError]) -> tuple[Rows, list[ConfigurationFile]]:
    """All files that are read, and those of them that are sound."""
    from activations.configuration.file import read_file
    from activations.configuration.places import find_files

    places: Rows = []
    files = []
    for role, path in find_files():
        state = "read"
        try:
            files.append(read_file(path, role))
        except ConfigurationError as problem:
            problems.append(problem)
            state = "broken"
        places.append({"role": role, "path": str(path), "state": state})
    places += [{"role": role, "path": str(path), "state": "none"} for role, path in absent(places)]
    return places, files


def absent(places: Rows) -> list[tuple[str, Path]]:
    """Where the user's file would be, if there is none."""
    from activations.configuration.places import USER_FILE, VARIABLE
    from activations.user_folders import config_folder

    folder = config_folder()
    if folder is None or VARIABLE in os.environ or any(place["role"] == "user" for place in places):
        return []
    return [("user", folder / USER_FILE)]


def declared(files: tuple[ConfigurationFile, ...], problems: list[ConfigurationError]) -> tuple[Rows, Rows]:
    """The activations and the targets of all files."""
    from activations.configuration.formulas import read_activation
    from activations.configuration.found import entries
    from activations.fitting.configured import read_configured_target

    activations: Rows = []
    targets: Rows = []

    def place(entry: Entry, section: str) -> dict[str, Any]:
        return {"from": entry.file.role, "place": entry.file.place(section, entry.name)}

    for entry in entries(files, "activations"):
        try:
            item = read_activation(entry.file, entry.name)
            facts = {"formula": item.formula.text, "parameters": dict(item.defaults)}
            activations.append({"name": item.name, **facts, **place(entry, "activations")})
        except ConfigurationError as problem:
            problems.append(problem)
    for entry in entries(files, "targets"):
        try:
            target = read_configured_target(entry.file, entry.name)
            domain = [list(interval) for interval in target.domain]
            targets.append(
                {"name": target.name, "formula": target.formula, "domain": domain, **place(entry, "targets")}
            )
        except ConfigurationError as problem:
            problems.append(problem)
    return activations, targets


def show(output: Output, places: Rows, values: Rows) -> None:
    """The files, then the options that are set."""
    states = {"read": "", "broken": " (broken)", "none": " (there is none)"}
    facts = [(str(place["role"]), near(place["path"]) + states[place["state"]]) for place in places]
    if not places:
        facts = [("files", "none: ACTIVATIONS_CONFIG is empty")]
    elif all(place["role"] == "user" for place in places):
        facts.insert(0, ("project", "there is no activations.toml here or above"))
    output.facts(facts)
    if not values:
        return
    output.line()
    columns = [Column("command", key=True), Column("option", key=True), Column("value", short=True), Column("from")]
    once: dict[tuple[str, ...], list[str]] = {}
    for row in values:
        own = "" if row["place"] else row["command"]  # what is set once for several commands is told once
        once.setdefault((own, row["option"], text_of(row["value"]), origin_text(row)), []).append(row["command"])
    rows: list[list[Cell]] = [
        [commands[0] if len(commands) == 1 else "all", option, value, (origin, "dim")]
        for (_, option, value, origin), commands in once.items()
    ]
    output.table(columns, rows)


def show_declared(output: Output, kind: str, rows: Rows) -> None:
    """The activations, or the targets, of the files."""
    if rows:
        output.line()
        columns = [Column(kind, key=True), Column("formula", short=True), Column("from")]
        output.table(columns, [[row["name"], row["formula"], (origin_text(row), "dim")] for row in rows])


def origin_text(row: dict[str, Any]) -> str:
    """Where a value comes from: its variable, its line, or our default."""
    return near(row["place"]) if row["place"] else "default"


def text_of(value: Any) -> str:
    """A value in a cell."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def plain(value: Any) -> Any:
    """A value as JSON; None for what has none."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool)) else None
