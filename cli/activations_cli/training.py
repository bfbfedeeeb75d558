"""The options of commands that train networks, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from activations_cli.loading import read_variants
from activations_cli.output import Output

if TYPE_CHECKING:
    from activations.declare import Variant
    from activations.fitting.recipe import Recipe

__all__ = ["read_own", "read_recipe", "training_options"]

Command = TypeVar("Command", bound=Callable[..., Any])

# The library knows these too; spelled out here, they cost no import at start-up. A test compares them.
OPTIMIZERS = ("adam", "adamw", "sgd", "momentum", "lbfgs", "lm")
SCHEDULES = ("cosine", "constant", "step")
LOSSES = ("squares", "huber")
INITIALISATIONS = ("moments", "torch")
PRECISIONS = ("float32", "float64")
ENGINES = ("auto", "batched", "native", "numpy")


engine_option = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=ENGINES[0],
    show_default=True,
    help="What trains on a CPU: batched, many networks at once; native, one by one in compiled C++; numpy, slowly and "
    "plainly. auto takes native where it is faster and there is a compiler.",
)


def training_options(command: Command) -> Command:
    """The options of training, by the names that `read_recipe` and `activations.benchmark` take."""
    batch = click.option("--batch", "batch_size", type=click.IntRange(1), metavar="N", help="Minibatches of N points.")
    command = batch(command)
    for name, parameter, choices, text in (
        ("--precision", "precision", PRECISIONS, "Of all numbers."),
        ("--init", "initialisation", INITIALISATIONS, "Of the weights: suited to the activation, or as in nn.Linear."),
        ("--loss", "loss", LOSSES, "What a regression minimises."),
        ("--schedule", "schedule", SCHEDULES, "Of the learning rate."),
        (
            "--optimizer",
            "optimizer",
            OPTIMIZERS,
            "With torch's defaults; lm, which is Levenberg–Marquardt, with --precision float64.",
        ),
    ):
        kind = click.Choice(choices)
        option = click.option(name, parameter, type=kind, default=choices[0], show_default=True, help=text)
        command = option(command)
    return command


def read_recipe(optimizer: str, schedule: str, loss: str, batch_size: int | None) -> Recipe:
    """The recipe of the options."""
    from activations.fitting.recipe import Recipe

    return Recipe(optimizer=optimizer, schedule=schedule, loss=loss, batch_size=batch_size)  # type: ignore[arg-type]


def read_own(output: Output, names: tuple[str, ...]) -> tuple[Variant | None, ...]:
    """The activations of single layers; an empty name stands for none."""
    return tuple(read_variants(output, [name])[0] if name else None for name in names)
