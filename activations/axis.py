"""Functions over a dimension, such as softmax: a pure function beside an independent implementation that proves it.

Elementwise activations are declared in `activations.declare`.
"""

from __future__ import annotations

import functools
import hashlib
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from activations.errors import DeclarationError
from activations.faces import ActivationFace
from activations.lazy import torch
from activations.native import Native
from activations.reading import (
    class_name,
    code_text,
    pickled_name,
    read_docstring,
    read_name,
    read_paper,
    read_reasons,
    read_signature,
    source_of,
)

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AxisActivation", "AxisVariant", "Permutation", "axis_activation"]

Permutation = Literal["", "equivariant", "invariant"]

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}\Z")


@dataclass(frozen=True, eq=False, repr=False)
class AxisActivation(ActivationFace):
    """An activation function over a dimension: each output hangs on several of the values along it.

    Made by the decorator `axis_activation`. An instance is immutable, callable on tensors, and pickles by reference to
    the module that declares it.

    Attributes:
        name: the function's name, lower case with underscores.
        function: the body: pure; the input positional, `dim` and further whole numbers by keyword.
        formula: the function as mathematical text for people; no program reads it.
        reference: the independent implementation: takes the list of the mpmath numbers along the dimension and the
            parameters without `dim` by keyword, and gives the list of the results.
        paper: the source, as "Author Year, arXiv:…".
        summary: the docstring's first line.
        notes: the rest of the docstring.
        parameters: the whole numbers with their defaults; `dim` is among them unless it is fixed.
        fixed_dim: the dimension of a function that leaves no choice.
        ranks: how many dimensions an input may have; any number if empty.
        divisor: the parameter of which the size along the dimension must be a multiple.
        permutation: what a permutation along the dimension does: "equivariant" if it permutes the output in the same
            way; "invariant" if the output stays as it is, for permutations within each group where there is a
            `divisor`; "" where neither holds.
        kinks: where the gradient is not unique and which one is taken, as a sentence; empty for smooth functions.
        native: torch's function for the same activation.
        aliases: other names; one that spells the name itself ("CReLU") names the class.
        cases: further parameter settings that the conformance suite proves.
        skip: names of checks that are expected to fail, each with its reason.
    """

    name: str
    function: Callable[..., Tensor]
    formula: str
    reference: Callable[..., Sequence[Any]]
    paper: str
    summary: str
    notes: str = ""
    parameters: tuple[tuple[str, int], ...] = ()
    fixed_dim: int | None = None
    ranks: tuple[int, ...] = ()
    divisor: str = ""
    permutation: Permutation = ""
    kinks: str = ""
    native: Native | None = None
    aliases: tuple[str, ...] = ()
    cases: tuple[Mapping[str, int], ...] = ()
    skip: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Pickle finds a declaration by the module attribute that holds it, as it does for functions.
        object.__setattr__(self, "__module__", self.function.__module__)

    def __call__(self, x: Tensor, **values: int) -> Tensor:
        """Evaluate.

        Args:
            x: floating tensor with at least one dimension.
            **values: `dim` and further parameters; the others keep their defaults.

        Returns:
            A tensor of the same dtype and device, and of the same shape but for the size along `dim`.

        Raises:
            TypeError: the input is not floating.
            ValueError: the input has a number of dimensions, or a size along `dim`, that does not fit.
            IndexError: the input has no dimension `dim`.
            DeclarationError: a parameter is unknown or no whole number that it may be.
        """
        return self.apply(x, self.settled(values) if values else self.defaults)

    def apply(self, x: Tensor, values: Mapping[str, int]) -> Tensor:
        """Evaluate with all parameters given, as `settled` gives them."""
        self._require_fitting(x, values)
        return self.function(x, **values)

    def settled(self, values: Mapping[str, Any]) -> dict[str, int]:
        """All parameters, the given ones at their values and the others at their defaults.

        Raises:
            DeclarationError: a parameter is unknown or no whole number that it may be.
        """
        for name in values:
            if name not in self.defaults:
                listed = ", ".join(self.defaults) or "no parameter at all"
                raise DeclarationError(f"{self.name} has no parameter {name!r}; it has {listed}")
        return {
            name: self._whole(name, values[name]) if name in values else default for name, default in self.parameters
        }

    def variant(self, **values: int) -> AxisVariant:
        """This activation with parameter values; those not given keep their defaults.

        Raises:
            DeclarationError: a parameter is unknown or no whole number that it may be.
        """
        return AxisVariant(self, tuple(self.settled(values).items()))

    def variant_from_text(self, settings: str) -> AxisVariant:
        """Read settings as typed after a name: `dim=1`, `dim=1,pieces=3`.

        Raises:
            DeclarationError: the text has another form, or names no parameter of this activation.
        """
        values: dict[str, int] = {}
        for part in settings.split(","):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals:
                hint = ",".join(f"{known}={default}" for known, default in self.parameters)
                hint = f"{self.name}:{hint}" if hint else f"{self.name} alone: it has no parameters"
                raise DeclarationError(f"{self.name}: {part.strip()!r} is no setting; write {hint}")
            if not WHOLE_NUMBER.match(value):
                raise DeclarationError(f"{self.name}: {name}={value!r} is no whole number; write for example {name}=2")
            values[name] = int(value)
        return self.variant(**values)

    def output_size(self, size: int, **values: int) -> int:
        """How many results there are along the dimension for so many values.

        Raises:
            ValueError: the size does not fit.
        """
        variant = self.variant(**values)
        shape = [1] * variant.least_rank()
        shape[variant.dim] = size
        return variant(torch.empty(shape, device="meta")).shape[variant.dim]

    def __repr__(self) -> str:
        return f"<activation over a dimension {self.signature}: {self.formula}>"

    def __reduce__(self) -> Any:
        return pickled_name(self.name, self, self.function)

    def __deepcopy__(self, memo: dict[int, Any]) -> AxisActivation:
        return self

    @property
    def family(self) -> str:
        """They are one family, whatever module declares them."""
        return "axis"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The name of the input, as a tuple: elementwise activations may have two."""
        return ("x",)

    @property
    def source(self) -> str:
        """Where it is declared, as file:line."""
        return source_of(self.function)

    @property
    def class_name(self) -> str:
        """The module's class: an alias that spells the name in capitals, else CamelCase."""
        return class_name(self.name, self.aliases)

    @functools.cached_property
    def defaults(self) -> Mapping[str, int]:
        """Parameter values by name, as declared."""
        return dict(self.parameters)

    @property
    def signature(self) -> str:
        """The call, such as `maxout(x, dim=-1, pieces=2)`."""
        return f"{self.name}({', '.join(['x', *(f'{name}={value}' for name, value in self.parameters)])})"

    @functools.cached_property
    def digest(self) -> str:
        """A hash of all that decides its values: 16 hexadecimal digits, the same on every machine."""
        parts = [self.name, self.formula, self.signature, f"{self.fixed_dim} {self.ranks}", code_text(self.function)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _whole(self, name: str, value: Any) -> int:
        try:
            whole = operator.index(value)
        except TypeError:
            whole = None
        if whole is None or isinstance(value, bool):
            raise DeclarationError(f"{self.name}: {name}={value!r} is no whole number; write for example {name}=2")
        if name != "dim" and whole < 1:
            raise DeclarationError(f"{self.name}: {name}={whole} is too small; write 1 or more")
        return whole

    def _require_fitting(self, x: Tensor, values: Mapping[str, int]) -> None:
        if not x.is_floating_point():
            raise TypeError(f"{self.name} needs a floating tensor, got {x.dtype}; write x.float()")
        rank = x.dim()
        if self.ranks and rank not in self.ranks:
            allowed = " or ".join(map(str, self.ranks))
            raise ValueError(
                f"{self.name} takes inputs of {allowed} dimensions, but one of shape {tuple(x.shape)} has {rank}"
            )
        if not rank:
            raise ValueError(f"{self.name} works along a dimension and the input has none; write x.unsqueeze(0)")
        dim = values["dim"] if self.fixed_dim is None else self.fixed_dim
        if not -rank <= dim < rank:
            raise IndexError(
                f"{self.name}: an input of shape {tuple(x.shape)} has no dimension {dim}; give dim from {-rank} to "
                f"{rank - 1}"
            )
        if self.divisor and x.shape[dim] % values[self.divisor]:
            size, step = x.shape[dim], values[self.divisor]
            below = size - size % step
            fitting = f"{below} or {below + step}" if below else str(step)
            raise ValueError(
                f"{self.name} needs a size along dimension {dim} that is a multiple of {self.divisor}={step}, but an "
                f"input of shape {tuple(x.shape)} has {size}; {fitting} would do"
            )


@dataclass(frozen=True)
class AxisVariant(ActivationFace):
    """A function over a dimension with all its parameter values.

    Attributes:
        activation: the declaration.
        values: every parameter with its value, in the declared order.
    """

    activation: AxisActivation
    values: tuple[tuple[str, int], ...] = ()

    def __call__(self, x: Tensor, **overrides: int) -> Tensor:
        """Evaluate; see `AxisActivation.__call__`. `overrides` replace parameter values."""
        return self.activation(x, **{**dict(self.values), **overrides})

    @property
    def label(self) -> str:
        """The text that names it: `softmax`, `softmax:dim=1`, `maxout:pieces=3`."""
        defaults = self.activation.defaults
        settings = [f"{name}={value}" for name, value in self.values if value != defaults[name]]
        return self.activation.name + (f":{','.join(settings)}" if settings else "")

    @property
    def dim(self) -> int:
        """The dimension that it works along."""
        fixed = self.activation.fixed_dim
        return dict(self.values)["dim"] if fixed is None else fixed

    def least_rank(self, least: int = 1) -> int:
        """The fewest dimensions, and no fewer than `least`, with which an input fits."""
        needed = max(least, -self.dim, self.dim + 1)
        return min((rank for rank in self.activation.ranks if rank >= needed), default=needed)

    @property
    def settings(self) -> dict[str, int]:
        """The parameters without `dim`: what the reference is called with."""
        return {name: value for name, value in self.values if name != "dim"}

    @property
    def step(self) -> int:
        """The sizes along the dimension that it takes are the multiples of this."""
        return self.settings.get(self.activation.divisor, 1)

    @property
    def digest(self) -> str:
        """A hash of the declaration and of these parameter values."""
        return hashlib.sha256(f"{self.activation.digest} {self.values}".encode()).hexdigest()[:16]


def axis_activation(
    *,
    formula: str,
    reference: Callable[..., Sequence[Any]],
    paper: str,
    dim: int | None = None,
    ranks: Sequence[int] = (),
    divisor: str = "",
    permutation: Permutation = "",
    kinks: str = "",
    native: str | None = None,
    aliases: Sequence[str] = (),
    cases: Sequence[Mapping[str, int]] = (),
    skip: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Tensor]], AxisActivation]:
    """Declare a function over a dimension: decorate its body. Nothing is registered by it.

    The body takes one input by position and whole numbers by keyword, `dim` first: `def maxout(x, *, dim=-1,
    pieces=2)`. It must be pure and treat everything along the other dimensions alike; what its caller gives has been
    checked before. Its docstring's first line says in one sentence what it is.

    Args:
        formula: the function as mathematical text, such as "exp(x_i) / sum_j exp(x_j)".
        reference: the same function once more, written from its source and not from the code: it takes a list of
            mpmath numbers and the parameters without `dim` by keyword, and gives a list of mpmath numbers.
        paper: the source, as "Author Year, arXiv:…".
        dim: the dimension, for a body without the parameter `dim`.
        ranks: how many dimensions an input may have, if not any number.
        divisor: the parameter of which the size along the dimension must be a multiple.
        permutation: "equivariant", "invariant" or "" for neither; see `AxisActivation`.
        kinks: where the gradient is not unique and which one is taken, as a sentence.
        native: torch's function for it with the parameters that it takes, as "torch.nn.functional.softmax(dim)".
        aliases: other names; "CReLU" for `crelu` also names the class.
        cases: further parameter settings to prove.
        skip: checks that must fail, {name: reason}; one that passes is reported too.

    Raises:
        DeclarationError: something is missing, malformed or contradictory; the message says what to write.
    """

    def declare(function: Callable[..., Tensor]) -> AxisActivation:
        name = read_name(function)
        parameters = _read_parameters(name, function)
        summary, notes = read_docstring(name, function)
        chosen = "dim" in dict(parameters)
        if chosen == (dim is not None):
            raise DeclarationError(f"{name}: give the dimension once, as {name}(x, *, dim=-1) or with dim= in here")
        if divisor and divisor not in dict(parameters):
            raise DeclarationError(f"{name}: divisor names {divisor!r}, which is no parameter of it")
        if permutation not in get_args(Permutation):
            raise DeclarationError(f"{name}: permutation={permutation!r} is unknown; write equivariant or invariant")
        if ranks and dim is None:
            raise DeclarationError(f"{name}: ranks={tuple(ranks)} goes with one dimension; give it with dim= too")
        if ranks and dim is not None and max(ranks) < max(2, -dim, dim + 1):
            raise DeclarationError(f"{name}: ranks={tuple(ranks)} leaves nothing beside dimension {dim}; allow more")
        if not formula.strip():
            raise DeclarationError(f"{name}: formula is empty; write the function as mathematical text")
        if not callable(reference):
            raise DeclarationError(f"{name}: reference is {reference!r}; give a function of a list of numbers")
        made = AxisActivation(
            name=name,
            function=function,
            formula=formula.strip(),
            reference=reference,
            paper=read_paper(name, paper),
            summary=summary,
            notes=notes,
            parameters=parameters,
            fixed_dim=None if dim is None else operator.index(dim),
            ranks=tuple(ranks),
            divisor=divisor,
            permutation=permutation,
            kinks=kinks.strip(),
            native=Native.from_text(native) if native else None,
            aliases=tuple(aliases),
            cases=tuple(dict(case) for case in cases),
            skip=read_reasons(name, "skip", skip or {}),
        )
        for case in made.cases:
            made.settled(case)
        return made

    return declare


def _read_parameters(name: str, function: Callable[..., Any]) -> tuple[tuple[str, int], ...]:
    inputs, parameters = read_signature(name, function)
    for parameter, default in parameters.items():
        if isinstance(default, bool) or not isinstance(default, int):
            raise DeclarationError(
                f"{name}: parameter {parameter} needs a whole number as default; write {parameter}=2"
            )
    if len(inputs) != 1:
        raise DeclarationError(f"{name} has {len(inputs)} inputs; write one: {name}(x, *, dim=-1)")
    return tuple(parameters.items())
