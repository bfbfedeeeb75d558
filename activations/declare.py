"""One activation = one declaration: a pure function beside the formula that proves it."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from activations.discovery import release_of
from activations.errors import DeclarationError, ExpressionError
from activations.expression import Expression, parse
from activations.faces import ActivationFace
from activations.native import Native
from activations.reading import (
    class_name,
    code_text,
    family_of,
    pickled_name,
    read_docstring,
    read_name,
    read_paper,
    read_reasons,
    read_signature,
    source_of,
)
from activations.uniform_init import UniformInit

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Activation", "Native", "Parameter", "UniformInit", "Variant", "activation", "formula_activation"]

DEFAULT_WINDOW = (-6.0, 6.0)
TYPED = "typed formula"  # the source of what has none
MAX_GROWTH = 20  # a derivative that has more nodes than so many times its function's costs more than autograd


@dataclass(frozen=True)
class Parameter:
    """A named scalar of an activation with its default value."""

    name: str
    default: float


@dataclass(frozen=True, eq=False, repr=False)
class Activation(ActivationFace):
    """An activation function: its code, its formula and the facts that nobody can measure.

    Made by the decorator `activation`. An instance is immutable, callable on tensors like the function that it
    wraps, and pickles by reference to the module that declares it.

    Attributes:
        name: the function's name, lower case with underscores.
        function: the body: pure, elementwise and broadcasting; inputs positional, parameters by keyword.
        formula: the independent oracle in the formula language.
        paper: the source, as "Author Year, arXiv:…".
        summary: the docstring's first line.
        notes: the rest of the docstring: other definitions, conventions, defaults elsewhere.
        inputs: names of the inputs; one, or two for gated and bilinear functions.
        parameters: the parameters with their defaults.
        kinks: where the derivative jumps or does not exist, as expressions in the parameters; jumps are among them.
        jumps: where the value jumps. None for kinks and jumps of a formula that was typed: they are measured.
        learnable: parameters that are learnable unless told otherwise.
        native: torch's function for the same activation. It is what runs wherever the parameters are plain numbers,
            unless `native_differs`.
        native_differs: how torch's function differs, if it does; then it runs on request only.
        slopes: closed forms of the first derivative in each input, called like `function`; empty if there are none.
        aliases: other names; one that spells the name itself ("LeakyReLU") names the class.
        same_at_defaults: another activation with the same values at the defaults, with the reason why both are there.
        cases: further parameter settings that the conformance suite proves.
        window: the interval worth drawing.
        special: values of the code at "-inf", "inf" and "nan" where it gives neither the mathematical limit nor NaN.
        training: the body in training mode where that is random, called like `function`.
        absolute: derivatives ("gradient", "second-derivative") that are exact to the rounding of their largest value
            and not to their own, each with its reason.
        skip: names of checks that are expected to fail, each with its reason.
        init: how the linear layers that feed it begin, if it brings that; None for the usual initialisation.
    """

    name: str
    function: Callable[..., Tensor]
    formula: Expression
    paper: str
    summary: str
    notes: str = ""
    inputs: tuple[str, ...] = ("x",)
    parameters: tuple[Parameter, ...] = ()
    kinks: tuple[Expression, ...] | None = ()
    jumps: tuple[Expression, ...] | None = ()
    learnable: tuple[str, ...] = ()
    native: Native | None = None
    native_differs: str = ""
    slopes: tuple[Callable[..., Tensor], ...] = ()
    aliases: tuple[str, ...] = ()
    same_at_defaults: Mapping[str, str] = field(default_factory=dict)
    cases: tuple[Mapping[str, float], ...] = ()
    window: tuple[float, float] = DEFAULT_WINDOW
    special: Mapping[str, float] = field(default_factory=dict)
    training: Callable[..., Tensor] | None = None
    absolute: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)
    init: UniformInit | None = None

    def __post_init__(self) -> None:
        # Pickle finds a declaration by the module attribute that holds it, as it does for functions.
        object.__setattr__(self, "__module__", self.function.__module__)

    def __call__(self, *inputs: Tensor, **values: Any) -> Tensor:
        """Evaluate on tensors of any broadcastable shapes; parameters default as declared."""
        return self.bind({**self.defaults, **values})(*inputs)

    def bind(self, values: Mapping[str, Any], *, native: bool | None = None) -> Callable[..., Tensor]:
        """The function of the inputs alone at the given values of all parameters.

        Args:
            values: a number or a tensor for every parameter.
            native: True for torch's own function, False for the body, None for torch's where it is the same.

        Raises:
            DeclarationError: torch's function was asked for and there is none, or none at these values.
        """
        possible = self.native is not None and self.native.takes(values, self.defaults)
        if native and not possible:
            raise DeclarationError(f"torch has no function for {self.name} with {dict(values)}; leave native=False")
        if self.native is not None and possible and (native or (native is None and not self.native_differs)):
            return self.native.bind(values)
        if self.slopes and not any(hasattr(value, "shape") for value in values.values()):
            from activations.closed_form import ClosedForm, is_traced

            if "_prepared" in self.__dict__ or (not is_traced() and self._prepared):
                return ClosedForm(self.function, self.slopes, values)
        return functools.partial(self.function, **values) if values else self.function

    def __repr__(self) -> str:
        return f"<activation {self.signature}: {self.formula}>"

    def __reduce__(self) -> Any:
        if isinstance(self.function, FormulaFunction):
            return _formula_activation, (
                self.formula.text,
                self.name,
                {
                    "inputs": self.inputs,
                    "parameters": self.defaults,
                    "learnable": self.learnable,
                    "paper": self.paper,
                    "summary": self.summary,
                    "aliases": self.aliases,
                    "place": self.function.place,
                },
            )
        return pickled_name(self.name, self, self.function)

    def __deepcopy__(self, memo: dict[int, Any]) -> Activation:
        return self

    @property
    def family(self) -> str:
        """The family is the module that declares it: `activations.catalogue.rectified` is "rectified"."""
        return "formula" if isinstance(self.function, FormulaFunction) else family_of(self.function)

    @property
    def source(self) -> str:
        """Where it is declared, as file:line; "(typed)" for a formula that stands in no file."""
        return (self.function.place if isinstance(self.function, FormulaFunction) else "") or source_of(self.function)

    @property
    def typed(self) -> bool:
        """Whether it was typed as a formula, without a declaration in Python."""
        return isinstance(self.function, FormulaFunction)

    @property
    def has_paper(self) -> bool:
        """Whether it has a source that can be cited, which a formula may lack."""
        return bool(self.paper) and not (self.typed and self.paper == TYPED)

    @property
    def class_name(self) -> str:
        """The module's class: an alias that spells the name in capitals, else CamelCase."""
        return class_name(self.name, self.aliases)

    @property
    def defaults(self) -> dict[str, float]:
        """Parameter values by name, as declared."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    @property
    def signature(self) -> str:
        """The call, such as `leaky_relu(x, negative_slope=0.01)`."""
        settings = [f"{name}={number(value)}" for name, value in self.defaults.items()]
        return f"{self.name}({', '.join([*self.inputs, *settings])})"

    @functools.cached_property
    def digest(self) -> str:
        """A hash of all that decides its values and first weights: 16 hexadecimal digits, the same on every machine."""
        parts = [self.name, str(self.formula), self.signature, *self.learnable]
        parts += [_code_text(body) for body in (self.function, *self.slopes, self.training) if body]
        parts += [f"init {self.init}"] if self.init else []
        # A plugin's function may call others of its distribution, so the release counts too.
        parts += filter(None, [release_of(self.function.__module__)])
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    @functools.cached_property
    def _prepared(self) -> bool:
        """Set once the torch functions of all formulas are made, which can't be done while the compiler traces."""
        for part in (self.function, *self.slopes):
            if isinstance(part, FormulaFunction):
                part.prepare()
        return True

    def variant(self, learnable: Iterable[str] | bool | None = None, **values: float) -> Variant:
        """This activation with parameter values.

        Args:
            learnable: names of the parameters to learn, True for all, None for the declared ones.
            **values: parameter values by name; the others keep their defaults.

        Raises:
            DeclarationError: a parameter is unknown or its value is not finite.
        """
        for name, value in values.items():
            self._require_parameter(name)
            if not math.isfinite(value):
                raise DeclarationError(f"{self.name}: {name}={value} is not finite; give a finite number")
        if learnable is None:
            chosen = self.learnable
        elif isinstance(learnable, bool):
            chosen = tuple(self.defaults) if learnable else ()
        else:
            chosen = (learnable,) if isinstance(learnable, str) else tuple(learnable)
        for name in chosen:
            self._require_parameter(name)
        ordered = {name: float(values.get(name, default)) for name, default in self.defaults.items()}
        return Variant(self, tuple(ordered.items()), tuple(name for name in ordered if name in chosen))

    def variant_from_text(self, settings: str) -> Variant:
        """Read settings as typed after a name: `beta=2`, `min_val=-2,max_val=pi/2`, `beta=2,learnable`.

        Raises:
            DeclarationError: the text has another form, or names no parameter of this activation.
        """
        values: dict[str, float] = {}
        learnable: list[str] | bool | None = None
        for part in settings.split(","):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if name == "learnable":
                learnable = value.split("+") if equals else True
            elif not equals:
                raise DeclarationError(f"{self.name}: {part.strip()!r} is no setting; write {self._settings_hint()}")
            else:
                self._require_parameter(name)
                try:
                    values[name] = parse(value, names=()).constant()
                except ExpressionError as error:
                    raise DeclarationError(f"{self.name}: {name}={value!r}: {error}") from None
        return self.variant(learnable, **values)

    def _require_parameter(self, name: str) -> None:
        if name not in self.defaults:
            listed = ", ".join(self.defaults) or "no parameter at all"
            raise DeclarationError(f"{self.name} has no parameter {name!r}; it has {listed}")

    def _settings_hint(self) -> str:
        if not self.parameters:
            return f"{self.name} alone: it has no parameters"
        first = self.parameters[0]
        return f"{self.name}:{first.name}={number(first.default)} or {self.name}:{first.name}=1,learnable"


@dataclass(frozen=True)
class Variant(ActivationFace):
    """An activation with all its parameter values: what is created, drawn, proved and ranked.

    Attributes:
        activation: the declaration.
        values: every parameter with its value, in the declared order.
        learnable: the parameters that training changes; their values are the initial ones.
    """

    activation: Activation
    values: tuple[tuple[str, float], ...] = ()
    learnable: tuple[str, ...] = ()

    def __call__(self, *inputs: Tensor, **overrides: Any) -> Tensor:
        """Evaluate on tensors of any broadcastable shapes; `overrides` replace parameter values."""
        return self.activation(*inputs, **{**dict(self.values), **overrides})

    @property
    def label(self) -> str:
        """The text that names it: `sigmoid`, `sigmoid:beta=2`, `sigmoid:beta=2,learnable=beta`."""
        defaults = self.activation.defaults
        settings = [f"{name}={number(value)}" for name, value in self.values if value != defaults[name]]
        if self.learnable != self.activation.learnable:
            settings.append(f"learnable={'+'.join(self.learnable)}")
        return self.activation.name + (f":{','.join(settings)}" if settings else "")

    @property
    def inputs(self) -> int:
        """The number of inputs, 1 or 2."""
        return len(self.activation.inputs)

    @property
    def kinks(self) -> tuple[float, ...] | None:
        """The declared kinks at these parameter values, sorted; None if the declaration leaves them to measurement."""
        return self._positions(self.activation.kinks)

    @property
    def jumps(self) -> tuple[float, ...] | None:
        """The declared jumps at these parameter values, sorted; None if left to measurement."""
        return self._positions(self.activation.jumps)

    @property
    def digest(self) -> str:
        """A hash of the declaration and of these parameter values."""
        return hashlib.sha256(f"{self.activation.digest} {self.values} {self.learnable}".encode()).hexdigest()[:16]

    def _positions(self, expressions: tuple[Expression, ...] | None) -> tuple[float, ...] | None:
        if expressions is None:
            return None
        values = dict(self.values)
        found = {e.constant(**{name: values[name] for name in e.names}) for e in expressions}
        return tuple(sorted(position for position in found if math.isfinite(position)))


def activation(
    *,
    formula: str,
    paper: str,
    kinks: Sequence[str | float] = (),
    jumps: Sequence[str | float] = (),
    learnable: Sequence[str] = (),
    native: str | None = None,
    native_differs: str = "",
    derivative: str | Callable[..., Tensor] | Sequence[str | Callable[..., Tensor]] = (),
    aliases: Sequence[str] = (),
    same_at_defaults: Mapping[str, str] | None = None,
    cases: Sequence[Mapping[str, float]] = (),
    window: tuple[float, float] = DEFAULT_WINDOW,
    special: Mapping[str, float] | None = None,
    training: Callable[..., Tensor] | None = None,
    absolute: Mapping[str, str] | None = None,
    skip: Mapping[str, str] | None = None,
    init: UniformInit | None = None,
) -> Callable[[Callable[..., Tensor]], Activation]:
    """Declare an activation: decorate its body. Nothing is registered by it.

    The body takes one input (or two) by position and its parameters by keyword, each with a number as default:
    `def leaky_relu(x, *, negative_slope=0.01)`. It must be pure and elementwise and must broadcast. Its docstring's
    first line says in one sentence what it is.

    Args:
        formula: the same function once more, written from its source and not from the code, in the formula language.
        paper: the source, as "Author Year, arXiv:…".
        kinks: where the derivative jumps or does not exist: numbers or expressions in the parameters. One that is not
            finite at the given values declares none there: "0/(alpha - 1)" is a kink at 0 unless alpha is 1.
        jumps: where the value jumps.
        learnable: parameters that are learnable by default.
        native: torch's function for it with the parameters that it takes, as "torch.nn.functional.elu(alpha)". It runs
            in place of the body wherever the parameters are plain numbers.
        native_differs: how torch's function differs from this one, if it does; then it runs on request only.
        derivative: closed form of the first derivative: a formula, "symbolic" for the formula's own derivative, or a
            function called like the body; one for each input if there are two. Then the graph keeps the inputs alone
            and the backward pass evaluates this.
        aliases: other names; "LeakyReLU" for `leaky_relu` also names the class.
        same_at_defaults: {name: reason} where another activation has the same values at the defaults and yet is no
            alias, because its parameters do something else.
        cases: further parameter settings to prove.
        window: the interval to draw.
        special: what the code gives at "-inf", "inf" or "nan" where that is not the limit: {"-inf": math.nan}.
        training: the body in training mode where that is random.
        absolute: {"gradient": reason} where a derivative loses relative accuracy in its tails or next to its zeros, and
            the like for "second-derivative"; its absolute error is still held to the rounding of its largest value.
        skip: checks that must fail, {name: reason}; one that passes is reported too.
        init: how the linear layers that feed it begin, if the source says so: bounds of uniform distributions, as
            `UniformInit(first="1/n", hidden="sqrt(6/n)/omega_0")`.

    Raises:
        DeclarationError: something is missing, malformed or contradictory; the message says what to write.
    """

    def declare(function: Callable[..., Tensor]) -> Activation:
        name = read_name(function)
        inputs, parameters = _read_signature(name, function)
        names = [*inputs, *(parameter.name for parameter in parameters)]
        summary, notes = read_docstring(name, function)
        source = read_paper(name, paper)
        for wrong in {*learnable} - {*names[len(inputs) :]}:
            raise DeclarationError(f"{name}: learnable names {wrong!r}, which is no parameter of it")
        expression = _expression(name, "formula", formula, names)
        return Activation(
            name=name,
            function=function,
            formula=expression,
            paper=source,
            summary=summary,
            notes=notes,
            inputs=inputs,
            parameters=parameters,
            kinks=tuple(_expression(name, "kinks", str(kink), names[len(inputs) :]) for kink in (*kinks, *jumps)),
            jumps=tuple(_expression(name, "jumps", str(jump), names[len(inputs) :]) for jump in jumps),
            learnable=tuple(learnable),
            native=Native.from_text(native) if native else None,
            native_differs=native_differs,
            slopes=_read_slopes(name, derivative, inputs, names, expression),
            aliases=tuple(aliases),
            same_at_defaults=read_reasons(name, "same_at_defaults", same_at_defaults or {}),
            cases=tuple(dict(case) for case in cases),
            window=_read_window(name, window),
            special=dict(special or {}),
            training=training,
            absolute=read_reasons(name, "absolute", absolute or {}),
            skip=read_reasons(name, "skip", skip or {}),
            init=_read_init(name, init, names[len(inputs) :]),
        )

    return declare


class FormulaFunction:
    """A formula in the place of a body or of a closed form; the torch function is made at the first call."""

    __module__ = __name__

    def __init__(self, expression: Expression, inputs: tuple[str, ...], place: str = "") -> None:
        self.expression = expression
        self.inputs = inputs
        self.place = place

    def __call__(self, *inputs: Tensor, **values: Any) -> Tensor:
        run = self.__dict__.get("_torch") or self._torch  # the compiler does not trace a cached property
        return run(**dict(zip(self.inputs, inputs, strict=True)), **values)

    def prepare(self) -> None:
        """Make the torch function now: it can't be made while the compiler traces a call."""
        _ = self._torch

    @functools.cached_property
    def slopes(self) -> tuple[FormulaFunction, ...]:
        """The symbolic derivatives in each input, which have derivatives likewise; none if they grow too large."""
        try:
            slopes = [self.expression.derivative(name) for name in self.inputs]
        except ExpressionError:
            return ()
        if any(slope.tree.size > MAX_GROWTH * self.expression.tree.size for slope in slopes):
            return ()
        return tuple(FormulaFunction(slope, self.inputs) for slope in slopes)

    @functools.cached_property
    def _torch(self) -> Callable[..., Tensor]:
        return self.expression.to_torch()


def formula_activation(
    text: str,
    name: str | None = None,
    *,
    inputs: Sequence[str] | None = None,
    parameters: Mapping[str, float] | None = None,
    learnable: Sequence[str] = (),
    paper: str = "",
    summary: str = "",
    aliases: Sequence[str] = (),
    place: str = "",
) -> Activation:
    """An activation from a typed formula in `x`, or in `x1` and `x2`. Where it has kinks and jumps is measured.

    Args:
        text: a formula such as `x*sigmoid(1.702*x)`.
        name: what to call it; the formula itself unless given.
        inputs: the names of its inputs, if they are others.
        parameters: the other symbols of the formula with their defaults.
        learnable: parameters that are learnable by default.
        paper: the source, if it has one.
        summary: what it is, in one sentence.
        aliases: other names.
        place: where it is written, as file:line.

    Raises:
        ExpressionError: the text is no formula of one or two inputs, or a parameter can't have its name.
    """
    defaults = dict(parameters or {})
    expression = parse(text, names=(*(inputs or ("x", "x1", "x2")), *defaults))
    used = tuple(symbol for symbol in expression.names if symbol not in defaults)
    taken = tuple(inputs or used or ("x",))
    if inputs is None and taken not in {("x",), ("x1", "x2")}:
        raise ExpressionError("write the formula in x, or in x1 and x2", text=text, column=1)
    function = FormulaFunction(expression, taken, place)
    return Activation(
        name=name or str(expression),
        function=function,
        formula=expression,
        slopes=function.slopes,
        paper=paper or TYPED,
        summary=summary or "A formula typed by the user.",
        inputs=taken,
        parameters=tuple(Parameter(symbol, float(value)) for symbol, value in defaults.items()),
        learnable=tuple(learnable),
        aliases=tuple(aliases),
        kinks=None,
        jumps=None,
    )


def _formula_activation(text: str, name: str, fields: Mapping[str, Any]) -> Activation:
    """A pickled one: pickle gives its arguments by position."""
    return formula_activation(text, name, **fields)


def number(value: float) -> str:
    """A number as one would write it: 2 for 2.0, and all digits that it takes to read it back."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _expression(name: str, where: str, text: str, names: Sequence[str]) -> Expression:
    try:
        return parse(text, names=names)
    except ExpressionError as error:
        raise DeclarationError(f"{name}: {where} {text!r}: {error}") from None


def _read_signature(name: str, function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[Parameter, ...]]:
    inputs, defaults = read_signature(name, function)
    for parameter, default in defaults.items():
        if isinstance(default, bool) or not isinstance(default, (int, float)):
            raise DeclarationError(f"{name}: parameter {parameter} needs a number as default; write {parameter}=1.0")
    if len(inputs) not in (1, 2):
        raise DeclarationError(f"{name} has {len(inputs)} inputs; write one, {name}(x), or two, {name}(a, b)")
    return inputs, tuple(Parameter(parameter, float(default)) for parameter, default in defaults.items())


def _read_slopes(
    name: str,
    derivative: str | Callable[..., Tensor] | Sequence[str | Callable[..., Tensor]],
    inputs: tuple[str, ...],
    names: Sequence[str],
    formula: Expression,
) -> tuple[Callable[..., Tensor], ...]:
    given = [derivative] if isinstance(derivative, str) or callable(derivative) else list(derivative)
    if given == ["symbolic"]:
        slopes = FormulaFunction(formula, inputs).slopes
        if not slopes:
            raise DeclarationError(f"{name}: the symbolic derivative is too large; write the closed form")
        return slopes
    if given and len(given) != len(inputs):
        raise DeclarationError(f"{name}: derivative has {len(given)} closed forms for {len(inputs)} inputs; give each")
    return tuple(
        FormulaFunction(_expression(name, "derivative", item, names), inputs) if isinstance(item, str) else item
        for item in given
    )


def _read_window(name: str, window: tuple[float, float]) -> tuple[float, float]:
    low, high = window
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise DeclarationError(f"{name}: window={window} is no interval; write for example (-6, 6)")
    return float(low), float(high)


def _read_init(name: str, init: object, parameters: Sequence[str]) -> UniformInit | None:
    if init is None:
        return None
    if not isinstance(init, UniformInit):
        raise DeclarationError(
            f"{name}: init={init!r:.80} is no initialisation; write init=UniformInit(first=…, hidden=…)"
        )
    return init.checked(name, parameters)


def _code_text(function: Callable[..., Any]) -> str:
    return str(function.expression) if isinstance(function, FormulaFunction) else code_text(function)
