"""What is said of a surface: where it is low, where the path went, and how it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activations.render.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activations.networks.error_surface import Place, Surface

__all__ = ["facts", "lead", "notes", "place_words", "title"]

MOST_NAMED = 4
NOTHING = 1e-12  # what rounding leaves of a coordinate that is 0
OPTIMIZERS = {"sgd": "SGD", "momentum": "SGD with momentum", "adam": "Adam", "adamw": "AdamW"}
HELD = {
    "weights": "the error over the two weights",
    "random": "the error over two random directions around the end of the path, normalised by filter (Li et al. 2018)",
    "trajectory": "the error over the first two principal components of the path, around its end (Li et al. 2018)",
}


def place_words(place: Place) -> str:
    """A point with its error: "0.264 at (2.6, 2)"."""
    return f"{shown(place.loss)} at ({_short(place.x)}, {_short(place.y)})"


def _short(value: float) -> str:
    return f"{0.0 if abs(value) < NOTHING else value:.3g}"


def facts(surface: Surface) -> list[tuple[str, str]]:
    """Labelled facts of one surface."""
    path, settings = surface.path, surface.settings
    low = surface.minima
    found = [
        ("Lowest of the grid", " and ".join(map(place_words, low)) if low else "no finite error"),
        ("Path from", f"({_short(path.x[0])}, {_short(path.y[0])}), error {shown(float(path.losses[0]))}"),
        ("Path ends at", f"({_short(path.x[-1])}, {_short(path.y[-1])}), error {shown(float(path.losses[-1]))}"),
        ("Made by", _training(surface)),
    ]
    if settings.directions != "weights":
        found.append(("The plane holds", f"{path.share:.1%} of the path's squared distance from its end"))
    if surface.explained:
        first, second = surface.explained
        found.append(("Variance along them", f"{first:.1%} and {second:.1%}"))
    return found


def _training(surface: Surface) -> str:
    settings, made = surface.settings, int(surface.path.steps[-1])
    batch = f"minibatches of {settings.batch_size}" if settings.batch_size else "all points at each step"
    epochs = f" ({settings.epochs:.4g} epochs)" if settings.batch_size else ""
    about = f"{OPTIMIZERS[settings.optimizer]}, rate {settings.learning_rate:g}, {batch}, {made} steps{epochs}"
    return f"{about}, then it diverged" if surface.path.diverged else about


def notes(surface: Surface) -> list[str]:
    """What a reader should know before trusting the picture."""
    found = []
    gaps = int(np.count_nonzero(~np.isfinite(surface.losses)))
    if gaps:
        found.append(f"At {gaps} of {surface.losses.size} points of the grid the error is not finite; they are gaps.")
    path = surface.path
    outside = (
        (path.x < surface.x[0]) | (path.x > surface.x[-1]) | (path.y < surface.y[0]) | (path.y > surface.y[-1])
    ).any()
    if outside:
        found.append("The path leaves the picture.")
    if path.diverged:
        found.append("The path diverged; it is drawn up to its last finite point.")
    if surface.settings.directions == "random" and path.share < 0.5:
        found.append(
            "The plane holds little of the path, as random directions do; with directions from the path itself it is "
            "seen better."
        )
    low = surface.minimum
    if low and (low.x in (surface.x[0], surface.x[-1]) or low.y in (surface.y[0], surface.y[-1])):
        found.append("The lowest point lies at the edge: it may go down further outside.")
    return found


def title(surfaces: Sequence[Surface]) -> str:
    """The heading of several surfaces."""
    names = [surface.activation.label for surface in surfaces]
    if len(names) > MOST_NAMED + 1:
        names = [*names[:MOST_NAMED], f"{len(names) - MOST_NAMED} more"]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"Error surface of {listed} on {surfaces[0].target.name}"


def lead(surfaces: Sequence[Surface]) -> str:
    """How they were made, in a sentence."""
    first = surfaces[0]
    size = f"{first.losses.shape[1]}×{first.losses.shape[0]} points"
    kinds = "; ".join(dict.fromkeys(HELD[surface.settings.directions] for surface in surfaces))
    loss = {"squares": "mean squared error", "huber": "mean Huber loss", "cross-entropy": "mean cross-entropy"}
    units = "in the target's units" if first.settings.scaling == "none" else "in standardised units"
    if first.settings.loss == "cross-entropy":
        units = "in nats"
    return (
        f"{kinds[0].upper()}{kinds[1:]}: {size}, {loss[first.settings.loss]} {units}, {first.training} training points."
    )
