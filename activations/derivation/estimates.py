"""The same number by several means: closed form, autograd, high precision and differences."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import mpmath
import torch
from torch import Tensor

from activations.closed_form import ClosedForm
from activations.declare import Variant
from activations.derivation.precise import DIGITS, central_difference, evaluate, scale, symbolic
from activations.errors import ExpressionError
from activations.expression.mpmath_product import as_float

__all__ = ["Estimate", "Method", "autograd", "closed_form", "difference", "high_precision", "numerical", "plain_body"]

Method: TypeAlias = Literal["mpmath", "closed form", "autograd", "mpmath difference", "float64 difference"]
Index: TypeAlias = tuple[str, ...]
Point: TypeAlias = Mapping[str, float]

EPSILON = 2.0**-52


@dataclass(frozen=True)
class Estimate:
    """A value or a derivative by one means.

    Attributes:
        method: the means.
        value: the number; None where this means gives none.
        how: what was computed, or why there is no number.
        text: all digits that are known, for high precision more than a float has; empty without a number.
        error: the error that the means itself expects; None where that is no more than rounding.
        difference: the distance from the reference; None without one.
    """

    method: Method
    value: float | None
    how: str
    text: str = ""
    error: float | None = None
    difference: float | None = None


def high_precision(variant: Variant, point: Point, index: Index) -> tuple[Any, str]:
    """The formula's symbolic derivative in 50 digits, as a number of mpmath's, and how it was had.

    Raises:
        ExpressionError: the symbolic derivative grows too large.
    """
    formula = symbolic(variant.activation.formula, index)
    return evaluate(formula, point), f"the {'symbolic derivative of the ' if index else ''}formula, {DIGITS} digits"


def numerical(variant: Variant, point: Point, index: Index) -> tuple[Any, str]:
    """A central difference of the formula in many digits, and how it was had."""
    return central_difference(variant.activation.formula, point, index), f"central, step 1e-{DIGITS}, many digits"


def closed_form(variant: Variant, point: Point, index: Index) -> Estimate:
    """The declared closed form in float64, or the symbolic derivative of the formula where none is declared."""
    activation = variant.activation
    if len(index) == 1 and index[0] in activation.inputs and activation.slopes:
        slope = activation.slopes[activation.inputs.index(index[0])]
        how = "the declared derivative" if not activation.typed else "the symbolic derivative, float64"
    else:
        try:
            slope = symbolic(activation.formula, index).to_torch()
        except ExpressionError as error:
            return Estimate("closed form", None, str(error))
        how = "the symbolic derivative, float64" if index else "the formula, float64"
        tensors = {name: _tensor(value) for name, value in point.items()}
        return _estimate("closed form", slope(**tensors), how)
    values = {name: value for name, value in point.items() if name not in activation.inputs}
    inputs = [_tensor(point[name]) for name in activation.inputs]
    return _estimate("closed form", slope(*inputs, **values), how)


def autograd(variant: Variant, point: Point, index: Index) -> Estimate:
    """The code differentiated by torch in float64.

    Where the code runs as a closed form, whose backward pass is the derivative that is declared, its body is
    differentiated instead: else the two would be one and the same.
    """
    activation = variant.activation
    values: dict[str, Any] = {name: value for name, value in point.items() if name not in activation.inputs}
    tensors = {name: _tensor(point[name]).requires_grad_(name in index) for name in activation.inputs}
    values |= {name: _tensor(point[name]).requires_grad_() for name in set(index) if name in values}
    body, how = plain_body(activation.bind(values), variant, values)
    try:
        with torch.enable_grad():
            result = body(*tensors.values())
            for name in index:
                result = _slope(result, tensors.get(name, values.get(name)))
    except RuntimeError as error:  # hardsigmoid's second derivative, for one
        if "not implemented" not in str(error):
            raise
        return Estimate("autograd", None, "torch has no derivative of that order for it")
    return _estimate("autograd", result, how)


def plain_body(
    bound: Callable[..., Tensor], variant: Variant, values: Mapping[str, Any]
) -> tuple[Callable[..., Tensor], str]:
    """What autograd can look into: a bound function, or the body that a closed form stands for; and its name."""
    activation = variant.activation
    body = "through the body's operations"
    if isinstance(bound, ClosedForm):
        return (lambda *inputs: activation.function(*inputs, **values)), body
    if activation.native is None or getattr(bound, "func", bound) is activation.function:
        return bound, body
    return bound, f"through {activation.native.path}"


def difference(variant: Variant, point: Point, index: Index) -> Estimate:
    """A central difference of the code in float64, with the error that its step and the rounding leave."""
    order = len(index)
    step = EPSILON ** (1 / (order + 2))
    largest = 0.0

    def quotient(step: float) -> float:
        nonlocal largest
        orders = Counter(index)
        total = 0.0
        for places in itertools.product(*(range(count + 1) for count in orders.values())):
            moved, weight = dict(point), 1
            for (name, count), place in zip(orders.items(), places, strict=True):
                moved[name] = point[name] + (count / 2 - place) * step * max(1.0, scale(point[name]))
                weight *= (-1) ** place * math.comb(count, place)
            value = _value(variant, moved)
            largest = max(largest, abs(value))
            total += weight * value
        return total / math.prod((step * max(1.0, scale(point[name]))) ** count for name, count in orders.items())

    found, coarser = quotient(step), quotient(2 * step)
    if not math.isfinite(found):
        return Estimate("float64 difference", None, f"no finite values within {step:.2g}")
    width = math.prod(step * max(1.0, scale(point[name])) for name in index)
    error = abs(coarser - found) / 3 + 2**order * EPSILON * largest / width
    return Estimate("float64 difference", found, f"central, step {step:.2g}", repr(found), error)


def _value(variant: Variant, point: Point) -> float:
    activation = variant.activation
    inputs = [_tensor(point[name]) for name in activation.inputs]
    values = {name: value for name, value in point.items() if name not in activation.inputs}
    with torch.no_grad():
        return float(activation.bind(values)(*inputs))


def _slope(result: Tensor, variable: Any) -> Tensor:
    """Differentiate once more; what does not depend on the variable has slope 0."""
    if not result.requires_grad:
        return torch.zeros_like(variable)
    slope: Tensor = torch.autograd.grad(result, variable, create_graph=True, materialize_grads=True)[0]
    return slope


def _tensor(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def _estimate(method: Method, result: Tensor, how: str) -> Estimate:
    value = float(result.detach())
    return Estimate(method, value, how, repr(value))


def distance(value: float, reference: Any) -> float:
    """How far a float is from a number of many digits; infinite if one of them is no number and the other is."""
    if math.isnan(value) or not mpmath.isfinite(reference):
        return 0.0 if math.isnan(value) and mpmath.isnan(reference) else math.inf
    with mpmath.workdps(2 * DIGITS):
        return as_float(abs(mpmath.mpf(value) - reference))
