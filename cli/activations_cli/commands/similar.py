"""`activations similar`: what a curve is near to, or already is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from activations_cli.loading import open_registry
from activations_cli.options import complete_activations, json_option, pass_output, terminal_options
from activations_cli.output import Column, Output, significant

if TYPE_CHECKING:
    from activations.similarity import Similarity

__all__ = ["command"]


@click.command("similar")
@click.argument("name", metavar="NAME", shell_complete=complete_activations)
@click.option(
    "-n", "count", type=click.IntRange(1, 1000), default=5, show_default=True, help="How many neighbours to list."
)
@json_option
@terminal_options
@pass_output
def command(output: Output, name: str, count: int, as_json: bool) -> None:
    """List the known curves nearest to an activation, and tell which it already is.

    NAME may have settings ("sigmoid:beta=2") or be a formula ("x*sigmoid(1.702*x)"). Curves are compared on [-8, 8],
    as they are and up to scaling and shifting of input and output.
    """
    registry = open_registry(output)
    variant = registry.variant(name)
    from activations.similarity import similar

    found = similar(variant, count=count, registry=registry)
    if as_json:
        output.json(description(found))
        return
    show(output, found)


def description(found: Similarity) -> dict[str, Any]:
    """The neighbours for JSON."""
    return {
        "activation": found.variant.label,
        "same": [variant.label for variant in found.same],
        "nearest": [
            {
                "activation": neighbour.variant.label,
                "distance": neighbour.distance,
                "largest_difference": neighbour.largest_difference,
            }
            for neighbour in found.nearest
        ],
        "affine": [
            {
                "activation": neighbour.variant.label,
                "distance": neighbour.distance,
                "exact": neighbour.exact,
                "output_scale": neighbour.output_scale,
                "output_shift": neighbour.output_shift,
                "input_scale": neighbour.input_scale,
                "input_shift": neighbour.input_shift,
                "formula": neighbour.formula,
            }
            for neighbour in found.affine
        ],
    }


def show(output: Output, found: Similarity) -> None:
    """The same as text: what it is, then the two tables."""
    for variant in found.same:
        output.show(output.joined("this is ", (variant.label, "bold green"), f": {variant.activation.summary}"))
    exact = [neighbour for neighbour in found.affine if neighbour.exact]
    for neighbour in exact:
        output.show(output.joined("this is ", (neighbour.formula, "bold")))
    if found.same or exact:
        output.line()
    if not found.nearest:
        output.note("No known curve can be compared with it on [-8, 8].")
        return
    output.table(
        [
            Column("nearest", key=True),
            Column("distance", align="right"),
            Column("max |f - g|", align="right"),
            Column("what it is", short=True, optional=True),
        ],
        [
            [
                neighbour.variant.label,
                significant(neighbour.distance),
                significant(neighbour.largest_difference),
                neighbour.variant.activation.summary,
            ]
            for neighbour in found.nearest
        ],
    )
    if found.affine:
        output.line()
        output.table(
            [Column("nearest up to scale and shift", key=True), Column("distance", align="right")],
            [
                [neighbour.formula, "0" if neighbour.exact else significant(neighbour.distance)]
                for neighbour in found.affine
            ],
        )
