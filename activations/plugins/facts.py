"""What a plugin provides, as it can be told without loading the plugin; it survives in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from activations.axis import AxisActivation
from activations.declare import Activation
from activations.discovery import NAME

__all__ = ["ActivationFacts", "Declaration", "Facts", "Kind", "TargetFacts"]

Declaration: TypeAlias = Activation | AxisActivation
Kind: TypeAlias = Literal["elementwise", "axis"]


@dataclass(frozen=True)
class ActivationFacts:
    """What `activations list` tells of an activation, and what finds it.

    Attributes:
        name: of the declaration.
        kind: "elementwise", or "axis" for a function over a dimension.
        aliases: its other names.
        inputs: names of the inputs.
        parameters: the parameters with their defaults.
        family: the module that declares it.
        summary: one sentence.
    """

    name: str
    kind: Kind
    aliases: tuple[str, ...]
    inputs: tuple[str, ...]
    parameters: tuple[tuple[str, float], ...]
    family: str
    summary: str

    @classmethod
    def of(cls, item: Declaration) -> ActivationFacts:
        """The facts of a declaration."""
        kind: Kind = "elementwise" if isinstance(item, Activation) else "axis"
        parameters = tuple(item.defaults.items())
        return cls(item.name, kind, tuple(item.aliases), tuple(item.inputs), parameters, item.family, item.summary)


@dataclass(frozen=True)
class TargetFacts:
    """What finds a target: its names and its group."""

    name: str
    aliases: tuple[str, ...]
    group: str


@dataclass(frozen=True)
class Facts:
    """What a plugin provides.

    Attributes:
        activations: of both kinds.
        targets: to fit.
        hooks: names of the hooks that it implements.
        commands: names and summaries of its commands; None while nobody has asked for them.
        changed: what of the process's state it changed while it was loaded, which was put back.
    """

    activations: tuple[ActivationFacts, ...] = ()
    targets: tuple[TargetFacts, ...] = ()
    hooks: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] | None = None
    changed: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON's kinds of values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Facts:
        """Facts from their `to_dict`.

        Raises:
            ValueError, TypeError, KeyError, AttributeError: the values have another form.
        """
        read = _with_tuples(fields)
        activations = tuple(ActivationFacts(**_with_tuples(item)) for item in read["activations"])
        targets = tuple(TargetFacts(**_with_tuples(item)) for item in read["targets"])
        for name in [*(item.name for item in activations), *(item.name for item in targets)]:
            if not NAME.match(name):
                raise ValueError(f"{name!r} is no name")
        for item in activations:
            if item.kind not in ("elementwise", "axis"):
                raise ValueError(f"{item.kind!r} is no kind")
        return cls(**{**read, "activations": activations, "targets": targets})


def _with_tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tuples(value) for name, value in fields.items()}


def _tuples(value: Any) -> Any:
    """JSON's lists as the tuples that they were."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
