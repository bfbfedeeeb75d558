"""Which plugins are on: what the user disabled for good, the environment's list, and what one command leaves out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activations.discovery import FoundPlugin, Origin, Problem, canonical
from activations.errors import PluginError
from activations.files import write_atomically
from activations.user_folders import config_folder

__all__ = ["ALL", "VARIABLE", "Switches", "disabled_names", "switch"]

VARIABLE = "ACTIVATIONS_PLUGINS"
ALL = "*"
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Switches:
    """What decides whether a plugin is on. Names are those of distributions or entry points.

    Attributes:
        disabled: for good.
        only: the names that the environment lists; None if it lists none and all are on.
        without: what this command leaves out; `ALL` for every plugin.
    """

    disabled: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()

    @classmethod
    def read(cls, without: Iterable[str] = ()) -> Switches:
        """The switches as they stand now, with what a command leaves out."""
        listed = os.environ.get(VARIABLE)
        return cls(disabled_names(), None if listed is None else _names(listed.split(",")), _names(without))

    def off(self, found: FoundPlugin) -> str:
        """Why a plugin is off; empty if it is on."""
        names = _names_of(found)
        if ALL in self.without or names & self.without:
            return "left out by --no-plugins"
        if self.only is not None and not names & self.only:
            return f"not listed in {VARIABLE}"
        if names & self.disabled:
            return f"disabled; 'activations plugins enable {found.origin.distribution}' turns it on"
        return ""

    def problems(self, installed: Iterable[FoundPlugin]) -> list[Problem]:
        """Names in the environment that are no plugin's."""
        known = {name for found in installed for name in _names_of(found)}
        return [
            Problem(Origin(name), f"{VARIABLE} lists it, and it is not installed", "install it, or take it off")
            for name in sorted((self.only or frozenset()) - known)
        ]


def disabled_names() -> frozenset[str]:
    """The names that are disabled for good.

    Raises:
        PluginError: the file that holds them can't be read.
    """
    path = _file()
    if path is None:
        return frozenset()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("it is too large")
        content: Any = json.loads(path.read_bytes())
        return _names([str(name) for name in content["disabled"]])
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise PluginError(f"{str(path)!r}, which lists disabled plugins, can't be read ({error}); remove it") from None


def switch(name: str, *, on: bool) -> bool:
    """Enable or disable a plugin for good, without importing it; gives whether that changed anything.

    Raises:
        PluginError: there is no folder for the user's settings.
        OSError: the file can't be written.
    """
    path = _file()
    if path is None:
        raise PluginError(f"there is no home folder to keep that in; set {VARIABLE} to the plugins that you want")
    before = disabled_names()
    after = before - {canonical(name)} if on else before | {canonical(name)}
    if after == before:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps({"disabled": sorted(after)}) + "\n").encode(), overwrite=True)
    return True


def _file() -> Path | None:
    folder = config_folder()
    return folder / "plugins.json" if folder else None


def _names(given: Iterable[str]) -> frozenset[str]:
    return frozenset(name if name == ALL else canonical(name.strip()) for name in given if name.strip())


def _names_of(found: FoundPlugin) -> frozenset[str]:
    return _names([found.origin.distribution, found.entry_point.name])
