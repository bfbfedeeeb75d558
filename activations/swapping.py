"""Replacing the activations of a model by others."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

from activations.axis import AxisActivation, AxisVariant
from activations.axis_module import AxisModule
from activations.declare import Activation, Variant
from activations.errors import NotElementwiseError, UnknownActivationError
from activations.module import ActivationModule
from activations.nn import create
from activations.registry import default_registry, plain

__all__ = ["Swap", "swap"]

Old = str | type[nn.Module] | tuple[type[nn.Module], ...]
New = str | Activation | Variant | nn.Module | Callable[..., nn.Module]
BOOKKEEPING = frozenset(vars(nn.Module()))  # where torch keeps what a module has registered


@dataclass(frozen=True)
class Swap:
    """One place of a model whose module was replaced, or would be.

    Attributes:
        path: where it is, such as `layers.0.act` or `layers.acts[1]` for one that is kept in a plain list.
        old: the module that was there.
        new: the module that took its place; the same for all places that shared the old one.
    """

    path: str
    old: nn.Module
    new: nn.Module


@dataclass(frozen=True)
class _Place:
    path: str
    parent: nn.Module
    module: nn.Module
    put: Callable[[nn.Module], None]


def swap(model: nn.Module, old: Old, new: New, *, dry_run: bool = False, **params: Any) -> list[Swap]:
    """Replace the activation modules of a model in place, wherever they are held.

    They are found as submodules of any container and in attributes, lists and dicts that modules hold beside them. A
    module that is used in several places is replaced by one new module; otherwise each place gets its own, in the
    training mode of the old one and on the device and in the dtype of the model around it.

    Functional calls such as `F.relu(x)` can't be replaced. A warning lists those that the source of the model's
    classes shows: calls in their methods, and functions kept in attributes as `nn.TransformerEncoderLayer` does. It is
    a help and no proof: helper functions outside the classes, and classes without source, are not read.

    Args:
        model: the model; it is changed unless `dry_run`.
        old: what to replace: a module class, several in a tuple, or the name of an activation, which stands for
            torch's module and ours. Classes are matched exactly: `nn.Hardtanh` does not stand for its child `nn.ReLU6`.
        new: what to put there: a name ("mish"), a name with settings ("sigmoid:beta=2"), a formula, a declaration, a
            module class or another function that makes a fresh module; a module is copied for each place.
        dry_run: only tell what would be replaced.
        **params: for `create`, or for the function that makes the module.

    Returns:
        One entry for each place, in the order of the model's modules.

    Raises:
        UnknownActivationError: no activation has the name.
        NotElementwiseError: `new` works over a dimension, as softmax does; give a function that makes the module.
        TypeError: the model is a compiled script, or `old` or `new` is nothing of the above.
        ValueError: the model itself is what should be replaced, or `new` gives the same module twice.
    """
    if not isinstance(model, nn.Module) or isinstance(model, torch.jit.ScriptModule):
        raise TypeError(f"swap needs an nn.Module that is no compiled script, got {type(model).__name__}")
    names, matches = _matcher(old)
    make = _maker(new, params)
    if matches(model):
        raise ValueError(f"the model itself is a {type(model).__name__}; put a new one in its place by hand")
    places = list(_places(model, matches))
    made: dict[int, nn.Module] = {}
    for place in places:
        if id(place.module) not in made:
            fresh = make()
            if any(fresh is other for other in made.values()) or fresh is place.module:
                raise ValueError("new gives the same module twice; give a function that makes a fresh one each time")
            made[id(place.module)] = _fitted(fresh, place, model)
    _warn(_unreachable(model, names, matches), [place for place in places if _has_hooks(place.module)])
    if not dry_run:
        for place in places:
            place.put(made[id(place.module)])
            if isinstance(place.parent, nn.TransformerEncoderLayer):
                # Its fast path computes relu or gelu itself, without the module.
                place.parent.activation_relu_or_gelu = 0
    return [Swap(place.path, place.module, made[id(place.module)]) for place in places]


def _matcher(old: Old) -> tuple[frozenset[str], Callable[[object], bool]]:
    """The names under which it may be called as a function, and whether a module is one of it."""
    if isinstance(old, str):
        item = default_registry().declaration(old)
        names = frozenset(plain(name) for name in (item.name, *item.aliases))

        def named(module: object) -> bool:
            if isinstance(module, (ActivationModule, AxisModule)):
                return module.activation is item
            own = type(module)
            return own.__module__ == "torch.nn.modules.activation" and plain(own.__name__) in names

        return names, named
    classes = old if isinstance(old, tuple) else (old,)
    if not classes or not all(isinstance(kind, type) and issubclass(kind, nn.Module) for kind in classes):
        raise TypeError(f"old={old!r} is no module class, tuple of them or name of an activation; write nn.ReLU")
    names = frozenset[str]().union(*map(_names_of, classes))
    return names, lambda module: isinstance(module, nn.Module) and _class(module) in classes


def _names_of(kind: type[nn.Module]) -> set[str]:
    """The names of an activation's functions, from the class of its module."""
    try:
        item = default_registry().declaration(kind.__name__)
    except UnknownActivationError:
        return {plain(kind.__name__)}
    return {plain(name) for name in (kind.__name__, item.name, *item.aliases)}


def _class(module: nn.Module) -> type[nn.Module]:
    """The class as written: a module whose parameters are parametrised has a class made for it alone."""
    return parametrize.type_before_parametrizations(module)


def _maker(new: New, params: dict[str, Any]) -> Callable[[], nn.Module]:
    named = default_registry().any_variant(new) if isinstance(new, str) else new
    if isinstance(named, (AxisActivation, AxisVariant)):
        name = named.name if isinstance(named, AxisActivation) else named.label
        raise NotElementwiseError(
            f"{name!r} works over a dimension, which swap can't know; give a function that makes the module, "
            f"lambda: activations.create({name!r}, dim=1)"
        )
    if isinstance(named, (Activation, Variant)):
        item = named
        return lambda: create(item, **params)
    if isinstance(new, nn.Module):
        if params:
            raise TypeError(f"a module is copied as it is, so {', '.join(params)} can't be set; give its class")
        module = new
        return lambda: copy.deepcopy(module)
    if not callable(new):
        raise TypeError(f"new={new!r} is no name, declaration, module or function that makes one; write 'mish'")

    def call() -> nn.Module:
        made = new(**params)
        if not isinstance(made, nn.Module):
            raise TypeError(f"new made a {type(made).__name__} and no module; give a class, or a name such as 'mish'")
        return made

    return call


def _fitted(fresh: nn.Module, place: _Place, model: nn.Module) -> nn.Module:
    """The new module in the old one's mode, device and dtype; where it has no tensors, in those around it."""
    fresh.train(place.module.training)
    if any(True for _ in fresh.parameters()) or any(True for _ in fresh.buffers()):
        for around in (place.module, place.parent, model):
            tensors = [*around.parameters(), *around.buffers()]
            example = next((tensor for tensor in tensors if tensor.is_floating_point()), None)
            if example is not None:
                return fresh.to(device=example.device, dtype=example.dtype)
    return fresh


def _places(model: nn.Module, matches: Callable[[object], bool]) -> Iterator[_Place]:
    """Every place that holds a module to replace, each parent visited once."""
    seen: set[int] = set()
    waiting: list[tuple[str, nn.Module]] = [("", model)]
    while waiting:
        path, parent = waiting.pop()
        if id(parent) in seen:
            continue
        seen.add(id(parent))
        inner: list[tuple[str, nn.Module]] = []
        for where, held, put in _held(path, parent):
            if matches(held):
                yield _Place(where, parent, held, put)
            else:
                inner.append((where, held))
        waiting += reversed(inner)


def _held(path: str, parent: nn.Module) -> Iterator[tuple[str, nn.Module, Callable[[nn.Module], None]]]:
    """The modules that a module holds: registered, in an attribute, or in a list, tuple or dict there."""
    before = f"{path}." if path else ""
    for name, module in list(parent._modules.items()):
        if module is not None:
            yield f"{before}{name}", module, _put_item(parent._modules, name)
    for name, value in list(vars(parent).items()):
        if name in BOOKKEEPING:
            continue
        if isinstance(value, nn.Module):
            yield f"{before}{name}", value, _put_item(vars(parent), name)
        elif type(value) in (list, dict):
            for key, module in list(enumerate(value) if isinstance(value, list) else value.items()):
                if isinstance(module, nn.Module):
                    yield f"{before}{name}[{key!r}]", module, _put_item(value, key)
        elif type(value) is tuple:
            for index, module in enumerate(value):
                if isinstance(module, nn.Module):
                    yield f"{before}{name}[{index}]", module, _put_in_tuple(parent, name, index)


def _put_item(holder: Any, key: Any) -> Callable[[nn.Module], None]:
    def put(module: nn.Module) -> None:
        holder[key] = module

    return put


def _put_in_tuple(parent: nn.Module, name: str, index: int) -> Callable[[nn.Module], None]:
    def put(module: nn.Module) -> None:
        items = list(vars(parent)[name])
        items[index] = module
        vars(parent)[name] = tuple(items)

    return put


def _has_hooks(module: nn.Module) -> bool:
    hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)
    return any(hooks)


def _warn(calls: list[str], hooked: list[_Place]) -> None:
    # The level of the one who called swap.
    if calls:
        message = "swap can't reach functional calls; change these by hand: " + "; ".join(calls)
        warnings.warn(message, UserWarning, stacklevel=3)
    if hooked:
        paths = ", ".join(place.path for place in hooked)
        warnings.warn(f"hooks of the old modules are not moved to the new ones: {paths}", UserWarning, stacklevel=3)


def _unreachable(model: nn.Module, names: frozenset[str], matches: Callable[[object], bool]) -> list[str]:
    """Functional calls of the activation in the model's classes, and functions of it in attributes."""
    found: dict[str, None] = {}
    read: set[type[nn.Module]] = set()
    for path, module in model.named_modules():
        if matches(module) or isinstance(module, ActivationModule):
            continue
        for name, value in vars(module).items():
            if callable(value) and not isinstance(value, (nn.Module, type)) and _is_named(value, names):
                found[f"{path or type(module).__name__}.{name} is {value.__name__}"] = None
        own = _class(module)
        if own not in read and not own.__module__.startswith("torch.nn."):
            read.add(own)
            for call in _calls(own, names):
                found[f"{own.__name__} calls {call}"] = None
    return list(found)


def _is_named(value: Any, names: frozenset[str]) -> bool:
    name, home = getattr(value, "__name__", ""), getattr(value, "__module__", None) or "torch"
    return isinstance(name, str) and plain(name) in names and str(home).partition(".")[0] == "torch"


def _calls(kind: type[nn.Module], names: frozenset[str]) -> Iterator[str]:
    """The calls in a class's source, and in that of the classes it inherits from outside torch."""
    for own in kind.__mro__:
        if own.__module__.partition(".")[0] in ("torch", "builtins", "activations"):
            continue
        try:
            lines, start = inspect.getsourcelines(own)
            tree = ast.parse(textwrap.dedent("".join(lines)))
            file = inspect.getsourcefile(own) or ""
        except (OSError, TypeError, SyntaxError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (call := _function(node.func, names)):
                place = f"{file.replace(chr(92), '/').rpartition('/')[2]}:{start + node.lineno - 1}"
                yield f"{call} ({place})"


def _function(node: ast.expr, names: frozenset[str]) -> str | None:
    """The text of a called function if it has one of the names and is no submodule of `self`."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    if plain(name) not in names or not name[:1].islower():
        return None
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(root, ast.Name) and root.id == "self":
        return None
    return f"{ast.unparse(node)[:60]}()"
