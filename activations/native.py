"""The torch function that computes what a declaration declares."""

from __future__ import annotations

import functools
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activations.errors import DeclarationError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Native"]

NATIVE = re.compile(r"(?P<path>[a-zA-Z_][\w.]*)(?:\((?P<arguments>[\w, ='-]*)\))?\Z")


@dataclass(frozen=True)
class Native:
    """The torch function that computes the same activation.

    Attributes:
        path: dotted name, such as `torch.nn.functional.elu`.
        parameters: those of the activation's parameters that the function takes, by keyword.
        options: further keywords with fixed text values, such as approximate='tanh'.
    """

    path: str
    parameters: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_text(cls, text: str) -> Native:
        """Read `torch.nn.functional.elu(alpha)` or `torch.nn.functional.gelu(approximate='tanh')`."""
        match = NATIVE.match(text)
        if match is None:
            raise DeclarationError(f"native={text!r} can't be read; write for example 'torch.nn.functional.elu(alpha)'")
        listed = [item.strip().partition("=") for item in (match["arguments"] or "").split(",") if item.strip()]
        return cls(
            match["path"],
            tuple(name for name, equals, _ in listed if not equals),
            tuple((name, value.strip("'")) for name, equals, value in listed if equals),
        )

    def __str__(self) -> str:
        arguments = [*self.parameters, *(f"{name}='{value}'" for name, value in self.options)]
        return self.path + (f"({', '.join(arguments)})" if arguments else "")

    def takes(self, values: Mapping[str, Any], defaults: Mapping[str, float]) -> bool:
        """Whether it can compute at these parameter values: numbers, and defaults for parameters that it lacks."""
        return all(
            not hasattr(value, "shape") and (name in self.parameters or value == defaults[name])
            for name, value in values.items()
        )

    def bind(self, values: Mapping[str, Any]) -> Callable[..., Tensor]:
        """The torch function with the parameters that it takes filled in."""
        keywords = {**{name: values[name] for name in self.parameters}, **dict(self.options)}
        function = _resolve(self.path)
        return functools.partial(function, **keywords) if keywords else function


@functools.cache
def _resolve(path: str) -> Callable[..., Any]:
    found: Callable[..., Any] = pkgutil.resolve_name(path)
    return found
