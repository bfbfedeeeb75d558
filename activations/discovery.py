"""Installed plugins as their metadata tell them: found without importing any."""

from __future__ import annotations

import functools
import hashlib
import importlib.machinery
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata

__all__ = ["FILE_MODULES", "GROUP", "NAME", "FoundPlugin", "Origin", "Problem", "canonical", "discover", "release_of"]

GROUP = "activations"
"""The entry-point group that plugins are found in, and pluggy's project name."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
"""What an activation, a target or a command may be called."""


FILE_MODULES = "activations_file_"
"""How the names of modules begin that were made of single files; they end in a hash of the file."""


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
class FoundPlugin:
    """One entry point of an installed distribution.

    Attributes:
        origin: the distribution and its version.
        entry_point: what it names.
        stamp: changes when the installed files change; empty where they may change at any time, as those of an
            editable installation do.
        flaw: why the entry point can't be used, if its text alone tells.
    """

    origin: Origin
    entry_point: metadata.EntryPoint = field(compare=False)
    stamp: str = ""
    flaw: str = ""

    @property
    def key(self) -> str:
        """What tells it from all others: distribution and entry-point name."""
        return f"{self.origin.distribution}:{self.entry_point.name}"

    @property
    def module(self) -> str:
        """The module that the entry point names."""
        return module_of(self.entry_point)


@functools.cache
def discover() -> tuple[FoundPlugin, ...]:
    """All installed plugins in the order of distribution and entry-point name: the same on every machine."""
    found: dict[tuple[str, str], FoundPlugin] = {}
    for distribution in metadata.distributions():
        for plugin in _plugins_of(distribution):
            # What comes first on the path is what an import finds.
            found.setdefault((canonical(plugin.origin.distribution), plugin.entry_point.name), plugin)
    return tuple(found[key] for key in sorted(found))


def canonical(distribution: str) -> str:
    """The form in which names of distributions are compared: lower case, `-` for runs of `-`, `_` and `.`."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def module_of(entry_point: metadata.EntryPoint) -> str:
    """The module that an entry point names; whatever stands there if that is no module."""
    return re.split(r"[:\[]", entry_point.value, maxsplit=1)[0].strip()


def release_of(module: str) -> str:
    """What tells the release of a plugin's module: distribution, version and source; empty for any other module."""
    top = module.partition(".")[0]
    if top == GROUP:
        return ""
    if top.startswith(FILE_MODULES):
        return top
    origin = next((found.origin for found in discover() if found.module.partition(".")[0] == top), None)
    if origin is None:
        return ""
    try:
        with open(str(sys.modules[module].__file__), "rb") as file:
            source = hashlib.sha256(file.read()).hexdigest()
    except (KeyError, OSError, AttributeError):
        source = ""
    return f"{origin} {source}"


def _plugins_of(distribution: metadata.Distribution) -> Iterator[FoundPlugin]:
    try:
        text = distribution.read_text("entry_points.txt")
    except (OSError, ValueError):
        return
    if not text or f"[{GROUP}]" not in text:
        return
    origin = _origin(distribution)
    try:
        entry_points = [item for item in distribution.entry_points if item.group == GROUP]
    except Exception as error:  # the parser raises whatever it stumbles over
        entry_point = metadata.EntryPoint("(unreadable)", "", GROUP)
        yield FoundPlugin(origin, entry_point, flaw=f"its entry points can't be read ({type(error).__name__})")
        return
    for entry_point in entry_points:
        module, _, attribute = entry_point.value.partition("[")[0].partition(":")
        if all(part.isidentifier() for part in [*module.strip().split("."), *attribute.strip().split(".")] if part):
            flaw = "" if module.strip() else f"entry point {entry_point.name!r} names no module"
        else:
            flaw = f"entry point {entry_point.name!r} names no module: {entry_point.value[:80]!r}"
        yield FoundPlugin(origin, entry_point, "" if flaw else _stamp(distribution, entry_point), flaw)


def _origin(distribution: metadata.Distribution) -> Origin:
    # The head of the file alone: a long description takes milliseconds to parse.
    head = (_text(distribution, "METADATA") or _text(distribution, "PKG-INFO")).partition("\n\n")[0]
    fields: dict[str, str] = {}
    for line in head.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.lower(), value.strip()[:100])
    return Origin(fields.get("name") or "unknown", fields.get("version", ""))


def _text(distribution: metadata.Distribution, name: str) -> str:
    try:
        return distribution.read_text(name) or ""
    except (OSError, ValueError):  # unreadable, or no UTF-8
        return ""


def _stamp(distribution: metadata.Distribution, entry_point: metadata.EntryPoint) -> str:
    """Python, the entry point and the state of the files that pip wrote; empty where nothing tells their state."""
    record = _text(distribution, "RECORD")
    if not record or '"editable"' in _text(distribution, "direct_url.json"):
        return ""
    try:
        module = importlib.machinery.PathFinder.find_spec(module_of(entry_point).partition(".")[0])
        state = os.stat(module.origin)  # type: ignore[arg-type, union-attr]
    except (OSError, TypeError, AttributeError, ValueError, ImportError):
        return ""
    parts = [sys.version, entry_point.value, record, f"{state.st_mtime_ns} {state.st_size}"]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
