"""`activations list`: what there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from activations_cli.loading import open_registry, tell_problems
from activations_cli.options import activations_argument, json_option, pass_output, terminal_options
from activations_cli.output import Cell, Column, Output, counted

if TYPE_CHECKING:
    from activations.axis import AxisVariant
    from activations.declare import Variant
    from activations.discovery import Origin
    from activations.filters import Filter
    from activations.plugins.facts import ActivationFacts

__all__ = ["command"]


class FilterType(click.ParamType["Filter"]):
    """A filter over measured properties, read before anything is measured."""

    name = "filter"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Filter:
        """Read the filter; a mistake in it is told with its column."""
        if ctx is not None and ctx.resilient_parsing:
            self.fail("it is not read for a completion", param, ctx)  # click goes on without a value
        from activations.filters import parse_filter

        return parse_filter(str(value))


def complete_families(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The built-in families that start as typed."""
    from activations.catalogue import AXIS_FAMILY, FAMILIES

    names = [family.replace("_", "-") for family in (*FAMILIES, AXIS_FAMILY)]
    return [CompletionItem(name) for name in names if name.startswith(incomplete.lower().replace("_", "-"))]


@click.command("list")
@activations_argument("patterns", metavar="[PATTERN]...", over_axis=True)
@click.option(
    "--family",
    "families",
    metavar="F",
    multiple=True,
    shell_complete=complete_families,
    help='Only this family, or those that fit a pattern such as "*rectified"; may be given again.',
)
@click.option(
    "--where",
    "condition",
    metavar="FILTER",
    type=FilterType(),
    help='Only those with these measured properties, as in "monotone and (smooth or lipschitz<=1) and not odd". '
    "A word that does not exist gets the list of all. Functions over a dimension have no such properties.",
)
@json_option
@terminal_options
@pass_output
def command(
    output: Output,
    patterns: tuple[str, ...],
    families: tuple[str, ...],
    condition: Filter | None,
    as_json: bool,
) -> None:
    """List activations by family; all, or those that fit a PATTERN such as "*elu".

    The family "axis" holds the functions over a dimension, such as softmax; all others are elementwise.
    """
    from activations.filters import family_filter

    registry = open_registry(output)
    wanted = family_filter(families, dict.fromkeys(facts.family for _, facts in registry.facts()))
    found = [(origin, facts) for origin, facts in registry.match_facts(patterns) if wanted(facts.family)]
    if condition is not None:
        fitting = with_properties(output, registry.match_any(patterns), condition)
        found = [(origin, facts) for origin, facts in found if facts.name in fitting]
    tell_problems(output)
    if as_json:
        output.json([describe(origin, facts) for origin, facts in found])
        return
    show_table(output, found)


def with_properties(output: Output, variants: Sequence[Variant | AxisVariant], condition: Filter) -> set[str]:
    """The names of those whose measured properties pass the filter; functions over a dimension have none."""
    from activations.declare import Variant
    from activations.property_store import measure_all

    elementwise = [variant for variant in variants if isinstance(variant, Variant)]
    with output.progress() as advance:
        measured = measure_all(elementwise, advance)
    pairs = zip(elementwise, measured, strict=True)
    return {variant.activation.name for variant, facts in pairs if condition(facts)}


def describe(origin: Origin, facts: ActivationFacts) -> dict[str, Any]:
    """What is declared about an activation, for JSON."""
    return {
        "name": facts.name,
        "kind": facts.kind,
        "aliases": list(facts.aliases),
        "inputs": list(facts.inputs),
        "parameters": dict(facts.parameters),
        "family": facts.family,
        "origin": str(origin),
        "summary": facts.summary,
    }


def show_table(output: Output, found: Sequence[tuple[Origin, ActivationFacts]]) -> None:
    """One line per activation under the heading of its family."""
    columns = [
        Column("activation", key=True),
        Column("what it is", short=True),
        Column("parameters", short=True, optional=True),
        Column("also called", style="dim", short=True, optional=True),
    ]
    rows: list[list[Cell] | None] = []
    heading = ""
    for origin, facts in found:
        family = facts.family if str(origin) == "built-in" else f"{facts.family} · {origin}"
        if family != heading:
            rows += [None] if rows else []
            rows.append([(family, "bold cyan"), "", "", ""])
            heading = family
        rows.append([f"  {facts.name}", facts.summary, settings(facts), ", ".join(facts.aliases)])
    output.table(columns, rows)
    output.note(f"{counted(len(found), 'activation')}; 'activations show NAME' tells more about one.")


def settings(facts: ActivationFacts) -> str:
    """The parameters with their defaults, and the inputs where there are two."""
    inputs = [f"inputs {', '.join(facts.inputs)}"] if len(facts.inputs) > 1 else []
    return ", ".join([*inputs, *(f"{name}={value:.4g}" for name, value in facts.parameters)])
