"""What a new plugin is called: the thing inside, its distribution and its module."""

from __future__ import annotations

import builtins
import io
import keyword
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass

from activations.discovery import NAME
from activations.errors import DeclarationError

__all__ = ["PluginNames", "read_names", "refuse_hidden"]

PREFIX = "activations_"


@dataclass(frozen=True)
class PluginNames:
    """The names of one plugin.

    Attributes:
        name: of the activation, the target or the command inside, such as "my_wave".
        distribution: what pip installs, "activations-my-wave".
        module: what Python imports, "activations_my_wave".
    """

    name: str

    @property
    def distribution(self) -> str:
        return self.module.replace("_", "-")

    @property
    def module(self) -> str:
        return PREFIX + self.name


def read_names(text: str) -> PluginNames:
    """Read a name as typed: "my_wave", "my-wave" and "activations-my-wave" all mean the same plugin.

    Raises:
        DeclarationError: it can name neither a function nor a distribution.
    """
    name = text.replace("-", "_").removeprefix(PREFIX)
    if not NAME.match(name):
        raise DeclarationError(
            f"{text[:80]!r} can't name a plugin; write what is inside, in lower-case letters, digits and _, starting "
            "with a letter and at most 64 long, such as 'wave'"
        )
    if name.endswith("_") or "__" in name:
        # pip takes a_b, a__b and a-b for the same distribution.
        raise DeclarationError(f"{text[:80]!r} can't name a distribution; write single _ between letters or digits")
    if keyword.iskeyword(name) or hasattr(builtins, name):
        raise DeclarationError(f"{name!r} is a word of Python; choose another name, such as 'my_{name[:61]}'")
    return PluginNames(name)


def refuse_hidden(names: PluginNames, sources: Iterable[str]) -> None:
    """Refuse a name that the plugin's own code uses for something else.

    Args:
        names: those of the plugin.
        sources: its code, with another name in place of its own.

    Raises:
        DeclarationError: the name would hide something that the code needs.
    """
    for source in sources:
        words = {token.string for token in tokenize.generate_tokens(io.StringIO(source).readline)}
        if names.name in words:
            raise DeclarationError(
                f"{names.name!r} is used in a plugin's code already; choose another name, such as 'my_{names.name}'"
            )
