"""The options of commands that train networks, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from activations_cli.loading import read_variants
from activations_cli.output import Output

if TYPE_CHECKING:
    from activations.declare import Variant
    from activations.fit.recipe import Recipe

__all__ = ["read_own", "read_recipe", "training_options"]

Command = TypeVar("Command", bound=Callable[..., Any])

# The library knows these too; spelled out here, they cost no import at start-up. A test compares them.
OPTIMIZERS = ("adam", "adamw", "sgd", "momentum")
SCHEDULES = ("cosine", "constant", "step")
LOSSES = ("squares", "huber")


def training_options(command: Command) -> Command:
    """The options of the recipe, by the names that `read_recipe` takes."""
    batch = click.option("--batch", "batch_size", type=click.IntRange(1), metavar="N", help="Minibatches of N points.")
    command = batch(command)
    for name, choices, text in (
        ("--loss", LOSSES, "What a regression minimises."),
        ("--schedule", SCHEDULES, "Of the learning rate."),
        ("--optimizer", OPTIMIZERS, "With torch's defaults."),
    ):
        choice = click.Choice(choices)
        command = click.option(name, type=choice, default=choices[0], show_default=True, help=text)(command)
    return command


def read_recipe(optimizer: str, schedule: str, loss: str, batch_size: int | None) -> Recipe:
    """The recipe of the options."""
    from activations.fit.recipe import Recipe

    return Recipe(optimizer=optimizer, schedule=schedule, loss=loss, batch_size=batch_size)  # type: ignore[arg-type]


def read_own(output: Output, names: tuple[str, ...]) -> tuple[Variant | None, ...]:
    """The activations of single layers; an empty name stands for none."""
    return tuple(read_variants(output, [name])[0] if name else None for name in names)
