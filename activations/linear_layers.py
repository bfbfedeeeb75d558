"""First weights for the linear layers of your own model, as the activation behind them wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activations.declare import Activation, Variant
from activations.errors import DeclarationError
from activations.uniform_init import PLACES, Place

if TYPE_CHECKING:
    from torch import Generator
    from torch.nn import Linear

    from activations.module import ActivationModule

__all__ = ["initialise"]


def initialise(
    linear: Linear,
    activation: str | Activation | Variant | ActivationModule,
    *,
    place: Place = "hidden",
    generator: Generator | None = None,
) -> Linear:
    """Draw a linear layer's weights and biases anew, in place, from the activation's own initialisation.

    Args:
        linear: the layer that feeds the activation; with `place="output"` the last one of the network, behind it.
        activation: a name ("inr_siren", "inr_siren:omega_0=60"), a declaration, or a module.
        place: "first" for the layer whose inputs are coordinates, "hidden" for every other one, "output" for the last.
        generator: of the random numbers; torch's own unless given.

    Returns:
        The same layer.

    Raises:
        UnknownActivationError: no activation has the name.
        DeclarationError: the activation brings no initialisation, or none for this place.
        ValueError: there is no such place.
    """
    if place not in PLACES:
        raise ValueError(f"place={place!r} is no place in a network; write one of {', '.join(PLACES)}")
    variant = _variant(activation)
    init = variant.activation.init
    bounds = init.bounds(place, linear.in_features, dict(variant.values)) if init else None
    if bounds is None:
        missing = f"says nothing about the {place} layer" if init else "brings no initialisation"
        raise DeclarationError(f"{variant.label} {missing}; keep that of nn.Linear, or declare init=UniformInit(…)")
    import torch

    with torch.no_grad():
        for values, bound in zip((linear.weight, linear.bias), bounds, strict=True):
            if values is not None:
                values.uniform_(-bound, bound, generator=generator)
    return linear


def _variant(activation: str | Activation | Variant | ActivationModule) -> Variant:
    if isinstance(activation, str):
        from activations.registry import default_registry

        return default_registry().variant(activation)
    if isinstance(activation, Activation):
        return activation.variant()
    return activation if isinstance(activation, Variant) else activation.variant
