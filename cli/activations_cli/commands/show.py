"""`activations show`: everything about one activation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from activations_cli.loading import open_registry
from activations_cli.options import complete_all, json_option, pass_output, terminal_options
from activations_cli.output import Output

if TYPE_CHECKING:
    from activations.axis import AxisVariant
    from activations.declare import Variant

__all__ = ["command"]

ROWS = 14
WIDEST = 72


@click.command("show")
@click.argument("name", metavar="NAME", shell_complete=complete_all)
@click.option("--latex", is_flag=True, help="Also print formula and derivative in LaTeX.")
@json_option
@terminal_options
@pass_output
def command(output: Output, name: str, latex: bool, as_json: bool) -> None:
    """Show one activation: formula, derivative, measured properties, source, and a small plot.

    NAME may have settings ("sigmoid:beta=2") or be a formula ("x*sigmoid(1.702*x)").
    """
    registry = open_registry(output)
    variant = registry.any_variant(name)

    from activations.axis import AxisVariant

    if isinstance(variant, AxisVariant):
        show_axis(output, variant, str(registry.origin(variant.activation)), latex, as_json)
        return
    item = variant.activation
    origin = str(registry.origin(item) or "typed")

    from activations.properties import measure
    from activations_cli.facts import description, measured_facts, source_facts, stated_facts

    properties = measure(variant)
    if as_json:
        output.json(description(variant, properties, origin))
        return
    family = item.family if origin != "typed" else "formula"
    output.show(output.joined((variant.label, "bold"), (f"  {family} · {origin}", "dim")))
    output.line(item.summary)
    output.line()
    output.facts(stated_facts(variant, latex))
    output.line()
    output.facts(measured_facts(variant, properties))
    output.line()
    if variant.inputs == 1:
        draw(output, variant)
        output.line()
    output.facts(source_facts(variant))
    if item.notes:
        output.line()
        output.line(item.notes)


def show_axis(output: Output, variant: AxisVariant, origin: str, latex: bool, as_json: bool) -> None:
    """The same for a function over a dimension, which has no curve and no properties of one."""
    from activations_cli.axis_facts import axis_description, axis_facts
    from activations_cli.facts import source_facts

    if as_json:
        output.json(axis_description(variant, origin))
        return
    item = variant.activation
    output.show(output.joined((variant.label, "bold"), (f"  {item.family} · {origin}", "dim")))
    output.line(item.summary)
    output.line()
    output.facts(axis_facts(variant))
    output.line()
    output.facts(source_facts(variant))
    if item.notes:
        output.line()
        output.line(item.notes)
    if latex:
        output.note(f"Note: the formula of {item.name} is a text, so there is no LaTeX of it")


def draw(output: Output, variant: Variant) -> None:
    """A small plot of f and f′."""
    from activations.shape import shape_info
    from activations_cli.sketch import Curve, sketch

    info = shape_info(variant, orders=(0, 1), points=401)
    names = ("f", "f′")
    styles = ("bold blue", "yellow")
    curves = [
        Curve(names[order], info.x.tolist(), info.curves[order].tolist(), styles[order], "*."[order], order == 1)
        for order in (1, 0)
    ]
    columns = min(output.width, WIDEST)
    for line in sketch(curves, columns, ROWS, output.unicode):
        output.show(output.joined(*line))
    marks = ("──", "╌╌") if output.unicode else ("**", "..")
    legend: list[Any] = [" " * 7, (marks[0], styles[0]), " f   ", (marks[1], styles[1]), " f′"]
    output.show(output.joined(*legend))
