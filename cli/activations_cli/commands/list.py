"""`activations list`: what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from activations_cli.loading import open_registry
from activations_cli.options import activations_argument, json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output, counted

if TYPE_CHECKING:
    from activations.declare import Activation
    from activations.registry import Registry

__all__ = ["command"]


@click.command("list")
@activations_argument("patterns", metavar="[PATTERN]...")
@json_option
@terminal_options
@pass_output
def command(output: Output, patterns: tuple[str, ...], as_json: bool) -> None:
    """List activations by family; all, or those that fit a PATTERN such as "*elu"."""
    registry = open_registry(output)
    names = dict.fromkeys(variant.activation.name for variant in registry.match(patterns))
    found = [registry[name] for name in names if name in registry]
    if as_json:
        output.json([describe(registry, item) for item in found])
        return
    show_table(output, registry, found)


def describe(registry: Registry, item: Activation) -> dict[str, Any]:
    """What is declared about an activation, for JSON."""
    return {
        "name": item.name,
        "aliases": list(item.aliases),
        "inputs": list(item.inputs),
        "parameters": item.defaults,
        "family": item.family,
        "origin": str(registry.origin(item.name)),
        "summary": item.summary,
    }


def show_table(output: Output, registry: Registry, found: list[Activation]) -> None:
    """One line per activation under the heading of its family."""
    columns = [
        Column("activation", key=True),
        Column("what it is", short=True),
        Column("parameters", short=True, optional=True),
        Column("also called", style="dim", short=True, optional=True),
    ]
    rows: list[list[Cell] | None] = []
    heading = ""
    for item in found:
        origin = str(registry.origin(item.name))
        family = item.family if origin == "built-in" else f"{item.family} · {origin}"
        if family != heading:
            rows += [None] if rows else []
            rows.append([(family, "bold cyan"), "", "", ""])
            heading = family
        rows.append([f"  {item.name}", item.summary, settings(item), ", ".join(item.aliases)])
    output.table(columns, rows)
    output.note(f"{counted(len(found), 'activation')}; 'activations show NAME' tells more about one.")


def settings(item: Activation) -> str:
    """The parameters with their defaults, and the inputs where there are two."""
    inputs = [f"inputs {', '.join(item.inputs)}"] if len(item.inputs) > 1 else []
    return ", ".join([*inputs, *(f"{name}={value:.4g}" for name, value in item.defaults.items())])
