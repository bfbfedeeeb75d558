"""What is fitted: functions by name, functions typed as formulas, and data files. Imports nothing heavy."""

from __future__ import annotations

import difflib
import functools
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from activations.errors import DataError, ExpressionError, UnknownTargetError
from activations.expression import Expression, parse
from activations.fit.table import Table, read_table
from activations.plugins import Origin, Problem, installed_plugins
from activations.registry import WORD, plain

__all__ = [
    "DEFAULT_DOMAIN",
    "TARGETS",
    "Domain",
    "Suite",
    "Target",
    "csv_target",
    "formula_target",
    "known_targets",
    "resolve_target",
    "target_names",
]

Interval: TypeAlias = tuple[float, float]
Domain: TypeAlias = tuple[Interval, ...]
Sampling: TypeAlias = Literal["grid", "half-open grid", "uniform", "table", "two spirals"]

DEFAULT_DOMAIN: Interval = (-1.0, 1.0)
MAX_DIMENSION = 9
VARIABLES = ("x", *(f"x{i}" for i in range(1, MAX_DIMENSION + 1)))


@dataclass(frozen=True)
class Target:
    """Something to fit.

    Attributes:
        name: what it is called in tables: a name of the suite, the formula as typed, or the file's name.
        domain: one interval per input; inputs are scaled from it to [-1, 1].
        formula: the function in `x`, or in `x1`, `x2`, …; empty for data.
        points: number of points that are given to training (and to validation if that is cut off them).
        sampling: "grid" includes both ends of the domain, "half-open grid" leaves out the upper one; "uniform" draws
            anew for each seed; "table" splits the rows of a file anew for each seed; "two spirals" is the CMU data set.
        noise: standard deviation of the normal noise added to training and validation targets, never to test targets.
        group: targets of a kind, which count as one in means over targets.
        title: a few words for people.
        source: where it comes from.
        aliases: other names.
        classes: number of classes of a classification; 0 for a regression.
        table: the rows of a data file.
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

    @property
    def dimension(self) -> int:
        """The number of inputs."""
        return len(self.domain)

    @property
    def task(self) -> Literal["regression", "classification"]:
        """What the network learns: values or classes."""
        return "classification" if self.classes else "regression"

    @property
    def expression(self) -> Expression:
        """The formula as a checked tree."""
        return parse(self.formula, VARIABLES)

    @functools.cached_property
    def digest(self) -> str:
        """A hash of all that decides its samples: 16 hexadecimal digits, the same on every machine."""
        formula = str(self.expression) if self.formula else ""
        data = self.table.digest if self.table else ""
        parts = (self.domain, formula, self.points, self.sampling, self.noise, self.classes, data)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


TARGETS = (
    Target(
        name="sin",
        title="sine over three periods",
        formula="sin(x)",
        domain=((-10, 10),),
        points=200,
        group="oscillating",
        source="seed of the project; Ziyin, Hartwig, Ueda 2020, arXiv:2006.08195",
        aliases=("sin_wide",),
    ),
    Target(
        name="cubic",
        title="cubic with 40 points",
        formula="x^3 + x^2 - 3*x - 1",
        domain=((-2, 2),),
        points=40,
        sampling="half-open grid",
        group="smooth",
        source="seed of the project: the classic 40-point curve-fitting example",
        aliases=("cubic40",),
    ),
    Target(
        name="x2",
        title="square",
        formula="x^2",
        domain=((-1, 1),),
        group="smooth",
        source="seed of the project; Yarotsky 2017, arXiv:1610.01145",
        aliases=("square",),
    ),
    Target(
        name="abs",
        title="absolute value",
        formula="abs(x)",
        domain=((-1, 1),),
        group="kinked",
        source="Bernstein 1914, doi:10.1007/BF02401828",
    ),
    Target(
        name="piecewise_noisy",
        title="noisy continuous piecewise function",
        formula="-x - 1 if x < -1 else x^2 - 1 if x < 1 else 2*x - 2",
        domain=((-3, 3),),
        points=120,
        sampling="uniform",
        noise=0.2,
        group="noisy",
        source="seed of the project",
        aliases=("pw_cont_noisy",),
    ),
    Target(
        name="spiral",
        title="CMU two spirals",
        domain=((-6.5, 6.5), (-6.5, 6.5)),
        points=194,
        sampling="two spirals",
        classes=2,
        group="classification",
        source="Lang, Witbrock 1988, Proc. Connectionist Models Summer School, 52-59",
        aliases=("two_spirals",),
    ),
)


def target_names() -> list[str]:
    """The names of the suite in order, without aliases and plugins."""
    return [target.name for target in TARGETS]


@dataclass(frozen=True)
class Suite:
    """Targets with different names, and why others are not among them."""

    targets: tuple[Target, ...]
    problems: tuple[Problem, ...] = ()

    def named(self) -> dict[str, Target]:
        """Targets by each of their names, in the form in which names are compared."""
        return {plain(name): target for target in self.targets for name in (target.name, *target.aliases)}


@functools.cache
def known_targets() -> Suite:
    """Our own targets, then those that installed plugins provide."""
    suite = Suite(TARGETS)
    for plugin in installed_plugins():
        for item in plugin.targets:
            suite = _joined(suite, item, plugin.origin)
    return suite


def _joined(suite: Suite, item: object, origin: Origin) -> Suite:
    if not isinstance(item, Target):
        problem = Problem(origin, f"provide_targets gave {item!r:.80}", "make it with activations.Target(…)")
    else:
        taken = [name for name in (item.name, *item.aliases) if plain(name) in suite.named()]
        if not taken:
            return Suite((*suite.targets, item), suite.problems)
        problem = Problem(origin, f"the target name {taken[0]!r} is taken", "give it another name")
    return Suite(suite.targets, (*suite.problems, problem))


def resolve_target(text: str, domain: Interval | Domain | None = None) -> Target:
    """Read a target as typed: a name of the suite, or a formula in `x` or `x1`, `x2`, ….

    Args:
        text: the name or formula. Look-up ignores case, `_`, `-` and blanks.
        domain: one interval (for every input) or one per input; a named target gets it in place of its own, a
            formula is fitted on [-1, 1] without it.

    Raises:
        UnknownTargetError: a single word that is no target; the message holds the nearest ones.
        ExpressionError: a formula with a mistake.
        DataError: the domain is no interval, or has another dimension.
    """
    names = known_targets().named()
    found = names.get(plain(text))
    if found is not None:
        return found if domain is None else _moved(found, domain)
    try:
        return formula_target(text, domain)
    except ExpressionError:
        if WORD.fullmatch(text.strip()):
            close = difflib.get_close_matches(plain(text), names, n=3, cutoff=0.6)
            nearest = list(dict.fromkeys(names[key].name for key in close))
            hint = f"did you mean {' or '.join(nearest)}?" if nearest else "see 'activations targets'"
            raise UnknownTargetError(f"unknown target {text.strip()[:80]!r}; {hint}") from None
        raise


def formula_target(
    text: str,
    domain: Interval | Domain | None = None,
    *,
    points: int | None = None,
    noise: float = 0.0,
) -> Target:
    """A target from a formula in `x`, or in `x1`, `x2`, … up to `x9`.

    Args:
        text: the formula; its dimension is the largest number among its variables.
        domain: one interval for all inputs, or one per input; [-1, 1] without it.
        points: number of training points; 101 on a grid in one dimension, 256 per dimension drawn uniformly in more.
        noise: standard deviation of the noise on them.

    Raises:
        ExpressionError: a mistake in the formula.
        DataError: the domain is no interval, or has another dimension.
    """
    expression = parse(text, VARIABLES)
    if "x" in expression.names and len(expression.names) > 1:
        raise ExpressionError("write the formula in x alone, or in x1, x2, …", text=text, column=1)
    numbered = [int(name[1:]) for name in expression.names if name != "x"]
    given = 1 if domain is None or isinstance(domain[0], int | float) else len(domain)
    dimension = max([given, *numbered])
    if points is None:
        points = 101 if dimension == 1 else 256 * dimension
    return Target(
        name=text.strip(),
        domain=_read_domain(DEFAULT_DOMAIN if domain is None else domain, dimension),
        formula=text,
        points=points,
        sampling="grid" if dimension == 1 else "uniform",
        noise=noise,
        source="typed formula",
    )


def csv_target(path: str, x: Sequence[str] = (), y: str = "", *, drop_missing: bool = False) -> Target:
    """A target from the columns of a CSV file: its rows are split 60/20/20 anew for each seed.

    Args:
        path: the file.
        x: input columns by name or number from 1; all but `y` unless given.
        y: target column; the last unless given.
        drop_missing: leave out rows with an empty or non-finite cell, rather than refuse them.

    Raises:
        DataError: the content can't be fitted; the message holds line and column.
        OSError: the file can't be read.
    """
    table = read_table(path, x, y, drop_missing=drop_missing)
    return Target(
        name=table.name,
        domain=table.ranges,
        points=len(table.y),
        sampling="table",
        group="data",
        title=f"{table.y_name} from {', '.join(table.x_names)}",
        source=table.name,
        table=table,
    )


def _moved(target: Target, domain: Interval | Domain) -> Target:
    if not target.formula:
        raise DataError(f"{target.name} is a fixed data set; leave out the domain")
    return replace(target, domain=_read_domain(domain, target.dimension))


def _read_domain(domain: Interval | Domain, dimension: int) -> Domain:
    if len(domain) == 2 and all(isinstance(bound, int | float) for bound in domain):
        intervals: Sequence[Sequence[float]] = [domain] * dimension  # type: ignore[list-item]
    else:
        intervals = domain  # type: ignore[assignment]
    if len(intervals) != dimension:
        raise DataError(f"the domain has {len(intervals)} intervals, the target {dimension} inputs; give one each")
    read = []
    for interval in intervals:
        low, high = (float(bound) for bound in interval)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise DataError(f"the domain from {low:g} to {high:g} is no interval; give two finite numbers, low first")
        read.append((low, high))
    return tuple(read)
