"""Our catalogue beside other libraries': who has what, and who falls into three traps that users meet in training.

Measured are the libraries that can be imported here: torch, timm, transformers, Keras (on torch), jax and
torch_activation. For each of them:

- which of its activations we have: ours gives the same values at its defaults, or with our parameters set to the
  numbers that it has under the same names, and it has no more parameters; and which of ours it has;
- which of its elementwise activations have a NaN gradient at ±200 (float32), give another dtype than they are given
  (bfloat16, float16), or keep tensors that `.to()` leaves behind and `state_dict` lacks.

Run `python benchmarks/peers.py [--json] [--missing] [--write]`; --write puts the table into README.md.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import inspect
import json
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from activations import create
from activations.declare import Variant
from activations.files import write_atomically
from activations.registry import default_registry
from activations.testing import variants_to_prove

README = Path(__file__).parents[1] / "README.md"
MARK = re.compile(r"(<!-- generated: peers -->\n).*?(<!-- end -->)", re.DOTALL)
SHAPE = (2, 8, 4, 4)
FAR = 200.0
THRESHOLD = (1.0, 0.0)  # has no defaults anywhere; these are ours
HALVES = (torch.bfloat16, torch.float16)
# gelu and its form with a tanh are 5e-4 apart; jax computes in float32.
SAME = 2e-5

Function = Callable[..., Tensor]


@dataclass(frozen=True)
class Entry:
    """One activation of a library.

    Attributes:
        name: as the library spells it.
        make: gives a fresh function of a tensor, an nn.Module where it is one.
        settings: its numbers by name.
    """

    name: str
    make: Callable[[], Any]
    settings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What was seen of one activation.

    Attributes:
        name: as the library spells it.
        kind: "elementwise", "two halves" (as GLU), "over an axis", "random", or "fails" when it is called.
        ours: our activation with the same values, or None.
        namesake: our activation of the same name with other values, or None.
        nan_gradient: its gradient is NaN at 200 or -200.
        upcast: float16 or bfloat16 gives another dtype.
        lost: the attributes whose tensors `.to()` does not move.
        error: what it raises, if it fails.
        module: it is an nn.Module.
        wider: it has more parameters than ours of the same values, and another name: a curve that coincides with
            ours at its defaults only.
    """

    name: str
    kind: str
    ours: str | None = None
    namesake: str | None = None
    nan_gradient: bool = False
    upcast: bool = False
    lost: tuple[str, ...] = ()
    error: str = ""
    module: bool = False
    wider: bool = False


@dataclass(frozen=True)
class Library:
    """A library with its verdicts."""

    name: str
    version: str
    verdicts: tuple[Verdict, ...]

    @property
    def audited(self) -> list[Verdict]:
        """The elementwise ones and those of two halves."""
        return [verdict for verdict in self.verdicts if verdict.kind in ("elementwise", "two halves")]

    @property
    def had(self) -> dict[str, str]:
        """Its activations that we have, each with ours."""
        return {verdict.name: verdict.ours for verdict in self.verdicts if verdict.ours and not verdict.wider}

    @property
    def shared(self) -> set[str]:
        """Ours that it has."""
        return {label.partition(":")[0] for label in self.had.values()}

    @property
    def missing(self) -> dict[str, str]:
        """Its activations that we lack, each with what is known about it."""
        found = {}
        for verdict in self.verdicts:
            if verdict.wider:
                found[verdict.name] = f"at its defaults it is {verdict.ours}, but it has more parameters"
            elif verdict.ours is None:
                known = f"ours of that name, {verdict.namesake}, has other values" if verdict.namesake else ""
                reason = "" if verdict.kind == "elementwise" else verdict.kind
                found[verdict.name] = "; ".join(filter(None, (reason, verdict.error, known))) or "not in our catalogue"
        return found


def nan_gradient(function: Function, inputs: int = 1) -> bool:
    """Whether the gradient in any input is NaN at ±200 in float32."""
    leaves = [_far(-1 - i).requires_grad_() for i in range(inputs)]
    value = function(*leaves)
    if not value.requires_grad:
        return False
    slopes = torch.autograd.grad(value.sum(), leaves, allow_unused=True)
    return any(bool(slope.isnan().any()) for slope in slopes if slope is not None)


def upcast(function: Any, inputs: int = 1) -> bool:
    """Whether half types come out as another type; a function that refuses them does not upcast."""
    for dtype in HALVES:
        half = function.to(dtype) if isinstance(function, nn.Module) else function
        x = _line().reshape(SHAPE).to(dtype)
        try:
            value = half(*[x] * inputs)
        except (RuntimeError, TypeError, ValueError, NotImplementedError):
            continue
        if value.dtype != dtype:
            return True
    return False


def lost_tensors(module: Any) -> tuple[str, ...]:
    """The attributes whose tensors are neither parameters nor buffers, so that `.to()` does not move them."""
    if not isinstance(module, nn.Module):
        return ()
    kept = {id(tensor) for tensor in (*module.parameters(), *module.buffers())}
    return tuple(
        f"{prefix}.{name}".lstrip(".")
        for prefix, part in module.named_modules()
        for name, value in vars(part).items()
        if name not in ("_parameters", "_buffers", "_modules")
        if any(id(tensor) not in kept for tensor in _tensors(value))
    )


def kind_of(function: Callable[..., Any]) -> str:
    """How the output hangs on the input: "elementwise", "two halves", "over an axis" or "random"."""
    x = torch.randn(SHAPE)
    first, again = function(x), function(x)
    if not isinstance(first, Tensor):
        return "not one tensor"
    if first.shape != x.shape:
        return "two halves" if first.numel() * 2 == x.numel() else "over an axis"
    if not torch.equal(first.nan_to_num(), again.nan_to_num()):
        return "random"
    changed = torch.rand(SHAPE) < 0.5
    other = function(torch.where(changed, torch.randn(SHAPE), x))
    same = torch.isclose(first, other, rtol=1e-5, atol=1e-6, equal_nan=True)
    return "elementwise" if bool(same[~changed].all()) else "over an axis"


def examine(entry: Entry) -> Verdict:
    """Look at one activation of a library."""
    try:
        torch.manual_seed(0)
        function = _made(entry)
        kind = kind_of(function)
        registry = default_registry()
        known = entry.name in registry or entry.name in registry.axis
        namesake = registry.declaration(entry.name).name if known else None
        over_axis = _over_axis(entry.name, function) if kind in ("over an axis", "two halves") else None
        if over_axis:
            return Verdict(entry.name, "over an axis", over_axis, module=isinstance(function, nn.Module))
        if kind not in ("elementwise", "two halves"):
            return Verdict(entry.name, kind, namesake=namesake)
        ours = _recognised(entry, function, kind)
        return Verdict(
            entry.name,
            kind,
            ours,
            None if ours else namesake,
            nan_gradient(function),
            upcast(_made(entry)),
            lost_tensors(function),
            "",
            isinstance(function, nn.Module),
            _wider(entry, function, ours),
        )
    except Exception as error:  # other people's code may raise anything
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return Verdict(entry.name, "fails", error=text[:200])


def examine_ours() -> Library:
    """The audit over the whole registry: at the defaults, at all declared cases, and with parameters per channel."""
    verdicts = []
    for item in default_registry().values():
        variant = item.variant()
        modules = [create(case) for case in variants_to_prove([item])]
        if item.parameters:
            modules.append(create(item, learnable=True, channels=SHAPE[1]))
        verdicts.append(
            Verdict(
                variant.label,
                "elementwise" if variant.inputs == 1 else "two halves",
                variant.label,
                None,
                any(nan_gradient(module, variant.inputs) for module in modules),
                any(upcast(module, variant.inputs) for module in modules),
                tuple(name for module in modules for name in lost_tensors(module)),
                module=True,
            )
        )
    verdicts += [
        Verdict(item.name, "over an axis", item.name, module=True) for item in default_registry().axis.values()
    ]
    from activations import __version__

    return Library("torch-activations", __version__, tuple(verdicts))


def torch_entries() -> Iterator[Entry]:
    """The modules of torch.nn."""
    needed = {"Threshold": THRESHOLD, "Softmax": (-1,), "LogSoftmax": (-1,), "Softmin": (-1,)}
    for name in [*nn.modules.activation.__all__, "Identity"]:
        if name != "MultiheadAttention":
            made = getattr(nn, name)
            yield Entry(name, functools.partial(made, *needed.get(name, ())), _numbers(made))


def timm_entries() -> Iterator[Entry]:
    """The layers that timm's factory knows by name, and its own classes."""
    importlib.import_module("timm")
    factory = importlib.import_module("timm.layers.create_act")
    found = {**factory._ACT_LAYER_DEFAULT, **factory._ACT_LAYER_ME}
    for module in ("timm.layers.activations", "timm.layers.activations_me"):
        for name, item in vars(importlib.import_module(module)).items():
            if inspect.isclass(item) and issubclass(item, nn.Module) and item.__module__ == module:
                found[name] = item
    yield from _once((name, item, item) for name, item in found.items())


def transformers_entries() -> Iterator[Entry]:
    """What ACT2FN holds."""
    known = importlib.import_module("transformers.activations").ACT2FN
    for name in known:
        yield Entry(name, functools.partial(known.__getitem__, name))


def keras_entries() -> Iterator[Entry]:
    """The functions of keras.activations; Keras has to run on torch."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = importlib.import_module("keras")
    if keras.backend.backend() != "torch":
        raise ImportError(f"Keras runs on {keras.backend.backend()}, not on torch")
    functions = _public(keras.activations, {"deserialize", "get", "serialize"})
    yield from _once((name, item, functools.partial(_keras_function, name, item)) for name, item in functions)


def jax_entries() -> Iterator[Entry]:
    """The functions of jax.nn, differentiated by jax."""
    jax = importlib.import_module("jax")
    importlib.import_module("jax.nn")
    other = {"dot_product_attention", "get_scaled_dot_general_config", "initializers", "log1mexp", "logmeanexp"}
    other |= {"logsumexp", "one_hot", "scaled_dot_general", "scaled_matmul", "standardize"}
    functions = _public(jax.nn, other)
    yield from _once((name, item, functools.partial(_jax_function, item)) for name, item in functions)


def torch_activation_entries() -> Iterator[Entry]:
    """Every class that torch_activation registers."""
    library = importlib.import_module("torch_activation")
    for name in library.get_all_activations():
        made = getattr(library, name)
        # These want the size of the last dimension, and have no default for it.
        sized = "input_shape" in inspect.signature(made).parameters
        yield Entry(name, functools.partial(made, SHAPE[-1]) if sized else made, _numbers(made))


PEERS: dict[str, tuple[str, Callable[[], Iterator[Entry]]]] = {
    "torch.nn": ("torch", torch_entries),
    "timm": ("timm", timm_entries),
    "transformers": ("transformers", transformers_entries),
    "keras": ("keras", keras_entries),
    "jax.nn": ("jax", jax_entries),
    "torch_activation": ("torch_activation", torch_activation_entries),
}


def measure() -> tuple[list[Library], dict[str, str]]:
    """The libraries that can be imported, and why the others can't."""
    libraries, absent = [examine_ours()], {}
    for name, (package, entries) in PEERS.items():
        try:
            found = list(entries())
        except Exception as error:  # what fails at import fails in its own way
            absent[name] = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            continue
        version = str(importlib.import_module(package).__version__).partition("+")[0]
        libraries.append(Library(name, version, tuple(examine(entry) for entry in found)))
    return libraries, absent


def table(libraries: Iterable[Library]) -> str:
    """The Markdown table."""
    rows = [
        "| library | activations | we have | of ours it has | audited | NaN gradient at ±200 | half types upcast "
        "| tensors lost by `.to()` |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for library in libraries:
        audited = library.audited
        nan, half, lost = (sum(map(bool, column)) for column in _faults(audited))
        # Functions have no tensors to lose.
        shown = lost if any(verdict.module for verdict in audited) else "–"
        cells = [f"{library.name} {library.version}", len(library.verdicts), len(library.had), len(library.shared)]
        cells += [len(audited), nan, half, shown]
        rows.append(f"| {' | '.join(map(str, cells))} |")
    rows += [
        "",
        "Measured by `python benchmarks/peers.py` on a CPU with these versions; `--missing` names each one. *We have* "
        "means: equal values at the library's defaults, and no more parameters. Audited are the elementwise ones.",
    ]
    return "\n".join(rows)


def written(text: str, made: str) -> str:
    """The README with the table in its place."""
    if MARK.search(text) is None:
        raise SystemExit("README.md has no '<!-- generated: peers -->' with '<!-- end -->' after it; add both lines")
    return MARK.sub(lambda match: f"{match[1]}{made}\n{match[2]}", text)


def report(libraries: Iterable[Library], absent: Mapping[str, str]) -> dict[str, Any]:
    """All that was seen, for JSON."""
    return {
        "libraries": [
            {
                "name": library.name,
                "version": library.version,
                "shared": sorted(library.shared),
                "missing": library.missing if library.name in PEERS else {},
                "activations": [vars(verdict) for verdict in library.verdicts],
            }
            for library in libraries
        ],
        "not_measured": dict(absent),
    }


def main() -> None:
    """Measure, print, and write the table if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print all that was seen as JSON")
    parser.add_argument("--missing", action="store_true", help="list what we lack, and every fault, by name")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    libraries, absent = measure()
    if options.json:
        print(json.dumps(report(libraries, absent), indent=1))
    else:
        print(table(libraries))
        for name, reason in absent.items():
            print(f"{name}: not measured ({reason})")
    if options.missing and not options.json:
        for library in libraries:
            _print_names(library)
    if options.write:
        text = README.read_text(encoding="utf-8")
        write_atomically(README, written(text, table(libraries)).encode(), overwrite=True)


def _print_names(library: Library) -> None:
    print(f"\n{library.name} {library.version}")
    titles = ("NaN gradient", "upcast", "lost")
    for title, column in zip(titles, _faults(library.audited), strict=True):
        names = [verdict.name for verdict, fault in zip(library.audited, column, strict=True) if fault]
        print(f"  {title}: {', '.join(names) or 'none'}")
    if library.name in PEERS:
        for name, reason in library.missing.items():
            print(f"  we lack {name}: {reason}")


def _faults(verdicts: Iterable[Verdict]) -> tuple[list[Any], list[Any], list[Any]]:
    listed = list(verdicts)
    return [v.nan_gradient for v in listed], [v.upcast for v in listed], [v.lost for v in listed]


def _made(entry: Entry) -> Any:
    function = entry.make()
    return function.eval() if isinstance(function, nn.Module) else function


def _recognised(entry: Entry, function: Any, kind: str) -> str | None:
    """Our activation with the same values."""
    inputs = 1 if kind == "elementwise" else 2
    seen = _values(function, inputs)
    candidates = dict(_ours(inputs))
    if entry.name in default_registry():
        item = default_registry()[entry.name]
        numbers = {name: value for name, value in entry.settings.items() if name in item.defaults}
        candidates = (
            {**_curve(item.variant(None, **numbers)), **candidates} if len(item.inputs) == inputs else candidates
        )
    for label, values in candidates.items():
        finite = values.isfinite()
        close = torch.isclose(seen, values, rtol=SAME, atol=SAME) | ~finite & ~seen.isfinite()
        if bool(close.all()) and int(finite.sum()) > finite.numel() // 2:
            return label
    return None


def _over_axis(name: str, function: Any) -> str | None:
    """Our function over a dimension with the same values along any of them; the one of the same name goes first."""
    # The line is sorted; times numbers of both signs it is not, so that an order of the values shows.
    x = _line().reshape(SHAPE) * (torch.arange(2 * 8 * 4 * 4).reshape(SHAPE) * 7 % 11 - 5)
    axis = default_registry().axis
    namesake = axis.get(name)
    with torch.no_grad():
        seen = function(x)
        for variant in variants_to_prove(sorted(axis.values(), key=lambda item: item is not namesake)):
            free = variant.activation.fixed_dim is None
            for chosen in [{"dim": dim} for dim in range(len(SHAPE))] if free else [{}]:
                if x.shape[chosen.get("dim", variant.dim)] % variant.step:
                    continue
                values = variant(x, **chosen)
                if values.shape == seen.shape and torch.allclose(values, seen.to(values), rtol=SAME, atol=SAME):
                    return variant.label
    return None


def _wider(entry: Entry, function: Any, ours: str | None) -> bool:
    """Whether it has another name than ours and more parameters: the curves agree at its defaults only."""
    if ours is None:
        return False
    item = default_registry()[ours.partition(":")[0]]
    if entry.name in default_registry() and default_registry()[entry.name] is item:
        return False
    tensors = len(list(function.parameters())) + len(lost_tensors(function)) if isinstance(function, nn.Module) else 0
    return max(len(entry.settings), tensors) > len(item.parameters)


def _values(function: Any, inputs: int) -> Tensor:
    """Its values on the line; in float64 where it takes that."""
    x = _line() if inputs == 1 else torch.stack([_line(), _line().flip(0) / 2], 1)
    shaped = x.reshape(SHAPE) if inputs == 1 else x
    try:
        exact = function.to(torch.float64) if isinstance(function, nn.Module) else function
        value = exact(shaped.double())
    except Exception:  # some hold constants in float32
        value = (function.to(torch.float32) if isinstance(function, nn.Module) else function)(shaped)
    if isinstance(function, nn.Module):
        function.to(torch.float32)
    found: Tensor = value.detach().double().flatten()
    return found


@functools.cache
def _ours(inputs: int) -> dict[str, Tensor]:
    """The values of all of ours by label."""
    found: dict[str, Tensor] = {}
    for variant in variants_to_prove(default_registry().values()):
        if variant.inputs == inputs:
            found.update(_curve(variant))
    return found


def _curve(variant: Variant) -> dict[str, Tensor]:
    x = _line().double()
    with torch.no_grad():
        return {variant.label: variant(*(x, x.flip(0) / 2)[: variant.inputs])}


@functools.cache
def _line() -> Tensor:
    """Points of [-5, 5] that meet no kink."""
    return torch.linspace(-5.013, 5.007, 2 * 8 * 4 * 4)


def _far(dim: int) -> Tensor:
    """200 and -200 in turn along a dimension; along two of them all pairs of signs occur."""
    sizes = [size if i == dim % len(SHAPE) else 1 for i, size in enumerate(SHAPE)]
    signs = torch.arange(SHAPE[dim]) % 2 * 2 - 1
    return (FAR * signs.reshape(sizes)).expand(SHAPE).clone()


def _tensors(value: Any, depth: int = 4) -> Iterator[Tensor]:
    """The tensors that an attribute holds, also in lists, dictionaries and partial functions."""
    if isinstance(value, Tensor):
        yield value
    elif depth and isinstance(value, functools.partial):
        yield from _tensors([value.args, value.keywords], depth - 1)
    elif depth and isinstance(value, Mapping):
        yield from _tensors(list(value.values()), depth - 1)
    elif depth and isinstance(value, (list, tuple, set)):
        for part in value:
            yield from _tensors(part, depth - 1)


def _numbers(made: Callable[..., Any]) -> dict[str, float]:
    """The defaults of a signature that are numbers."""
    try:
        parameters = inspect.signature(made).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {
        parameter.name: float(parameter.default)
        for parameter in parameters
        if isinstance(parameter.default, (int, float)) and not isinstance(parameter.default, bool)
    }


def _once(items: Iterable[tuple[str, Any, Callable[[], Any]]]) -> Iterator[Entry]:
    """Each thing once, under the first of its names."""
    seen: set[int] = set()
    for name, item, make in items:
        if id(item) not in seen:
            seen.add(id(item))
            yield Entry(name, make, _numbers(item))


def _public(module: Any, other: set[str]) -> list[tuple[str, Any]]:
    return [
        (name, item) for name, item in vars(module).items() if name[0] != "_" and name not in other and callable(item)
    ]


def _keras_function(name: str, item: Any) -> Any:
    return (lambda x: item(x, *THRESHOLD)) if name == "threshold" else item


def _jax_function(function: Any) -> Function:
    """A function of jax as one of torch; value, dtype and gradient are jax's."""
    jax = importlib.import_module("jax")

    class Bridge(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            dtype = x.dtype if x.dtype in HALVES else torch.float32
            given = jax.numpy.asarray(x.detach().float().numpy(), dtype=str(dtype).removeprefix("torch."))
            value, ctx.pull = jax.vjp(function, given)
            return _tensor(value)

        @staticmethod
        def backward(ctx: Any, slope: Tensor) -> Any:
            return _tensor(ctx.pull(jax.numpy.asarray(slope.numpy()))[0])

    def _tensor(value: Any) -> Tensor:
        return torch.tensor(jax.device_get(value.astype("float32"))).to(getattr(torch, str(value.dtype)))

    applied: Function = Bridge.apply
    return applied


if __name__ == "__main__":
    main()
