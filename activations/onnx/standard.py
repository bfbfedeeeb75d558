"""Which activations are a single operator of the ONNX standard, and with which attributes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from activations.declare import Variant
from activations.registry import default_registry

__all__ = ["SINGLE", "Single", "single"]


@dataclass(frozen=True)
class Single:
    """One operator that does all.

    Attributes:
        operator: its name.
        attributes: numbers and texts that it is given.
        operands: tensors that it takes behind the input, each a parameter by name or a number.
    """

    operator: str
    attributes: Mapping[str, float | str] = field(default_factory=dict)
    operands: tuple[str | float, ...] = ()


Values = Mapping[str, float]


def _softplus(values: Values) -> Single | None:
    return Single("Softplus") if values["beta"] == 1 else None


def _threshold(values: Values) -> Single | None:
    return Single("ThresholdedRelu", {"alpha": values["threshold"]}) if values["value"] == 0 else None


SINGLE: Final[Mapping[str, Callable[[Values], Single | None]]] = {
    "abs": lambda values: Single("Abs"),
    "celu": lambda values: Single("Celu", {"alpha": values["alpha"]}),
    "displaced_relu": lambda values: Single("Max", {}, (-values["delta"],)),
    "elu": lambda values: Single("Elu", {"alpha": values["alpha"]}),
    "gelu": lambda values: Single("Gelu"),
    "gelu_tanh": lambda values: Single("Gelu", {"approximate": "tanh"}),
    "hard_sigmoid_keras2": lambda values: Single("HardSigmoid", {"alpha": values["alpha"], "beta": values["beta"]}),
    "hardshrink": lambda values: Single("Shrink", {"lambd": values["lambd"], "bias": 0.0}),
    "hardsigmoid": lambda values: Single("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hardswish": lambda values: Single("HardSwish"),
    "hardtanh": lambda values: Single("Clip", {}, ("min_val", "max_val")),
    "leaky_relu": lambda values: Single("LeakyRelu", {"alpha": values["negative_slope"]}),
    "mish": lambda values: Single("Mish"),
    "prelu": lambda values: Single("PRelu", {}, ("weight",)),
    "quick_gelu": lambda values: Single("Swish", {"alpha": 1.702}),
    "relu": lambda values: Single("Relu"),
    "relu6": lambda values: Single("Clip", {}, (0.0, 6.0)),
    "relun": lambda values: Single("Clip", {}, (0.0, "n")),
    "rrelu": lambda values: Single("LeakyRelu", {"alpha": (values["lower"] + values["upper"]) / 2}),
    "selu": lambda values: Single("Selu", {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}),
    "sign": lambda values: Single("Sign"),
    "silu": lambda values: Single("Swish"),
    "softplus": _softplus,
    "softshrink": lambda values: Single("Shrink", {"lambd": values["lambd"], "bias": values["lambd"]}),
    "softsign": lambda values: Single("Softsign"),
    "swish_beta": lambda values: Single("Swish", {"alpha": values["beta"]}),
    "threshold": _threshold,
    "very_leaky_relu": lambda values: Single("LeakyRelu", {"alpha": 1 / values["a"]}),
}
"""By name, at given values of the parameters. What is one operation anyway, such as `tanh`, needs no entry."""


def single(variant: Variant) -> Single | None:
    """The operator that a built-in activation is, if it is one at these values and what it learns stays a tensor."""
    name = variant.activation.name
    if name not in SINGLE or default_registry().get(name) is not variant.activation:
        return None
    values = dict(variant.values)
    if not all(map(math.isfinite, values.values())):
        return None
    found = SINGLE[name](values)
    return found if found and set(variant.learnable) <= set(found.operands) else None
