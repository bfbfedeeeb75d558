"""The activations of the configuration in force."""

from __future__ import annotations

import functools

from activations.configuration.file import ConfigurationFile
from activations.configuration.formulas import read_activation
from activations.configuration.found import Configuration, clear, configuration, entries
from activations.declare import Activation
from activations.discovery import Origin

__all__ = ["clear", "configured_activations", "origin_of"]


def configured_activations() -> list[tuple[Origin, Activation]]:
    """The activations of the configuration files, each with the file's name in the place of a distribution's.

    Files are read again only when they have changed, or after `clear`.

    Raises:
        ConfigurationError: a file holds a mistake.
        OSError: a file can't be read.
    """
    return list(_activations(configuration()))


def origin_of(file: ConfigurationFile) -> Origin:
    """A file in the place of a distribution."""
    return Origin(file.path.name)


@functools.lru_cache(maxsize=1)
def _activations(found: Configuration) -> tuple[tuple[Origin, Activation], ...]:
    return tuple(
        (origin_of(entry.file), read_activation(entry.file, entry.name))
        for entry in entries(found.files, "activations")
    )
