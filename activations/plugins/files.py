"""Plugins of one file, for one process: `--plugin FILE.py`."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import types
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from activations.discovery import FILE_MODULES, GROUP, FoundPlugin, Origin, Problem
from activations.errors import PluginError
from activations.plugins import loader
from activations.plugins.guard import Aside
from activations.plugins.loader import Loaded
from activations.streams import output_aside

__all__ = ["add", "clear", "given", "import_given", "load", "paths"]

MAX_BYTES = 10_000_000

_given: dict[str, Path] = {}


def add(path: str | Path) -> FoundPlugin:
    """Take a file for a plugin of this process; what is in it is read at the next look at the plugins.

    A file without hooks provides every activation that is declared at its top level.

    Raises:
        PluginError: it is no Python file.
        OSError: it can't be read.
    """
    place = Path(path)
    if place.suffix != ".py":
        raise PluginError(f"{str(path)!r} is no Python file; name a file that ends in .py")
    if not place.is_file():
        raise PluginError(f"{str(path)!r} is no file; name a Python file with a declaration")
    if place.stat().st_size > MAX_BYTES:
        raise PluginError(f"{str(path)!r} is larger than {MAX_BYTES} bytes")
    digest = hashlib.sha256(place.read_bytes() + str(place.resolve()).encode()).hexdigest()[:8]
    name = f"{FILE_MODULES}{re.sub('[^a-z0-9]+', '_', place.stem.lower())}_{digest}"
    _given[name] = place.resolve()
    return _found(name)


def given() -> tuple[FoundPlugin, ...]:
    """The files that were added."""
    return tuple(map(_found, _given))


def clear() -> None:
    """Forget all files; their modules stay, for what was made of them."""
    _given.clear()


def paths() -> tuple[str, ...]:
    """Where they lie, for another process to `import_given`."""
    return tuple(map(str, _given.values()))


def import_given(files: Iterable[str]) -> None:
    """Make the modules of files known in this process, so that their declarations can be unpickled."""
    for path in files:
        _module(add(path).module)


def load(found: FoundPlugin, aside: Aside = output_aside) -> Loaded | Problem:
    """Load a file that was added."""

    def collect() -> Loaded:
        module = _module(found.module)
        if any(hasattr(item, "activations_impl") for item in vars(module).values()):
            return loader.collect(module, found.entry_point.name)
        return loader.of_module(module)

    return loader.accepted(found, collect, aside)


def _found(name: str) -> FoundPlugin:
    place = _given[name]
    return FoundPlugin(Origin(place.name, name.rpartition("_")[2]), metadata.EntryPoint(place.stem, name, GROUP))


def _module(name: str) -> types.ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, _given[name])
        if spec is None or spec.loader is None:
            raise ImportError(f"can't read {_given[name]}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
