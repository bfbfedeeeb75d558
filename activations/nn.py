"""The activations as module classes, named as in torch: `activations.nn.Mish`, `activations.nn.LeakyReLU(0.2)`.

Any name that the registry knows is an attribute here, in any spelling.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor
from torch.nn import Bilinear

from activations.declare import Activation, Variant
from activations.errors import UnknownActivationError
from activations.module import ActivationModule, module_class
from activations.registry import default_registry

__all__ = ["ActivationModule", "Bilinear", "create"]


def create(
    activation: str | Activation | Variant,
    *,
    learnable: Iterable[str] | bool | None = None,
    channels: int | None = None,
    channel_dim: int = 1,
    dim: int = -1,
    native: bool = False,
    **values: float | Tensor,
) -> ActivationModule:
    """Make a fresh module.

    Args:
        activation: a name ("mish"), a name with settings ("sigmoid:beta=2"), a formula ("x*sigmoid(1.702*x)"), or a
            declaration.
        learnable: names of the parameters to learn, True for all, False for none, None for the declared ones.
        channels: number of values for each learnable parameter, one per channel; one value in all if None.
        channel_dim: the dimension of the input that holds the channels.
        dim: for a two-input activation called with one tensor: the dimension that is split into two halves.
        native: compute with torch's own function even where it differs from the accurate one.
        **values: parameter values: numbers, or tensors of one value per channel.

    Raises:
        UnknownActivationError: no activation has the name.
        DeclarationError: a parameter is unknown or not finite.
    """
    if isinstance(activation, str):
        activation = default_registry().variant(activation)
    if isinstance(activation, Activation):
        activation = activation.variant()
    return module_class(activation.activation)(
        learnable=activation.learnable if learnable is None else learnable,
        channels=channels,
        channel_dim=channel_dim,
        dim=dim,
        native=native,
        **{**dict(activation.values), **values},
    )


def __getattr__(name: str) -> type[ActivationModule]:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return module_class(default_registry()[name])
    except UnknownActivationError as error:
        raise AttributeError(f"activations.nn has no {name}: {error}") from None


def __dir__() -> list[str]:
    return sorted({*__all__, *(item.class_name for item in default_registry().values())})
