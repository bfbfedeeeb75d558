"""The hooks that a plugin may implement. Each returns values; nothing is registered by calling back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from activations.axis import AxisActivation
from activations.declare import Activation

__all__ = ["PROJECT", "hookimpl", "provide_activations", "provide_targets", "register_commands"]

PROJECT = "activations"
"""The pluggy project name, and the entry-point group that plugins are found in."""

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
    """Add commands to `activations`, whose click group `cli` is: `cli.add_command(...)` or `@cli.command("name")`."""
