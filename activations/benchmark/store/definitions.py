"""Targets and activations as JSON, from which they can be made again without their files and plugins."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from activations.declare import Variant, formula_activation
from activations.errors import ActivationsError, StoreError
from activations.fitting.table import Table
from activations.fitting.target import Target
from activations.registry import Registry

__all__ = ["read_target", "read_variant", "write_target", "write_variant"]


def write_target(target: Target) -> str:
    """All of a target but a Python function."""
    fields = {field.name: getattr(target, field.name) for field in dataclasses.fields(target)}
    fields["function"] = None
    fields["table"] = vars(target.table) if target.table else None
    return json.dumps(fields, sort_keys=True)


def read_target(text: str) -> Target:
    """A target from its JSON.

    Raises:
        StoreError: the text is of another form.
    """
    try:
        fields = {name: _tuples(value) for name, value in json.loads(text).items()}
        if fields["table"] is not None:
            fields["table"] = Table(**{name: _tuples(value) for name, value in fields["table"].items()})
        return Target(**fields)
    except (ValueError, TypeError, KeyError, AttributeError, ActivationsError) as error:
        raise StoreError(f"the store holds a target that can't be read: {error}") from None


def write_variant(variant: Variant) -> str:
    """What tells an activation's values: its formula, parameters and settings."""
    activation = variant.activation
    return json.dumps(
        {
            "name": activation.name,
            "formula": activation.formula.text,
            "inputs": activation.inputs,
            "defaults": activation.defaults,
            "declared_learnable": activation.learnable,
            "values": variant.values,
            "learnable": variant.learnable,
        },
        sort_keys=True,
    )


def read_variant(text: str, label: str, digest: str, registry: Registry) -> tuple[Variant, bool]:
    """An activation, and whether it is the installed one.

    One that is not installed, or not in this version, is made from its stored formula.

    Raises:
        StoreError: the text is of another form.
    """
    try:
        installed = registry.variant(label)
        if installed.digest == digest:
            return installed, True
    except ActivationsError:
        pass
    try:
        fields: dict[str, Any] = json.loads(text)
        activation = formula_activation(
            fields["formula"],
            fields["name"],
            inputs=fields["inputs"],
            parameters=fields["defaults"],
            learnable=fields["declared_learnable"],
            summary="An activation that is not installed.",
        )
        values = tuple((name, float(value)) for name, value in fields["values"])
        return Variant(activation, values, tuple(fields["learnable"])), False
    except (ValueError, TypeError, KeyError, ActivationsError) as error:
        raise StoreError(f"the store holds an activation that can't be read: {label[:80]!r}: {error}") from None


def _tuples(value: Any) -> Any:
    """JSON's lists as the tuples that they were."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
