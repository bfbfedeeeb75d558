"""The names that a shell completes, kept in the user's cache: looking them all up takes too long for a key.

They are looked up anew when the catalogue, the installed packages, what is known of plugins, or a configuration file
has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from activations_cli.terminal import clean

if TYPE_CHECKING:
    from activations.plugins.facts import ActivationFacts

__all__ = ["known_names"]

Kind: TypeAlias = Literal["elementwise", "axis", "setting", "target", "suite", "command"]
Names: TypeAlias = dict[str, dict[str, str]]

MAX_BYTES = 20_000_000
KINDS: tuple[Kind, ...] = get_args(Kind)
LAYOUT = "3"  # of the file


def known_names(*kinds: Kind) -> dict[str, str]:
    """Names of some kinds with a few words on each; no plugin is imported for it.

    Those of the kind "setting" are names of activations of both kinds, each with what may stand behind its colon:
    "min_val=-1,max_val=1,learnable".
    """
    stamp = _stamp()
    names = _read(stamp)
    if names is None:
        names = _look()
        _write(stamp, names)
    return {name: text for kind in kinds for name, text in names[kind].items()}


def _look() -> Names:
    from activations.fitting.targets import known_suite_names, known_target_names
    from activations.registry import known_registry

    names: Names = {kind: {} for kind in KINDS}
    for _, facts in known_registry().facts():
        names[facts.kind][facts.name] = clean(facts.summary)
        names["setting"][facts.name] = clean(",".join(_settings(facts)))
    names["target"] = dict.fromkeys(known_target_names(), "")
    names["suite"] = dict.fromkeys(known_suite_names(), "")
    names["command"] = dict(_commands())
    return names


def _commands() -> Iterator[tuple[str, str]]:
    """Ours with their summaries, then those of plugins from memory."""
    import click

    from activations_cli.main import COMMANDS, cli
    from activations_cli.plugin_commands import known_commands

    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        yield name, command.get_short_help_str() if command else ""
    for name, summary in sorted(known_commands(frozenset(COMMANDS)).items()):
        yield name, clean(summary)


def _settings(facts: ActivationFacts) -> Iterator[str]:
    for name, default in facts.parameters:
        short = f"{default:.6g}"
        yield f"{name}={short if float(short) == default else default}"
    if facts.parameters and facts.kind == "elementwise":
        yield "learnable"


def _stamp() -> str:
    """Changes with whatever may change the names."""
    states = [LAYOUT, sys.version, os.environ.get("ACTIVATIONS_PLUGINS", "(unset)")]
    for path in _sources():
        with contextlib.suppress(OSError):
            state = os.stat(path)
            states.append(f"{path} {state.st_mtime_ns} {state.st_size}")
    return hashlib.sha256("\n".join(states).encode("utf-8", "surrogateescape")).hexdigest()


def _sources() -> Iterator[str | Path]:
    import activations
    from activations.configuration.places import find_files
    from activations.user_folders import cache_folder, config_folder

    here = Path(str(activations.__file__)).parent
    for folder in (here / "catalogue", here / "fitting" / "suite", Path(__file__).parent / "commands"):
        # The cache of bytecode changes when a module is imported for the first time.
        yield from sorted(path for path in folder.iterdir() if path.name != "__pycache__")
    yield from sys.path  # their folders change when something is installed or removed
    yield from (path for _, path in find_files())
    yield from (folder / "plugins.json" for folder in (cache_folder(), config_folder()) if folder)


def _file() -> Path | None:
    from activations.user_folders import cache_folder

    folder = cache_folder()
    return folder / "names.json" if folder else None


def _read(stamp: str) -> Names | None:
    path = _file()
    try:
        if path is None or path.stat().st_size > MAX_BYTES:
            return None
        content: Any = json.loads(path.read_bytes())
        if content["stamp"] != stamp:
            return None
        return {kind: {str(k): clean(str(v)) for k, v in content["names"][kind].items()} for kind in KINDS}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _write(stamp: str, names: Names) -> None:
    from activations.files import write_atomically

    path = _file()
    if path is not None:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps({"stamp": stamp, "names": names}).encode(), overwrite=True)
