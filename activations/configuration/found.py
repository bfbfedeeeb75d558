"""The configuration that is in force: the project's file before the user's. Imports nothing that declares."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from activations.configuration.file import ConfigurationFile, read_file
from activations.configuration.places import find_files

__all__ = ["Configuration", "Entry", "clear", "configuration", "entries"]

Stamp: TypeAlias = tuple[object, ...]


class Entry(NamedTuple):
    """Something that a file declares by a name."""

    file: ConfigurationFile
    name: str


@dataclass(frozen=True, eq=False)
class Configuration:
    """The files that are read, the one that counts most first."""

    files: tuple[ConfigurationFile, ...] = ()

    @property
    def sets_options(self) -> bool:
        """Whether there is anything but declarations."""
        return any(
            name not in ("activations", "targets") or (name == "targets" and not all_tables(table))
            for file in self.files
            for name, table in file.tables.items()
        )


def configuration() -> Configuration:
    """The configuration; files are read again only when they have changed.

    Raises:
        ConfigurationError: a file holds a mistake.
        OSError: a file can't be read.
    """
    return _configuration(_stamp())


def entries(files: tuple[ConfigurationFile, ...], section: str) -> Iterator[Entry]:
    """What a section declares in any file; of two of one name that of the first file."""
    seen: set[str] = set()
    for file in files:
        for name, table in file.tables.get(section, {}).items():
            if section == "targets" and not isinstance(table, dict):
                continue  # an option of the command of that name
            if name not in seen:
                seen.add(name)
                yield Entry(file, name)


def clear() -> None:
    """Forget what was read, so that it is read again."""
    _configuration.cache_clear()


def all_tables(table: object) -> bool:
    """Whether every value of a table is a table."""
    return isinstance(table, dict) and all(isinstance(value, dict) for value in table.values())


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
