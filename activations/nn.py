"""The activations as module classes, named as in torch: `activations.nn.Mish`, `activations.nn.LeakyReLU(0.2)`.

Any name that the registry knows is an attribute here, in any spelling; functions over a dimension are too:
`activations.nn.Softmax(dim=1)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, overload

from torch import Tensor
from torch.nn import Bilinear

from activations.axis import AxisActivation, AxisVariant
from activations.axis_module import AxisModule, axis_module_class
from activations.declare import Activation, Variant
from activations.errors import DeclarationError, UnknownActivationError
from activations.module import ActivationModule, module_class
from activations.registry import default_registry

__all__ = ["ActivationModule", "AxisModule", "Bilinear", "create"]


@overload
def create(
    activation: Activation | Variant,
    *,
    learnable: Iterable[str] | bool | None = None,
    channels: int | None = None,
    channel_dim: int = 1,
    dim: int | None = None,
    native: bool = False,
    **values: float | Tensor,
) -> ActivationModule: ...


@overload
def create(
    activation: AxisActivation | AxisVariant, *, dim: int | None = None, native: bool = False, **values: Any
) -> AxisModule: ...


@overload
def create(
    activation: str,
    *,
    learnable: Iterable[str] | bool | None = None,
    channels: int | None = None,
    channel_dim: int = 1,
    dim: int | None = None,
    native: bool = False,
    **values: float | Tensor,
) -> ActivationModule | AxisModule: ...


def create(
    activation: str | Activation | Variant | AxisActivation | AxisVariant,
    *,
    learnable: Iterable[str] | bool | None = None,
    channels: int | None = None,
    channel_dim: int = 1,
    dim: int | None = None,
    native: bool = False,
    **values: Any,
) -> ActivationModule | AxisModule:
    """Make a fresh module.

    Args:
        activation: a name ("mish"), a name with settings ("sigmoid:beta=2"), a formula ("x*sigmoid(1.702*x)"), or a
            declaration.
        learnable: names of the parameters to learn, True for all, False for none, None for the declared ones.
        channels: number of values for each learnable parameter, one per channel; one value in all if None.
        channel_dim: the dimension of the input that holds the channels.
        dim: for a function over a dimension: that dimension, as declared if None. For a two-input activation called
            with one tensor: the dimension that is split into two halves, the last if None.
        native: compute with torch's own function even where it differs from the accurate one.
        **values: parameter values: numbers, or tensors of one value per channel; whole numbers for a function over a
            dimension.

    Returns:
        An `AxisModule` for a function over a dimension, an `ActivationModule` for everything else.

    Raises:
        UnknownActivationError: no activation has the name.
        DeclarationError: a parameter is unknown or not finite, or a function over a dimension shall learn.
    """
    if isinstance(activation, str):
        activation = default_registry().any_variant(activation)
    if isinstance(activation, (Activation, AxisActivation)):
        activation = activation.variant()
    if isinstance(activation, AxisVariant):
        if learnable or channels is not None:
            raise DeclarationError(f"{activation.label} has nothing to learn; leave learnable and channels out")
        if native and activation.activation.native is None:
            raise DeclarationError(f"torch has no function for {activation.label}; leave native=False")
        chosen = values if dim is None else {"dim": dim, **values}
        return axis_module_class(activation.activation)(**{**dict(activation.values), **chosen})
    return module_class(activation.activation)(
        learnable=activation.learnable if learnable is None else learnable,
        channels=channels,
        channel_dim=channel_dim,
        dim=-1 if dim is None else dim,
        native=native,
        **{**dict(activation.values), **values},
    )


def __getattr__(name: str) -> type[ActivationModule] | type[AxisModule]:
    if name.startswith("_"):
        raise AttributeError(name)
    registry = default_registry()
    try:
        return axis_module_class(registry.axis[name]) if name in registry.axis else module_class(registry[name])
    except UnknownActivationError as error:
        raise AttributeError(f"activations.nn has no {name}: {error}") from None


def __dir__() -> list[str]:
    registry = default_registry()
    names = {item.class_name for item in registry.values()} | {item.class_name for item in registry.axis.values()}
    return sorted({*__all__, *names})
