"""The guarded loader: each plugin is loaded, called and checked alone, and a broken one only leaves a note."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import pluggy

from activations import hookspecs
from activations.axis import AxisActivation
from activations.declare import Activation

__all__ = ["Origin", "Plugin", "Problem", "discover", "forget", "installed_plugins", "load_plugin"]

MAX_PROVIDED = 10_000
RESTS_ON_IT = (
    ("activations.discovery", "discover"),
    ("activations.registry", "default_registry"),
    ("activations.fit.targets", "known_targets"),
)


@dataclass(frozen=True, order=True)
class Origin:
    """The distribution that something comes from."""

    distribution: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


@dataclass(frozen=True)
class Problem:
    """Why a plugin, or something that it provides, is not there, and what to do about it."""

    origin: Origin
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"plugin {self.origin}: {self.reason}; {self.remedy}"


@dataclass(frozen=True)
class Plugin:
    """What one entry point provides; empty with a problem where it failed."""

    origin: Origin
    entry_point: str
    activations: tuple[Activation | AxisActivation, ...] = ()
    targets: tuple[Any, ...] = ()
    problem: Problem | None = None


@functools.cache
def installed_plugins() -> tuple[Plugin, ...]:
    """All installed plugins, loaded once, in the order of distribution and entry-point name."""
    return tuple(load_plugin(origin, entry_point) for origin, entry_point in discover())


def forget() -> None:
    """Forget which plugins are installed and what they provide: the next question finds it out anew."""
    installed_plugins.cache_clear()
    # What rests on it is known by name: this file lies below, and does not load what nobody has used.
    for module, name in RESTS_ON_IT:
        if module in sys.modules:
            getattr(sys.modules[module], name).cache_clear()


def discover() -> list[tuple[Origin, metadata.EntryPoint]]:
    """Find the entry points of installed plugins without importing any of them."""
    found = {}
    for entry_point in metadata.entry_points(group=hookspecs.PROJECT):
        origin = Origin(*_name_and_version(entry_point))
        found[origin.distribution, entry_point.name] = (origin, entry_point)
    return [found[key] for key in sorted(found)]


def load_plugin(origin: Origin, entry_point: metadata.EntryPoint) -> Plugin:
    """Load one plugin and collect all that it provides, or nothing and the reason."""
    try:
        # A plugin's prints must not get between the data on stdout.
        with contextlib.redirect_stdout(sys.stderr):
            activations, targets = _collect(entry_point)
    except (Exception, SystemExit) as error:
        reason = f"{entry_point.value} failed: {type(error).__name__}: {_first_line(error)}"
        remedy = f"update it, or remove it with 'pip uninstall {origin.distribution}'"
        return Plugin(origin, entry_point.name, problem=Problem(origin, reason, remedy))
    return Plugin(origin, entry_point.name, activations, targets)


def _collect(entry_point: metadata.EntryPoint) -> tuple[tuple[Activation | AxisActivation, ...], tuple[Any, ...]]:
    manager = pluggy.PluginManager(hookspecs.PROJECT)  # one per plugin, so that none can disturb another
    manager.add_hookspecs(hookspecs)
    manager.register(entry_point.load(), name=entry_point.name)
    manager.check_pending()
    provided = _flatten(manager.hook.provide_activations)
    for item in provided:
        if not isinstance(item, (Activation, AxisActivation)):
            raise TypeError(
                f"provide_activations gave {item!r}; decorate the function with @activation or @axis_activation"
            )
    return tuple(provided), tuple(_flatten(manager.hook.provide_targets))


def _flatten(hook: Callable[[], Iterable[Iterable[Any]]]) -> list[Any]:
    items: list[Any] = []
    for result in hook():
        for item in result:
            items.append(item)
            if len(items) > MAX_PROVIDED:
                raise ValueError(f"it provides more than {MAX_PROVIDED} items")
    return items


def _name_and_version(entry_point: metadata.EntryPoint) -> tuple[str, str]:
    distribution = entry_point.dist
    return (distribution.name, distribution.version) if distribution else ("unknown", "")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else "no message"
