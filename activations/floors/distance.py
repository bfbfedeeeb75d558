"""How far a network is from the best that any network of its kind can do."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from activations.declare import Variant
from activations.fitting.samples import draw_samples
from activations.fitting.targets import Target
from activations.floors.pieces import Pieces, activation_pieces, network_pieces
from activations.floors.polynomials import fit_polynomial, polynomial_terms
from activations.floors.segments import MAX_DEGREE, MAX_POINTS, distinct_points, segmented_floor

__all__ = ["Floor", "NoFloor", "distance_sentence", "exact_floor", "own_pieces_floor"]

Kind: TypeAlias = Literal["exact", "own pieces", "best known"]

ROUNDING = 1e-13  # of the largest value; an error below it is none
MAX_TERMS = 1500


@dataclass(frozen=True)
class Floor:
    """What an error is compared with.

    Attributes:
        value: RMSE at the test points, in the target's units.
        kind: "exact" if no network of the architecture can go below it, "own pieces" if no function can that has as
            many pieces as a trained network, "best known" if none has so far.
        how: which functions attain it ("33 linear pieces"), or how it was found ("LM, 10 starts").
        relative: the same over the target's standard deviation (NRMSE); None if the target is constant.
    """

    value: float
    kind: Kind
    how: str
    relative: float | None = None

    def distance(self, rmse: float) -> float | None:
        """The RMSE as a multiple of the floor; None if the floor is 0 or the RMSE is not finite."""
        return rmse / self.value if self.value > 0 and math.isfinite(rmse) else None


@dataclass(frozen=True)
class NoFloor:
    """Why there is nothing to compare an error with."""

    reason: str


def exact_floor(
    target: Target, variant: Variant, hidden: Sequence[int], seeds: Sequence[int] = (0,)
) -> Floor | NoFloor:
    """The least RMSE at the test points that any network of an activation and of these widths can have.

    With one input, a network of a piecewise polynomial activation is itself made of so many polynomial pieces at most,
    and the best such function is found by dynamic programming. A network of a polynomial is a polynomial, whatever the
    number of inputs; one of an affine activation is affine.

    Args:
        target: what is fitted.
        variant: the activation.
        hidden: widths of the hidden layers.
        seeds: those whose errors have the median that is compared. The test points of a function are the same for all
            of them; those of a table are not, and the floor is the median too.

    Returns:
        The floor, or the reason why none is known.
    """
    if target.classes:
        return NoFloor("no exact floor is known for a classification")
    if target.outputs > 1:
        return NoFloor("no exact floor is known for several outputs")
    single = activation_pieces(variant)
    if single is None:
        return NoFloor(f"no exact floor is known for {variant.activation.name}")
    if single.count > 1 and target.dimension > 1:
        return NoFloor(f"no exact floor is known for {variant.activation.name} with more than one input")
    pieces = network_pieces(single, hidden)
    if pieces.count > 1 and pieces.degree > MAX_DEGREE:
        return NoFloor(f"the floor of {pieces} is not computed: degrees go up to {MAX_DEGREE}")
    return _median_floor(target, pieces, seeds, "exact")


def own_pieces_floor(target: Target, pieces: int, seeds: Sequence[int] = (0,)) -> Floor | NoFloor:
    """The least RMSE of any function of as many linear pieces as a trained network has.

    It shows how well a network, a deep one above all, has placed its knots.

    Args:
        target: a regression with one input and one output.
        pieces: their number, from `trained_pieces`.
        seeds: as for `exact_floor`.
    """
    if target.classes or target.dimension > 1 or target.outputs > 1:
        return NoFloor("the pieces of a network are compared for a regression with one input and one output only")
    return _median_floor(target, Pieces(pieces, 1), seeds, "own pieces")


def _median_floor(target: Target, pieces: Pieces, seeds: Sequence[int], kind: Kind) -> Floor | NoFloor:
    values, relatives = [], []
    for seed in seeds if target.table else seeds[:1]:
        found = _floor_of_seed(target, seed, pieces)
        if isinstance(found, NoFloor):
            return found
        values.append(found[0])
        relatives.append(found[1])
    known = [value for value in relatives if value is not None]
    relative = float(np.median(known)) if len(known) == len(values) else None
    return Floor(float(np.median(values)), kind, str(pieces), relative)


def distance_sentence(label: str, hidden: Sequence[int], rmse: float, floor: Floor | NoFloor) -> str:
    """One line, such as "leaky_relu 1x32  RMSE 1.01e-2 | exact floor 7.47e-4 | distance x13.5".

    Args:
        label: the activation.
        hidden: widths of the hidden layers.
        rmse: of the network, in the target's units.
        floor: what it is compared with.
    """
    equal = len(set(hidden)) == 1
    layers = f"{len(hidden)}x{hidden[0]}" if equal else "-".join(map(str, hidden))
    parts = [f"{label} {layers}  RMSE {_short(rmse)}"]
    if isinstance(floor, NoFloor):
        parts.append(floor.reason)
    elif floor.kind == "best known":
        parts.append(f"best known {_short(floor.value)} ({floor.how})")
    else:
        name = "exact floor" if floor.kind == "exact" else f"floor of its {floor.how}"
        parts.append(f"{name} {_short(floor.value)}")
        distance = floor.distance(rmse)
        if distance is not None:
            parts.append(f"distance x{distance:.3g}" if distance < 1000 else f"distance x{_short(distance)}")
    return " | ".join(parts)


@functools.lru_cache(maxsize=1024)
def _floor_of_seed(target: Target, seed: int, pieces: Pieces) -> tuple[float, float | None] | NoFloor:
    """RMSE in the target's units and NRMSE, or why there are none."""
    samples = draw_samples(target, seed)
    x = samples.scaling.input_to_network(samples.test.x)
    y = samples.scaling.value_to_network(samples.test.y)[:, 0]
    if pieces.count == 1:
        terms = polynomial_terms(target.dimension, pieces.degree)
        if terms >= len(y):
            return NoFloor(f"{pieces} could pass through all {len(y)} test points")
        # On equidistant points a polynomial of higher degree is not determined in float64.
        if terms > (2 * math.sqrt(len(y)) if target.dimension == 1 else MAX_TERMS):
            return NoFloor(f"the floor of {pieces} is not computed: its degree is too high for {len(y)} test points")
        least = float(np.sqrt(np.mean((fit_polynomial(x, y, pieces.degree)(x) - y) ** 2)))
    else:
        distinct = distinct_points(x[:, 0])
        if pieces.count * (pieces.degree + 1) >= distinct:
            return NoFloor(f"{pieces} could pass through all {distinct} test points")
        if distinct > MAX_POINTS:
            return NoFloor(f"the floor of {pieces} is not computed: {distinct} test points are more than {MAX_POINTS}")
        least = float(segmented_floor(x[:, 0], y, pieces.count, pieces.degree, isolated=pieces.isolated)[-1])
    unit = float(samples.scaling.unit[0])
    if least * unit <= ROUNDING * float(np.abs(samples.test.y).max()):
        least = 0.0
    return least * unit, None if samples.spread is None else least / float(samples.spread[0])


def _short(value: float) -> str:
    """Three digits, without zeros that say nothing: 1.01e-2, 1.8e-3, 0, inf."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
