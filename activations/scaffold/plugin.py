"""Writing a plugin: its files from templates, its names checked first."""

from __future__ import annotations

import datetime
import os
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from activations import __version__
from activations.errors import DuplicateNameError
from activations.name_book import plain
from activations.scaffold.folder import write_folder
from activations.scaffold.holder import licence_holder
from activations.scaffold.names import PluginNames, read_names, refuse_hidden

__all__ = ["KINDS", "Kind", "new_plugin"]

Kind: TypeAlias = Literal["activation", "target", "command"]

KINDS: tuple[Kind, ...] = ("activation", "target", "command")
TEMPLATES = Path(__file__).parent / "templates"
FILES = {
    "pyproject.toml": "every/pyproject.toml",
    "%{module}.py": "%kind/module.py",
    "test_%name.py": "%kind/test.py",
    "README.md": "%kind/README.md",
    "LICENSE": "every/LICENSE",
    ".gitignore": "every/gitignore",
    ".github/workflows/ci.yml": "every/ci.yml",
}
"""The template of each file; both may hold placeholders."""
NEEDS = {"activation": '"torch", ', "target": "", "command": '"click", '}
"""What the example of each kind imports beside this library."""


class Template(string.Template):
    """A text with placeholders such as %name or %{name}: a dollar sign is none, workflows are full of them."""

    delimiter = "%"


def new_plugin(
    name: str, kind: Kind = "activation", folder: str | os.PathLike[str] | None = None, *, overwrite: bool = False
) -> tuple[Path, ...]:
    """Write a distribution that pip can install: a working example with its tests, to be changed.

    Args:
        name: of the thing inside, such as "wave"; "activations-wave" means the same.
        kind: "activation", "target" or "command".
        folder: what to create; "activations-wave" in the current folder if None.
        overwrite: replace files in a folder that holds something already.

    Returns:
        The paths of the files.

    Raises:
        DeclarationError: the name cannot be used.
        DuplicateNameError: an activation or a target of this library has the name.
        OutputExistsError: the folder holds something and may not be overwritten.
        OSError: the folder cannot be written.
    """
    names = read_names(name)
    if plain(names.name) in set(_taken(kind)):
        raise DuplicateNameError(f"{names.name!r} is built in; choose another name, such as 'my_{names.name}'")
    refuse_hidden(names, _code(_rendered(PluginNames("NAME"), kind)))
    return write_folder(
        Path(names.distribution if folder is None else folder), _rendered(names, kind), overwrite=overwrite
    )


def _rendered(names: PluginNames, kind: Kind) -> dict[str, str]:
    words = {
        "name": names.name,
        "kind": kind,
        "distribution": names.distribution,
        "module": names.module,
        "needs": NEEDS[kind],
        "least": ".".join(__version__.split(".")[:2]),
        "holder": licence_holder(),
        "year": str(datetime.date.today().year),
    }

    def fill(text: str) -> str:
        return Template(text).substitute(words)

    return {
        fill(path): fill((TEMPLATES / f"{fill(template)}.template").read_text(encoding="utf-8"))
        for path, template in FILES.items()
    }


def _code(files: dict[str, str]) -> Iterator[str]:
    return (text for path, text in files.items() if path.endswith(".py"))


def _taken(kind: Kind) -> Iterator[str]:
    """The names that are ours already, in the form in which names are compared."""
    if kind == "activation":
        from activations.catalogue import axis_declarations, declarations

        for item in declarations():
            yield from map(plain, (item.name, *item.aliases))
        for function in axis_declarations():
            yield from map(plain, (function.name, *function.aliases))
    if kind == "target":
        from activations.fitting.suite import TARGETS

        for target in TARGETS:
            yield from map(plain, (target.name, *target.aliases))
