"""One target: what is fitted, where, from which points and with what noise. Imports nothing heavy."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from activations.expression import Expression, parse
from activations.fitting.curve import is_curve, parse_curve
from activations.fitting.table import Table

__all__ = ["MAX_DIMENSION", "VARIABLES", "Domain", "Interval", "NoiseKind", "Sampling", "Target", "Tier"]

Interval: TypeAlias = tuple[float, float]
Domain: TypeAlias = tuple[Interval, ...]
Sampling: TypeAlias = Literal["grid", "half-open grid", "uniform", "table", "two spirals", "three spirals", "moons"]
NoiseKind: TypeAlias = Literal["normal", "student", "flips", "positions"]
Tier: TypeAlias = Literal["core", "extra", "control"]

GENERATED = ("two spirals", "three spirals", "moons")
MAX_DIMENSION = 9
VARIABLES = ("x", *(f"x{i}" for i in range(1, MAX_DIMENSION + 1)))


@dataclass(frozen=True)
class Target:
    """Something to fit: a formula, a curve, a Python function, the rows of a file, or a generated data set.

    Attributes:
        name: what it is called in tables: a name of the suite, the formula as typed, or the file's name.
        domain: one interval per input; inputs are scaled from it to [-1, 1].
        formula: the function in `x`, or in `x1`, `x2`, …; or a curve, `t -> (cos(t), sin(t))`. Empty for a Python
            function and for data. With `classes` its values are class numbers.
        points: number of points that are given to training (and to validation if that is cut off them).
        sampling: "grid" includes both ends of the domain, "half-open grid" leaves out the upper one; "uniform" draws
            anew for each seed; "table" splits the rows of a file anew for each seed; "two spirals", "three spirals"
            and "moons" are generated data sets (`activations.fitting.data_sets`).
        noise: size of the noise, 0 for none. Noise is in training and validation values and never in test values.
        noise_kind: "normal", of that standard deviation; "student", of Student's t distribution with 2 degrees of
            freedom times the size; "flips", the probability that a class number becomes another one; "positions",
            normal noise that moves the points of a generated data set, those of the test too.
        noise_profile: a formula in the inputs that multiplies the size of the noise; empty for 1.
        group: targets of a kind, which count as one in means over targets.
        title: a few words for people.
        source: where it comes from.
        aliases: other names.
        classes: number of classes of a classification; 0 for a regression.
        table: the rows of a data file.
        tier: "core" and "extra" of the suite, or "control", which shows that the benchmark itself is sound.
        seed_target: one that this project began with.
        extrapolation: intervals outside the domain of a single input, where a fit is tested apart.
        expectation: what is known about fitting it.
        outputs: number of values at a point.
        function: a Python function of one array [points] per input, which gives values [points] or
            [points, outputs]; see `activations.fitting.function_target`.
    """

    name: str
    domain: Domain
    formula: str = ""
    points: int = 101
    sampling: Sampling = "grid"
    noise: float = 0.0
    group: str = "typed"
    title: str = ""
    source: str = ""
    aliases: tuple[str, ...] = ()
    classes: int = 0
    table: Table | None = None
    noise_kind: NoiseKind = "normal"
    noise_profile: str = ""
    tier: Tier = "extra"
    seed_target: bool = False
    extrapolation: Domain = ()
    expectation: str = ""
    outputs: int = 1
    function: Callable[..., Any] | None = field(default=None, repr=False)

    def __hash__(self) -> int:
        # Not over the fields: a table may have a hundred thousand rows.
        return hash((self.name, self.digest))

    @property
    def dimension(self) -> int:
        """The number of inputs."""
        return len(self.domain)

    @property
    def task(self) -> Literal["regression", "classification"]:
        """What the network learns: values or classes."""
        return "classification" if self.classes else "regression"

    @property
    def network_outputs(self) -> int:
        """The number of outputs of a network that fits it: one per value, or one per class."""
        return self.classes or self.outputs

    @property
    def is_function(self) -> bool:
        """Whether it has a value at any point, as formulas and Python functions have and data sets have not."""
        return bool(self.formula) or self.function is not None

    @property
    def has_values(self) -> bool:
        """Whether its points can be drawn: not those of a Python function that a store remembers by its name alone."""
        return self.is_function or self.table is not None or self.sampling in GENERATED

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The formula as checked trees: one, or one per coordinate of a curve; none for anything else."""
        if is_curve(self.formula):
            return parse_curve(self.formula)[1]
        return (parse(self.formula, VARIABLES),) if self.formula else ()

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the inputs, one per dimension: those of the formula, or the columns of a file."""
        if self.table is not None:
            return self.table.x_names
        if is_curve(self.formula):
            return (parse_curve(self.formula)[0],)
        if self.dimension == 1 and not any("x1" in expression.names for expression in self.expressions):
            return ("x",)
        return tuple(f"x{i}" for i in range(1, self.dimension + 1))

    @property
    def latex(self) -> str:
        """The formula in LaTeX without dollar signs; empty where there is none."""
        parts = [expression.latex() for expression in self.expressions]
        if is_curve(self.formula):
            return r"\left(" + ",\\; ".join(parts) + r"\right)"
        return parts[0] if parts else ""

    @functools.cached_property
    def digest(self) -> str:
        """A hash of all that decides its samples: 16 hexadecimal digits, the same on every machine."""
        content: Any = [str(expression) for expression in self.expressions]
        if self.table is not None:
            content = self.table.digest
        elif self.function is not None:
            from activations.fitting.function import fingerprint

            content = fingerprint(self)
        profile = str(parse(self.noise_profile, VARIABLES)) if self.noise_profile else ""
        noise = (self.noise, self.noise_kind, profile)
        domain, extrapolation = (
            tuple((float(low), float(high)) for low, high in part) for part in (self.domain, self.extrapolation)
        )
        parts = (domain, content, self.points, self.sampling, noise, self.classes, self.outputs, extrapolation)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
