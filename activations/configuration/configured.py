"""What the configuration files together say: the project's before the user's."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from activations.configuration.file import ConfigurationFile, read_file
from activations.configuration.formulas import read_activation
from activations.configuration.places import find_files
from activations.declare import Activation
from activations.discovery import Origin

__all__ = ["Configuration", "Entry", "clear", "configuration", "configured_activations", "entries"]

Stamp: TypeAlias = tuple[object, ...]


class Entry(NamedTuple):
    """Something that a file declares by a name."""

    file: ConfigurationFile
    name: str

    @property
    def origin(self) -> Origin:
        """Where it comes from, in the place of a distribution."""
        return Origin(self.file.path.name)


@dataclass(frozen=True, eq=False)
class Configuration:
    """The files that are read, the one that counts most first."""

    files: tuple[ConfigurationFile, ...] = ()

    @functools.cached_property
    def activations(self) -> tuple[tuple[Origin, Activation], ...]:
        """The activations that are declared, those of the project first."""
        found = entries(self.files, "activations")
        return tuple((entry.origin, read_activation(entry.file, entry.name)) for entry in found)


def configuration() -> Configuration:
    """The configuration; files are read again only when they have changed.

    Raises:
        ConfigurationError: a file holds a mistake.
        OSError: a file can't be read.
    """
    return _configuration(_stamp())


def configured_activations() -> list[tuple[Origin, Activation]]:
    """The activations of the configuration files, each with the file's name in the place of a distribution's.

    Raises:
        ConfigurationError: a file holds a mistake.
        OSError: a file can't be read.
    """
    return list(configuration().activations)


def entries(files: tuple[ConfigurationFile, ...], section: str) -> Iterator[Entry]:
    """What a section declares in any file; of two of one name that of the first file."""
    seen: set[str] = set()
    for file in files:
        for name, table in file.tables.get(section, {}).items():
            if section == "targets" and not isinstance(table, dict):
                continue  # a flag of the command of that name
            if name not in seen:
                seen.add(name)
                yield Entry(file, name)


def clear() -> None:
    """Forget what was read, so that it is read again."""
    _configuration.cache_clear()


@functools.lru_cache(maxsize=1)
def _configuration(stamp: Stamp) -> Configuration:
    return Configuration(tuple(read_file(path, role) for role, path in find_files()))


def _stamp() -> Stamp:
    """Changes when other files are found, or when they change."""
    return tuple((role, path, *_state(os.fspath(path))) for role, path in find_files())


def _state(path: str) -> tuple[int, ...]:
    try:
        state = os.stat(path)
    except OSError:
        return ()
    return state.st_mtime_ns, state.st_size, state.st_ino
