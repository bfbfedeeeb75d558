"""`derive`: value and derivatives of an activation at a point, by independent means that have to agree."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import mpmath

from activations.declare import Variant
from activations.derivation.estimates import (
    Estimate,
    Index,
    Method,
    Point,
    autograd,
    closed_form,
    difference,
    distance,
    high_precision,
    numerical,
)
from activations.derivation.precise import DIGITS, symbolic
from activations.derivation.sides import Sides, sides
from activations.errors import DataError, ExpressionError
from activations.expression.mpmath_product import as_float

__all__ = ["MAX_ORDER", "Derivation", "Derivative", "derive"]

MAX_ORDER = 8
RELATIVE = 1e-9
ABSOLUTE = 1e-12
LARGEST = 1e300


@dataclass(frozen=True)
class Derivative:
    """One value or derivative at a point.

    Attributes:
        index: what it is differentiated in: () for the value, ("x", "x") for the second derivative in x.
        formula: the symbolic derivative as text; empty where it is too large.
        estimates: by all means; the first is the reference.
        sides: its limits from both sides along a variable, if it breaks there or one of lower order does; None where
            all is continuous.
        agrees: whether closed form, autograd and both high precisions give the same; None where there is no derivative,
            so that what code gives is a convention.
    """

    index: Index
    formula: str
    estimates: tuple[Estimate, ...]
    sides: Sides | None
    agrees: bool | None

    @property
    def order(self) -> int:
        """How often it is differentiated."""
        return len(self.index)

    def by(self, method: Method) -> Estimate:
        """The estimate by one means."""
        return next(estimate for estimate in self.estimates if estimate.method == method)


@dataclass(frozen=True)
class Derivation:
    """Value and derivatives of an activation at a point.

    Attributes:
        variant: the activation with its parameter values.
        at: the inputs by name.
        derivatives: the value, then the derivatives in the inputs by order, then the first ones in the parameters.
        breaks: for each input along which the function or a derivative breaks, the lowest order that does and what
            kind of break that is, as "kink".
    """

    variant: Variant
    at: dict[str, float]
    derivatives: tuple[Derivative, ...]
    breaks: dict[str, tuple[int, str]]

    @property
    def agrees(self) -> bool:
        """Whether no two means contradict each other where the derivative exists."""
        return all(derivative.agrees is not False for derivative in self.derivatives)

    def of(self, *index: str) -> Derivative:
        """The derivative in some variables: `of()` is the value, `of("x", "x")` the second derivative.

        Raises:
            KeyError: it was not asked for.
        """
        for derivative in self.derivatives:
            if derivative.index == index:
                return derivative
        raise KeyError(f"{self.variant.label}: no derivative {index} here; ask for a higher order")

    def to_dict(self) -> dict[str, Any]:
        """All of it as strict JSON: numbers that are not finite as text."""
        return {
            "activation": self.variant.label,
            "at": self.at,
            "parameters": dict(self.variant.values),
            "breaks": [{"variable": name, "order": order, "kind": kind} for name, (order, kind) in self.breaks.items()],
            "agrees": self.agrees,
            "derivatives": [_described(derivative) for derivative in self.derivatives],
        }


def derive(variant: Variant, *at: float, order: int = 2) -> Derivation:
    """Differentiate an activation at a point by all means.

    The reference is the formula's symbolic derivative in 50 digits. Beside it stand the closed form and autograd in
    float64, and central differences in high precision and in float64, which know no rule of differentiation.

    Args:
        variant: an activation with its parameter values.
        *at: one finite number per input.
        order: the highest derivative in the inputs, from 0 to 8; the parameters get first derivatives unless it is 0.

    Raises:
        DataError: the point or the order is none that can be differentiated at.
    """
    activation = variant.activation
    names = activation.inputs
    if len(at) != len(names):
        raise DataError(
            f"{activation.name} has the inputs {', '.join(names)} and not {len(at)}; give a number for each"
        )
    for name, value in zip(names, at, strict=True):
        if not abs(value) <= LARGEST:
            raise DataError(f"{name}={value:g} is no point to differentiate at; give a number within ±1e300")
    if not 0 <= order <= MAX_ORDER:
        raise DataError(f"order={order} can't be compared; give a whole number from 0 to {MAX_ORDER}")
    inputs = {name: float(value) for name, value in zip(names, at, strict=True)}
    point = {**inputs, **dict(variant.values)}
    seen = _Breaks(variant, point)
    derivatives = tuple(_derivative(variant, point, index, seen) for index in _indices(variant, order))
    return Derivation(variant, inputs, derivatives, seen.found(max(order, 1)))


def _indices(variant: Variant, order: int) -> Iterator[Index]:
    """What to differentiate in: every combination of inputs up to the order, then each parameter once."""
    for count in range(order + 1):
        yield from itertools.combinations_with_replacement(variant.activation.inputs, count)
    if order:
        yield from ((name,) for name in variant.activation.defaults)


class _Breaks:
    """Where the derivatives of a variant break around a point, each looked at once."""

    def __init__(self, variant: Variant, point: Point) -> None:
        self.formula = variant.activation.formula
        self.names = variant.activation.inputs
        self.point = point
        self.known: dict[tuple[Index, str], Sides | None] = {}

    def sides(self, index: Index, name: str) -> Sides | None:
        """Both sides of a derivative along an input; None where the derivative is too large to tell."""
        key = (index, name)
        if key not in self.known:
            try:
                found = sides(symbolic(self.formula, index), self.point, name)
            except ExpressionError:
                self.known[key] = None
            else:
                lower = self.sides(index[:-1], name) if index else None
                if lower is not None:  # where there is no value there is no slope, whatever its formula gives
                    left, right = (math.nan if math.isnan(end) else own for own, end in _pairs(found, lower))
                    found = replace(found, left=left, right=right)
                self.known[key] = found
        return self.known[key]

    def broken(self, index: Index) -> Sides | None:
        """The sides of a derivative that does not exist because it or one of lower order breaks; None if it exists."""
        for name in [name for name in self.names if name in index] or self.names:
            both = self.sides(index, name)
            if both is not None and both.broken:
                return both
        for left_out in range(len(index)):
            lower = self.broken(index[:left_out] + index[left_out + 1 :])
            if lower is not None:
                return self.sides(index, lower.name)
        return None

    def found(self, order: int) -> dict[str, tuple[int, str]]:
        """For each input the lowest order of a derivative in it that breaks along it, and the kind of break."""
        kinds = {}
        for name in self.names:
            for count in range(order + 1):
                both = self.sides((name,) * count, name)
                if both is not None and both.broken:
                    kinds[name] = (count, _kind(count, both))
                    break
        return kinds


def _pairs(own: Sides, lower: Sides) -> tuple[tuple[float, float], tuple[float, float]]:
    return (own.left, lower.left), (own.right, lower.right)


def _kind(order: int, both: Sides) -> str:
    ends = (both.left, both.right)
    if order == 0:
        if any(map(math.isnan, ends)):
            return "edge of the domain"
        if any(map(math.isinf, ends)):
            return "pole"
        return "gap" if both.left == both.right else "jump"
    if order == 1:
        return "infinite slope" if any(map(math.isinf, ends)) else "kink"
    return f"break of the derivative of order {order}"


def _derivative(variant: Variant, point: Point, index: Index, seen: _Breaks) -> Derivative:
    both = seen.broken(index)
    precise: list[tuple[Method, Any, str]] = []
    formula = ""
    try:
        formula = str(symbolic(variant.activation.formula, index))
        precise.append(("mpmath", *high_precision(variant, point, index)))
    except ExpressionError as error:
        precise.append(("mpmath", None, str(error)))
    # Across a break a quotient of differences means nothing, and there is no truth to be near to.
    exists = both is None
    if index and exists:
        precise.append(("mpmath difference", *numerical(variant, point, index)))
    reference = _reference([value for _, value, _ in precise if value is not None]) if exists else None
    estimates = [_precise(method, value, how) for method, value, how in precise]
    estimates[1:1] = [closed_form(variant, point, index), autograd(variant, point, index)]
    if index and exists:
        estimates.append(difference(variant, point, index))
    measured = tuple(_measured(estimate, precise, reference) for estimate in estimates)
    return Derivative(index, formula, measured, both, _agree(measured, reference) if exists else None)


def _reference(values: Sequence[Any]) -> Any:
    """The number that the others are compared with.

    At a point where branches meet smoothly the symbolic derivative takes one of them for a kink; what the values do
    around it is the truth then.
    """
    if len(values) == 2 and all(map(mpmath.isfinite, values)):
        with mpmath.workdps(4 * DIGITS):
            apart = abs(values[0] - values[1])
            if apart > RELATIVE * abs(values[1]) + ABSOLUTE:
                return values[1]
    return next(iter(values), None)


def _precise(method: Method, value: Any, how: str) -> Estimate:
    if value is None:
        return Estimate(method, None, how)
    with mpmath.workdps(2 * DIGITS):
        return Estimate(method, as_float(value), how, mpmath.nstr(value, DIGITS, strip_zeros=True))


def _measured(estimate: Estimate, precise: Sequence[tuple[Method, Any, str]], reference: Any) -> Estimate:
    """The estimate with its distance from the reference."""
    if estimate.value is None or reference is None:
        return estimate
    for method, value, _ in precise:
        if method == estimate.method:
            if value is reference:
                return estimate
            if mpmath.isfinite(value) and mpmath.isfinite(reference):
                with mpmath.workdps(4 * DIGITS):
                    return replace(estimate, difference=as_float(abs(value - reference)))
    return replace(estimate, difference=distance(estimate.value, reference))


def _agree(estimates: Sequence[Estimate], reference: Any) -> bool:
    """Whether all but the rough difference in float64 give the reference, to nine digits or 1e-12."""
    if reference is None:
        return True
    size = as_float(abs(reference)) if mpmath.isfinite(reference) else 0.0
    return all(
        estimate.difference <= RELATIVE * size + ABSOLUTE
        for estimate in estimates
        if estimate.difference is not None and estimate.method != "float64 difference"
    )


def _described(derivative: Derivative) -> dict[str, Any]:
    both = derivative.sides
    return {
        "in": list(derivative.index),
        "order": derivative.order,
        "formula": derivative.formula or None,
        "agrees": derivative.agrees,
        "along": None if both is None else both.name,
        "left": None if both is None else _number(both.left),
        "right": None if both is None else _number(both.right),
        "estimates": [
            {
                "method": estimate.method,
                "value": _number(estimate.value),
                "digits": estimate.text or None,
                "difference": _number(estimate.difference),
                "expected_error": _number(estimate.error),
                "how": estimate.how,
            }
            for estimate in derivative.estimates
        ],
    }


def _number(value: float | None) -> float | str | None:
    """A number for strict JSON, which knows neither NaN nor infinity."""
    return value if value is None or math.isfinite(value) else str(value)
