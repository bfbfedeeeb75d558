"""Installed plugins as their metadata tell them: found without importing any."""

from __future__ import annotations

import functools
import importlib.machinery
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata

__all__ = ["GROUP", "NAME", "FoundPlugin", "Origin", "Problem", "discover"]

GROUP = "activations"
"""The entry-point group that plugins are found in, and pluggy's project name."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
"""What an activation, a target or a command may be called."""


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
    """

    origin: Origin
    entry_point: metadata.EntryPoint = field(compare=False)
    stamp: str = ""

    @property
    def key(self) -> str:
        """What tells it from all others: distribution and entry-point name."""
        return f"{self.origin.distribution}:{self.entry_point.name}"

    @property
    def module(self) -> str:
        """The module that the entry point names; empty if it names none."""
        return self.entry_point.value.partition(":")[0].partition("[")[0].strip()


@functools.cache
def discover() -> tuple[FoundPlugin, ...]:
    """All installed plugins in the order of distribution and entry-point name: the same on every machine."""
    found: dict[tuple[str, str], FoundPlugin] = {}
    for distribution in metadata.distributions():
        for entry_point in distribution.entry_points:
            if entry_point.group != GROUP:
                continue
            origin = _origin(distribution)
            # What comes first on the path is what an import finds; a second copy is not seen by Python either.
            key = (origin.distribution, entry_point.name)
            if key not in found:
                found[key] = FoundPlugin(origin, entry_point, _stamp(distribution, entry_point))
    return tuple(found[key] for key in sorted(found))


def _origin(distribution: metadata.Distribution) -> Origin:
    # The head of the file alone: a long description takes milliseconds to parse.
    head = (distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or "").partition("\n\n")[0]
    fields = dict(_fields(head))
    return Origin(fields.get("name", "unknown"), fields.get("version", ""))


def _fields(head: str) -> Iterator[tuple[str, str]]:
    for line in head.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.lower() in ("name", "version"):
            yield name.lower(), value.strip()[:200]


def _stamp(distribution: metadata.Distribution, entry_point: metadata.EntryPoint) -> str:
    """Python, the entry point and the state of the files that pip wrote; empty where nothing tells their state."""
    record = distribution.locate_file("") if distribution.read_text("direct_url.json") is None else None
    if record is None and '"editable"' in (distribution.read_text("direct_url.json") or ""):
        return ""
    folder = getattr(distribution, "_path", None)
    module = importlib.machinery.PathFinder.find_spec(entry_point.value.partition(":")[0].partition(".")[0].strip())
    try:
        parts = [os.stat(os.path.join(folder, "RECORD")), os.stat(module.origin)]  # type: ignore[arg-type, union-attr]
    except (OSError, TypeError, AttributeError, ValueError):
        return ""
    states = [f"{part.st_mtime_ns}.{part.st_size}" for part in parts]
    return " ".join([sys.version.partition(" ")[0], entry_point.value, *states])
