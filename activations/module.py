"""nn.Modules from declarations: one class per activation, made when it is first asked for."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from activations.axis import AxisActivation
from activations.declare import Activation, Variant, number
from activations.derivatives import Method, derivative

__all__ = ["ActivationModule", "class_doc", "module_class"]


class ActivationModule(nn.Module):
    """An activation as a module; its subclasses (`activations.nn.Mish`) are made from declarations.

    The result has the shape, dtype and device of the input. Input that is not floating raises TypeError: torch's own
    functions disagree about integers, here all refuse them.

    Args:
        *settings: parameter values in the declared order, as in `LeakyReLU(0.2)`.
        learnable: names of the parameters to learn, True for all, False for none, None for the declared ones.
        channels: number of values that each learnable parameter gets, one per channel; one value in all if None.
        channel_dim: the dimension of the input that holds the channels.
        dim: for a two-input activation that is called with one tensor: the dimension that is split into two halves.
        native: compute with torch's own function even where it differs from the accurate one.
        **values: parameter values by name: numbers, or tensors of one value per channel (kept as buffers).

    Raises:
        DeclarationError: a parameter is unknown or not finite.
    """

    activation: ClassVar[Activation]

    def __init__(
        self,
        *settings: float | Tensor,
        learnable: Iterable[str] | bool | None = None,
        channels: int | None = None,
        channel_dim: int = 1,
        dim: int = -1,
        native: bool = False,
        **values: float | Tensor,
    ) -> None:
        super().__init__()
        given = self._named(settings) | values
        numbers = {name: value for name, value in given.items() if not isinstance(value, Tensor)}
        variant = self.activation.variant(learnable, **numbers)
        self.channel_dim = channel_dim
        self.dim = dim
        self.native = native
        self._constants: dict[str, float] = {}
        for name, value in variant.values:
            tensor = given.get(name)
            if not isinstance(tensor, Tensor):
                tensor = None
            if name in variant.learnable:
                if tensor is None:
                    tensor = torch.full(() if channels is None else (channels,), value)
                self.register_parameter(name, nn.Parameter(tensor.detach().clone()))
            elif tensor is not None:
                self.register_buffer(name, tensor.detach().clone())
            else:
                self._constants[name] = value
        self._tensors = [name for name, _ in variant.values if name not in self._constants]
        self._bind()

    def forward(self, *inputs: Tensor) -> Tensor:
        """Apply the activation elementwise.

        Args:
            *inputs: one floating tensor of any shape; a two-input activation takes two of broadcastable shapes, or
                one whose dimension `dim` holds both halves.
        """
        activation = self.activation
        if len(inputs) != len(activation.inputs):
            inputs = self._halves(inputs)
        x = inputs[0]
        if not x.is_floating_point():
            raise TypeError(f"{activation.name} needs a floating tensor, got {x.dtype}; write x.float()")
        if self.training and activation.training is not None:
            return activation.training(*inputs, **self._values(x))
        if self._bound is not None:
            return self._bound(*inputs)
        return activation.bind(self._values(x))(*inputs)

    def derivative(self, *inputs: Tensor, order: int = 1, wrt: int | str = 0, method: Method = "auto") -> Tensor:
        """The elementwise derivative at the inputs; see `activations.derivative`."""
        values = self._values(inputs[0])
        return derivative(self.activation.variant(), *inputs, order=order, wrt=wrt, method=method, **values)

    @property
    def variant(self) -> Variant:
        """The declaration with the values that the parameters have now (their means where there is one per channel)."""
        values = {name: float(getattr(self, name).detach().double().mean()) for name in self._tensors}
        learnable = [name for name in self._tensors if isinstance(getattr(self, name), nn.Parameter)]
        return self.activation.variant(learnable, **self._constants, **values)

    def extra_repr(self) -> str:
        """The parameters in their declared order."""
        parts = []
        for name in self.activation.defaults:
            if name in self._constants:
                parts.append(f"{name}={number(self._constants[name])}")
                continue
            tensor = getattr(self, name)
            kind = "learnable" if isinstance(tensor, nn.Parameter) else "fixed"
            shown = f"{tensor.item():.6g}" if tensor.dim() == 0 else f"({tensor.numel()} channels)"
            parts.append(f"{name}={shown} {kind}")
        return ", ".join(parts + (["native=True"] if self.native else []))

    def __reduce__(self) -> Any:
        # The class is made on demand, so pickle can't find it by name: rebuild it from the declaration.
        if type(self) is module_class(self.activation):
            return _blank, (self.activation,), {k: v for k, v in self.__dict__.items() if k != "_bound"}
        return super().__reduce__()

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._bind()

    def _bind(self) -> None:
        """Fill numbers in once, so that a call costs no more than torch's own module."""
        self._bound: Callable[..., Tensor] | None = None
        if self.native or not self._tensors:
            values = self._values(torch.empty(()))
            self._bound = self.activation.bind(values, native=self.native or None)

    def _named(self, settings: Sequence[float | Tensor]) -> dict[str, float | Tensor]:
        names = list(self.activation.defaults)
        if len(settings) > len(names):
            raise TypeError(f"{self.activation.signature} takes {len(names)} settings, got {len(settings)}")
        return dict(zip(names, settings, strict=False))

    def _values(self, x: Tensor) -> dict[str, Any]:
        values: dict[str, Any] = dict(self._constants)
        for name in self._tensors:
            tensor: Tensor = getattr(self, name).to(x.dtype)
            if tensor.dim() == 1:
                tensor = tensor.view(self._channel_shape(x, tensor.numel()))
            values[name] = tensor
        return values

    def _channel_shape(self, x: Tensor, channels: int) -> list[int]:
        dim = self.channel_dim if self.channel_dim >= 0 else x.dim() + self.channel_dim
        if not 0 <= dim < x.dim() or channels not in (1, x.shape[dim]):
            raise ValueError(
                f"{self.activation.name} has {channels} channels, but dimension {self.channel_dim} of the input "
                f"of shape {tuple(x.shape)} has not; give channel_dim"
            )
        return [channels if i == dim else 1 for i in range(x.dim())]

    def _halves(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if len(inputs) != 1 or len(self.activation.inputs) != 2:
            raise TypeError(
                f"{self.activation.signature} takes {len(self.activation.inputs)} inputs, got {len(inputs)}"
            )
        if inputs[0].shape[self.dim] % 2:
            raise ValueError(
                f"{self.activation.name} splits dimension {self.dim} into halves, but it has odd size "
                f"{inputs[0].shape[self.dim]}"
            )
        return inputs[0].chunk(2, self.dim)


@functools.cache
def module_class(activation: Activation) -> type[ActivationModule]:
    """The module class of a declaration, the same one each time."""
    members = {"activation": activation, "__doc__": class_doc(activation), "__module__": "activations.nn"}
    made: type[ActivationModule] = type(activation.class_name, (ActivationModule,), members)
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
        for name, default in activation.defaults.items()
    ]
    shared = [p for p in inspect.signature(ActivationModule.__init__).parameters.values() if p.kind is keyword]
    made.__signature__ = inspect.Signature(own + shared)  # type: ignore[attr-defined]
    return made


def _blank(activation: Activation) -> ActivationModule:
    """An instance without state, for pickle to fill."""
    cls = module_class(activation)
    return cls.__new__(cls)


def class_doc(activation: Activation | AxisActivation) -> str:
    """The docstring of a declaration's module class."""
    lines = [activation.summary, "", f"f = {activation.formula}", "", f"Source: {activation.paper}."]
    if activation.notes:
        lines[1:1] = ["", activation.notes]
    return "\n".join(lines)
