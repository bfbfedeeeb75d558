"""The commands of plugins: known by name from the last time, loaded when one of them is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from activations.plugins import Plugin

__all__ = ["commands_of", "find_command", "known_commands", "learn_commands"]

MAX_SUMMARY = 200


def known_commands(taken: frozenset[str]) -> dict[str, str]:
    """Names and summaries of the commands of plugins that are on, without importing any.

    Args:
        taken: names of our own commands.
    """
    if not _any_installed():
        return {}
    from activations.plugins import known_plugins

    found: dict[str, str] = {}
    for plugin in known_plugins():
        if plugin.facts and not plugin.off:
            for name, summary in plugin.facts.commands or ():
                if name not in taken:
                    found.setdefault(name, summary)
    return found


def find_command(name: str) -> tuple[click.Command, Plugin] | None:
    """The command of a name and the plugin that provides it; only plugins that may have it are loaded."""
    if not _any_installed():
        return None
    from activations.plugins import installed_plugins

    for plugin in installed_plugins():
        if plugin.off or plugin.facts is None:
            continue
        known = plugin.facts.commands
        if known is None or name in dict(known):
            command = commands_of(plugin).get(name)
            if command is not None:
                return command, plugin
    return None


def learn_commands() -> None:
    """Remember the commands of plugins that were loaded just now, for the next help text."""
    from activations.plugins import known_plugins

    for plugin in known_plugins():
        if plugin.status == "loaded" and plugin.facts is not None and plugin.facts.commands is None:
            commands_of(plugin)


def commands_of(plugin: Plugin) -> dict[str, click.Command]:
    """What a plugin adds to a group of its own; what can't be a command becomes its problem."""
    from activations.discovery import NAME
    from activations.errors import PluginError
    from activations.plugins.guard import guarded_call
    from activations_cli.main import COMMANDS

    group = click.Group(plugin.origin.distribution)
    try:
        loaded = plugin.load()
    except PluginError:
        return {}
    result, _ = guarded_call(lambda: loaded.register_commands(group), f"plugin {plugin.origin}")
    found: dict[str, click.Command] = {}
    if isinstance(result, Exception):
        plugin.refuse(
            f"register_commands failed: {type(result).__name__}: {result}", "its commands are left out; tell its author"
        )
    else:
        for name, command in group.commands.items():
            if not NAME.match(name.replace("-", "_")):
                plugin.refuse(f"{ascii(name)[:80]} can't name a command", "use lower-case letters, digits and -")
            elif name in COMMANDS:
                plugin.refuse(f"the command name {name!r} is taken by a command of ours", "give it another name")
            else:
                found[name] = command
    plugin.know_commands((name, command.get_short_help_str(MAX_SUMMARY)) for name, command in found.items())
    return found


def _any_installed() -> bool:
    """Whether there is any plugin to ask; told without importing more than the standard library."""
    import sys

    from activations.discovery import discover

    # Files that were given are known to the package of plugins alone, which is imported with them.
    return bool(discover()) or "activations.plugins.files" in sys.modules
