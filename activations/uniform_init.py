"""The initialisation that an activation brings for the linear layers that feed it."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias, get_args

from activations.errors import DeclarationError, ExpressionError
from activations.expression import parse

__all__ = ["FAN_IN", "PLACES", "Place", "UniformInit"]

FAN_IN = "n"
Place: TypeAlias = Literal["first", "hidden", "output"]
PLACES: tuple[Place, ...] = get_args(Place)


@dataclass(frozen=True)
class UniformInit:
    """Bounds of the uniform distributions from which weights and biases of linear layers are drawn.

    Each is a formula in `n`, the layer's number of inputs, and in the activation's parameters. SIREN's are
    `UniformInit(first="1/n", hidden="sqrt(6/n)/omega_0", output="sqrt(6/n)/omega_0")`.

    Attributes:
        first: of the weights of a network's first layer, whose inputs are coordinates in [-1, 1].
        hidden: of the weights of every later layer that feeds the activation.
        bias: of the biases; those of `torch.nn.Linear` unless given.
        first_bias: of the first layer's biases; `bias` if empty.
        output: of the weights of the linear layer behind the last activation, which then has biases from `bias`; empty
            if the activation leaves that layer alone.
    """

    first: str
    hidden: str
    bias: str = "1/sqrt(n)"
    first_bias: str = ""
    output: str = ""

    def checked(self, activation: str, parameters: Iterable[str]) -> UniformInit:
        """The same with each formula in its canonical spelling.

        Args:
            activation: the activation's name, for the message.
            parameters: the names of its parameters.

        Raises:
            DeclarationError: a formula is malformed or missing, or a parameter has the name of the fan-in.
        """
        names = tuple(parameters)
        if FAN_IN in names:
            raise DeclarationError(
                f"{activation}: init takes {FAN_IN} for the number of inputs; give the parameter {FAN_IN} another name"
            )
        return UniformInit(**{part: _canonical(activation, part, text, names) for part, text in self._all.items()})

    def bounds(self, place: Place, fan_in: int, values: Mapping[str, float]) -> tuple[float, float] | None:
        """The bounds of weights and biases.

        Args:
            place: where the linear layer is: "first", "hidden", or "output".
            fan_in: its number of inputs.
            values: the activation's parameters.

        Returns:
            Both bounds; None for an output layer that the activation leaves alone.

        Raises:
            DeclarationError: a bound is negative or not finite.
        """
        weight = {"first": self.first, "hidden": self.hidden, "output": self.output}[place]
        if not weight:
            return None
        bias = (place == "first" and self.first_bias) or self.bias
        ordered = tuple(values.items())
        return _bound(weight, fan_in, ordered), _bound(bias, fan_in, ordered)

    def __str__(self) -> str:
        return ", ".join(f"{part} {text}" for part, text in self.formulas.items())

    @property
    def formulas(self) -> dict[str, str]:
        """The formulas that are given, by what they bound."""
        return {part: text for part, text in self._all.items() if text}

    @property
    def _all(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _canonical(activation: str, part: str, text: object, parameters: tuple[str, ...]) -> str:
    if not isinstance(text, str):
        raise DeclarationError(f"{activation}: init.{part}={text!r} is no formula; write it as text, such as '1/n'")
    if not text.strip():
        if part in ("first_bias", "output"):
            return ""
        raise DeclarationError(f"{activation}: init.{part} is empty; write a formula, such as '1/n'")
    try:
        return str(parse(text, names=(FAN_IN, *parameters)))
    except ExpressionError as error:
        raise DeclarationError(f"{activation}: init.{part} {text!r}: {error}") from None


@functools.lru_cache(maxsize=1024)
def _bound(text: str, fan_in: int, values: tuple[tuple[str, float], ...]) -> float:
    named = {FAN_IN: fan_in, **dict(values)}
    expression = parse(text, names=tuple(named))
    bound = expression.constant(**{name: named[name] for name in expression.names})
    if not (math.isfinite(bound) and bound >= 0):
        where = ", ".join(f"{name}={named[name]:g}" for name in expression.names)
        raise DeclarationError(
            f"the initial bound {text} is {bound:g} at {where}; a bound is finite and from 0 on: change the formula"
        )
    return bound
