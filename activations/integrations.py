"""Our names for users of other libraries: `ACT2FN` of transformers and the activation factory of timm."""

from __future__ import annotations

import functools
import importlib
from collections.abc import MutableMapping
from typing import Any

from torch import Tensor

from activations.declare import Variant
from activations.errors import MissingExtraError
from activations.module import ActivationModule, module_class
from activations.registry import default_registry

__all__ = ["register_timm", "register_transformers"]


def register_transformers(*activations: str, override: bool = False) -> tuple[str, ...]:
    """Make activations known to transformers, so that `hidden_act="serf"` works in a configuration.

    Args:
        *activations: names, names with settings ("sigmoid:beta=2"), patterns or formulas; all that have one input if
            none is given. Each is known under the text that is its label, and by default settings under its aliases.
        override: also take names that transformers has; otherwise these keep its meaning.

    Returns:
        The names that were added.

    Raises:
        MissingExtraError: transformers is not installed, or can't be imported.
        UnknownActivationError: no activation has the name.
        ValueError: an activation has two inputs, which transformers can't feed.
    """
    table = _attribute(_imported("transformers.activations", "transformers"), "ACT2FN", "transformers")
    added = []
    for name, variant in _named(activations):
        if override or name not in table:
            table[name] = (module_class(variant.activation), _settings(variant))
            added.append(name)
    return tuple(added)


def register_timm(*activations: str, override: bool = False) -> tuple[str, ...]:
    """Make activations known to timm, so that `act_layer="serf"` works where it takes names.

    Layers come from `get_act_layer` and `create_act_layer`, functions from `get_act_fn`. timm asks for layers with
    `inplace=True`; ours take the word and do not work in place. timm has no public way to add names, so this writes
    to the tables of `timm.layers.create_act`, where names are lower case.

    Args:
        *activations: as for `register_transformers`.
        override: also take names that timm has; otherwise these keep its meaning.

    Returns:
        The names that were added.

    Raises:
        MissingExtraError: timm is not installed, can't be imported, or keeps its activations elsewhere.
        UnknownActivationError: no activation has the name.
        ValueError: an activation has two inputs, which timm can't feed.
    """
    module = _imported("timm.layers.create_act", "timm")
    layers, fast_layers, functions, fast_functions = (
        _attribute(module, name, "timm")
        for name in ("_ACT_LAYER_DEFAULT", "_ACT_LAYER_ME", "_ACT_FN_DEFAULT", "_ACT_FN_ME")
    )
    added = []
    for name, variant in _named(activations):
        key = name.lower()
        if key in added or (not override and any(key in table for table in (layers, fast_layers, functions))):
            continue
        # timm looks into the table of memory-saving layers first.
        for table, value in (
            (layers, functools.partial(_layer, variant)),
            (fast_layers, functools.partial(_layer, variant)),
            (functions, functools.partial(_call, variant)),
            (fast_functions, functools.partial(_call, variant)),
        ):
            table[key] = value
        added.append(key)
    return tuple(added)


def _named(texts: tuple[str, ...]) -> list[tuple[str, Variant]]:
    """Each name, aliases included, with its activation; all are read before any is registered."""
    found: list[tuple[str, Variant]] = []
    for variant in default_registry().match(texts):
        if variant.inputs != 1:
            if not texts:
                continue
            raise ValueError(f"{variant.label} has two inputs; name activations with one")
        aliases = variant.activation.aliases if variant.label == variant.activation.name else ()
        found += [(name, variant) for name in (variant.label, *aliases)]
    return found


def _settings(variant: Variant) -> dict[str, Any]:
    return {**dict(variant.values), "learnable": variant.learnable}


def _layer(variant: Variant, *settings: float, inplace: bool = False, **values: Any) -> ActivationModule:
    """A fresh module; settings that are given replace the variant's."""
    named = dict(zip(variant.activation.defaults, settings, strict=False))
    return module_class(variant.activation)(**{**_settings(variant), **named, **values})


def _call(variant: Variant, x: Tensor, inplace: bool = False, **values: Any) -> Tensor:
    """The activation as a function that takes timm's `inplace`."""
    return variant(x, **values)


def _imported(module: str, distribution: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == distribution:
            raise MissingExtraError(f"{distribution} is not installed; run: pip install {distribution}") from error
        raise MissingExtraError(
            f"{distribution} is installed but can't be imported: {error}; mend it with: pip install --upgrade "
            f"{distribution}"
        ) from error


def _attribute(module: Any, name: str, distribution: str) -> MutableMapping[str, Any]:
    found = getattr(module, name, None)
    if not isinstance(found, MutableMapping):
        raise MissingExtraError(
            f"this version of {distribution} has no table {module.__name__}.{name}; run: pip install --upgrade "
            f"{distribution}"
        )
    return found
