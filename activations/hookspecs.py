"""The hooks that a plugin may implement. Each returns values; nothing is registered by calling back.

A plugin is a distribution with an entry point in the group `activations` that names a module. The module implements
any of these hooks with the decorator `activations.hookimpl`. If it needs hooks of a later version than the installed
ones, it says so with `requires_api = 2` at its top.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from activations.axis import AxisActivation
from activations.declare import Activation
from activations.discovery import GROUP

__all__ = ["PROJECT", "hookimpl", "provide_activations", "provide_targets", "register_commands"]

PROJECT = GROUP

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def provide_activations() -> Iterable[Activation | AxisActivation]:  # type: ignore[empty-body]
    """Return the activations to add, as made by the decorators `activation` and `axis_activation`."""


@hookspec
def provide_targets() -> Iterable[Any]:  # type: ignore[empty-body]
    """Return the targets to add to the benchmark, as `activations.Target`."""


@hookspec
def register_commands(cli: Any) -> None:
    """Add commands to the command line.

    Args:
        cli: an empty `click.Group`, as in `@cli.command("wave")`. What is added to it becomes a command of
            `activations` once the hook has returned.
    """
