"""nn.Modules from functions over a dimension: one class per declaration, made when it is first asked for."""

from __future__ import annotations

import functools
import inspect
from typing import Any, ClassVar

from torch import Tensor, nn

from activations.axis import AxisActivation, AxisVariant
from activations.module import class_doc

__all__ = ["AxisModule", "axis_module_class"]


class AxisModule(nn.Module):
    """A function over a dimension as a module; its subclasses (`activations.nn.Softmax`) are made from declarations.

    Its parameters are attributes, as `dim` is of `torch.nn.Softmax`. dtype and device of the input are kept, and so is
    its shape but for the size along `dim`.

    Args:
        *settings: parameter values in the declared order, as in `Softmax(1)`.
        **values: parameter values by name, as in `Maxout(dim=1, pieces=3)`.

    Raises:
        DeclarationError: a parameter is unknown or no whole number that it may be.
    """

    activation: ClassVar[AxisActivation]

    def __init__(self, *settings: int, **values: int) -> None:
        super().__init__()
        names = list(self.activation.defaults)
        if len(settings) > len(names):
            raise TypeError(f"{self.activation.signature} takes {len(names)} settings, got {len(settings)}")
        twice = [name for name in names[: len(settings)] if name in values]
        if twice:
            raise TypeError(f"{self.activation.name}: {twice[0]} is given twice; give it once")
        given = dict(zip(names, settings, strict=False)) | values
        for name, value in self.activation.settled(given).items():
            setattr(self, name, value)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function.

        Args:
            x: floating tensor with at least one dimension.
        """
        return self.activation.apply(x, self._values())

    @property
    def variant(self) -> AxisVariant:
        """The declaration with the values that the parameters have now."""
        return self.activation.variant(**self._values())

    def extra_repr(self) -> str:
        """The parameters in their declared order."""
        return ", ".join(f"{name}={value}" for name, value in self._values().items())

    def __reduce__(self) -> Any:
        # The class is made on demand, so pickle can't find it by name: rebuild it from the declaration.
        if type(self) is axis_module_class(self.activation):
            return _blank, (self.activation,), self.__dict__
        return super().__reduce__()

    def _values(self) -> dict[str, int]:
        return {name: getattr(self, name) for name, _ in self.activation.parameters}


@functools.cache
def axis_module_class(activation: AxisActivation) -> type[AxisModule]:
    """The module class of a declaration, the same one each time."""
    members = {"activation": activation, "__doc__": class_doc(activation), "__module__": "activations.nn"}
    made: type[AxisModule] = type(activation.class_name, (AxisModule,), members)
    made.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
            for name, default in activation.parameters
        ]
    )
    return made


def _blank(activation: AxisActivation) -> AxisModule:
    """An instance without state, for pickle to fill."""
    cls = axis_module_class(activation)
    return cls.__new__(cls)
