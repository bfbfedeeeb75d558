"""`activations derive`: value and derivatives at a point, by means that have to agree, and the graph behind them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from activations_cli.failures import ExitCode
from activations_cli.loading import read_variants, usable
from activations_cli.options import complete_activations, force_option, json_option, pass_output, terminal_options
from activations_cli.output import Output

if TYPE_CHECKING:
    from activations.declare import Variant

__all__ = ["command"]

BILINEAR = "bilinear"


@click.command("derive")
@click.argument("name", metavar="NAME", shell_complete=complete_activations)
@click.option(
    "--at",
    "points",
    metavar="X",
    multiple=True,
    help="Where: a number such as 0.5 or pi/3, or two for two inputs, 0.5,-1.5; may be given several times.  "
    "[default: 0.5, or 0.5,-1.5]",
)
@click.option(
    "--order",
    type=click.IntRange(0, 8),
    default=2,
    show_default=True,
    help="The highest derivative in the inputs; the parameters get their first ones.",
)
@click.option(
    "--graph",
    "picture",
    metavar="FILE.svg",
    type=click.Path(path_type=Path),
    help="Draw the computation graph at the first point into this file.",
)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@force_option
@json_option
@terminal_options
@click.pass_context
@pass_output
def command(
    output: Output,
    context: click.Context,
    name: str,
    points: tuple[str, ...],
    order: int,
    picture: Path | None,
    theme: str,
    force: bool,
    as_json: bool,
) -> None:
    """Differentiate an activation at a point by all means, and show the graph that autograd records.

    Side by side: closed form, autograd, the formula in 50 digits, and quotients of differences. NAME may have settings
    ("sigmoid:beta=2") or be a formula ("x*sigmoid(1.702*x)"). With "bilinear" the gradients in vectors and matrix are
    shown too. The exit code is 1 if two means disagree.
    """
    if picture is not None and picture.suffix.lower() != ".svg":
        raise click.BadParameter(
            f"{str(picture)!r} is no SVG file; write a name that ends in .svg", param_hint="'--graph'"
        )
    if force and picture is None:
        raise click.UsageError("--force is for the file of --graph; name it with --graph FILE.svg.")
    variants = read_variants(output, [name])
    if len(variants) > 1:
        raise click.BadParameter(f"{name!r} stands for {len(variants)} activations; name one", param_hint="'NAME'")
    (variant,) = usable(output, variants)
    places = [read_point(variant, text) for text in points or [default_point(variant)]]

    from activations.files import require_free, write_atomically

    if picture is not None:
        require_free(picture, overwrite=force)

    from activations.derivation import derive, value_graphs
    from activations.derivation.bilinear import example

    derivations = [derive(variant, *place, order=order) for place in places]
    graphs = value_graphs(variant, *places[0])
    layer = example() if variant.activation.name == BILINEAR else None
    if picture is not None:
        from activations.render.graph import draw_graphs
        from activations_cli.derivations import point_text

        title = f"{variant.label} at {point_text(derivations[0].at)}"
        write_atomically(picture, draw_graphs(graphs, title, theme), overwrite=force)
    if as_json:
        described: dict[str, Any] = {
            "points": [derivation.to_dict() for derivation in derivations],
            "graphs": [graph.to_dict() for graph in graphs],
        }
        if layer is not None:
            described["vectors"] = layer.to_dict()
        output.json(described)
    else:
        from activations_cli.derivations import show_bilinear, show_derivation, show_graph

        for derivation in derivations:
            show_derivation(output, derivation)
        if layer is not None:
            show_bilinear(output, layer)
        for graph in graphs:
            show_graph(output, graph)
    if picture is not None:
        output.note(f"Wrote {picture}")
    if not all(derivation.agrees for derivation in derivations):
        context.exit(ExitCode.CHECKS_FAILED)


def default_point(variant: Variant) -> str:
    """Where to look unless told: a point at which few activations are special."""
    return "0.5" if variant.inputs == 1 else "0.5,-1.5"


def read_point(variant: Variant, text: str) -> tuple[float, ...]:
    """A point as typed: a constant formula for each input.

    Raises:
        click.BadParameter: it is none, or has another number of inputs.
    """
    import math

    from activations.errors import ExpressionError
    from activations.expression import parse

    names = variant.activation.inputs
    parts = text.split(",") if len(names) > 1 else [text]
    if len(parts) != len(names):
        example = default_point(variant)
        message = (
            f"{text!r} holds {len(parts)} numbers, {variant.activation.name} takes {', '.join(names)}; write {example}"
        )
        raise click.BadParameter(message, param_hint="'--at'")
    found = []
    for part in parts:
        try:
            value = parse(part.strip(), names=()).constant()
        except ExpressionError as error:
            message = f"{part.strip()!r} is no number ({error}); write one such as 0.5 or pi/3"
            raise click.BadParameter(message, param_hint="'--at'") from None
        if not math.isfinite(value):
            raise click.BadParameter(f"{part.strip()!r} is not finite; give a finite number", param_hint="'--at'")
        found.append(value)
    return tuple(found)
