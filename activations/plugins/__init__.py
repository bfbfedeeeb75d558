"""Plugins: found by their metadata, loaded when needed, each guarded, so that a broken one only leaves a note.

What an installed plugin provides is remembered from when it was last loaded: one that a command does not use is not
imported.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

from activations.discovery import FoundPlugin, Origin, Problem, discover
from activations.errors import PluginError
from activations.plugins import files, loader
from activations.plugins.facts import Facts
from activations.plugins.loader import Loaded
from activations.plugins.records import Record, Records
from activations.plugins.switches import Switches

__all__ = [
    "Plugin",
    "Status",
    "add_file",
    "forget",
    "forget_files",
    "installed_plugins",
    "known_plugins",
    "problems",
    "select",
]

Status: TypeAlias = Literal["new", "ready", "loaded", "failed", "disabled"]


class Plugin:
    """One entry point: what it provides, loaded at most once.

    Attributes:
        found: what its metadata tell.
        off: why it is off; empty if it is on.
        problem: why it is not there, or what it did that it should not have done.

    Args:
        found: what its metadata tell.
        off: why it is off.
        record: what became of it the last time.
        load: loads it.
        remember: takes what became of it.
    """

    def __init__(
        self,
        found: FoundPlugin,
        off: str = "",
        record: Record | None = None,
        load: Callable[[FoundPlugin], Loaded | Problem] = loader.load,
        remember: Callable[[FoundPlugin, Facts | Problem], None] = lambda found, outcome: None,
    ) -> None:
        self.found = found
        self.off = off
        self.problem: Problem | None = record.problem(found) if record and not off else None
        self._record = record
        self._load = load
        self._remember = remember
        self._loaded: Loaded | Problem | None = None
        if found.flaw and not off:
            self._attempt()  # its text alone tells, and nothing is imported for it

    @property
    def origin(self) -> Origin:
        """Its distribution."""
        return self.found.origin

    @property
    def status(self) -> Status:
        """What is known: it is "ready" if its record tells what it provides, "new" if nobody has loaded it yet."""
        if self.off:
            return "disabled"
        if self._loaded is not None:
            return "loaded" if isinstance(self._loaded, Loaded) else "failed"
        if self._record is None:
            return "new"
        return "ready" if self._record.facts else "failed"

    @property
    def facts(self) -> Facts | None:
        """What it provides, as far as that is known without loading it."""
        if isinstance(self._loaded, Loaded):
            return self._loaded.facts
        return self._record.facts if self._record and self._loaded is None else None

    def settle(self) -> Facts | None:
        """What it provides; loads it unless its record tells; None if it is off or broken."""
        if self.off:
            return None
        if self._loaded is None and not (self._record and self._record.facts and self.found.stamp):
            self._attempt()
        return self.facts

    def load(self) -> Loaded:
        """Load it, if that has not been done.

        Raises:
            PluginError: it is off, or broken.
        """
        if self.off:
            raise PluginError(f"plugin {self.origin} is {self.off}")
        loaded = self._attempt()
        if isinstance(loaded, Problem):
            raise PluginError(str(loaded))
        return loaded

    def know_commands(self, commands: Iterable[tuple[str, str]]) -> None:
        """Remember the names and summaries of its commands."""
        if isinstance(self._loaded, Loaded):
            facts = replace(self._loaded.facts, commands=tuple(commands))
            self._loaded = replace(self._loaded, facts=facts)
            self._remember(self.found, facts)

    def refuse(self, reason: str, remedy: str) -> None:
        """Note something about it that is left out."""
        self.problem = Problem(self.origin, reason, remedy)

    def _attempt(self) -> Loaded | Problem:
        if self._loaded is None:
            outcome = self._loaded = self._load(self.found)
            self._remember(self.found, outcome.facts if isinstance(outcome, Loaded) else outcome)
            self.problem = outcome if isinstance(outcome, Problem) else _remark(self.found, outcome.facts)
        return self._loaded


class _Installed:
    """All plugins of this process and where their records are kept."""

    def __init__(self, switches: Switches, given: Iterable[FoundPlugin]) -> None:
        self.records = Records()
        found = discover()
        self.problems = switches.problems(found)
        self.plugins = (
            *(Plugin(one, switches.off(one), self.records.find(one), remember=self.records.remember) for one in found),
            *(Plugin(one, load=files.load) for one in given),
        )


def add_file(path: str | Path) -> None:
    """Take a Python file for a plugin of this process.

    Raises:
        PluginError: it is no Python file.
        OSError: it can't be read.
    """
    files.add(path)
    forget()


def forget_files() -> None:
    """Take no more files for plugins."""
    files.clear()
    forget()


_without: tuple[str, ...] = ()


def select(without: Iterable[str] = ()) -> None:
    """Leave out plugins in this process: names of distributions or entry points, or `switches.ALL`."""
    global _without
    _without = tuple(without)
    forget()


@functools.cache
def _installed() -> _Installed:
    return _Installed(Switches.read(_without), files.given())


def known_plugins() -> tuple[Plugin, ...]:
    """All plugins in the order of distribution and entry-point name, with what is known without importing any."""
    return _installed().plugins


def installed_plugins() -> tuple[Plugin, ...]:
    """The same with what each provides: those without a record of the installed files are loaded.

    Those that are given as files come last.
    """
    installed = _installed()
    for plugin in installed.plugins:
        plugin.settle()
    installed.records.save()
    return installed.plugins


def problems() -> tuple[Problem, ...]:
    """What is wrong with plugins as far as they have been looked at."""
    installed = _installed()
    installed.records.save()
    return (*installed.problems, *(plugin.problem for plugin in installed.plugins if plugin.problem))


def forget() -> None:
    """Look for plugins anew at the next use; for tests, and after installing one into a running process."""
    discover.cache_clear()
    _installed.cache_clear()


def _remark(found: FoundPlugin, facts: Facts) -> Problem | None:
    if not facts.changed:
        return None
    names = ", ".join(facts.changed[:5]) + (f" and {len(facts.changed) - 5} more" if len(facts.changed) > 5 else "")
    remedy = f"tell its author; 'activations plugins check {found.origin.distribution}' shows it again"
    return Problem(found.origin, f"while it was loaded it changed {names}, which was put back", remedy)
