"""Names of declarations: who owns which, in any spelling, and what is near a wrong one."""

from __future__ import annotations

import difflib
import re

from activations.axis import AxisActivation
from activations.declare import Activation
from activations.errors import DuplicateNameError
from activations.plugins import Origin

__all__ = ["Declaration", "NameBook", "plain"]

Declaration = Activation | AxisActivation


class NameBook:
    """Declarations of both kinds under one set of names: no two share a name or alias.

    Names are compared without case, `_`, `-` and blanks, and may be qualified: "activations-snake:snake".
    """

    def __init__(self) -> None:
        self._items: dict[str, Declaration] = {}
        self._origins: dict[str, Origin] = {}
        self._names: dict[str, str] = {}
        self._qualified: dict[tuple[str, str], Declaration] = {}

    @property
    def items(self) -> dict[str, Declaration]:
        """The declarations by their names, in the order in which they came."""
        return self._items

    def add(self, origin: Origin, item: Declaration) -> None:
        """Enter a declaration under its name and aliases.

        Raises:
            DuplicateNameError: one of them is taken; nothing is entered then.
        """
        claimed = {plain(name): name for name in (item.name, *item.aliases)}
        for key, name in claimed.items():
            owner = self._names.get(key)
            if owner is not None:
                raise DuplicateNameError(
                    f"{name!r} of {origin} is already {owner!r} of {self._origins[owner]} ({self._items[owner].source})"
                )
        self._items[item.name] = item
        self._origins[item.name] = origin
        for key in claimed:
            self._names[key] = item.name
            self._qualified[plain(origin.distribution), key] = item

    def add_qualified(self, origin: Origin, item: Declaration) -> str:
        """Enter a declaration whose plain name is taken under its qualified one, and give that."""
        self._qualified[plain(origin.distribution), plain(item.name)] = item
        return f"{origin.distribution}:{item.name}"

    def find(self, name: str) -> Declaration | None:
        """The declaration of a name, qualified or not; None if there is none."""
        distribution, colon, rest = name.rpartition(":")
        if colon:
            return self._qualified.get((plain(distribution), plain(rest)))
        owner = self._names.get(plain(name))
        return self._items[owner] if owner is not None else None

    def origin(self, item: Declaration) -> Origin:
        """The distribution that provides a declaration."""
        return self._origins[item.name]

    def split(self, text: str) -> tuple[str, str]:
        """Part a name, qualified or not, from its settings."""
        first, _, rest = text.partition(":")
        if any(distribution == plain(first) for distribution, _ in self._qualified):
            name, _, settings = rest.partition(":")
            return f"{first}:{name}", settings
        return first, rest

    def unknown(self, name: str) -> str:
        """A sentence that a name is unknown, with those nearest to it."""
        close = difflib.get_close_matches(plain(name), self._names, n=3, cutoff=0.6)
        nearest = list(dict.fromkeys(self._names[key] for key in close))
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else "see 'activations list'"
        return f"unknown activation {name.strip()[:80]!r}; {hint}"


def plain(name: str) -> str:
    """The form in which names are compared: lower case without `_`, `-` and blanks."""
    return re.sub(r"[\s_-]", "", name).lower()
