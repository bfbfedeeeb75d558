"""`activations targets`: what can be fitted by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from activations_cli.loading import warn_of_problems
from activations_cli.options import json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output

if TYPE_CHECKING:
    from activations.fit.targets import Target

__all__ = ["command"]


@click.command("targets")
@json_option
@terminal_options
@pass_output
def command(output: Output, as_json: bool) -> None:
    """List the targets that `bench` knows by name; it also takes any formula and any CSV file."""
    from activations.fit.targets import known_targets

    suite = known_targets()
    warn_of_problems(output, suite.problems)
    if as_json:
        output.json([describe(target) for target in suite.targets])
        return
    columns = [
        Column("target", key=True),
        Column("what it is", short=True),
        Column("formula", short=True),
        Column("domain", key=True, optional=True),
        Column("points", "right", optional=True),
        Column("kind", style="dim", optional=True),
    ]
    output.table(columns, [table_row(target) for target in suite.targets])
    output.note('Any formula is a target too: activations bench "sin(3*x) + abs(x)" --domain -2 2')


def describe(target: Target) -> dict[str, Any]:
    """A target for JSON."""
    return {
        "name": target.name,
        "aliases": list(target.aliases),
        "title": target.title,
        "formula": target.formula or None,
        "domain": [list(interval) for interval in target.domain],
        "points": target.points,
        "sampling": target.sampling,
        "noise": target.noise,
        "task": target.task,
        "group": target.group,
        "source": target.source,
    }


def table_row(target: Target) -> list[Cell]:
    """A target as cells."""
    intervals = {f"[{low:g}, {high:g}{')' if 'half-open' in target.sampling else ']'}" for low, high in target.domain}
    power = f" x{target.dimension}" if target.dimension > 1 and len(intervals) == 1 else ""
    kind = target.group + (f", noise {target.noise:g}" if target.noise else "")
    formula = target.formula or f"{target.classes} classes"
    return [target.name, target.title, formula, " x ".join(sorted(intervals)) + power, str(target.points), kind]
