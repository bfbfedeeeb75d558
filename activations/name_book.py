"""Names of declarations: who owns which, in any spelling, and what is near a wrong one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from activations.discovery import Origin
from activations.errors import DuplicateNameError
from activations.plugins.facts import ActivationFacts, Declaration, Kind

__all__ = ["Declaration", "NameBook", "Promise", "plain"]


@dataclass(frozen=True)
class Promise:
    """A declaration that is loaded when it is needed.

    Attributes:
        facts: what is known of it before.
        load: gives the declaration, or raises PluginError.
    """

    facts: ActivationFacts
    load: Callable[[], Declaration]

    @property
    def name(self) -> str:
        """Its name."""
        return self.facts.name

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its other names."""
        return self.facts.aliases


class NameBook:
    """Declarations of both kinds under one set of names: no two share a name or alias.

    Names are compared without case, `_`, `-` and blanks, and may be qualified: "activations-snake:snake".
    """

    def __init__(self) -> None:
        self._items: dict[str, Declaration | Promise] = {}
        self._origins: dict[str, Origin] = {}
        self._names: dict[str, str] = {}
        self._qualified: dict[tuple[str, str], Declaration | Promise] = {}
        self._owners: dict[Declaration | Promise, Origin] = {}

    def add(self, origin: Origin, item: Declaration | Promise) -> None:
        """Enter a declaration under its name and aliases.

        Raises:
            DuplicateNameError: one of them is taken; nothing is entered then.
        """
        claimed = {plain(name): name for name in (item.name, *item.aliases)}
        for key, name in claimed.items():
            owner = self._names.get(key)
            if owner is not None:
                raise DuplicateNameError(
                    f"{name!r} of {origin} is already {owner!r} of {self._origins[owner]}{self._place(owner)}"
                )
        self._items[item.name] = item
        self._origins[item.name] = self._owners[item] = origin
        for key in claimed:
            self._names[key] = item.name
            self._qualified[plain(origin.distribution), key] = item

    def add_qualified(self, origin: Origin, item: Declaration | Promise) -> str:
        """Enter a declaration whose plain name is taken under its qualified one, and give that."""
        self._qualified[plain(origin.distribution), plain(item.name)] = item
        self._owners[item] = origin
        return f"{origin.distribution}:{item.name}"

    def find(self, name: str) -> Declaration | None:
        """The declaration of a name, qualified or not; None if there is none.

        Raises:
            PluginError: its plugin can't be loaded.
        """
        found = self._find(name)
        if not isinstance(found, Promise):
            return found
        item = found.load()
        self._owners[item] = self._owners[found]
        return item

    def known(self, name: str) -> tuple[Origin, ActivationFacts] | None:
        """What a name, qualified or not, stands for, told without loading it; None if it stands for nothing."""
        found = self._find(name)
        return None if found is None else (self._owners[found], _facts(found))

    def kind(self, name: str) -> Kind | None:
        """Of which kind a name, qualified or not, is; None if it stands for nothing."""
        known = self.known(name)
        return known and known[1].kind

    def facts(self) -> Iterator[tuple[Origin, ActivationFacts]]:
        """What is known of each declaration without loading any, in the order in which they came."""
        return ((self._origins[name], _facts(item)) for name, item in self._items.items())

    def names(self, kind: Kind) -> list[str]:
        """The declared names of a kind, in the order in which they came."""
        return [facts.name for _, facts in self.facts() if facts.kind == kind]

    def owner(self, item: Declaration) -> Origin | None:
        """The distribution that provides a declaration that was found here; None for any other."""
        return self._owners.get(item)

    def split(self, text: str) -> tuple[str, str]:
        """Part a name, qualified or not, from its settings."""
        first, _, rest = text.partition(":")
        name, _, settings = rest.partition(":")
        # A distribution may have the name of an activation, and then the settings are none of its names.
        if (plain(first), plain(name)) in self._qualified:
            return f"{first}:{name}", settings
        return first, rest

    def unknown(self, name: str) -> str:
        """A sentence that a name is unknown, with those nearest to it."""
        close = difflib.get_close_matches(plain(name), self._names, n=3, cutoff=0.6)
        nearest = list(dict.fromkeys(self._names[key] for key in close))
        hint = f"did you mean {' or '.join(nearest)}?" if nearest else "see 'activations list'"
        return f"unknown activation {name.strip()[:80]!r}; {hint}"

    def _find(self, name: str) -> Declaration | Promise | None:
        distribution, colon, rest = name.rpartition(":")
        if colon:
            return self._qualified.get((plain(distribution), plain(rest)))
        owner = self._names.get(plain(name))
        return self._items[owner] if owner is not None else None

    def _place(self, name: str) -> str:
        item = self._items[name]
        return "" if isinstance(item, Promise) else f" ({item.source})"


def plain(name: str) -> str:
    """The form in which names are compared: lower case without `_`, `-` and blanks."""
    return re.sub(r"[\s_-]", "", name).lower()


def _facts(item: Declaration | Promise) -> ActivationFacts:
    return item.facts if isinstance(item, Promise) else ActivationFacts.of(item)
